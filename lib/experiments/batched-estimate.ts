// Inference on batches whose weights were chosen by earlier outcomes (a bandit's): the batched estimator of Zhang, Janson
// & Murphy ("Inference for Batched Bandits", NeurIPS 2020). Given what came before a batch, its own difference d_t is
// unbiased and, over its standard error e_t, nearly standard normal; so is Σ (d_t − Δ) ÷ e_t over √T, whichever weights
// the bandit chose. The estimate is the Δ at which that sum is 0 (batches weigh 1 ÷ e_t, not 1 ÷ e_t²), its interval where
// it is within ±1.96. e_t uses variances under the Δ in question, as a score interval does: an arm that had bad luck is
// drawn on less, and its own observed variance would be too small just then. No batch is left out by its size.
// Limits: many buyers in all; where the effect changes over time, the estimate is a mean of it weighted by 1 ÷ e_t.

import { normalQuantile, normalSurvival } from '../numeric/distributions.ts';
import { alpha } from './effect.ts';
import { wilsonInterval } from './estimate.ts';
import type { Estimate } from './result.ts';
import type { ShareCount } from './score-interval.ts';

export interface BatchPair {
  readonly arm: ShareCount;
  readonly reference: ShareCount;
}

/** Of a difference of shares; the p-value is of no difference in any batch. No relative lift is stated. */
export interface BatchedEstimate extends Estimate {
  /** Batches with customers in both arms. */
  readonly batchesCount: number;
}

export interface BatchedShare {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const z = normalQuantile(1 - alpha / 2);

/** Undefined when no batch has customers in both arms, or neither arm varies. */
export const batchedDifference = (batches: readonly BatchPair[]): BatchedEstimate | undefined => {
  const counted = batches.filter(({ arm, reference }) => arm.count > 0 && reference.count > 0);
  const [arm, reference] = [
    totalOf(counted.map((pair) => pair.arm)),
    totalOf(counted.map((pair) => pair.reference)),
  ];
  const bought = arm.sum + reference.sum;
  if (bought === 0 || bought === arm.count + reference.count) {
    return undefined;
  }
  const score = (difference: number): number => scoreAt(difference, counted, arm, reference);
  const [low, high] = [
    zeroOf((difference) => score(difference) - z),
    zeroOf((difference) => score(difference) + z),
  ];
  return {
    kind: 'estimate',
    difference: zeroOf(score),
    low,
    high,
    standardError: (high - low) / (2 * z),
    relativeLift: null,
    pValue: 2 * normalSurvival(Math.abs(score(0))),
    batchesCount: counted.length,
  };
};

/** One arm's share by the same weights: its plain mean over all batches is too low, for who had bad luck is drawn on less. */
export const batchedShare = (batches: readonly ShareCount[]): BatchedShare | undefined => {
  const counted = batches.filter(({ count }) => count > 0);
  if (counted.length === 0) {
    return undefined;
  }
  const roots = counted.reduce((sum, { count }) => sum + Math.sqrt(count), 0);
  const value = counted.reduce((sum, arm) => sum + Math.sqrt(arm.count) * shareOf(arm), 0) / roots;
  // (value − p) · roots ÷ √T against √(p (1 − p)) is Wilson's interval of so many customers.
  const count = roots ** 2 / counted.length;
  const [low, high] = wilsonInterval(value * count, count, z);
  return { value, low, high };
};

/** Σ (d_t − Δ) ÷ e_t over √T; falls as Δ rises. Both arms' shares are those that fit the totals and differ by Δ. */
const scoreAt = (
  difference: number,
  batches: readonly BatchPair[],
  arm: ShareCount,
  reference: ShareCount,
): number => {
  const base = inside((arm.sum + reference.sum - difference * arm.count) / (arm.count + reference.count));
  const lifted = inside(base + difference);
  const [armVariance, referenceVariance] = [lifted * (1 - lifted), base * (1 - base)];
  const sum = batches.reduce(
    (score, pair) =>
      score +
      (shareOf(pair.arm) - shareOf(pair.reference) - difference) /
        Math.sqrt(armVariance / pair.arm.count + referenceVariance / pair.reference.count),
    0,
  );
  return sum / Math.sqrt(batches.length);
};

/** Variances of shares at 0 or 1 would be none at all. */
const inside = (share: number): number => Math.min(1 - 1e-9, Math.max(1e-9, share));

/** Of a function that falls from above 0 at −1 to below it at 1, to 1e-12. */
const zeroOf = (value: (x: number) => number): number => {
  let [low, high] = [-1, 1];
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (value(middle) > 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return (low + high) / 2;
};

const shareOf = ({ count, sum }: ShareCount): number => sum / count;

const totalOf = (arms: readonly ShareCount[]): ShareCount =>
  arms.reduce((total, { count, sum }) => ({ count: total.count + count, sum: total.sum + sum }), {
    count: 0,
    sum: 0,
  });
