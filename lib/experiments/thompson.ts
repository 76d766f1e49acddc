// Thompson sampling (Thompson, Biometrika 25, 1933) a batch at a time: the weight of an arm is its probability to be the
// best by the outcomes known so far (uniform priors, best-arm.ts), and the hash draws arms by these weights, which is
// the same as drawing from the posteriors once a customer, with propensities that are known exactly.
// Every weight is `floor` at least, so that no propensity nears 0: what is over floor is shared in proportion. Weights are
// whole millionths that sum to exactly one million of them. Limit: an arm's share of buyers is taken to stay the same.

import { bestShares } from './bayes-shares.ts';
import type { ShareCount } from './score-interval.ts';

const million = 1_000_000;

/** In the order of the arms; `floor` × arms ≤ 1. */
export const thompsonWeights = (arms: readonly ShareCount[], floor: number): readonly number[] => {
  if (!(floor >= 0 && floor * arms.length <= 1 + 1e-9)) {
    throw new RangeError(`thompson: a floor lies between 0 and 1 ÷ ${arms.length} arms, received ${floor}`);
  }
  const chances = arms.length === 1 ? [1] : bestShares(arms).map(({ chanceBest }) => chanceBest);
  return millionths(floored(chances, floor));
};

/** The arms below the floor are raised to it, the others give in proportion, until none is below. */
const floored = (chances: readonly number[], floor: number): readonly number[] => {
  const raised = new Set<number>();
  for (;;) {
    const free = chances.reduce((sum, chance, i) => sum + (raised.has(i) ? 0 : chance), 0);
    const scale = (1 - raised.size * floor) / free;
    const below = chances.flatMap((chance, i) => (!raised.has(i) && chance * scale < floor ? [i] : []));
    if (below.length === 0 || raised.size + below.length === chances.length) {
      return raised.size + below.length === chances.length
        ? chances.map(() => 1 / chances.length)
        : chances.map((chance, i) => (raised.has(i) ? floor : chance * scale));
    }
    for (const i of below) {
      raised.add(i);
    }
  }
};

/** By the largest remainder; the tolerance keeps what is a whole number but for rounding. */
const millionths = (weights: readonly number[]): readonly number[] => {
  const units = weights.map((weight) => Math.floor(weight * million + 1e-6));
  const missing = million - units.reduce((sum, unit) => sum + unit, 0);
  const order = weights
    .map((weight, i) => ({ i, rest: weight * million - units[i] }))
    .toSorted((a, b) => b.rest - a.rest || a.i - b.i);
  for (const { i } of order.slice(0, missing)) {
    units[i]++;
  }
  return units.map((unit) => unit / million);
};
