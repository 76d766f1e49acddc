// A mergeable histogram of a positive, skewed value per customer (revenue), for winsorising without rows: buckets in
// powers of 1.01, each with its count and its exact sums. Merging adds integers and exact sums, so parts give the whole
// bit for bit. Values of 0 and below have a bucket of their own and are never capped.
// Winsorised at a bucket's upper end the moments are exact, since every bucket lies on one side of the cap whole; the
// cap is the upper end of the bucket that holds the percentile, so at most 1% above it (deciding for this over a sketch
// of the percentile alone saves the second pass over the rows). Units: those of the value.
// Source of the buckets: Masson, Rim & Lee, VLDB 12, 2019 (DDSketch). Limits: 4,000 buckets span 17 decades.

import { addTo, canonical, type ExactSum, exactValue, mergeExact } from '../numeric/exact-sum.ts';
import type { Moments } from './summary.ts';

const growth = Math.log(1.01);

export interface Bucket {
  readonly count: number;
  readonly sum: ExactSum;
  readonly sumSquares: ExactSum;
}

/** By bucket number; `null` the values of 0 and below. Sorted by number, `null` first. */
export type ValueHistogram = ReadonlyMap<number | null, Bucket>;

/** The bucket of a value: 1.01^(b − 1) < value ≤ 1.01^b. */
export const bucketOf = (value: number): number | null => {
  if (value <= 0) {
    return null;
  }
  const near = Math.ceil(Math.log(value) / growth);
  return upperEnd(near) < value ? near + 1 : upperEnd(near - 1) >= value ? near - 1 : near;
};

export const upperEnd = (bucket: number): number => Math.exp(bucket * growth);

export const valueHistogram = (values: Iterable<number>): ValueHistogram => {
  const drafts = new Map<number | null, { count: number; sum: number[]; sumSquares: number[] }>();
  for (const value of values) {
    const bucket = bucketOf(value);
    const draft = drafts.get(bucket) ?? { count: 0, sum: [], sumSquares: [] };
    drafts.set(bucket, draft);
    draft.count++;
    addTo(draft.sum, value);
    addTo(draft.sumSquares, value * value);
  }
  return sorted(
    [...drafts].map(([bucket, { count, sum, sumSquares }]) => [
      bucket,
      { count, sum: canonical(sum), sumSquares: canonical(sumSquares) },
    ]),
  );
};

export const mergeHistograms = (a: ValueHistogram, b: ValueHistogram): ValueHistogram => {
  const merged = new Map(a);
  for (const [bucket, { count, sum, sumSquares }] of b) {
    const before = merged.get(bucket) ?? { count: 0, sum: [], sumSquares: [] };
    merged.set(bucket, {
      count: before.count + count,
      sum: mergeExact(before.sum, sum),
      sumSquares: mergeExact(before.sumSquares, sumSquares),
    });
  }
  return sorted([...merged]);
};

/**
 * The cap at `percentile` (in (0, 1)) of the positive values: of those who bought, since most customers have 0 and a
 * percentile over all would cap at 0 or say nothing. Take it from all arms merged, so that all are capped alike.
 * Undefined where nobody bought.
 */
export const capOf = (pooled: ValueHistogram, percentile: number): number | undefined => {
  if (!(percentile > 0 && percentile < 1)) {
    throw new RangeError(
      `winsorising: the percentile must lie strictly between 0 and 1, received ${percentile}`,
    );
  }
  const positive = [...pooled].flatMap(([bucket, { count }]) => (bucket === null ? [] : [{ bucket, count }]));
  const rank = percentile * positive.reduce((sum, { count }) => sum + count, 0);
  let below = 0;
  for (const { bucket, count } of positive) {
    below += count;
    if (below >= rank) {
      return upperEnd(bucket);
    }
  }
  return undefined;
};

/** Moments of min(value, cap), where the cap is a bucket's upper end; without a cap those of the values themselves. */
export const winsorisedMoments = (histogram: ValueHistogram, cap = Number.POSITIVE_INFINITY): Moments => {
  let count = 0;
  let capped = 0;
  const [sum, sumSquares]: [number[], number[]] = [[], []];
  for (const [bucket, part] of histogram) {
    count += part.count;
    if (bucket !== null && upperEnd(bucket) > cap) {
      capped += part.count;
    } else {
      addAll(sum, part.sum);
      addAll(sumSquares, part.sumSquares);
    }
  }
  const top = capped === 0 ? 0 : cap;
  return {
    count,
    sum: exactValue(sum) + capped * top,
    sumSquares: exactValue(sumSquares) + capped * top * top,
  };
};

const addAll = (parts: number[], sum: ExactSum): void => {
  for (const part of sum) {
    addTo(parts, part);
  }
};

const sorted = (entries: readonly (readonly [number | null, Bucket])[]): ValueHistogram =>
  new Map([...entries].sort(([a], [b]) => (a ?? Number.NEGATIVE_INFINITY) - (b ?? Number.NEGATIVE_INFINITY)));
