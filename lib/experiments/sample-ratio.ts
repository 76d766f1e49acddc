// Sample-ratio check: do the arms hold as many customers as the design says? χ² goodness of fit, arms − 1 degrees of
// freedom, alarm at p < 0.001 (Fabijan et al., KDD 2019: a mismatch biases every estimate, whatever its cause).
// Compared are the arms of the campaign's own randomisation. The global holdout is left out: who is in it was never
// treated by earlier campaigns, so conditions on behaviour may rightly admit more or fewer of them to an audience.

import { chiSquareSurvival } from '../numeric/distributions.ts';
import type { SampleRatio } from './result.ts';

export const sampleRatioAlarm = 0.001;

/** `shares` and `observed` by arm, in the same order; shares sum to 1. */
export const checkSampleRatio = (
  arms: readonly string[],
  shares: readonly number[],
  observed: readonly number[],
): SampleRatio => {
  const total = observed.reduce((sum, count) => sum + count, 0);
  const expected = shares.map((share) => share * total);
  const filled = arms.map((_, i) => i).filter((i) => expected[i] > 0);
  // Customers in an arm that the design gives nobody to are a mismatch beyond any test.
  const impossible = arms.some((_, i) => shares[i] === 0 && observed[i] > 0);
  if (filled.length < 2) {
    return { arms, expected, observed, pValue: null, ok: !impossible };
  }
  const statistic = filled.reduce((sum, i) => sum + (observed[i] - expected[i]) ** 2 / expected[i], 0);
  const pValue = impossible ? 0 : chiSquareSurvival(statistic, filled.length - 1);
  return { arms, expected, observed, pValue, ok: pValue >= sampleRatioAlarm };
};
