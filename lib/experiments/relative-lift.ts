// Relative lift, (arm − reference) ÷ reference, of any metric with a mean above 0, and its 95% interval.
// Delta method: symmetric, and too short on one side where the reference is uncertain. Fieller (JRSS B 16, 1954): the
// ratios ρ with |m1 − ρ·m0| ≤ t·√(v1 + ρ²·v0); exact for normal means, and without end where the reference cannot be told
// from 0. Chosen: from ten standard errors of the reference on the delta method (the two then differ by some hundredths
// of their length), below it Fieller, and below three nothing: its interval would span several times the reference.
// Dimensionless: 0.05 is +5%.

import { type ArmMean, squaredError, welchDegrees } from './arm-mean.ts';
import { alpha, type Effect, type EffectOptions, effectOf, quantile } from './effect.ts';

export interface Lift {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const deltaErrorsMin = 10;
const fiellerErrorsMin = 3;

export const relativeLift = (arm: ArmMean, reference: ArmMean): Lift | null => {
  const errors = reference.mean / Math.sqrt(squaredError(reference));
  // An arm in which nobody bought would have a lift of −100% without any uncertainty.
  if (!(errors > fiellerErrorsMin && squaredError(arm) > 0)) {
    return null;
  }
  if (errors < deltaErrorsMin) {
    return fiellerLift(arm, reference) ?? null;
  }
  const { value, low, high } = deltaLift(arm, reference);
  return { value, low, high };
};

/** Needs a reference whose mean is not 0, and an arm that varies. */
export const deltaLift = (arm: ArmMean, reference: ArmMean, options?: EffectOptions): Effect => {
  const base = reference.mean;
  const square = squaredError(arm) / base ** 2 + (arm.mean ** 2 * squaredError(reference)) / base ** 4;
  return effectOf(arm.mean / base - 1, Math.sqrt(square), welchDegrees(arm, reference), options);
};

/** Undefined where the interval has no end: the reference is within t standard errors of 0. */
export const fiellerLift = (arm: ArmMean, reference: ArmMean): Lift | undefined => {
  const t = quantile(1 - alpha / 2, welchDegrees(arm, reference));
  const [a, b] = [arm.mean, reference.mean];
  const [va, vb] = [t * t * squaredError(arm), t * t * squaredError(reference)];
  const scale = b * b - vb;
  if (!(scale > 0)) {
    return undefined;
  }
  // Never below 0 when scale > 0: a²·vb + b²·va ≥ va·vb.
  const root = Math.sqrt(Math.max(0, a * a * vb + b * b * va - va * vb));
  return { value: a / b - 1, low: (a * b - root) / scale - 1, high: (a * b + root) / scale - 1 };
};
