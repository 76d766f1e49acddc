// Miettinen and Nurminen's score interval and test of a difference of two shares (Statistics in Medicine 4, 1985,
// 213–226): the differences δ at which the observed one lies within z standard errors, these taken at the shares that
// are likeliest under δ, times N ÷ (N − 1). Test and interval agree, and neither fails at shares of 0 or 1: for rare
// events (unsubscribes, complaints) better than Newcombe's, which is the report's for repurchase.
// The likeliest shares solve a cubic, here by bisection of the likelihood's derivative, which
// falls throughout; the ends of the interval by bisection in δ. Accuracy 1e-12. Counts, all at least 1 customer.

import { normalQuantile, normalSurvival } from '../numeric/distributions.ts';
import { alpha } from './effect.ts';

export interface ShareCount {
  readonly count: number;
  /** Successes. */
  readonly sum: number;
}

export interface ScoreInterval {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided, of no difference; 1 where both shares are equal. */
  readonly pValue: number;
}

export const scoreInterval = (arm: ShareCount, reference: ShareCount, error = alpha): ScoreInterval => {
  const difference = arm.sum / arm.count - reference.sum / reference.count;
  const z = normalQuantile(1 - error / 2);
  return {
    difference,
    // The score falls as δ rises: it is z at the lower end and −z at the upper.
    low: bisect((delta) => score(arm, reference, delta) - z, -1, difference),
    high: bisect((delta) => score(arm, reference, delta) + z, difference, 1),
    pValue: difference === 0 ? 1 : 2 * normalSurvival(Math.abs(score(arm, reference, 0))),
  };
};

/** (observed − δ) ÷ its standard error under δ. */
const score = (arm: ShareCount, reference: ShareCount, delta: number): number => {
  const difference = arm.sum / arm.count - reference.sum / reference.count;
  const p0 = likeliestReference(arm, reference, delta);
  const p1 = Math.min(1, Math.max(0, p0 + delta));
  const total = arm.count + reference.count;
  const square = ((p1 * (1 - p1)) / arm.count + (p0 * (1 - p0)) / reference.count) * (total / (total - 1));
  const gap = difference - delta;
  return gap === 0 ? 0 : gap / Math.sqrt(square);
};

/** The reference's share p that maximises the likelihood of both counts when the arm's is p + δ. */
const likeliestReference = (arm: ShareCount, reference: ShareCount, delta: number): number =>
  bisect(
    (p) =>
      slope(reference.sum, p) -
      slope(reference.count - reference.sum, 1 - p) +
      slope(arm.sum, p + delta) -
      slope(arm.count - arm.sum, 1 - p - delta),
    Math.max(0, -delta),
    Math.min(1, 1 - delta),
  );

const slope = (count: number, share: number): number => (count === 0 ? 0 : count / Math.max(share, 1e-300));

/** Where a function that falls crosses 0; an end where it does not. */
const bisect = (fall: (x: number) => number, from: number, to: number): number => {
  let [low, high] = [from, to];
  for (let i = 0; i < 200 && high - low > 1e-16; i++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) {
      break;
    }
    if (fall(middle) > 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return (low + high) / 2;
};
