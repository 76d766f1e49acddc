// A run's look when the workflow's wait is over: read the outcomes, keep the result, and say what comes next.
// A look is made outcomeDelayMs after it is due. Asked too early it waits; asked twice it answers from the result kept,
// so a repeated task changes nothing. A wait that overslept several looks makes the latest of them.
// By a group-sequential rule a look may also be the last one: the campaign then ends as it would at its end. Where a
// campaign repeats, its looks are at the ends of its runs, over every run so far.
// The last run's final look ends the campaign; where a campaign repeats, it also gives a result over all runs, each
// customer counted once from the first assignment (the same salt gave the same arm in every run).

import { fixedDecision } from '../assignment/decision-rule.ts';
import { Failure } from '../base/errors.ts';
import type { CampaignId } from '../base/ids.ts';
import { historyDays, outcomeDelayMs } from '../base/limits.ts';
import { retryConflicts } from '../base/retry-conflicts.ts';
import { batchStartsMs } from '../campaigns/allocation.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { transition } from '../campaigns/lifecycle.ts';
import type { CampaignRun } from '../campaigns/run.ts';
import { lookTimesMs, nextRun, repeats, runNumber } from '../campaigns/schedule.ts';
import { batchesOfRuns, withBatches } from '../outcomes/batches.ts';
import type {
  CampaignStore,
  CatalogStore,
  Clock,
  OutcomeSource,
  ReportSource,
  ResultStore,
} from '../ports.ts';
import { allocateBatch } from './allocate-batch.ts';
import { analyse } from './analyse.ts';
import { campaignDesign } from './design.ts';
import { costsOfItems } from './item-costs.ts';
import { outcomeQuery } from './outcome-query.ts';
import { allRuns, type CampaignResult } from './result.ts';

export interface LookPorts {
  readonly campaigns: CampaignStore;
  readonly results: ResultStore;
  readonly outcomes: OutcomeSource & ReportSource;
  readonly catalog: Pick<CatalogStore, 'get'>;
  readonly clock: Clock;
}

export interface RunId {
  readonly campaignId: CampaignId;
  readonly runId: string;
}

export interface AfterLook extends RunId {
  readonly phase: 'test';
  readonly next: 'look' | 'roll-out' | 'finished';
  /** Of the next look; ISO 8601. */
  readonly lookAt: string;
}

export const runLook = async ({ campaignId, runId }: RunId, ports: LookPorts): Promise<AfterLook> => {
  const { campaign, run } = await existing({ campaignId, runId }, ports.campaigns);
  const nowMs = ports.clock.nowMs();
  const answer = (next: AfterLook['next'], atMs = nowMs): AfterLook => ({
    campaignId,
    runId,
    phase: 'test',
    next,
    lookAt: new Date(atMs).toISOString(),
  });
  if (campaign.status === 'cancelled') {
    return answer('finished');
  }
  await allocateBatch(campaignId, ports);
  // The workflow comes back for whatever is due first: a look, or a batch of a bandit.
  const later = (lookMs: number): AfterLook =>
    answer('look', Math.min(lookMs, ...batchStartsMs(campaign, run).filter((startMs) => startMs > nowMs)));
  const lookAtMs = lookTimesMs(campaign, run).map((dueMs) => dueMs + outcomeDelayMs);
  const look = lookAtMs.filter((atMs) => atMs <= nowMs).length;
  const isFinal = look === lookAtMs.length;
  if (look === 0 || (run.skipped === true && !isFinal)) {
    return later(lookAtMs[run.skipped === true ? lookAtMs.length - 1 : 0]);
  }
  if (campaign.status === 'finished' && (await ports.results.get(campaignId, runId, look)) === undefined) {
    return answer('finished');
  }
  const result =
    run.skipped === true
      ? undefined
      : await resultOf(ofRun(campaign), [run], { runId, look, final: isFinal }, ports);
  if (!isFinal && result?.final !== true) {
    if (result?.decision !== 'stop-for-harm') {
      return later(lookAtMs[look]);
    }
    await end(campaignId, 'cancel', ports, result.sentence.en);
    return answer('finished');
  }
  const isLastRun = nextRun(campaign, runId, Date.parse(run.frozenAt)) === undefined;
  if (!isFinal) {
    await end(campaignId, 'finish', ports, endedEarly(result));
  } else if (isLastRun) {
    await finish(campaign, run, ports);
  } else if (decidesOverRuns(campaign) && run.skipped !== true) {
    await lookOverRuns(campaign, run, ports);
  }
  return answer(result?.winner && campaign.rollout === 'automatic' ? 'roll-out' : 'finished');
};

