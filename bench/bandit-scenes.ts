// A bandit's life in numbers: customers come in batches, arms are chosen by the outcomes of earlier batches, each buys or
// not. Thompson sampling by a draw from the posteriors for each customer (what the golden vectors did), by the weights
// that campaigns use, or fixed shares. Outcomes are known at the end of their batch, or some batches later (`delay`).
// Regret: how many more would have bought, expected, had everybody got the best arm.

import type { Random } from '../lib/base/random.ts';
import type { ShareCount } from '../lib/experiments/score-interval.ts';
import { thompsonWeights } from '../lib/experiments/thompson.ts';

export interface BanditSetting {
  /** Each arm's true share of buyers. */
  readonly shares: readonly number[];
  readonly customers: number;
  readonly batch: number;
  /** Batches more until outcomes are known; default 0. */
  readonly delay?: number;
}

export interface BanditRun {
  readonly regret: number;
  /** Of each batch, each arm. */
  readonly batches: readonly (readonly ShareCount[])[];
}

/** What draws arms in a batch, given the outcomes known at its start. */
export type Policy = (known: readonly ShareCount[], random: Random) => () => number;

export const banditRun = (
  { shares, customers, batch, delay = 0 }: BanditSetting,
  policy: Policy,
  random: Random,
): BanditRun => {
  const best = Math.max(...shares);
  const batches: ShareCount[][] = [];
  const known = shares.map(() => ({ count: 0, sum: 0 }));
  let regret = 0;
  for (let from = 0; from < customers; from += batch) {
    for (const [arm, { count, sum }] of (batches.at(-1 - delay) ?? []).entries()) {
      known[arm].count += count;
      known[arm].sum += sum;
    }
    const draw = policy(known, random);
    const now = shares.map(() => ({ count: 0, sum: 0 }));
    for (let i = from; i < Math.min(customers, from + batch); i++) {
      const arm = draw();
      regret += best - shares[arm];
      now[arm].count++;
      now[arm].sum += random.next() < shares[arm] ? 1 : 0;
    }
    batches.push(now);
  }
  return { regret, batches };
};

export const fixedShares: Policy = (known, random) => () => random.int(known.length);

export const drawnThompson: Policy = (known, random) => () => {
  const draws = known.map(({ count, sum }) => beta(1 + sum, 1 + count - sum, random));
  return draws.indexOf(Math.max(...draws));
};

export const weightedThompson =
  (floor: number): Policy =>
  (known, random) => {
    const weights = known.some(({ count }) => count > 0)
      ? thompsonWeights(known, floor)
      : known.map(() => 1 / known.length);
    return () => {
      let left = random.next();
      const arm = weights.findIndex((weight) => {
        left -= weight;
        return left < 0;
      });
      return arm === -1 ? weights.length - 1 : arm;
    };
  };

export const totals = ({ batches }: BanditRun): readonly ShareCount[] =>
  batches.reduce((sums, batch) =>
    sums.map(({ count, sum }, arm) => ({ count: count + batch[arm].count, sum: sum + batch[arm].sum })),
  );

const beta = (alpha: number, beta_: number, random: Random): number => {
  const first = gamma(alpha, random);
  return first / (first + gamma(beta_, random));
};

/** Marsaglia & Tsang, ACM Transactions on Mathematical Software 26 (2000); shape ≥ 1. */
const gamma = (shape: number, random: Random): number => {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
      return d * v;
    }
  }
};
