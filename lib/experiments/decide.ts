// What to do after a look. An interim look can only stop for harm; the final look rolls out the best variant whose
// benefit in the primary metric is shown after Holm's adjustment over the variants, and whose interval agrees, unless a guard speaks
// against it. keep-holding: none helps and at least one was shown to do harm. Otherwise the data do not tell.

import { alpha } from './effect.ts';
import type { Comparison, Decision, Estimate, HarmCheck, MetricResult } from './result.ts';

export interface Verdict {
  readonly decision: Decision;
  readonly winner: string | null;
  /** The comparison the sentence is about. */
  readonly headline: Comparison | undefined;
}

export const decide = (
  final: boolean,
  { comparisons, better }: Pick<MetricResult, 'comparisons' | 'better'>,
  harm: readonly HarmCheck[],
): Verdict => {
  const isHarmed = harm.some(({ stop }) => stop);
  if (!final) {
    return { decision: isHarmed ? 'stop-for-harm' : 'continue', winner: null, headline: comparisons[0] };
  }
  const sign = better === 'higher' ? 1 : -1;
  const ranked = comparisons
    .flatMap((comparison) =>
      comparison.estimate.kind === 'estimate' ? [{ comparison, estimate: comparison.estimate }] : [],
    )
    .sort((a, b) => sign * (b.estimate.difference - a.estimate.difference));
  const helps = ({ comparison, estimate }: { comparison: Comparison; estimate: Estimate }): boolean =>
    isShown(estimate, sign) &&
    (comparison.adjustedPValue ?? 1) < alpha &&
    !harm.some(({ arm, stop }) => stop && arm === comparison.arm);
  const best = ranked.find(helps);
  if (best !== undefined) {
    return { decision: 'roll-out', winner: best.comparison.arm, headline: best.comparison };
  }
  const worse = ranked.find(({ estimate }) => isShown(estimate, -sign));
  const isBad = isHarmed || worse !== undefined;
  return {
    decision: isBad ? 'keep-holding' : 'inconclusive',
    winner: null,
    headline: worse?.comparison ?? ranked[0]?.comparison ?? comparisons[0],
  };
};

/** The interval lies on that side of 0. */
const isShown = ({ low, high }: Estimate, sign: number): boolean => (sign > 0 ? low > 0 : high < 0);
