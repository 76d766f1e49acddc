// Correlated cross-occurrence (as Mahout's and ActionML's): for every item that is bought, the items whose viewing,
// starting, completing … by the same customers goes with buying it more than chance has it, by log-likelihood ratio.
// A history scores item i by Σ LLR(t, j → i)^γ over its distinct (behaviour t, item j) among i's correlators.
// Shapes: one sparse matrix a behaviour, items j × items i, at most `correlators` entries an i and behaviour.
// What counts as bought: purchases; where there are none, the behaviour of the largest weight (dataset/weights.ts).
// Cost: Σ_customers (items bought × items touched), for each behaviour.

import { interactionWeights } from '../dataset/weights.ts';
import { interactionTypes } from '../events/event.ts';
import { type SparseMatrix, sparseFromTriplets, transpose } from '../numeric/sparse.ts';
import { float32, float64, int32 } from './artifact.ts';
import { growingRows } from './item-knn-similarity.ts';
import { logLikelihoodRatio } from './log-likelihood.ts';
import type { CustomerEvents, EventRows, ModelKind, Params, Scorer } from './model.ts';
import { paramsReader } from './params.ts';

interface CrossOccurrenceSettings {
  /** Kept per item and behaviour. Default 50. */
  readonly correlators: number;
  /** LLR at or below is dropped; 3.84 is the 5% point of χ² with one degree of freedom. Default 3.84. */
  readonly threshold: number;
  /** γ: 0 counts correlators, 1 adds their ratios. Default 0.5. */
  readonly exponent: number;
}

/** Row t × items + j: what goes with behaviour t on item j. */
interface Correlators {
  readonly items: number;
  readonly rowStart: Int32Array;
  readonly columnIndex: Int32Array;
  readonly value: Float32Array;
}

export const crossOccurrence: ModelKind = {
  defaults: { correlators: 50, threshold: 3.84, exponent: 0.5 },
  history: 'events',
  fit: ({ events, pairs }, params) => {
    const primary = primaryType(events());
    return scorer(correlatorsOf(events(), pairs, primary, settingsOf(params)), primary);
  },
  load: (artifact) =>
    scorer(
      {
        items: float64(artifact, 'popularity').length,
        rowStart: int32(artifact, 'correlators.rowStart'),
        columnIndex: int32(artifact, 'correlators.columnIndex'),
        value: float32(artifact, 'correlators.value'),
      },
      int32(artifact, 'correlators.primary')[0],
    ),
};

