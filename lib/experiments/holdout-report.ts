// What Reprise as a whole caused in a period of the global holdout: everybody it served against everybody held out of
// campaigns, offers and personalised recommendations alike, among customers who did anything in the half year before the
// period began. Who is held out was decided by the period's hash, which nothing of that half year could know, so that
// both groups differ by Reprise alone. Totals are the difference a customer times the customers served.
// Limits: customers who came during the period are not counted; the share is taken to have been the same all period; a
// draw that never ends is measured over its last year.

import { type HoldoutSettings, isHeldOutAt, periodName, periodSpan } from '../assignment/holdout-period.ts';
import { defaultMetrics } from '../assignment/metric-plan.ts';
import { Failure } from '../base/errors.ts';
import { historyDays, outcomeDelayMs } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import { getJson, putJson } from '../campaigns/frozen-objects.ts';
import { collectOutcomes } from '../outcomes/collect.ts';
import type { ExposureSource } from '../outcomes/exposure-source.ts';
import type { CatalogStore, Clock, ObjectStore, SecretStore } from '../ports.ts';
import { analyse } from './analyse.ts';
import type { Design } from './design.ts';
import type { ExperimentWorkflow } from './experiment-workflow.ts';
import { type Caused, causedOf, holdoutSentence } from './holdout-words.ts';
import { itemCosts } from './item-costs.ts';
import type { TestResult, Text } from './result.ts';

export interface HoldoutReport
  extends Pick<TestResult, 'currency' | 'arms' | 'metrics' | 'segments' | 'sampleRatio' | 'checks'> {
  /** `2026-Q4`. */
  readonly period: string;
  /** Orders count in from ≤ time < to; ISO 8601. */
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly globalHoldoutShare: number;
  readonly caused: readonly Caused[];
  readonly sentence: Text;
}

export interface HoldoutPorts {
  readonly exposures: ExposureSource;
  readonly catalog: Pick<CatalogStore, 'get'>;
  readonly secrets: Pick<SecretStore, 'made'>;
  readonly archive: ObjectStore;
  readonly settings: HoldoutSettings;
  readonly clock: Clock;
}

const served = 'served';
const heldOut = 'held-out';

export const refreshHoldoutReport = async (ports: HoldoutPorts): Promise<HoldoutReport> => {
  const { settings, clock, archive } = ports;
  const asOfMs = clock.nowMs();
  const span = spanOf(settings, asOfMs);
  const salt = (await ports.secrets.made())?.holdoutSalt;
  if (salt === undefined || settings.globalHoldoutShare === 0 || span.days < 1) {
    throw nothingToCompare(settings, span.days);
  }
  const { fromMs, days } = span;
  const before = fromMs - historyDays * dayMs;
  const { cells, events, feed } = await ports.exposures.read({
    experimentId: undefined,
    subject: 'known',
    fromMs: before,
    untilMs: fromMs,
    toMs: asOfMs,
    historyDays: 0,
    ownEvents: [],
  });
  const drawnAtMs = fromMs + days * dayMs - 1;
  const assigned = [...new Set(cells.map(({ customerId }) => customerId))].map((customerId) => ({
    customerId,
    arm: isHeldOutAt(customerId, salt, settings, drawnAtMs) ? heldOut : served,
    assignedAtMs: fromMs,
    decisionId: customerId,
  }));
  const design = designOf(settings.globalHoldoutShare, days);
  const costOf = await itemCosts(events, ports.catalog);
  const scope = { windowDays: days, asOfMs, costOf, metrics: design.metrics, historyDays, feed };
  const outcomes = collectOutcomes(assigned, events, scope);
  const asOf = new Date(asOfMs).toISOString();
  const { currency, arms, metrics, segments, sampleRatio, checks } = analyse(design, outcomes, {
    look: 1,
    final: true,
    asOf,
  });
  const period = periodName(settings.globalHoldoutPeriod, asOfMs);
  const customers = arms.find(({ arm }) => arm === served)?.customers ?? 0;
  const report = {
    period,
    from: new Date(fromMs).toISOString(),
    to: new Date(fromMs + days * dayMs).toISOString(),
    asOf,
    globalHoldoutShare: settings.globalHoldoutShare,
    caused: causedOf(metrics, customers),
    sentence: holdoutSentence({ period, days, metrics, customers, currency }),
    currency,
    arms,
    metrics,
    segments,
    sampleRatio,
    checks,
  };
  await putJson(archive, holdoutKey(period), report);
  return report;
};

/** Whole days of the period so far; late orders have had their time to arrive. */
const spanOf = ({ globalHoldoutPeriod }: HoldoutSettings, asOfMs: number) => {
  const whole = (ms: number): number => Math.floor(ms / dayMs) * dayMs;
  const lastYear = { fromMs: whole(asOfMs - 365 * dayMs), toMs: asOfMs };
  const { fromMs, toMs } = periodSpan(globalHoldoutPeriod, asOfMs) ?? lastYear;
  return { fromMs, days: Math.floor((Math.min(toMs, asOfMs - outcomeDelayMs) - fromMs) / dayMs) };
};

const designOf = (share: number, windowDays: number): Design => ({
  arms: [
    { name: heldOut, share, role: 'holdout', treated: false },
    { name: served, share: 1 - share, role: 'variant', treated: true },
  ],
  reference: heldOut,
  windowDays,
  metrics: { ...defaultMetrics, guardrails: ['refund'] },
});

const nothingToCompare = ({ globalHoldoutShare }: HoldoutSettings, days: number): Failure =>
  new Failure('conflict', {
    code: 'holdout-empty',
    message: 'There is nobody to compare with, or no whole day of the period is over.',
    received: { globalHoldoutShare, days },
    action:
      'Set globalHoldoutShare above 0 in reprise.config.json, start a campaign, and come back tomorrow.',
  });

const holdoutKey = (period: string): string => `experiments/global-holdout/report-${period}.json`;

/** Of the period that holds this instant; null before the first. */
export const holdoutReport = async ({
  archive,
  settings,
  clock,
}: Pick<HoldoutPorts, 'archive' | 'settings' | 'clock'>): Promise<HoldoutReport | null> =>
  (await getJson<HoldoutReport>(
    archive,
    holdoutKey(periodName(settings.globalHoldoutPeriod, clock.nowMs())),
  )) ?? null;

/** Asked again within the same minute it is computed once. */
export const startHoldoutReport = async (
  workflows: ExperimentWorkflow,
  clock: Clock,
): Promise<{ readonly requestedAt: string }> => {
  const nowMs = clock.nowMs();
  await workflows.startHoldout(`global-holdout-${Math.floor(nowMs / 60_000)}`);
  return { requestedAt: new Date(nowMs).toISOString() };
};