/** Boundaries are for the whole test: of a campaign that repeats, no run decides for itself before its end. */
const ofRun = (campaign: Campaign): Campaign =>
  decidesOverRuns(campaign) ? { ...campaign, decision: fixedDecision } : campaign;

const decidesOverRuns = ({ decision, trigger }: Campaign): boolean =>
  decision?.kind === 'group-sequential' && repeats(trigger);

const endedEarly = (result: CampaignResult | undefined): string | undefined =>
  result && `Decided at look ${result.look}: ${result.sentence.en}`;

/** A look of the whole campaign at the end of one of its runs, over the customers of all runs so far. */
const lookOverRuns = async (campaign: Campaign, { runId }: CampaignRun, ports: LookPorts): Promise<void> => {
  const runs = await frozenRuns(campaign, ports);
  const at = { runId: allRuns, look: runNumber(runId), final: false };
  const result = await resultOf(campaign, runs, at, ports);
  if (result.final) {
    await end(campaign.campaignId, 'finish', ports, endedEarly(result));
  }
};

interface At {
  readonly runId: string;
  readonly look: number;
  readonly final: boolean;
}

/** Kept from an earlier attempt, or made now. */
const resultOf = async (
  campaign: Campaign,
  runs: readonly CampaignRun[],
  { runId, look, final }: At,
  { campaigns, results, outcomes, catalog, clock }: LookPorts,
): Promise<CampaignResult> => {
  const { campaignId } = campaign;
  const kept = await results.get(campaignId, runId, look);
  if (kept !== undefined) {
    return kept;
  }
  const asOfMs = clock.nowMs();
  const design = campaignDesign(campaign, await campaigns.batches(campaign.campaignId));
  const { windowDays, metrics } = design;
  const query = outcomeQuery(campaign, runs, asOfMs);
  const summed = await outcomes.collect(query, {
    windowDays,
    asOfMs,
    metrics,
    historyDays,
    costsOf: (items) => costsOfItems(items, catalog),
  });
  const batched = design.bandit && (await batchesOfRuns(query, { windowDays, asOfMs }, outcomes));
  const collected = batched === undefined ? summed : withBatches(summed, batched);
  const earlier = (await results.list(campaignId)).findLast(
    (one) => one.runId === runId && one.look < look && one.sequential !== undefined,
  );
  const asOf = new Date(asOfMs).toISOString();
  const result = analyse(design, collected, { look, final, asOf, ...(earlier !== undefined && { earlier }) });
  return await results.write({ campaignId, runId, ...result });
};

const frozenRuns = async (
  { campaignId }: Campaign,
  { campaigns }: LookPorts,
): Promise<readonly CampaignRun[]> =>
  (await campaigns.runs(campaignId)).filter((run) => run.skipped !== true);

const finish = async (campaign: Campaign, { runId }: CampaignRun, ports: LookPorts): Promise<void> => {
  const runs = await frozenRuns(campaign, ports);
  if (runs.length > 1) {
    const look = decidesOverRuns(campaign) ? runNumber(runId) : 1;
    await resultOf(campaign, runs, { runId: allRuns, look, final: true }, ports);
  }
  await end(campaign.campaignId, 'finish', ports);
};

/** Someone may change the campaign in between: read and try again; who ended it first is right. */
const end = async (
  campaignId: CampaignId,
  action: 'finish' | 'cancel',
  { campaigns, clock }: LookPorts,
  reason?: string,
): Promise<void> => {
  await retryConflicts(async () => {
    const campaign = await campaigns.get(campaignId);
    if (campaign === undefined || campaign.status === 'finished' || campaign.status === 'cancelled') {
      return;
    }
    await campaigns.write(transition(campaign, action, new Date(clock.nowMs()).toISOString(), reason));
  });
};

const existing = async ({ campaignId, runId }: RunId, campaigns: CampaignStore) => {
  const [campaign, run] = await Promise.all([campaigns.get(campaignId), campaigns.run(campaignId, runId)]);
  if (campaign === undefined || run === undefined) {
    throw new Failure('not-found', {
      code: 'run-not-found',
      message: campaign === undefined ? 'There is no such campaign.' : 'The campaign has no such run.',
      received: { campaignId, runId },
      action: 'Analyse a run that was frozen; the campaign workflow does so by itself.',
    });
  }
  return { campaign, run };
};
