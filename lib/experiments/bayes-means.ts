// Means and lifts by Bayes in the normal approximation: an effect with its standard error, and a normal prior of it or
// none, give a normal posterior; from it the chance that the arm wins and what either choice is expected to lose.
// With prior N(m, v) and estimate d ± s: precision 1/v + 1/s², mean weighted by precisions. Losses: units of the effect.
// bestMeans: several arms at once, each arm's mean with its standard error and a flat prior (best-arm.ts).
// Limits: large samples, where a mean's own distribution is normal.

import { normalCdf, normalQuantile, normalSurvival } from '../numeric/distributions.ts';
import { type ArmMean, squaredError } from './arm-mean.ts';
import { type BestArm, bestArms, type Posterior } from './best-arm.ts';
import { alpha } from './effect.ts';

export interface NormalPrior {
  readonly mean: number;
  readonly variance: number;
}

export interface EffectPosterior {
  readonly mean: number;
  readonly standardDeviation: number;
  /** Of the 95% credible interval. */
  readonly low: number;
  readonly high: number;
  /** P(effect > 0). */
  readonly chanceToWin: number;
  /** What is expected to be lost by choosing the reference, and by choosing the arm. */
  readonly loss: { readonly reference: number; readonly arm: number };
}

/** Of an effect arm − reference, absolute or relative. */
export const effectPosterior = (
  { value, standardError }: { readonly value: number; readonly standardError: number },
  prior?: NormalPrior,
): EffectPosterior => {
  if (!(standardError > 0) || (prior !== undefined && !(prior.variance > 0))) {
    throw new RangeError(
      `bayes: a standard error and a prior's variance are above 0, received ${standardError} and ${prior?.variance ?? 'none'}`,
    );
  }
  const data = 1 / standardError ** 2;
  const before = prior === undefined ? 0 : 1 / prior.variance;
  const mean = (value * data + (prior?.mean ?? 0) * before) / (data + before);
  const standardDeviation = 1 / Math.sqrt(data + before);
  const margin = normalQuantile(1 - alpha / 2) * standardDeviation;
  return {
    mean,
    standardDeviation,
    low: mean - margin,
    high: mean + margin,
    chanceToWin: normalCdf(mean / standardDeviation),
    loss: { reference: excess(mean, standardDeviation), arm: excess(-mean, standardDeviation) },
  };
};

/** In the order of the arms given. */
export const bestMeans = (arms: readonly ArmMean[]): readonly BestArm[] =>
  bestArms(arms.map((arm) => normalPosterior(arm.mean, Math.sqrt(squaredError(arm)))));

/** E[max(θ, 0)] of a normal θ. */
const excess = (mean: number, deviation: number): number =>
  Math.max(0, mean * normalCdf(mean / deviation) + deviation * normalDensity(mean / deviation));

const normalDensity = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);

const normalPosterior = (mean: number, standardDeviation: number): Posterior => ({
  mean,
  standardDeviation,
  density: (x) => normalDensity((x - mean) / standardDeviation) / standardDeviation,
  cdf: (x) => normalCdf((x - mean) / standardDeviation),
  survival: (x) => normalSurvival((x - mean) / standardDeviation),
  support: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
});
