// CUPED: the metric less what pre-period covariates foretold of it, from joint sums alone.
// y' = y − θ'(x − x̄) with θ = S_xx⁻¹ S_xy over all arms together and x̄ their common mean (Deng, Xu, Kohavi & Walker,
// WSDM 2013; several covariates at once). The variance falls by 1 − ρ², ρ the (multiple) correlation.
// The covariates must stem from before the assignment: then the difference keeps its expectation whatever θ is.
// Limits: θ is estimated, a bias of order 1/n; slopes that differ between arms are left to lin.ts. Units: the metric's.

import { covarianceSolver, dot } from '../numeric/covariance-solve.ts';
import {
  columnMean,
  covariance,
  covarianceMatrix,
  type JointSums,
  mergeJointSums,
} from '../outcomes/joint-sums.ts';
import type { ArmMean } from './arm-mean.ts';

export interface Cuped {
  /** One a covariate: units of the metric for one of the covariate. */
  readonly theta: readonly number[];
  /** Share of the metric's variance, over all arms, that the covariates explain: ρ². */
  readonly explained: number;
  /** In the order of the arms given; compare with estimate.ts. */
  readonly arms: readonly ArmMean[];
}

/**
 * `arms`: all arms of the test or the two compared; they share θ. Undefined where a covariate does not vary or says
 * nothing beyond the others.
 */
export const cuped = (
  arms: readonly JointSums[],
  metric: string,
  covariates: readonly string[],
): Cuped | undefined => {
  const pooled = arms.reduce((all, arm) => mergeJointSums(all, arm));
  const solver = covarianceSolver(covarianceMatrix(pooled, covariates));
  if (solver === undefined) {
    return undefined;
  }
  const shared = covariates.map((covariate) => covariance(pooled, metric, covariate));
  const theta = solver.solve(shared);
  return {
    theta,
    explained: dot(theta, shared) / covariance(pooled, metric, metric),
    arms: arms.map((arm) => adjusted(arm, pooled, metric, covariates, theta)),
  };
};

const adjusted = (
  arm: JointSums,
  pooled: JointSums,
  metric: string,
  covariates: readonly string[],
  theta: readonly number[],
): ArmMean => {
  const offsets = covariates.map((name) => columnMean(arm, name) - columnMean(pooled, name));
  const shared = covariates.map((name) => covariance(arm, metric, name));
  const spread = covarianceMatrix(arm, covariates).map((row) => dot(row, theta));
  return {
    count: arm.count,
    mean: columnMean(arm, metric) - dot(theta, offsets),
    variance: Math.max(0, covariance(arm, metric, metric) - 2 * dot(theta, shared) + dot(theta, spread)),
    degrees: arm.count - 1,
  };
};
