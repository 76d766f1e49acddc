// Computes a campaign's report anew: reads what became of the runs that are not done, keeps their parts, adds all parts
// up and keeps the whole. Repeating it, or two of it at once, does no harm: the same events give the same parts.
// Cost: one pass over the archive from the freeze of the oldest run that is not done.

import type { CampaignId } from '../base/ids.ts';
import { campaignObjectsConcurrencyMax, outcomeDelayMs, reportRunsCountMax } from '../base/limits.ts';
import type { MessageCosts } from '../base/settings.ts';
import { dayMs } from '../base/time.ts';
import { existingCampaign } from '../campaigns/administer.ts';
import type { AllocationBatch } from '../campaigns/allocation.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { getJson, putJson } from '../campaigns/frozen-objects.ts';
import { hasJourneys } from '../campaigns/journey-state.ts';
import type { CampaignRun } from '../campaigns/run.ts';
import { lookTimesMs } from '../campaigns/schedule.ts';
import { ended } from '../campaigns/waits.ts';
import type { StoredEvent } from '../events/event.ts';
import type { Assignment } from '../outcomes/assignment.ts';
import { addTallies } from '../outcomes/counts.ts';
import type { Feed } from '../outcomes/feed.ts';
import { collectFunnel } from '../outcomes/funnel.ts';
import { sumFunnels } from '../outcomes/funnel-sums.ts';
import type { CostOf } from '../outcomes/item-cost.ts';
import type { CampaignStore, CatalogStore, Clock, ObjectStore, ReportSource, ResultStore } from '../ports.ts';
import { analysisOf } from './analysis.ts';
import {
  type Analysis,
  allRunsKey,
  type CampaignReport,
  daysKey,
  type RunReport,
  reportKey,
  runReportKey,
} from './campaign-report.ts';
import type { DailySums } from './daily-sums.ts';
import { campaignDesign } from './design.ts';
import { itemCosts } from './item-costs.ts';
import { outcomeQuery } from './outcome-query.ts';
import { allRuns, type CampaignResult } from './result.ts';

export interface ReportPorts {
  readonly campaigns: CampaignStore;
  readonly results: Pick<ResultStore, 'list'>;
  readonly outcomes: ReportSource;
  readonly catalog: Pick<CatalogStore, 'get'>;
  readonly archive: ObjectStore;
  readonly clock: Clock;
  readonly costs: MessageCosts;
}

export const refreshReport = async (id: CampaignId, ports: ReportPorts): Promise<CampaignReport> => {
  const campaign = await existingCampaign(id, ports.campaigns);
  const nowMs = ports.clock.nowMs();
  const runs = (await ports.campaigns.runs(id)).filter(({ skipped }) => skipped !== true);
  const results = await ports.results.list(id);
  const parts = await partsOf(campaign, runs, { nowMs, results }, ports);
  const total = sumFunnels(
    parts.map(({ funnel }) => funnel),
    allRuns,
  );
  const report: CampaignReport = {
    campaignId: id,
    name: campaign.name,
    status: campaign.status,
    asOf: new Date(nowMs).toISOString(),
    windowDays: campaign.windowDays,
    hasJourneys: hasJourneys(campaign),
    costs: ports.costs,
    sentence: results.at(-1)?.sentence ?? null,
    total,
    deferred: parts.reduce((sum, { deferred }) => sum + deferred, 0),
    waitingFor: addTallies(parts.map(({ waitingFor }) => waitingFor ?? {})),
    analysis:
      parts.length === 1
        ? parts[0].analysis
        : await overAllRuns(campaign, runs, parts, { nowMs, results }, ports),
    runsCount: parts.length,
    runs: parts.slice(-reportRunsCountMax).reverse(),
  };
  await putJson(ports.archive, reportKey(id), report);
  return report;
};

interface Known {
  readonly nowMs: number;
  /** Of the looks, oldest first. */
  readonly results: readonly CampaignResult[];
}

const newestOf = (results: readonly CampaignResult[], runId: string): CampaignResult | undefined =>
  results.findLast((result) => result.runId === runId);

/** In the order of the runs: kept ones as they are, the others made anew and kept. */
const partsOf = async (
  campaign: Campaign,
  runs: readonly CampaignRun[],
  known: Known,
  ports: ReportPorts,
): Promise<readonly RunReport[]> => {
  const parts = new Map<string, RunReport>();
  await inTurns(runs, async ({ runId }) => {
    const kept = await getJson<RunReport>(ports.archive, runReportKey(campaign.campaignId, runId));
    if (kept?.done === true) {
      parts.set(runId, kept);
    }
  });
  const open = runs.filter(({ runId }) => !parts.has(runId));
  if (open.length > 0) {
    const read = await readRuns(campaign, open, known.nowMs, ports);
    await inTurns(open, async (run) => {
      const { part, days } = partOf(campaign, run, read, known, ports.costs);
      parts.set(run.runId, part);
      await putJson(ports.archive, daysKey(campaign.campaignId, run.runId), days);
      await putJson(ports.archive, runReportKey(campaign.campaignId, run.runId), part);
    });
  }
  return runs.flatMap(({ runId }) => parts.get(runId) ?? []);
};

