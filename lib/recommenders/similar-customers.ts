// Customers alike: cosine of their vectors where the model has some (customers × d), otherwise of their rows of summed
// weights. Cost: one pass over the vectors, or over the rows of everybody who has an item in common.

import { customerId as asCustomerId } from '../base/ids.ts';
import { type SparseMatrix, transpose } from '../numeric/sparse.ts';
import type { ScoredCustomer } from './recommender.ts';

export interface CustomerRows {
  readonly ids: readonly string[];
  readonly pairs: SparseMatrix;
  readonly vectors?: Float32Array;
}

/** Best first, at most n, only those above 0; of equals the one seen first. */
export const nearestCustomers = (rows: CustomerRows, customer: number, n: number): ScoredCustomer[] => {
  if (customer < 0) {
    return [];
  }
  const scores =
    rows.vectors === undefined
      ? byRows(rows.pairs, customer)
      : byVectors(rows.vectors, rows.ids.length, customer);
  scores[customer] = 0;
  return Array.from(scores, (score, index) => ({ index, score }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, n)
    .map(({ index, score }) => ({ customerId: asCustomerId(rows.ids[index]), score }));
};

const byVectors = (vectors: Float32Array, customers: number, customer: number): Float64Array => {
  const size = vectors.length / customers;
  const dot = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += vectors[a * size + i] * vectors[b * size + i];
    return sum;
  };
  const own = Math.sqrt(dot(customer, customer));
  return Float64Array.from({ length: customers }, (_, other) => {
    const length = Math.sqrt(dot(other, other));
    return own > 0 && length > 0 ? dot(customer, other) / (own * length) : 0;
  });
};

const transposed = new WeakMap<SparseMatrix, SparseMatrix>();

const byItemOf = (pairs: SparseMatrix): SparseMatrix => {
  const known = transposed.get(pairs) ?? transpose(pairs);
  transposed.set(pairs, known);
  return known;
};

const byRows = (pairs: SparseMatrix, customer: number): Float64Array => {
  const byItem = byItemOf(pairs);
  const scores = new Float64Array(pairs.rows);
  for (let entry = pairs.rowStart[customer]; entry < pairs.rowStart[customer + 1]; entry++) {
    const item = pairs.columnIndex[entry];
    for (let other = byItem.rowStart[item]; other < byItem.rowStart[item + 1]; other++) {
      scores[byItem.columnIndex[other]] += pairs.value[entry] * byItem.value[other];
    }
  }
  const own = lengthOf(pairs, customer);
  return scores.map((score, other) => (score > 0 ? score / (own * lengthOf(pairs, other)) : 0));
};

const lengthOf = (pairs: SparseMatrix, row: number): number => {
  let squares = 0;
  for (let entry = pairs.rowStart[row]; entry < pairs.rowStart[row + 1]; entry++) {
    squares += pairs.value[entry] ** 2;
  }
  return Math.sqrt(squares);
};
