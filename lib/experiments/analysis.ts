// The numbers of a report about one run, or about all together: arms as in the result, and what each treated arm
// brought and cost. The comparisons are those of analyse.ts, so a report never states what the result would not.

import type { ItemId } from '../base/ids.ts';
import type { MessageCosts } from '../base/settings.ts';
import type { StoredEvent } from '../events/event.ts';
import { type AssignedCustomer, collectOutcomes } from '../outcomes/collect.ts';
import type { MessageCell } from '../outcomes/funnel.ts';
import { messageSpending } from '../outcomes/spending.ts';
import { emptySummary } from '../outcomes/summary.ts';
import { type AnalysedCampaign, analyse } from './analyse.ts';
import type { Analysis } from './campaign-report.ts';
import { armEffect } from './increments.ts';

export interface AnalysisData {
  readonly assigned: readonly AssignedCustomer[];
  readonly events: readonly StoredEvent[];
  readonly messages: readonly MessageCell[];
}

export interface AnalysisScope {
  readonly runId: string;
  readonly final: boolean;
  readonly asOfMs: number;
  readonly costOf: (itemId: ItemId) => number | undefined;
  readonly costs: MessageCosts;
}

export const analysisOf = (
  campaign: AnalysedCampaign,
  { assigned, events, messages }: AnalysisData,
  { runId, final, asOfMs, costOf, costs }: AnalysisScope,
): Analysis => {
  const outcomes = collectOutcomes(assigned, events, { windowDays: campaign.windowDays, asOfMs, costOf });
  const asOf = new Date(asOfMs).toISOString();
  const { arms, comparisons, currency, reference } = analyse(campaign, outcomes, {
    runId,
    look: 0,
    final,
    asOf,
  });
  const facts = {
    summaryOf: (arm: string) => outcomes.arms.get(arm) ?? emptySummary,
    messageCostOf: (arm: string) =>
      messageSpending(
        messages.filter((cell) => cell.arm === arm),
        costs,
      ),
    costs,
    currency,
  };
  return {
    runId,
    final,
    currency,
    reference,
    arms,
    effects: comparisons.map((comparison) => armEffect(comparison, facts)),
  };
};
