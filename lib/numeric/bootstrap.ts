// What could be chance in a mean over customers: percentile bootstrap intervals, and a sign-flip test of paired
// differences. One draw of customers serves all columns, so that many metrics cost little more than one.
// Sources: Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13 (percentile) and 15 (permutation).
// Limits: seeded, 1,000 draws by default (the ends of a 95% interval then wander by about 3% of its width).

import type { Random } from '../base/random.ts';

export interface Interval {
  readonly mean: number;
  /** Of the 95% interval. */
  readonly low: number;
  readonly high: number;
}

export interface PairedTest extends Interval {
  /** Two-sided: how often the mean would be as far from 0 if each difference had either sign with equal chance. */
  readonly p: number;
}

const drawsDefault = 1_000;

/** Columns are of equal length, one entry a customer; entries that are NaN are left out of their column's mean. */
export const meanIntervals = (
  columns: readonly Float64Array[],
  random: Random,
  draws = drawsDefault,
): Interval[] => {
  const rows = columns[0]?.length ?? 0;
  const means = columns.map(() => new Float64Array(draws));
  const times = new Int32Array(rows);
  for (let draw = 0; draw < draws; draw++) {
    times.fill(0);
    for (let row = 0; row < rows; row++) {
      times[random.int(rows)]++;
    }
    columns.forEach((column, index) => {
      means[index][draw] = weightedMean(column, times);
    });
  }
  const once = new Int32Array(rows).fill(1);
  return columns.map((column, index) => intervalOf(weightedMean(column, once), means[index]));
};

/** Mean of a − b, its 95% interval and p; both hold one number per customer in the same order. */
export const pairedTest = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  random: Random,
  draws = drawsDefault,
): PairedTest => {
  if (a.length !== b.length || a.length === 0) {
    throw new RangeError(`bootstrap: ${a.length} and ${b.length} customers cannot be paired`);
  }
  const differences = Float64Array.from({ length: a.length }, (_, row) => a[row] - b[row]);
  const [interval] = meanIntervals([differences], random.fork('interval'), draws);
  return { ...interval, p: signFlipP(differences, random.fork('signs'), draws) };
};

const signFlipP = (differences: Float64Array, random: Random, draws: number): number => {
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  // Equal sums in another order may differ in the last bits.
  const bar = observed - 1e-12 * differences.reduce((sum, value) => sum + Math.abs(value), 0);
  let asFar = 1;
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0;
    let bits = 0;
    for (let row = 0; row < differences.length; row++) {
      bits = row % 32 === 0 ? random.int(2 ** 32) : bits >>> 1;
      sum += (bits & 1) === 1 ? differences[row] : -differences[row];
    }
    asFar += Math.abs(sum) >= bar ? 1 : 0;
  }
  return asFar / (draws + 1);
};

const weightedMean = (column: Float64Array, times: Int32Array): number => {
  let sum = 0;
  let count = 0;
  for (let row = 0; row < column.length; row++) {
    const value = column[row];
    if (!Number.isNaN(value)) {
      sum += times[row] * value;
      count += times[row];
    }
  }
  return count === 0 ? Number.NaN : sum / count;
};

const intervalOf = (mean: number, means: Float64Array): Interval => {
  const sorted = means.filter((value) => !Number.isNaN(value)).sort();
  const at = (share: number): number =>
    sorted.length === 0 ? mean : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { mean, low: at(0.025), high: at(0.975) };
};
