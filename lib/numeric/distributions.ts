// Distributions used by the analysis: normal, Student t, χ², binomial and hypergeometric tails. Dimensionless; probabilities in [0, 1].
// Tails are computed directly, never as 1 − cdf, so p-values of 1e-100 are right to about 1e-12 relative.
// Source: NIST DLMF 7 (erfc), 8.2 (incomplete gamma), 8.17 (incomplete beta) through special-functions.ts.
// Quantiles invert their own tail by safeguarded Newton steps. Limits: degrees of freedom > 0.

import { betaRegularised, erfc, gammaUpper, logBeta } from './special-functions.ts';

export const normalCdf = (z: number): number => 0.5 * erfc(-z / Math.SQRT2);

/** P(Z > z). */
export const normalSurvival = (z: number): number => 0.5 * erfc(z / Math.SQRT2);

/** z with P(Z ≤ z) = p. */
export const normalQuantile = (p: number): number =>
  quantile(p, normalSurvival, (z) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI));

/** P(T > t) for Student's t with df degrees of freedom (df may be fractional, as Welch's are). */
export const studentSurvival = (t: number, df: number): number => {
  const square = t * t;
  const half = 0.5 * betaRegularised(df / (df + square), df / 2, 0.5, square / (df + square));
  return t >= 0 ? half : 1 - half;
};

export const studentCdf = (t: number, df: number): number => studentSurvival(-t, df);

/** t with P(T ≤ t) = p. */
export const studentQuantile = (p: number, df: number): number => quantile(p, (t) => studentSurvival(t, df));

/** P(X > x) for χ² with df degrees of freedom. */
export const chiSquareSurvival = (x: number, df: number): number => (x <= 0 ? 1 : gammaUpper(df / 2, x / 2));

/** P(X ≥ successes) for X binomial(trials, p). */
export const binomialAtLeast = (successes: number, trials: number, p: number): number => {
  if (successes <= 0) {
    return 1;
  }
  return successes > trials ? 0 : betaRegularised(p, successes, trials - successes + 1);
};

/**
 * P(X ≤ successes) for X hypergeometric: `drawn` of `total` are drawn without regard to which `marked` of them are
 * marked. One-sided Fisher exact test. O(marked) terms from the larger end of the tail.
 */
export const hypergeometricAtMost = (
  successes: number,
  drawn: number,
  marked: number,
  total: number,
): number => {
  const lowest = Math.max(0, drawn + marked - total);
  const top = Math.min(successes, drawn, marked);
  if (top < lowest) {
    return 0;
  }
  let term = Math.exp(
    logChoose(marked, top) + logChoose(total - marked, drawn - top) - logChoose(total, drawn),
  );
  let sum = term;
  for (let x = top; x > lowest; x--) {
    term *= (x * (total - marked - drawn + x)) / ((marked - x + 1) * (drawn - x + 1));
    sum += term;
  }
  return Math.min(1, sum);
};

const logChoose = (n: number, k: number): number =>
  k === 0 || k === n ? 0 : -logBeta(k + 1, n - k + 1) - Math.log(n + 1);

/**
 * Inverts the upper tail of a distribution symmetric about 0. The root is bracketed by doubling and then halved or,
 * with a density given, approached by Newton steps that fall back to halving when they leave the bracket.
 */
const quantile = (p: number, survival: (x: number) => number, density?: (x: number) => number): number => {
  if (!(p > 0 && p < 1)) {
    throw new RangeError(`quantile: p must lie strictly between 0 and 1, got ${p}`);
  }
  if (p === 0.5) {
    return 0;
  }
  const tail = Math.min(p, 1 - p);
  let low = 0;
  let high = 1;
  while (survival(high) > tail) {
    low = high;
    high *= 2;
  }
  let x = (low + high) / 2;
  for (let i = 0; i < 200; i++) {
    const excess = survival(x) - tail;
    if (excess > 0) {
      low = x;
    } else {
      high = x;
    }
    const newton = density === undefined ? Number.NaN : x + excess / density(x);
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= 1e-16 * Math.abs(x) || next === x) {
      break;
    }
    x = next;
  }
  return p < 0.5 ? -x : x;
};
