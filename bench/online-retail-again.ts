// The A/A analysis again and again: the same customers and their real orders, assigned anew with fresh salts by the
// assignment, outcomes and analysis that serve. Nobody got anything, so the true effect is exactly zero in each.
// An interval covers when it holds 0; a sample-ratio alarm (p < 0.001) is false here, and leaves no interval.

import { assign } from '../lib/assignment/assign.ts';
import { defaultMetrics } from '../lib/assignment/metric-plan.ts';
import { customerId } from '../lib/base/ids.ts';
import type { StoredEvent } from '../lib/events/event.ts';
import { analyse } from '../lib/experiments/analyse.ts';
import { campaignDesign } from '../lib/experiments/design.ts';
import { comparisonOf, type Estimate, type NoEstimate } from '../lib/experiments/result.ts';
import { collectOutcomes } from '../lib/outcomes/collect.ts';

export interface Again {
  readonly assignments: number;
  readonly customers: number;
  readonly repurchase: Coverage;
  readonly revenue: Coverage;
  readonly sampleRatioAlarms: number;
  readonly rolledOut: number;
}

export interface Coverage {
  readonly intervals: number;
  readonly covered: number;
}

export interface Design {
  readonly audience: readonly string[];
  readonly startMs: number;
  readonly windowDays: number;
  readonly holdoutShare: number;
  readonly globalHoldoutShare: number;
}

const dayMs = 86_400_000;

export const analyseAgain = (
  { audience, startMs, windowDays, holdoutShare, globalHoldoutShare }: Design,
  events: readonly StoredEvent[],
  assignments: number,
): Again => {
  const asOfMs = startMs + windowDays * dayMs;
  const inWindow = events.filter(({ timestamp }) => Date.parse(timestamp) >= startMs);
  const campaign = {
    variants: [{ name: 'coupon', weight: 1, action: { kind: 'reminder' as const, templates } }],
    holdoutShare,
    windowDays,
    metrics: defaultMetrics,
  };
  const results = Array.from({ length: assignments }, (_, index) => {
    const salts = {
      campaignSalt: `campaign-${index}`,
      globalSalt: `workspace-${index}`,
      globalPurpose: 'global-holdout',
    };
    const assigned = audience.map((id) => ({
      customerId: customerId(id),
      arm: assign(customerId(id), { ...campaign, ...salts, globalHoldoutShare }).arm,
      assignedAtMs: startMs,
      decisionId: `${index}-${id}`,
    }));
    const outcomes = collectOutcomes(assigned, inWindow, { windowDays, asOfMs });
    return analyse(campaignDesign(campaign), outcomes, { look: 1, final: true, asOf: iso(asOfMs) });
  });
  const estimates = (metric: string) =>
    results.flatMap((result) => comparisonOf(result, metric, 'coupon')?.estimate ?? []);
  return {
    assignments,
    customers: audience.length,
    repurchase: coverage(estimates('repurchase')),
    revenue: coverage(estimates('revenue')),
    sampleRatioAlarms: results.filter(({ sampleRatio }) => !sampleRatio.ok).length,
    rolledOut: results.filter(({ decision }) => decision === 'roll-out').length,
  };
};

/** The analysis looks at whether a variant sends, not at what. */
const templates = { en: { subject: 'A', html: 'A', text: 'A' } };

const iso = (ms: number): string => new Date(ms).toISOString();

const coverage = (estimates: readonly (Estimate | NoEstimate)[]): Coverage => {
  const made = estimates.filter((one) => one.kind === 'estimate');
  return { intervals: made.length, covered: made.filter(({ low, high }) => low <= 0 && high >= 0).length };
};
