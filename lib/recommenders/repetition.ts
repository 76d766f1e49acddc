// What a customer takes again: for what renews or is consumed (what is owned for good is excluded by eligibility).
//   frequency   P-TopFreq: baskets of this customer with the item; what they never took follows by popularity, which
//               makes it GP-TopFreq
//   tifu-knn    Hu et al. 2020, eq. 4: α · v + (1 − α) · mean of the v' of the k customers nearest by Euclidean distance,
//               v and v' being frequencies that fade with baskets and groups of baskets (repetition-baskets.ts)
// The defaults are what was best for the last basket but one of Ta-Feng (bench/results/next-basket.md has the paper's).
// Taken is what was bought, or everything where nobody ever bought.
// Memory (tifu-knn): 8 bytes for each pair of the customers kept (user-knn-rows.ts); an answer costs Σ_j n_j + k.

import { userKnnPairsCountMax } from '../base/model-limits.ts';
import { purchaseCode } from '../dataset/interaction.ts';
import { largest } from '../numeric/largest.ts';
import { type SparseMatrix, sparseFromTriplets } from '../numeric/sparse.ts';
import { float64, int32 } from './artifact.ts';
import { eventsOf } from './history.ts';
import type { CustomerEvents, EventRows, ModelKind, Params, Scorer } from './model.ts';
import { paramsReader } from './params.ts';
import {
  basketsOf,
  decayedFrequencies,
  frequencies,
  type ItemWeights,
  type TemporalDecay,
} from './repetition-baskets.ts';
import {
  addColumnCosines,
  type CustomerIndex,
  customerIndexOf,
  latestRows,
  rowArrays,
  rowsFrom,
} from './user-knn-rows.ts';

interface RepetitionSettings extends TemporalDecay {
  readonly method: 'frequency' | 'tifu-knn';
  /** k. Default 300. */
  readonly neighbours: number;
  /** α. Default 0.1. */
  readonly personalShare: number;
}

export const repetition: ModelKind = {
  defaults: {
    method: 'tifu-knn',
    neighbours: 300,
    personalShare: 0.1,
    groupSize: 1,
    basketDecay: 1,
    groupDecay: 0.95,
  },
  history: 'events',
  fit: ({ events, pairs, interactions }, params) => {
    const settings = settingsOf(params);
    const purchasesOnly = interactions.type.includes(purchaseCode);
    const vectors =
      settings.method === 'frequency'
        ? noRows(pairs.columns)
        : latestRows(vectorsOf(events(), pairs, purchasesOnly, settings), interactions, userKnnPairsCountMax);
    return scorer(vectors, purchasesOnly, settings);
  },
  load: (artifact, params) =>
    scorer(
      rowsFrom(artifact, float64(artifact, 'popularity').length),
      int32(artifact, 'purchasesOnly')[0] === 1,
      settingsOf(params),
    ),
};

const noRows = (columns: number): SparseMatrix => ({
  rows: 0,
  columns,
  rowStart: new Int32Array(1),
  columnIndex: new Int32Array(0),
  value: new Float32Array(0),
});

/** Customers × items: the faded frequencies of everybody. */
const vectorsOf = (
  events: CustomerEvents,
  { rows, columns, value }: SparseMatrix,
  purchasesOnly: boolean,
  settings: RepetitionSettings,
): SparseMatrix => {
  // Nobody took more distinct items than are in their row of pairs.
  const customerIndex = new Int32Array(value.length);
  const itemIndex = new Int32Array(value.length);
  const weight = new Float32Array(value.length);
  let count = 0;
  for (let customer = 0; customer < rows; customer++) {
    const baskets = basketsOf(eventsOf(events, customer), purchasesOnly);
    for (const [item, faded] of decayedFrequencies(baskets, settings)) {
      customerIndex[count] = customer;
      itemIndex[count] = item;
      weight[count++] = faded;
    }
  }
  return sparseFromTriplets(
    rows,
    columns,
    customerIndex.subarray(0, count),
    itemIndex.subarray(0, count),
    weight.subarray(0, count),
  );
};