const correlatorsOf = (
  events: CustomerEvents,
  { rows, columns: items }: SparseMatrix,
  primary: number,
  settings: CrossOccurrenceSettings,
): Correlators => {
  const bought = occurrences(events, primary, rows, items);
  const byItem = transpose(bought);
  const blocks = interactionTypes.map((_, type) => {
    const touched = type === primary ? bought : occurrences(events, type, rows, items);
    return touched.value.length === 0
      ? undefined
      : transpose(correlated(touched, byItem, type === primary, settings));
  });
  const sizes = blocks.map((block) => block?.value.length ?? 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const rowStart = new Int32Array(items * interactionTypes.length + 1);
  const columnIndex = new Int32Array(total);
  const value = new Float32Array(total);
  let start = 0;
  blocks.forEach((block, type) => {
    for (let item = 0; item < items; item++) {
      rowStart[type * items + item] = start + (block?.rowStart[item] ?? 0);
    }
    columnIndex.set(block?.columnIndex ?? [], start);
    value.set(block?.value ?? [], start);
    start += sizes[type];
  });
  rowStart[items * interactionTypes.length] = total;
  return { items, rowStart, columnIndex, value };
};

/** Customers × items: 1 where the customer did this with the item at least once. */
const occurrences = (events: CustomerEvents, type: number, rows: number, items: number): SparseMatrix => {
  let count = 0;
  for (const one of events.types) {
    count += one === type ? 1 : 0;
  }
  const customerIndex = new Int32Array(count);
  const itemIndex = new Int32Array(count);
  let place = 0;
  for (let customer = 0; customer < rows; customer++) {
    for (let event = events.rowStart[customer]; event < events.rowStart[customer + 1]; event++) {
      if (events.types[event] === type) {
        customerIndex[place] = customer;
        itemIndex[place++] = events.items[event];
      }
    }
  }
  const matrix = sparseFromTriplets(rows, items, customerIndex, itemIndex, new Float32Array(count));
  matrix.value.fill(1);
  return matrix;
};

/** Rows are bought items i, entries the items j whose behaviour goes with them, with LLR^γ. */
const correlated = (
  touched: SparseMatrix,
  boughtByItem: SparseMatrix,
  isPrimary: boolean,
  { correlators, threshold, exponent }: CrossOccurrenceSettings,
): SparseMatrix => {
  const { rows: items, columns: customers } = boughtByItem;
  const counts = new Int32Array(items);
  for (const item of touched.columnIndex) {
    counts[item]++;
  }
  const both = new Int32Array(items);
  const found = new Int32Array(items);
  const ratio = new Float64Array(items);
  const rowStart = new Int32Array(items + 1);
  const kept = growingRows(correlators);
  for (let item = 0; item < items; item++) {
    const size = together(item, touched, boughtByItem, both, found);
    const buyers = boughtByItem.rowStart[item + 1] - boughtByItem.rowStart[item];
    let above = 0;
    for (let place = 0; place < size; place++) {
      const other = found[place];
      const k = both[other];
      both[other] = 0;
      const isMore = k * customers > buyers * counts[other];
      ratio[other] = isMore
        ? logLikelihoodRatio(k, counts[other] - k, buyers - k, customers - buyers - counts[other] + k)
        : 0;
      if (ratio[other] > threshold && !(isPrimary && other === item)) {
        found[above++] = other;
      }
    }
    rowStart[item + 1] = kept.add(found.subarray(0, above), ratio);
  }
  const { columnIndex, value } = kept.columns();
  return { rows: items, columns: items, rowStart, columnIndex, value: value.map((llr) => llr ** exponent) };
};

/** Customers of `item` who touched each other item, in `both`; the items touched, in `found`. */
const together = (
  item: number,
  touched: SparseMatrix,
  boughtByItem: SparseMatrix,
  both: Int32Array,
  found: Int32Array,
): number => {
  let size = 0;
  for (let entry = boughtByItem.rowStart[item]; entry < boughtByItem.rowStart[item + 1]; entry++) {
    const customer = boughtByItem.columnIndex[entry];
    for (let other = touched.rowStart[customer]; other < touched.rowStart[customer + 1]; other++) {
      if (both[touched.columnIndex[other]]++ === 0) {
        found[size++] = touched.columnIndex[other];
      }
    }
  }
  return size;
};

const scorer = (correlators: Correlators, primary: number): Scorer => {
  const { items, rowStart, columnIndex, value } = correlators;
  const add = (row: number, out: Float64Array): void => {
    for (let entry = rowStart[row]; entry < rowStart[row + 1]; entry++) {
      out[columnIndex[entry]] += value[entry];
    }
  };
  const rowsOf = ({ items: touched, types }: EventRows): ReadonlySet<number> =>
    new Set(Array.from(touched, (item, event) => types[event] * items + item));
  return {
    scoreHistory: ({ events }, out) => {
      for (const row of rowsOf(events)) {
        add(row, out);
      }
    },
    explain: (history) => {
      const rows = [...rowsOf(history.events)];
      return (item, out) => {
        for (const row of rows) {
          const found = columnIndex.subarray(rowStart[row], rowStart[row + 1]).indexOf(item);
          out[history.items.indexOf(row % items)] += found < 0 ? 0 : value[rowStart[row] + found];
        }
      };
    },
    scoreSimilar: (item, out) => add(primary * items + item, out),
    arrays: {
      'correlators.rowStart': rowStart,
      'correlators.columnIndex': columnIndex,
      'correlators.value': value,
      'correlators.primary': Int32Array.of(primary),
    },
  };
};

/** The behaviour that there is which says most: a purchase, if there is one. */
const primaryType = ({ types }: CustomerEvents): number => {
  const present = new Set(types);
  const strength = (type: number): number =>
    present.has(type) ? interactionWeights[interactionTypes[type]] : -1;
  return interactionTypes.reduce((best, _, type) => (strength(type) > strength(best) ? type : best), 0);
};

const settingsOf = (params: Params): CrossOccurrenceSettings => {
  const read = paramsReader('cross-occurrence', params);
  return {
    correlators: read.whole('correlators', 1),
    threshold: read.number('threshold', 0),
    exponent: read.number('exponent', 0, 1),
  };
};
