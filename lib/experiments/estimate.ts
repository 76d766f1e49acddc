// Effect of an arm against its reference from additive summaries: difference, 95% interval, p-value, relative lift.
// Proportions: Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, 873–890, method 10) and the pooled
// z-test. Means and everything that has an ArmMean (ratios, CUPED, regression): Welch's t. Relative lift: relative-lift.ts.
// Limits: large samples; the callers' minimal counts (lib/base/limits.ts) keep them so. All differences: arm − reference.

import { normalQuantile, normalSurvival } from '../numeric/distributions.ts';
import { type Moments, mean } from '../outcomes/summary.ts';
import { type ArmMean, armMean, meanEffect } from './arm-mean.ts';
import { alpha } from './effect.ts';
import { relativeLift } from './relative-lift.ts';
import type { Estimate } from './result.ts';

const z975 = normalQuantile(1 - alpha / 2);

/** Undefined when nobody or everybody converted in both arms: the test has no variance to go by. */
export const proportionDifference = (arm: Moments, reference: Moments): Estimate | undefined => {
  const pooled = (arm.sum + reference.sum) / (arm.count + reference.count);
  if (pooled === 0 || pooled === 1) {
    return undefined;
  }
  const [p1, p2] = [mean(arm), mean(reference)];
  const [low1, high1] = wilsonInterval(arm.sum, arm.count, z975);
  const [low2, high2] = wilsonInterval(reference.sum, reference.count, z975);
  const difference = p1 - p2;
  const spread = (p: number, n: number): number => (p * (1 - p)) / n;
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / arm.count + 1 / reference.count));
  return {
    kind: 'estimate',
    difference,
    low: difference - Math.hypot(p1 - low1, high2 - p2),
    high: difference + Math.hypot(high1 - p1, p2 - low2),
    standardError: Math.sqrt(spread(p1, arm.count) + spread(p2, reference.count)),
    pValue: 2 * normalSurvival(Math.abs(difference) / error),
    relativeLift: relativeLift(armMean(arm), armMean(reference)),
  };
};

/** Undefined when neither arm varies, or one holds a single customer. */
export const meanDifference = (arm: Moments, reference: Moments): Estimate | undefined =>
  estimateOf(armMean(arm), armMean(reference));

/** The same of any metric: a ratio, or a mean adjusted by CUPED or regression. */
export const estimateOf = (arm: ArmMean, reference: ArmMean): Estimate | undefined => {
  const effect = meanEffect(arm, reference);
  return (
    effect && {
      kind: 'estimate',
      difference: effect.value,
      low: effect.low,
      high: effect.high,
      standardError: effect.standardError,
      pValue: effect.pValue,
      relativeLift: relativeLift(arm, reference),
    }
  );
};

/** Wilson's score interval (JASA 22, 1927) of a share. */
export const wilsonInterval = (successes: number, count: number, z: number): readonly [number, number] => {
  const share = successes / count;
  const square = z * z;
  const centre = share + square / (2 * count);
  const margin = z * Math.sqrt((share * (1 - share) + square / (4 * count)) / count);
  const scale = 1 + square / count;
  return [Math.max(0, (centre - margin) / scale), Math.min(1, (centre + margin) / scale)];
};
