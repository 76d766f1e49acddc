// The numbers of a report about one run, or about all together: the result as a look gives it, and what each treated arm
// brought and cost. Both rest on the same comparisons, so a report never states what the result would not.

import type { BuiltInMetric } from '../assignment/metric-plan.ts';
import { historyDays } from '../base/limits.ts';
import type { MessageCosts } from '../base/settings.ts';
import type { StoredEvent } from '../events/event.ts';
import { type AssignedCustomer, collectOutcomes, type RunOutcomes } from '../outcomes/collect.ts';
import type { Feed } from '../outcomes/feed.ts';
import type { MessageCell } from '../outcomes/funnel.ts';
import type { CostOf } from '../outcomes/item-cost.ts';
import { metricOf } from '../outcomes/metrics.ts';
import { messageSpending } from '../outcomes/spending.ts';
import { emptySummary } from '../outcomes/summary.ts';
import { analyse, blockedBy } from './analyse.ts';
import type { Analysis } from './campaign-report.ts';
import { compareMetric } from './compare-metrics.ts';
import { type DailySums, dailySums } from './daily-sums.ts';
import type { Design } from './design.ts';
import { type ArmGains, armEffect } from './increments.ts';
import type { MetricResult, TestResult } from './result.ts';

export interface AnalysisData {
  readonly assigned: readonly AssignedCustomer[];
  readonly events: readonly StoredEvent[];
  readonly feed: Feed;
  readonly messages: readonly MessageCell[];
}

export interface AnalysisScope {
  readonly runId: string;
  readonly final: boolean;
  readonly asOfMs: number;
  /** Of the newest look: the report repeats it, unless the test is over since. */
  readonly kept?: TestResult;
  readonly costOf: CostOf;
  readonly costs: MessageCosts;
}

export const analysisOf = (
  design: Design,
  { assigned, events, feed, messages }: AnalysisData,
  { runId, final, asOfMs, kept, costOf, costs }: AnalysisScope,
): { readonly analysis: Analysis; readonly days: readonly DailySums[] } => {
  const { windowDays, metrics } = design;
  const outcomes = collectOutcomes(assigned, events, {
    windowDays,
    asOfMs,
    costOf,
    metrics,
    historyDays,
    feed,
    byDay: true,
  });
  const result: TestResult =
    kept !== undefined && (kept.final || !final)
      ? kept
      : analyse(design, outcomes, { look: 0, final, asOf: new Date(asOfMs).toISOString() });
  const facts = {
    summaryOf: (arm: string) => outcomes.arms.get(arm) ?? emptySummary,
    messageCostOf: (arm: string) =>
      messageSpending(
        messages.filter((cell) => cell.arm === arm),
        costs,
      ),
    costs,
    currency: result.currency,
  };
  const effects = gainsOf(design, outcomes, result).map((gain) => armEffect(gain, facts));
  return { analysis: { ...result, runId, effects }, days: dailySums(outcomes, design) };
};

/** As the result has them; what the plan leaves out or caps is compared in the same way, since money is what came in. */
const gainsOf = (design: Design, outcomes: RunOutcomes, result: TestResult): readonly ArmGains[] => {
  const blocked = blockedBy(design, outcomes, result);
  const measured = (choice: BuiltInMetric): MetricResult =>
    result.metrics.find(({ metric, cappedAt }) => metric === choice && cappedAt === undefined) ??
    compareMetric(metricOf(choice), 'secondary', design, outcomes, blocked);
  const [repurchase, orders, revenue, margin] = (['repurchase', 'orders', 'revenue', 'margin'] as const).map(
    measured,
  );
  return repurchase.comparisons.map(({ arm, reference, estimate }, i) => ({
    arm,
    reference,
    repurchase: estimate,
    orders: orders.comparisons[i].estimate,
    revenue: revenue.comparisons[i].estimate,
    margin: margin.comparisons[i].estimate,
  }));
};