const inTurns = async <T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> => {
  for (let from = 0; from < all.length; from += campaignObjectsConcurrencyMax) {
    await Promise.all(all.slice(from, from + campaignObjectsConcurrencyMax).map(act));
  }
};

interface ReadRuns {
  readonly assignments: readonly Assignment[];
  readonly events: readonly StoredEvent[];
  readonly feed: Feed;
  readonly costOf: CostOf;
  /** Of a campaign under Thompson sampling. */
  readonly batches: readonly AllocationBatch[];
}

const readRuns = async (
  campaign: Campaign,
  runs: readonly CampaignRun[],
  nowMs: number,
  { campaigns, outcomes, catalog }: ReportPorts,
): Promise<ReadRuns> => {
  const { assignments, events, feed } = await outcomes.history(outcomeQuery(campaign, runs, nowMs));
  const batches = await campaigns.batches(campaign.campaignId);
  return { assignments, events, feed, costOf: await itemCosts(events, catalog), batches };
};

const partOf = (
  campaign: Campaign,
  run: CampaignRun,
  { assignments, events, feed, costOf, batches }: ReadRuns,
  { nowMs, results }: Known,
  costs: MessageCosts,
): { readonly part: RunReport; readonly days: readonly DailySums[] } => {
  const { runId, frozenAt, phases } = run;
  const open = (['test', 'rollout'] as const)
    .filter((phase) => !ended(campaign, { phase }))
    .map((phase) => phases[phase]?.deliveries);
  const funnel = collectFunnel(campaign, assignments, events, { runIds: [runId], asOfMs: nowMs });
  const of = assignments.filter((each) => each.runId === runId && each.phase === 'test');
  const { analysis, days } = analysisOf(
    campaignDesign(campaign, batches),
    { assigned: of, events, feed, messages: funnel.messages.filter(({ phase }) => phase === 'test') },
    {
      runId,
      final: isWindowOver(campaign, run, nowMs),
      asOfMs: nowMs,
      kept: newestOf(results, runId),
      costOf,
      costs,
    },
  );
  const part: RunReport = {
    runId,
    frozenAt,
    asOf: new Date(nowMs).toISOString(),
    done: isDone(campaign, run, nowMs),
    funnel,
    deferred: open.reduce((sum, deliveries) => sum + (deliveries?.deferred ?? 0), 0),
    waitingFor: addTallies(open.map((deliveries) => deliveries?.waiting ?? {})),
    analysis,
  };
  return { part, days };
};

/** Every customer of the run had the whole window, and late orders had their time to arrive. */
const isWindowOver = (campaign: Campaign, run: CampaignRun, nowMs: number): boolean =>
  nowMs >= (lookTimesMs(campaign, run).at(-1) ?? 0) + outcomeDelayMs;

/** A rollout has a window of its own, and may still come while it is automatic. */
const isDone = (campaign: Campaign, run: CampaignRun, nowMs: number): boolean => {
  const rollout = run.phases.rollout;
  const isRolledOut =
    rollout === undefined
      ? campaign.rollout === 'manual'
      : nowMs >= Date.parse(rollout.frozenAt) + campaign.windowDays * dayMs + outcomeDelayMs;
  return isWindowOver(campaign, run, nowMs) && isRolledOut;
};

/** Once, when every run of a campaign that repeats is over. */
const overAllRuns = async (
  campaign: Campaign,
  runs: readonly CampaignRun[],
  parts: readonly RunReport[],
  { nowMs, results }: Known,
  ports: ReportPorts,
): Promise<Analysis | null> => {
  const isOver = campaign.status === 'finished' && runs.every((run) => isWindowOver(campaign, run, nowMs));
  if (parts.length === 0 || !isOver) {
    return null;
  }
  const key = allRunsKey(campaign.campaignId);
  const kept = await getJson<Analysis>(ports.archive, key);
  if (kept !== undefined) {
    return kept;
  }
  const { assignments, events, feed, costOf, batches } = await readRuns(campaign, runs, nowMs, ports);
  const messages = parts.flatMap(({ funnel }) => funnel.messages.filter(({ phase }) => phase === 'test'));
  const { analysis, days } = analysisOf(
    campaignDesign(campaign, batches),
    { assigned: assignments.filter(({ phase }) => phase === 'test'), events, feed, messages },
    {
      runId: allRuns,
      final: true,
      asOfMs: nowMs,
      kept: newestOf(results, allRuns),
      costOf,
      costs: ports.costs,
    },
  );
  await putJson(ports.archive, daysKey(campaign.campaignId, allRuns), days);
  await putJson(ports.archive, key, analysis);
  return analysis;
};
