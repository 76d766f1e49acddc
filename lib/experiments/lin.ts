// Full regression adjustment (Lin, Annals of Applied Statistics 7, 2013, 295–318): the metric regressed on the arm, the
// centred pre-period covariates and their products with the arm. The same as one regression in each arm, each taken at
// the common mean of the covariates, which is how it is computed here, from joint sums alone.
// Standard error: from the sums that of ordinary least squares in each arm, RSS ÷ (n − k − 1) × (1/n + d'(n−1)⁻¹S⁻¹d),
// right where the spread around the line does not change along it; lin-robust.ts replaces it by HC2 in a second pass over
// rows or cells. Both are for the effect on these customers (their covariates taken as given).
// Never worse than no adjustment in large samples, whatever the truth. Limits: n well above the number of covariates.

import { type CovarianceSolver, covarianceSolver, dot } from '../numeric/covariance-solve.ts';
import {
  columnMean,
  covariance,
  covarianceMatrix,
  type JointSums,
  mergeJointSums,
} from '../outcomes/joint-sums.ts';
import type { ArmMean } from './arm-mean.ts';

export interface LinFit extends ArmMean {
  /** One a covariate. */
  readonly slopes: readonly number[];
  /** The arm's own means: of the metric and of the covariates. */
  readonly centre: { readonly metric: number; readonly covariates: readonly number[] };
  /** Common mean of the covariates less the arm's. */
  readonly offsets: readonly number[];
  /** Of the arm's covariances of covariates. */
  readonly solver: CovarianceSolver;
}

/** In the order of the arms given, adjusted to the covariates of all of them. Undefined as in cuped.ts. */
export const linAdjustment = (
  arms: readonly JointSums[],
  metric: string,
  covariates: readonly string[],
): readonly LinFit[] | undefined => {
  const pooled = arms.reduce((all, arm) => mergeJointSums(all, arm));
  const common = covariates.map((name) => columnMean(pooled, name));
  const fits = arms.flatMap((arm) => fitArm(arm, metric, covariates, common) ?? []);
  return fits.length === arms.length ? fits : undefined;
};

const fitArm = (
  arm: JointSums,
  metric: string,
  covariates: readonly string[],
  common: readonly number[],
): LinFit | undefined => {
  const solver = covarianceSolver(covarianceMatrix(arm, covariates));
  const degrees = arm.count - covariates.length - 1;
  if (solver === undefined || degrees < 1) {
    return undefined;
  }
  const means = covariates.map((name) => columnMean(arm, name));
  const offsets = common.map((value, i) => value - means[i]);
  const shared = covariates.map((name) => covariance(arm, metric, name));
  const slopes = solver.solve(shared);
  const residual = Math.max(0, covariance(arm, metric, metric) - dot(slopes, shared)) * (arm.count - 1);
  const reach = 1 + (arm.count * dot(offsets, solver.solve(offsets))) / (arm.count - 1);
  return {
    count: arm.count,
    mean: columnMean(arm, metric) + dot(slopes, offsets),
    variance: (residual / degrees) * reach,
    degrees,
    slopes,
    centre: { metric: columnMean(arm, metric), covariates: means },
    offsets,
    solver,
  };
};
