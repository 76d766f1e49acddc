// One arm against another in one metric, from their joint sums: the plain estimate, the one adjusted by what was known
// before, and what Bayes makes of the data alone. Shares: Newcombe's interval; means and ratios: Welch (estimate.ts).
// There is no estimate where a side is too small or too uneventful to be normal. Units: the metric's.

import type { Adjustment } from '../assignment/metric-plan.ts';
import { estimateCustomersCountMin, revenueBuyersCountMin } from '../base/limits.ts';
import { covarianceSolver } from '../numeric/covariance-solve.ts';
import { columnMoments, covarianceMatrix, type JointSums } from '../outcomes/joint-sums.ts';
import type { Metric } from '../outcomes/metrics.ts';
import { adjustedDifference } from './adjusted-estimate.ts';
import { type ArmMean, armMean, armRatio } from './arm-mean.ts';
import { bestMeans } from './bayes-means.ts';
import { bestShares } from './bayes-shares.ts';
import { estimateOf, meanDifference, proportionDifference } from './estimate.ts';
import { noEstimate } from './no-estimate.ts';
import type { AdjustedEstimate, BayesOutlook, Estimate, NoEstimate } from './result.ts';

export const compareArms = (
  { kind, column, denominator }: Metric,
  arm: JointSums | undefined,
  reference: JointSums | undefined,
): Estimate | NoEstimate => {
  if (
    arm === undefined ||
    reference === undefined ||
    Math.min(arm.count, reference.count) < estimateCustomersCountMin
  ) {
    return noEstimate('arm-too-small');
  }
  if (kind === 'share') {
    const estimate = proportionDifference(columnMoments(arm, column), columnMoments(reference, column));
    return estimate ?? noEstimate('no-variance');
  }
  if (Math.min(buyersOf(arm), buyersOf(reference)) < revenueBuyersCountMin) {
    return noEstimate('too-few-conversions');
  }
  if (denominator === undefined) {
    const estimate = meanDifference(columnMoments(arm, column), columnMoments(reference, column));
    return estimate ?? noEstimate('no-variance');
  }
  const [ratio, against] = [armRatio(arm, column, denominator), armRatio(reference, column, denominator)];
  return (ratio && against && estimateOf(ratio, against)) ?? noEstimate('no-variance');
};

/** Undefined where nothing is known that differs between customers, and for ratios. */
export const compareAdjusted = (
  { column, denominator }: Metric,
  arm: JointSums,
  reference: JointSums,
  plain: Estimate,
  { method, covariates }: { readonly method: Adjustment; readonly covariates: readonly string[] },
): AdjustedEstimate | NoEstimate | undefined => {
  const telling = tellingOf(covariates, [arm, reference]);
  if (method === 'none' || telling.length === 0 || denominator !== undefined) {
    return undefined;
  }
  const adjusted = adjustedDifference(arm, reference, { metric: column, covariates: telling, method });
  return adjusted.kind === 'no-estimate'
    ? adjusted
    : {
        ...adjusted,
        method,
        covariates: telling,
        varianceReduction: 1 - (adjusted.standardError / plain.standardError) ** 2,
      };
};

/** Those known that say something beyond the ones before them, in every arm. */
export const tellingOf = (covariates: readonly string[], arms: readonly JointSums[]): readonly string[] => {
  const kept: string[] = [];
  for (const name of covariates) {
    const isTelling = arms.every(
      (sums) =>
        sums.columns.includes(name) &&
        covarianceSolver(covarianceMatrix(sums, [...kept, name])) !== undefined,
    );
    if (isTelling) {
      kept.push(name);
    }
  }
  return kept;
};

/** In the order of the arms given; undefined where one of them does not vary. */
export const outlooksOf = (
  metric: Metric,
  arms: readonly JointSums[],
): readonly BayesOutlook[] | undefined => {
  const means = arms.map((sums) => betterMean(sums, metric));
  if (metric.kind !== 'share' && means.some(({ variance }) => !(variance > 0))) {
    return undefined;
  }
  const best =
    metric.kind === 'share' ? bestShares(arms.map((sums) => betterShare(sums, metric))) : bestMeans(means);
  return best.map(({ chanceBest, expectedLoss }) => ({ probabilityBest: chanceBest, expectedLoss }));
};

/** `repurchase` is among the columns of every test: what means rest on. */
const buyersOf = (sums: JointSums): number => columnMoments(sums, 'repurchase').sum;

/** Where lower is better, of those who did not. */
const betterShare = (sums: JointSums, { column, better }: Metric) => {
  const { count, sum } = columnMoments(sums, column);
  return { count, sum: better === 'higher' ? sum : count - sum };
};

const betterMean = (sums: JointSums, { column, denominator, better }: Metric): ArmMean => {
  const plain = denominator === undefined ? undefined : armRatio(sums, column, denominator);
  const arm = plain ?? armMean(columnMoments(sums, column));
  return better === 'higher' ? arm : { ...arm, mean: -arm.mean };
};