const scorer = (vectors: SparseMatrix, purchasesOnly: boolean, settings: RepetitionSettings): Scorer => {
  const isKnn = settings.method === 'tifu-knn';
  const index = customerIndexOf(vectors, 'none');
  const nearest = nearestIn(index, settings.neighbours);
  const own = (events: EventRows): ItemWeights => {
    const baskets = basketsOf(events, purchasesOnly);
    return isKnn ? decayedFrequencies(baskets, settings) : frequencies(baskets);
  };
  const personalShare = isKnn ? settings.personalShare : 1;
  return {
    scoreHistory: ({ events }, out) => {
      const weights = own(events);
      for (const [item, weight] of weights) {
        out[item] += personalShare * weight;
      }
      if (isKnn && weights.size > 0) {
        const neighbours = nearest(weights);
        const share = (1 - personalShare) / neighbours.length;
        for (const customer of neighbours) {
          for (let entry = vectors.rowStart[customer]; entry < vectors.rowStart[customer + 1]; entry++) {
            out[vectors.columnIndex[entry]] += share * vectors.value[entry];
          }
        }
      }
    },
    // Because it was taken before; what only others take has no reason in this history.
    explain: ({ items, events }) => {
      const weights = own(events);
      return (item, out) => {
        const place = items.indexOf(item);
        if (place >= 0) {
          out[place] = personalShare * (weights.get(item) ?? 0);
        }
      };
    },
    scoreSimilar: (item, out) => addColumnCosines(index, item, out),
    arrays: { ...rowArrays(vectors), purchasesOnly: Int32Array.of(purchasesOnly ? 1 : 0) },
  };
};

/**
 * The nearest rows by |v − v'|² = |v|² + |v'|² − 2 v·v'. Of those with nothing in common only the shortest can be among
 * them: so many are looked at, in the order of their length, beside all that have something in common.
 */
const nearestIn = ({ rows, byItem, customerLength }: CustomerIndex, neighbours: number) => {
  const shortest = Int32Array.from(customerLength, (_, customer) => customer).sort(
    (a, b) => customerLength[a] - customerLength[b] || a - b,
  );
  const closeness = new Float64Array(rows.rows);
  const isCandidate = new Uint8Array(rows.rows);
  const candidates = new Int32Array(rows.rows);
  return (weights: ItemWeights): Int32Array => {
    let count = 0;
    const consider = (customer: number): void => {
      isCandidate[customer] = 1;
      candidates[count++] = customer;
      closeness[customer] = -(customerLength[customer] ** 2);
    };
    for (const [item, weight] of weights) {
      for (let entry = byItem.rowStart[item]; entry < byItem.rowStart[item + 1]; entry++) {
        const customer = byItem.columnIndex[entry];
        if (isCandidate[customer] === 0) {
          consider(customer);
        }
        closeness[customer] += 2 * weight * byItem.value[entry];
      }
    }
    for (let place = 0, added = 0; place < shortest.length && added < neighbours; place++) {
      if (isCandidate[shortest[place]] === 0) {
        consider(shortest[place]);
        added++;
      }
    }
    const nearest = largest(closeness, candidates.subarray(0, count), neighbours);
    for (let place = 0; place < count; place++) {
      isCandidate[candidates[place]] = 0;
    }
    return nearest;
  };
};

const settingsOf = (params: Params): RepetitionSettings => {
  const read = paramsReader('repetition', params);
  return {
    method: read.oneOf('method', ['frequency', 'tifu-knn']),
    neighbours: read.whole('neighbours', 1),
    personalShare: read.number('personalShare', 0, 1),
    groupSize: read.whole('groupSize', 1),
    basketDecay: read.number('basketDecay', 0, 1),
    groupDecay: read.number('groupDecay', 0, 1),
  };
};
