// Joint sums of several columns over an arm's customers: n, Σ x and Σ x·y of every pair (a Gram matrix with its margin).
// From them come ratio metrics (numerator, denominator), CUPED and regression on pre-period covariates; rows are not needed.
// Sums of parts (days, shards) merge to those of the whole bit for bit: each value and each product is rounded to
// double once, and their sums are kept without rounding (exact-sum.ts). In whole minor units below 9.4e7 a customer the
// products are exact too. Units: the columns'; squares and products of them.
// Limits: a (co)variance taken from sums is right to about 1e-16 × (mean ÷ standard deviation)²; centre such columns.

import { jointColumnsCountMax } from '../base/limits.ts';
import { addTo, canonical, type ExactSum, exactFrom, exactValue, mergeExact } from '../numeric/exact-sum.ts';
import type { Moments } from './summary.ts';

export interface JointSums {
  readonly columns: readonly string[];
  /** Customers. */
  readonly count: number;
  /** By column. */
  readonly sums: readonly ExactSum[];
  /** Stored values a unit, by column: 100 where money is summed in hundredths; absent: all are 1. Readers answer units. */
  readonly perUnit?: readonly number[];
  /** Lower triangle, row by row: 0·0, 1·0, 1·1, 2·0, … */
  readonly products: readonly ExactSum[];
}

/** A row a customer, a value a column. */
export const jointSums = (columns: readonly string[], rows: Iterable<ArrayLike<number>>): JointSums => {
  const adder = jointSumsAdder(columns);
  for (const row of rows) {
    adder.add(row, 1);
  }
  return adder.sums();
};

export interface JointSumsAdder {
  /** So many customers with that row; up to 2^26 at once, and what a product of a value and it needs stays exact. */
  add(row: ArrayLike<number>, customers: number): void;
  sums(): JointSums;
}

export const jointSumsAdder = (columns: readonly string[], perUnit?: readonly number[]): JointSumsAdder => {
  checkColumns(columns);
  const sums: number[][] = columns.map(() => []);
  const products: number[][] = Array.from({ length: trianglesCount(columns.length) }, () => []);
  // Most customers did nothing in most columns: only what is not zero is multiplied.
  const places: number[] = [];
  let count = 0;
  return {
    add: (row, customers) => {
      count += customers;
      places.length = 0;
      for (let i = 0; i < columns.length; i++) {
        const value = row[i];
        if (value !== 0) {
          places.push(i);
          addTimes(sums[i], value, customers);
          const first = trianglesCount(i);
          for (const j of places) {
            addTimes(products[first + j], value * row[j], customers);
          }
        }
      }
    },
    sums: () => ({
      columns,
      ...(perUnit !== undefined && { perUnit }),
      count,
      sums: sums.map(canonical),
      products: products.map(canonical),
    }),
  };
};

/** Adds value × times without rounding: the upper 26 bits of the value and the rest each give an exact product. */
const addTimes = (parts: number[], value: number, times: number): void => {
  if (times === 1) {
    addTo(parts, value);
    return;
  }
  const shifted = value * splitter;
  const upper = shifted - (shifted - value);
  addTo(parts, upper * times);
  addTo(parts, (value - upper) * times);
};

const splitter = 2 ** 27 + 1;

/** From sums that a database made; `products` as in JointSums. */
export const jointSumsFrom = (
  columns: readonly string[],
  count: number,
  sums: readonly (number | bigint)[],
  products: readonly (number | bigint)[],
  perUnit?: readonly number[],
): JointSums => {
  checkColumns(columns);
  if (sums.length !== columns.length || products.length !== trianglesCount(columns.length)) {
    throw new RangeError(
      `joint sums: ${columns.length} columns need as many sums and ${trianglesCount(columns.length)} products, received ${sums.length} and ${products.length}`,
    );
  }
  return {
    columns,
    ...(perUnit !== undefined && { perUnit }),
    count,
    sums: sums.map(exactFrom),
    products: products.map(exactFrom),
  };
};

export const mergeJointSums = (a: JointSums, b: JointSums): JointSums => {
  if (a.columns.join('\n') !== b.columns.join('\n')) {
    throw new RangeError(
      `joint sums: columns must be the same, received ${a.columns.join(', ')} and ${b.columns.join(', ')}`,
    );
  }
  if ((a.perUnit ?? []).join() !== (b.perUnit ?? []).join()) {
    throw new RangeError('joint sums: both must count the same units');
  }
  return {
    columns: a.columns,
    ...(a.perUnit !== undefined && { perUnit: a.perUnit }),
    count: a.count + b.count,
    sums: a.sums.map((sum, i) => mergeExact(sum, b.sums[i])),
    products: a.products.map((sum, i) => mergeExact(sum, b.products[i])),
  };
};

export const columnMoments = (sums: JointSums, column: string): Moments => {
  const i = indexOf(sums, column);
  return {
    count: sums.count,
    sum: sumOf(sums, i),
    sumSquares: productSumOf(sums, i, i),
  };
};

export const columnMean = (sums: JointSums, column: string): number =>
  sumOf(sums, indexOf(sums, column)) / sums.count;

/** Σ a·b. */
export const productSum = (sums: JointSums, a: string, b: string): number =>
  productSumOf(sums, indexOf(sums, a), indexOf(sums, b));

/** Unbiased (n − 1); of a column with itself its variance. */
export const covariance = (sums: JointSums, a: string, b: string): number => {
  // In one order, so that the matrix is symmetric to the last bit.
  const [i, j] = [indexOf(sums, a), indexOf(sums, b)].sort((x, y) => x - y);
  const value =
    (productSumOf(sums, i, j) - sumOf(sums, i) * (sumOf(sums, j) / sums.count)) / (sums.count - 1);
  return i === j ? Math.max(0, value) : value;
};

/** Covariances of `columns` among themselves. */
export const covarianceMatrix = (sums: JointSums, columns: readonly string[]): number[][] =>
  columns.map((a) => columns.map((b) => covariance(sums, a, b)));

/** In units, correctly rounded but for one division. */
const sumOf = ({ sums, perUnit }: JointSums, i: number): number => exactValue(sums[i]) / (perUnit?.[i] ?? 1);

const productSumOf = (sums: JointSums, i: number, j: number): number =>
  exactValue(productOf(sums, i, j)) / ((sums.perUnit?.[i] ?? 1) * (sums.perUnit?.[j] ?? 1));

const checkColumns = (columns: readonly string[]): void => {
  if (columns.length > jointColumnsCountMax || new Set(columns).size < columns.length) {
    throw new RangeError(
      `joint sums: columns must differ and be ${jointColumnsCountMax} at most, received ${columns.length}: ${columns.join(', ')}`,
    );
  }
};

const trianglesCount = (columns: number): number => (columns * (columns + 1)) / 2;

const productOf = ({ products }: JointSums, a: number, b: number): ExactSum => {
  const [row, column] = a >= b ? [a, b] : [b, a];
  return products[trianglesCount(row) + column];
};

const indexOf = ({ columns }: JointSums, column: string): number => {
  const at = columns.indexOf(column);
  if (at < 0) {
    throw new RangeError(`joint sums: there is no column ${column}, only ${columns.join(', ')}`);
  }
  return at;
};
