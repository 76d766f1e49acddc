// Planning a comparison of two arms: customers needed, power, and the smallest effect that would be found.
// With standard errors SE0 under no effect and SE1 under the effect δ, power = Φ((|δ| − z·SE0) ÷ SE1), z two-sided at α;
// the chance to be significant on the wrong side (below 1e-4 at any power of use) is left out.
// Shares: `pooled` plans for the pooled z-test that estimate.ts makes (SE0 at the common share of both arms), `unpooled`
// for a test with each arm's own variance, `evan-miller` is his sample-size calculator (SE0 at the baseline: two to three points
// of power too few for a rise, bench/results/estimates.md). Means, ratios of sums (arm-mean.ts) and CUPED-reduced metrics:
// one variance a customer, the same in both arms.
// Arms may differ in size: `ratio` is arm ÷ reference. Sizes are not rounded. Effects: units of the metric, arm − reference.

import { plannedPower } from '../base/limits.ts';
import { normalCdf, normalQuantile } from '../numeric/distributions.ts';
import { alpha } from './effect.ts';

export type Baseline =
  | {
      readonly kind: 'share';
      readonly share: number /** Default: pooled. */;
      readonly formula?: 'pooled' | 'unpooled' | 'evan-miller';
    }
  | { readonly kind: 'mean'; readonly variance: number };

export interface Errors {
  /** Two-sided. Default 0.05. */
  readonly error?: number;
  /** Default 0.8. */
  readonly power?: number;
}

export interface Sizes {
  readonly reference: number;
  readonly arm: number;
}

/** Variance a customer that is left after adjustment by covariates of correlation ρ with the metric. */
export const reducedBaseline = (variance: number, correlation: number): Baseline => ({
  kind: 'mean',
  variance: variance * (1 - correlation ** 2),
});

export const customersNeeded = (
  baseline: Baseline,
  effect: number,
  { error = alpha, power = plannedPower, ratio = 1 }: Errors & { readonly ratio?: number } = {},
): Sizes => {
  const unit = errorsAt(baseline, effect, { reference: 1, arm: ratio });
  const reach = normalQuantile(1 - error / 2) * unit.none + normalQuantile(power) * unit.effect;
  const reference = (reach / effect) ** 2;
  return { reference, arm: ratio * reference };
};

export const powerOf = (baseline: Baseline, effect: number, sizes: Sizes, error = alpha): number => {
  const { none, effect: under } = errorsAt(baseline, effect, sizes);
  return normalCdf((Math.abs(effect) - normalQuantile(1 - error / 2) * none) / under);
};

/**
 * The smallest effect above 0 (below 0 with `direction` −1) that is found with the power asked for; undefined where even
 * the largest possible change of a share is not.
 */
export const minimalEffect = (
  baseline: Baseline,
  sizes: Sizes,
  { error = alpha, power = plannedPower, direction = 1 }: Errors & { readonly direction?: 1 | -1 } = {},
): number | undefined => {
  if (baseline.kind === 'mean') {
    const { none } = errorsAt(baseline, 0, sizes);
    return direction * (normalQuantile(1 - error / 2) + normalQuantile(power)) * none;
  }
  let [low, high] = [0, direction > 0 ? 1 - baseline.share : baseline.share];
  if (!(powerOf(baseline, direction * high, sizes, error) >= power)) {
    return undefined;
  }
  for (let i = 0; i < 100 && high - low > 1e-15; i++) {
    const middle = (low + high) / 2;
    if (powerOf(baseline, direction * middle, sizes, error) < power) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return (direction * (low + high)) / 2;
};

/** Standard errors of the difference under no effect and under `effect`. */
const errorsAt = (
  baseline: Baseline,
  effect: number,
  { reference, arm }: Sizes,
): { readonly none: number; readonly effect: number } => {
  if (baseline.kind === 'mean') {
    const same = Math.sqrt(baseline.variance * (1 / reference + 1 / arm));
    return { none: same, effect: same };
  }
  const { share, formula = 'pooled' } = baseline;
  const changed = share + effect;
  if (!(share > 0 && share < 1 && changed >= 0 && changed <= 1)) {
    throw new RangeError(
      `power: a share must lie in (0, 1) and stay in [0, 1] with its effect, received ${share} and ${effect}`,
    );
  }
  const before = share * (1 - share);
  const under = Math.sqrt(before / reference + (changed * (1 - changed)) / arm);
  const common = formula === 'evan-miller' ? share : (reference * share + arm * changed) / (reference + arm);
  const none = Math.sqrt(common * (1 - common) * (1 / reference + 1 / arm));
  return { none: formula === 'unpooled' ? under : none, effect: under };
};
