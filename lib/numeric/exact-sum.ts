// Sums of doubles without any rounding, so that parts merge to the whole bit for bit in any order and any split.
// A sum is kept as doubles that do not overlap, the smallest first, and add up to it exactly; JSON keeps them exactly.
// In canonical form the last is the sum rounded to double, the one before it what is then left, and so on: equal sums
// are equal arrays. Source: Shewchuk, Discrete & Computational Geometry 18, 1997 (two-sum, grow-expansion); the rounding
// to nearest-even is that of an exact tie broken by what lies below. Limits: finite values; sums below 1.8e308.

export type ExactSum = readonly number[];

/** Adds to a sum in place; the result is exact but need not be canonical. */
export const addTo = (parts: number[], value: number): void => {
  if (!Number.isFinite(value)) {
    throw new RangeError(`exact sum: values must be finite, received ${value}`);
  }
  let carried = value;
  let kept = 0;
  for (const part of parts) {
    const [large, small] = Math.abs(carried) < Math.abs(part) ? [part, carried] : [carried, part];
    const sum = large + small;
    const lost = small - (sum - large);
    if (lost !== 0) {
      parts[kept] = lost;
      kept++;
    }
    carried = sum;
  }
  parts.length = kept;
  if (carried !== 0) {
    parts.push(carried);
  }
};

/** The sum, correctly rounded. */
export const exactValue = (sum: ExactSum): number => {
  let at = sum.length - 1;
  let total = sum[at] ?? 0;
  let lost = 0;
  while (at > 0 && lost === 0) {
    at--;
    const before = total;
    total = before + sum[at];
    lost = sum[at] - (total - before);
  }
  // A tie that rounding decided to even is decided anew by the sign of what lies below.
  if (at > 0 && lost !== 0 && Math.sign(lost) === Math.sign(sum[at - 1])) {
    const moved = total + 2 * lost;
    return moved - total === 2 * lost ? moved : total;
  }
  return total;
};

export const canonical = (parts: readonly number[]): ExactSum => {
  const rest = [...parts];
  const sum: number[] = [];
  while (rest.length > 0) {
    const rounded = exactValue(rest);
    sum.unshift(rounded);
    addTo(rest, -rounded);
  }
  return sum;
};

export const mergeExact = (a: ExactSum, b: ExactSum): ExactSum => {
  const parts = [...a];
  for (const part of b) {
    addTo(parts, part);
  }
  return canonical(parts);
};

/** Of a sum made elsewhere: a database's integer sums are exact as bigint. */
export const exactFrom = (value: number | bigint): ExactSum => {
  const parts: number[] = [];
  for (let rest = value; rest !== 0 && rest !== 0n; ) {
    const rounded = Number(rest);
    addTo(parts, rounded);
    rest = typeof rest === 'bigint' ? rest - BigInt(rounded) : 0;
  }
  return canonical(parts);
};
