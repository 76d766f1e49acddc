// A look put together: the primary metric over customers whose window is over, judged by the test's rule and watched, and
// whether the test is over with it. Who reads a fixed test before its end gets the watching intervals alone.

import { fixedDecision } from '../assignment/decision-rule.ts';
import type { RunOutcomes } from '../outcomes/collect.ts';
import type { Design } from './design.ts';
import { lookNote } from './look-note.ts';
import type { HarmCheck, MetricResult, NoEstimate, Sequential } from './result.ts';
import { type Judged, judgeLook, type LookAt } from './sequential.ts';
import { watch } from './watching.ts';

export interface JudgedLook {
  readonly judged: Judged | undefined;
  /** By its end, or by what was seen. */
  readonly final: boolean;
  readonly sequential: Sequential | undefined;
}

/** `primary`: over customers whose window is over, whether or not the test is. */
export const judgedLook = (
  design: Design,
  primary: MetricResult,
  outcomes: RunOutcomes,
  at: LookAt,
  { spoiled, harm }: { readonly spoiled: NoEstimate | undefined; readonly harm: readonly HarmCheck[] },
): JudgedLook => {
  const isJudged = spoiled === undefined && design.reference !== undefined && design.bandit === undefined;
  if (!isJudged) {
    return { judged: undefined, final: at.final, sequential: undefined };
  }
  const judged = judgeLook(design, primary, outcomes, at);
  // What harms is stopped as harm, whatever else it does.
  const isHarmed = harm.some(({ stop }) => stop);
  const final = at.final || (judged?.ends === true && !isHarmed);
  const watching = final ? [] : watch(design, primary, outcomes);
  if (judged === undefined && watching.length === 0) {
    return { judged, final, sequential: undefined };
  }
  const { kind } = design.decision ?? fixedDecision;
  const arms = judged?.arms ?? [];
  const note = lookNote({
    kind,
    look: at.look,
    final: at.final,
    endsEarly: final && !at.final,
    arms,
    watching,
  });
  return { judged, final, sequential: { kind, arms, watching, note } };
};
