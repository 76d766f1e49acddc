// Effect of an arm against its reference from additive summaries: difference, 95% interval, p-value, relative lift.
// Proportions: Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, 873–890, method 10) and the pooled
// z-test. Means: Welch's t (Biometrika 34, 1947). Relative lift: delta method on the ratio of the two means.
// Limits: large samples; the callers' minimal counts (lib/base/limits.ts) keep them so. All differences: arm − reference.

import {
  normalQuantile,
  normalSurvival,
  studentQuantile,
  studentSurvival,
} from '../numeric/distributions.ts';
import { type Moments, mean, variance } from '../outcomes/summary.ts';
import type { Estimate } from './result.ts';

/** Two-sided error of every interval. */
export const alpha = 0.05;
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
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / arm.count + 1 / reference.count));
  return {
    kind: 'estimate',
    difference,
    low: difference - Math.hypot(p1 - low1, high2 - p2),
    high: difference + Math.hypot(high1 - p1, p2 - low2),
    pValue: 2 * normalSurvival(Math.abs(difference) / error),
    relativeLift: relativeLift(arm, reference),
  };
};

/** Undefined when neither arm varies, or one holds a single customer. */
export const meanDifference = (arm: Moments, reference: Moments): Estimate | undefined => {
  const errorSquare = variance(arm) / arm.count + variance(reference) / reference.count;
  if (!(errorSquare > 0)) {
    return undefined;
  }
  const difference = mean(arm) - mean(reference);
  const error = Math.sqrt(errorSquare);
  const df = welchDegrees(arm, reference);
  const margin = studentQuantile(1 - alpha / 2, df) * error;
  return {
    kind: 'estimate',
    difference,
    low: difference - margin,
    high: difference + margin,
    pValue: 2 * studentSurvival(Math.abs(difference) / error, df),
    relativeLift: relativeLift(arm, reference),
  };
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

/** Welch–Satterthwaite. */
const welchDegrees = (a: Moments, b: Moments): number => {
  const [va, vb] = [variance(a) / a.count, variance(b) / b.count];
  return (va + vb) ** 2 / (va ** 2 / (a.count - 1) + vb ** 2 / (b.count - 1));
};

/**
 * (arm − reference) ÷ reference. The delta method needs a reference well away from 0: below three standard errors
 * the ratio's interval means nothing, and null says so.
 */
const relativeLift = (arm: Moments, reference: Moments): Estimate['relativeLift'] => {
  const base = mean(reference);
  const [va, vb] = [variance(arm) / arm.count, variance(reference) / reference.count];
  if (!(base > 3 * Math.sqrt(vb) && va + vb > 0)) {
    return null;
  }
  const value = mean(arm) / base - 1;
  const error = Math.sqrt(va / base ** 2 + (mean(arm) ** 2 * vb) / base ** 4);
  const margin = studentQuantile(1 - alpha / 2, welchDegrees(arm, reference)) * error;
  return { value, low: value - margin, high: value + margin };
};

/** Holm's step-down adjustment (1979): controls the chance of any false winner among several arms. */
export const holm = (pValues: readonly number[]): number[] => {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = pValues.map(() => 1);
  let floor = 0;
  for (const [rank, i] of order.entries()) {
    floor = Math.max(floor, Math.min(1, (pValues.length - rank) * pValues[i]));
    adjusted[i] = floor;
  }
  return adjusted;
};
