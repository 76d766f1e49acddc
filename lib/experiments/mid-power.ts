// Power while a test runs: how many times as many customers as so far it takes to find an effect, from the standard
// error it has now, which falls with the root of the customers. A closed form for the ordinary test; for an interval of
// another shape (a confidence sequence) its half-width as a function, and bisection.
// Power = Φ((|effect| − half-width) ÷ SE) + Φ((−|effect| − half-width) ÷ SE). Agrees with GrowthBook's mid-experiment
// power. Units: the effect's (absolute or relative).

import { plannedPower } from '../base/limits.ts';
import { normalCdf, normalQuantile } from '../numeric/distributions.ts';
import { alpha } from './effect.ts';
import type { Errors } from './power.ts';

export interface SoFar {
  readonly standardError: number;
  /** Customers in both arms. */
  readonly count: number;
}

export type HalfWidth = (standardError: number, count: number) => number;

/** Beyond this many times the customers so far the answer is that it will not be found. */
const timesMax = 2 ** 40;

/**
 * Times the customers so far that are still to come, so 0 when there are enough; undefined where no number is enough.
 */
export const customersStillNeeded = (
  soFar: SoFar,
  effect: number,
  {
    error = alpha,
    power = plannedPower,
    halfWidth = fixedHalfWidth(error),
  }: Errors & { readonly halfWidth?: HalfWidth } = {},
): number | undefined => {
  if (!(soFar.standardError > 0)) {
    throw new RangeError(`power: a standard error is above 0, received ${soFar.standardError}`);
  }
  const powerAt = (times: number): number => powerWith(soFar, effect, times, halfWidth);
  let [low, high] = [1, 1];
  while (!(powerAt(high) >= power)) {
    low = high;
    high *= 2;
    if (high > timesMax) {
      return undefined;
    }
  }
  for (let i = 0; i < 100 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (powerAt(middle) < power) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return high - 1;
};

/** Power once there are `times` as many customers as so far. */
export const powerWith = (
  { standardError, count }: SoFar,
  effect: number,
  times: number,
  halfWidth: HalfWidth = fixedHalfWidth(alpha),
): number => {
  const later = standardError / Math.sqrt(times);
  const bar = halfWidth(later, count * times);
  return normalCdf((Math.abs(effect) - bar) / later) + normalCdf((-Math.abs(effect) - bar) / later);
};

const fixedHalfWidth = (error: number): HalfWidth => {
  const z = normalQuantile(1 - error / 2);
  return (standardError) => z * standardError;
};
