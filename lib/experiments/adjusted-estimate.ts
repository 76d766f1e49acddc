// The estimate of a mean adjusted by pre-period covariates, from the joint sums of two arms, or why there is none.
// `cuped` with one slope for both arms, `lin` with slopes of their own (cuped.ts, lin.ts): with arms of equal size the two
// hardly differ; where they are unequal and the effect depends on the covariates, Lin's is the safer. Units: the metric's.

import { estimateCustomersCountMin } from '../base/limits.ts';
import type { JointSums } from '../outcomes/joint-sums.ts';
import { cuped } from './cuped.ts';
import { estimateOf } from './estimate.ts';
import { linAdjustment } from './lin.ts';
import { noEstimate } from './no-estimate.ts';
import type { Estimate, NoEstimate } from './result.ts';

export interface Adjustment {
  readonly metric: string;
  readonly covariates: readonly string[];
  readonly method: 'cuped' | 'lin';
}

export const adjustedDifference = (
  arm: JointSums,
  reference: JointSums,
  { metric, covariates, method }: Adjustment,
): Estimate | NoEstimate => {
  const smallest = Math.min(arm.count, reference.count);
  if (smallest < estimateCustomersCountMin || smallest < covariates.length + 2) {
    return noEstimate('arm-too-small');
  }
  const arms = [arm, reference];
  const means =
    method === 'cuped' ? cuped(arms, metric, covariates)?.arms : linAdjustment(arms, metric, covariates);
  return means === undefined
    ? noEstimate('covariates-redundant')
    : (estimateOf(means[0], means[1]) ?? noEstimate('no-variance'));
};
