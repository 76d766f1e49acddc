// The customers a user kNN compares with: their rows of the customers × items matrix, the latest active ones where all
// would be too many, with the same by item. 8 bytes for each pair where stored, 16 in memory.

import type { Interactions } from '../dataset/interaction.ts';
import { type SparseMatrix, transpose } from '../numeric/sparse.ts';
import { type Artifact, float32, int32 } from './artifact.ts';

export interface CustomerIndex {
  readonly rows: SparseMatrix;
  readonly byItem: SparseMatrix;
  /** One per item; 1 where the items are not weighted, 0 for an item that nobody here has: it joins nobody. */
  readonly idf: Float64Array;
  /** Length of the customers' rows with idf, and of the items' columns without. */
  readonly customerLength: Float64Array;
  readonly itemLength: Float64Array;
}

export const customerIndexOf = (rows: SparseMatrix, weighting: 'none' | 'idf'): CustomerIndex => {
  const byItem = transpose(rows);
  const idf = Float64Array.from({ length: rows.columns }, (_, item) => {
    const customers = byItem.rowStart[item + 1] - byItem.rowStart[item];
    return weighting === 'none' ? 1 : customers === 0 ? 0 : Math.log(1 + rows.rows / customers);
  });
  return { rows, byItem, idf, customerLength: lengths(rows, idf), itemLength: lengths(byItem) };
};

/** Whole rows of the customers whose last event is latest, as many as hold at most so many pairs. */
export const latestRows = (
  pairs: SparseMatrix,
  interactions: Interactions,
  pairsCountMax: number,
): SparseMatrix => {
  if (pairs.value.length <= pairsCountMax) {
    return pairs;
  }
  const lastMs = new Float64Array(pairs.rows).fill(Number.NEGATIVE_INFINITY);
  const { customerIndex, atMs } = interactions;
  for (let row = 0; row < atMs.length; row++) {
    lastMs[customerIndex[row]] = Math.max(lastMs[customerIndex[row]], atMs[row]);
  }
  const latest = Int32Array.from(lastMs, (_, customer) => customer).sort(
    (a, b) => lastMs[b] - lastMs[a] || a - b,
  );
  const kept: number[] = [];
  let room = pairsCountMax;
  for (const customer of latest) {
    room -= pairs.rowStart[customer + 1] - pairs.rowStart[customer];
    if (room < 0) {
      break;
    }
    kept.push(customer);
  }
  return rowsAt(
    pairs,
    kept.sort((a, b) => a - b),
  );
};

const rowsAt = (pairs: SparseMatrix, customers: readonly number[]): SparseMatrix => {
  const rowStart = new Int32Array(customers.length + 1);
  customers.forEach((customer, row) => {
    rowStart[row + 1] = rowStart[row] + pairs.rowStart[customer + 1] - pairs.rowStart[customer];
  });
  const columnIndex = new Int32Array(rowStart[customers.length]);
  const value = new Float32Array(columnIndex.length);
  customers.forEach((customer, row) => {
    const [from, to] = [pairs.rowStart[customer], pairs.rowStart[customer + 1]];
    columnIndex.set(pairs.columnIndex.subarray(from, to), rowStart[row]);
    value.set(pairs.value.subarray(from, to), rowStart[row]);
  });
  return { rows: customers.length, columns: pairs.columns, rowStart, columnIndex, value };
};

export const rowArrays = ({ rowStart, columnIndex, value }: SparseMatrix) => ({
  'customers.rowStart': rowStart,
  'customers.columnIndex': columnIndex,
  'customers.value': value,
});

export const rowsFrom = (artifact: Artifact<unknown>, columns: number): SparseMatrix => {
  const rowStart = int32(artifact, 'customers.rowStart');
  return {
    rows: rowStart.length - 1,
    columns,
    rowStart,
    columnIndex: int32(artifact, 'customers.columnIndex'),
    value: float32(artifact, 'customers.value'),
  };
};

/** The cosine of the item's column with every other, by the rows of its customers. */
export const addColumnCosines = (
  { rows, byItem, itemLength }: CustomerIndex,
  item: number,
  out: Float64Array,
): void => {
  for (let place = byItem.rowStart[item]; place < byItem.rowStart[item + 1]; place++) {
    const customer = byItem.columnIndex[place];
    for (let entry = rows.rowStart[customer]; entry < rows.rowStart[customer + 1]; entry++) {
      out[rows.columnIndex[entry]] += byItem.value[place] * rows.value[entry];
    }
  }
  for (let other = 0; other < out.length; other++) {
    out[other] = out[other] > 0 ? out[other] / (itemLength[item] * itemLength[other]) : 0;
  }
};

const lengths = ({ rows, rowStart, columnIndex, value }: SparseMatrix, scale?: Float64Array): Float64Array =>
  Float64Array.from({ length: rows }, (_, row) => {
    let squares = 0;
    for (let entry = rowStart[row]; entry < rowStart[row + 1]; entry++) {
      squares += (value[entry] * (scale?.[columnIndex[entry]] ?? 1)) ** 2;
    }
    return Math.sqrt(squares);
  });
