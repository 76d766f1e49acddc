// Guards against harm, checked at every look. Boundary: one-sided p < 0.001 a guard (Haybittle 1971, Peto et al. 1976).
// A look can only stop for harm and never declare a winner, so the chance of a false winner does not grow with the
// looks and the last look keeps its full 5%; the chance of a false alarm is below 0.001 × guards × looks
// (two arms, three guards, three looks: 1.8%).
// Repurchase: Fisher's exact test of "no worse than the reference" over the part of the window passed so far: all arms
// had the same time, so the comparison is fair although the rate is not the window's yet.
// Guardrail metrics of the plan: against the reference, over customers whose window is over.
// Complaints, unsubscribes: exact binomial test against the share of sent mails that is tolerated.

import { complaintShareMax, unsubscribeShareMax } from '../base/limits.ts';
import { binomialAtLeast, hypergeometricAtMost } from '../numeric/distributions.ts';
import type { ArmSummary } from '../outcomes/summary.ts';
import type { HarmCheck, MetricResult } from './result.ts';

export const harmBoundary = 0.001;

/** `reference` is undefined where there is none that could be trusted; mail is guarded all the same. */
export const checkHarm = (arm: string, summary: ArmSummary, reference?: ArmSummary): readonly HarmCheck[] => {
  const checks: HarmCheck[] = [];
  if (reference !== undefined && reference.customers > 0 && summary.customers > 0) {
    checks.push(repurchaseCheck(arm, summary, reference));
  }
  if (summary.sent > 0) {
    checks.push(mailCheck(arm, 'complaints', summary.complaints, summary.sent, complaintShareMax));
    checks.push(mailCheck(arm, 'unsubscribes', summary.unsubscribes, summary.sent, unsubscribeShareMax));
  }
  return checks;
};

/** Covered above, with a rate that is tolerated where the reference has none. */
const checkedAlready: readonly string[] = ['repurchase', 'unsubscribe', 'complaint'];

/** A guardrail that got worse than in the reference, over customers whose window is over; one-sided, of the estimate. */
export const checkGuardrails = (guardrails: readonly MetricResult[]): readonly HarmCheck[] =>
  guardrails
    .filter(({ metric }) => !checkedAlready.includes(metric))
    .flatMap(({ metric, unit, better, arms, comparisons }) => {
      const valueIn = (name: string): number => arms.find(({ arm }) => arm === name)?.value ?? 0;
      return comparisons.flatMap(({ arm, reference, estimate }): readonly HarmCheck[] => {
        if (estimate.kind === 'no-estimate') return [];
        const isWorse = better === 'lower' ? estimate.difference > 0 : estimate.difference < 0;
        const pValue = isWorse ? estimate.pValue / 2 : 1 - estimate.pValue / 2;
        return [
          {
            arm,
            measure: 'guardrail',
            metric: { metric, unit },
            observed: valueIn(arm),
            against: valueIn(reference),
            pValue,
            stop: pValue < harmBoundary,
          },
        ];
      });
    });

const repurchaseCheck = (arm: string, summary: ArmSummary, reference: ArmSummary): HarmCheck => {
  const pValue = hypergeometricAtMost(
    summary.conversions,
    summary.customers,
    summary.conversions + reference.conversions,
    summary.customers + reference.customers,
  );
  return {
    arm,
    measure: 'repurchase',
    observed: summary.conversions / summary.customers,
    against: reference.conversions / reference.customers,
    pValue,
    stop: pValue < harmBoundary,
  };
};

const mailCheck = (
  arm: string,
  measure: 'complaints' | 'unsubscribes',
  count: number,
  sent: number,
  tolerated: number,
): HarmCheck => {
  const pValue = binomialAtLeast(count, sent, tolerated);
  return { arm, measure, observed: count / sent, against: tolerated, pValue, stop: pValue < harmBoundary };
};
