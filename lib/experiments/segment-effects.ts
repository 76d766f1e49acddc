// The effect within each segment (or week), and whether it differs between them at all. p-values are adjusted over the
// segments by Benjamini–Hochberg: of the segments called affected at most 5% are expected to be false. A difference between
// segments is shown by their own test and never by one being significant and another not: Cochran's Q (Biometrics 10, 1954),
// Σ w (d − d̄)² with w = 1 ÷ SE², is χ² with segments − 1 degrees of freedom when all have the same effect.
// Segments must not overlap and must stem from before the assignment. Units: the metric's; arm − reference.

import { chiSquareSurvival } from '../numeric/distributions.ts';
import { type ArmMean, meanEffect } from './arm-mean.ts';
import type { Effect } from './effect.ts';
import { benjaminiHochberg } from './multiplicity.ts';

export interface SegmentEffect extends Effect {
  readonly segment: string;
  /** Over the segments estimated. */
  readonly adjustedPValue: number;
}

export interface SegmentEffects {
  /** In the order given; segments in which nothing varies have no estimate and are left out. */
  readonly effects: readonly SegmentEffect[];
  /** Null with fewer than two segments estimated. */
  readonly heterogeneity: {
    readonly statistic: number;
    readonly degrees: number;
    readonly pValue: number;
  } | null;
}

export const segmentEffects = (
  segments: ReadonlyMap<string, { readonly arm: ArmMean; readonly reference: ArmMean }>,
): SegmentEffects => {
  const estimated = [...segments].flatMap(([segment, { arm, reference }]) => {
    const effect = Math.min(arm.degrees, reference.degrees) > 0 ? meanEffect(arm, reference) : undefined;
    return effect === undefined ? [] : [{ segment, ...effect }];
  });
  const adjusted = benjaminiHochberg(estimated.map(({ pValue }) => pValue));
  return {
    effects: estimated.map((effect, i) => ({ ...effect, adjustedPValue: adjusted[i] })),
    heterogeneity: heterogeneity(estimated),
  };
};

/** Cochran's Q over the effects of parts that do not overlap; parts without sampling error are left out. */
export const heterogeneity = (
  of: readonly Pick<Effect, 'value' | 'standardError'>[],
): SegmentEffects['heterogeneity'] => {
  const effects = of.filter(({ standardError }) => standardError > 0);
  if (effects.length < 2) {
    return null;
  }
  const weights = effects.map(({ standardError }) => 1 / standardError ** 2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const common = effects.reduce((sum, { value }, i) => sum + weights[i] * value, 0) / total;
  const statistic = effects.reduce((sum, { value }, i) => sum + weights[i] * (value - common) ** 2, 0);
  const degrees = effects.length - 1;
  return { statistic, degrees, pValue: chiSquareSurvival(statistic, degrees) };
};
