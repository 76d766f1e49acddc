// Customers alike: a history h scores item i by Σ_v s(h, v)^ρ · w_vi over its nearest customers v, those with s above θ.
//   s(h, v) = Σ_j idf_j² h_j w_vj / (|h| |v|) · n_hv / (n_hv + shrinkage),  idf_j = ln(1 + customers / n_j)
// (cosine; idf makes a rare item in common say more than a popular one; idf and the amplification ρ are those of
// Breese, Heckerman & Kadie 1998, sections 2.2.2 and 2.2.3).
// A customer of the training is among their own nearest, as they are when their events are folded in.
// Memory: user-knn-rows.ts. Cost of an answer: Σ_j n_j over the history's items.

import { userKnnPairsCountMax } from '../base/model-limits.ts';
import { largest } from '../numeric/largest.ts';
import { float64 } from './artifact.ts';
import type { History, ModelKind, Params, Scorer } from './model.ts';
import { paramsReader } from './params.ts';
import {
  addColumnCosines,
  type CustomerIndex,
  customerIndexOf,
  latestRows,
  rowArrays,
  rowsFrom,
} from './user-knn-rows.ts';

export interface UserKnnSettings {
  /** k: nearest customers that count. Default 100. */
  readonly neighbours: number;
  /** θ: customers of this similarity or less do not count. Default 0. */
  readonly threshold: number;
  /** Common items at which a similarity counts half. Default 0. */
  readonly shrinkage: number;
  /** ρ: with more, the very nearest decide. Default 2. */
  readonly amplification: number;
  /** Default idf. */
  readonly weighting: 'none' | 'idf';
}

export const userKnn: ModelKind = {
  defaults: { neighbours: 100, threshold: 0, shrinkage: 0, amplification: 2, weighting: 'idf' },
  fit: ({ pairs, interactions }, params) => {
    const settings = settingsOf(params);
    const rows = latestRows(pairs, interactions, userKnnPairsCountMax);
    return scorer(customerIndexOf(rows, settings.weighting), settings);
  },
  load: (artifact, params) => {
    const settings = settingsOf(params);
    const rows = rowsFrom(artifact, float64(artifact, 'popularity').length);
    return scorer(customerIndexOf(rows, settings.weighting), settings);
  },
};

const scorer = (index: CustomerIndex, settings: UserKnnSettings): Scorer => {
  const { rows } = index;
  const nearest = nearestIn(index, settings);
  return {
    scoreHistory: (history, out) => {
      for (const { customer, weight } of nearest(history)) {
        for (let entry = rows.rowStart[customer]; entry < rows.rowStart[customer + 1]; entry++) {
          out[rows.columnIndex[entry]] += weight * rows.value[entry];
        }
      }
    },
    explain: (history) => {
      const neighbours = nearest(history);
      return (item, out) => {
        for (const neighbour of neighbours) {
          explainBy(index, neighbour, history, item, out);
        }
      };
    },
    scoreSimilar: (item, out) => addColumnCosines(index, item, out),
    arrays: rowArrays(rows),
  };
};

interface Neighbour {
  /** Row of the index. */
  readonly customer: number;
  /** Its similarity, amplified. */
  readonly weight: number;
}

/** Of a history, the nearest customers, nearest first. */
const nearestIn = (index: CustomerIndex, settings: UserKnnSettings) => {
  const { rows, byItem, idf, customerLength } = index;
  const similarity = new Float64Array(rows.rows);
  const common = new Int32Array(rows.rows);
  const touched = new Int32Array(rows.rows);
  return ({ items, weights }: History): readonly Neighbour[] => {
    let count = 0;
    let squares = 0;
    for (let place = 0; place < items.length; place++) {
      const item = items[place];
      const weight = weights[place] * idf[item] ** 2;
      squares += weights[place] * weight;
      for (let entry = byItem.rowStart[item]; entry < byItem.rowStart[item + 1]; entry++) {
        const customer = byItem.columnIndex[entry];
        if (common[customer]++ === 0) {
          touched[count++] = customer;
        }
        similarity[customer] += weight * byItem.value[entry];
      }
    }
    const length = Math.sqrt(squares);
    let above = 0;
    for (let place = 0; place < count; place++) {
      const customer = touched[place];
      const shrunk = common[customer] / (common[customer] + settings.shrinkage);
      similarity[customer] *= shrunk / (length * customerLength[customer]);
      common[customer] = 0;
      if (similarity[customer] > settings.threshold) {
        touched[above++] = customer;
      } else {
        similarity[customer] = 0;
      }
    }
    const nearest = largest(similarity, touched.subarray(0, above), settings.neighbours);
    const neighbours = Array.from(nearest, (customer) => ({
      customer,
      weight: similarity[customer] ** settings.amplification,
    }));
    for (let place = 0; place < above; place++) {
      similarity[touched[place]] = 0;
    }
    return neighbours;
  };
};

/** Splits what one neighbour adds to the item over the items in common, by their products in the similarity. */
const explainBy = (
  { rows, idf }: CustomerIndex,
  { customer, weight }: Neighbour,
  { items, weights }: History,
  item: number,
  out: Float64Array,
): void => {
  const from = rows.rowStart[customer];
  const columns = rows.columnIndex.subarray(from, rows.rowStart[customer + 1]);
  const asked = columns.indexOf(item);
  if (asked < 0) {
    return;
  }
  const products = Array.from(items, (other, place) => {
    const found = columns.indexOf(other);
    return found < 0 ? 0 : weights[place] * idf[other] ** 2 * rows.value[from + found];
  });
  const total = products.reduce((sum, product) => sum + product, 0);
  products.forEach((product, place) => {
    out[place] += (weight * rows.value[from + asked] * product) / total;
  });
};

const settingsOf = (params: Params): UserKnnSettings => {
  const read = paramsReader('user-knn', params);
  return {
    neighbours: read.whole('neighbours', 1),
    threshold: read.number('threshold', 0),
    shrinkage: read.number('shrinkage', 0),
    amplification: read.number('amplification', 0),
    weighting: read.oneOf('weighting', ['none', 'idf']),
  };
};
