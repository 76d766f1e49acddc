// What a comparison needs of an arm, whatever the metric: a mean and the variance of one customer's part in it, so that
// variance ÷ count is the mean's squared standard error. Means, shares, ratios of sums; CUPED and regression make theirs.
// Ratio R = Σ num ÷ Σ den over customers, by the delta method (linearisation): one customer's part is
// (num − R·den) ÷ mean(den) (Deng, Knoblich & Lu, KDD 2018). Limits: large samples; mean(den) well above 0.

import { columnMean, covariance, type JointSums } from '../outcomes/joint-sums.ts';
import { type Moments, mean, variance } from '../outcomes/summary.ts';
import { type Effect, type EffectOptions, effectOf } from './effect.ts';

export interface ArmMean {
  /** Customers. */
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
  /** Degrees of freedom of the variance. */
  readonly degrees: number;
}

export const armMean = (moments: Moments): ArmMean => ({
  count: moments.count,
  mean: mean(moments),
  variance: variance(moments),
  degrees: moments.count - 1,
});

/** A share with the binomial's own variance p(1 − p), n in the denominator. */
export const armShare = (moments: Moments): ArmMean => {
  const share = mean(moments);
  return { count: moments.count, mean: share, variance: share * (1 - share), degrees: moments.count - 1 };
};

/** Undefined where the denominator sums to 0. */
export const armRatio = (sums: JointSums, numerator: string, denominator: string): ArmMean | undefined => {
  const base = columnMean(sums, denominator);
  if (!(Math.abs(base) > 0)) {
    return undefined;
  }
  const ratio = columnMean(sums, numerator) / base;
  const spread =
    covariance(sums, numerator, numerator) -
    2 * ratio * covariance(sums, numerator, denominator) +
    ratio * ratio * covariance(sums, denominator, denominator);
  return {
    count: sums.count,
    mean: ratio,
    variance: Math.max(0, spread) / (base * base),
    degrees: sums.count - 1,
  };
};

export const squaredError = ({ variance: spread, count }: ArmMean): number => spread / count;

/** Welch's t-test (Biometrika 34, 1947) of arm − reference. Undefined when neither varies, or one is a single customer. */
export const meanEffect = (arm: ArmMean, reference: ArmMean, options?: EffectOptions): Effect | undefined => {
  const square = squaredError(arm) + squaredError(reference);
  if (!(square > 0)) {
    return undefined;
  }
  return effectOf(arm.mean - reference.mean, Math.sqrt(square), welchDegrees(arm, reference), options);
};

/** Welch–Satterthwaite. */
export const welchDegrees = (a: ArmMean, b: ArmMean): number => {
  const [va, vb] = [squaredError(a), squaredError(b)];
  return (va + vb) ** 2 / (va ** 2 / a.degrees + vb ** 2 / b.degrees);
};
