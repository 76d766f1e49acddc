// What to do after a look. An interim look can only stop for harm; the final look rolls out the best variant whose
// benefit is shown after Holm's adjustment over the variants, and whose interval agrees, unless a guard speaks
// against it. keep-holding: none helps and at least one was shown to do harm. Otherwise the data do not tell.

import { alpha } from './effect.ts';
import type { Comparison, Decision, Estimate, HarmCheck } from './result.ts';

export interface Verdict {
  readonly decision: Decision;
  readonly winner: string | null;
  /** The comparison the sentence is about. */
  readonly headline: Comparison | undefined;
}

export const decide = (
  final: boolean,
  comparisons: readonly Comparison[],
  harm: readonly HarmCheck[],
): Verdict => {
  const isHarmed = harm.some(({ stop }) => stop);
  if (!final) {
    return { decision: isHarmed ? 'stop-for-harm' : 'continue', winner: null, headline: comparisons[0] };
  }
  const ranked = comparisons
    .flatMap((comparison) =>
      comparison.estimate.kind === 'estimate' ? [{ comparison, estimate: comparison.estimate }] : [],
    )
    .sort((a, b) => b.estimate.difference - a.estimate.difference);
  const helps = ({ comparison, estimate }: { comparison: Comparison; estimate: Estimate }): boolean =>
    estimate.low > 0 &&
    (comparison.adjustedPValue ?? 1) < alpha &&
    !harm.some(({ arm, stop }) => stop && arm === comparison.arm);
  const best = ranked.find(helps);
  if (best !== undefined) {
    return { decision: 'roll-out', winner: best.comparison.arm, headline: best.comparison };
  }
  const worse = ranked.find(({ estimate }) => estimate.high < 0);
  const isBad = isHarmed || worse !== undefined;
  return {
    decision: isBad ? 'keep-holding' : 'inconclusive',
    winner: null,
    headline: worse?.comparison ?? ranked[0]?.comparison ?? comparisons[0],
  };
};
