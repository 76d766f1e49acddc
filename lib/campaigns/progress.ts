// After a round of deliveries, a look, or a wait: what the run does next, and when. Keeps the sums in the run's row.
// Nobody is dropped by waiting; after deliveryAttemptsCountMax rounds in which not one more delivery got through the
// run goes on, and the row says how many failed (by intention to treat they stay in their arms).
// What a journey adds stands in journey-progress.ts. Before Step Functions' limits of one execution (its history, a year)
// the run goes on in the next one, which begins here: `lookAt` is all that it must be told.

import { deliveryAttemptsCountMax } from '../base/limits.ts';
import { executionChecksCountMax, executionMsMax } from '../base/workflow-limits.ts';
import type { CampaignStore, Clock, JourneyStore, ObjectStore, Workflows } from '../ports.ts';
import type { RunPhaseId } from './assigned.ts';
import { batchesKey } from './audience.ts';
import type { Campaign } from './campaign.ts';
import { executionName } from './freeze.ts';
import { journeyProgress } from './journey-progress.ts';
import { hasJourneys } from './journey-state.ts';
import { frozenBatches, type Round, readProgress, sumRound } from './round.ts';
import type { CampaignRun, RunPhase } from './run.ts';
import { ended, pauseCheckMs, retryAfterMs } from './waits.ts';

export interface ProgressPorts {
  readonly campaigns: CampaignStore;
  readonly archive: ObjectStore;
  readonly journeys: JourneyStore;
  readonly workflows: Workflows;
  readonly clock: Clock;
}

export interface ProgressRequest extends RunPhaseId {
  /** When the run is to be analysed next; ISO 8601. */
  readonly lookAt: string;
  /** The execution that asks. */
  readonly execution: { readonly name: string; readonly startedAt: string };
}

export interface Progress extends RunPhaseId {
  /** What the next round delivers. */
  readonly batchesKey: string;
  readonly lookAt: string;
  readonly next: 'deliver-later' | 'check-later' | 'look' | 'finished';
  /** ISO 8601; in the past means at once. */
  readonly waitUntil: string;
}

/** What to do next, and the run's row as it is then. */
export interface Decision {
  readonly phase: RunPhase;
  readonly next: Progress['next'];
  readonly atMs: number;
  readonly batchesKey?: string;
}

export const checkProgress = async (
  { lookAt, execution, ...run }: ProgressRequest,
  ports: ProgressPorts,
): Promise<Progress> => {
  const { campaignId, runId, phase } = run;
  const { campaigns, clock } = ports;
  const [campaign, stored] = await Promise.all([campaigns.get(campaignId), campaigns.run(campaignId, runId)]);
  const frozen = stored?.phases[phase];
  if (campaign === undefined || stored === undefined || frozen === undefined) {
    throw new Error(`progress of ${campaignId} ${runId} ${phase} was asked before it froze`);
  }
  const nowMs = clock.nowMs();
  const answer = (next: Progress['next'], atMs: number, key?: string): Progress => ({
    ...run,
    batchesKey: key ?? batchesKey(campaignId, runId, phase),
    lookAt,
    next,
    waitUntil: new Date(atMs).toISOString(),
  });
  const untilMs = Date.parse(execution.startedAt) + executionMsMax;
  if (await isContinued({ ...run, lookAt, execution }, stored, nowMs >= untilMs, ports)) {
    return answer('finished', nowMs);
  }
  const lookAtMs = Date.parse(lookAt);
  const decided = hasJourneys(campaign)
    ? await journeyProgress(campaign, run, frozen, lookAtMs, { ...ports, nowMs })
    : await plainProgress(campaign, run, frozen, lookAtMs, { ...ports, nowMs });
  await campaigns.writeRun({
    ...stored,
    execution: {
      part: 0,
      ...stored.execution,
      name: execution.name,
      checks: checksOf(stored, execution) + 1,
    },
    phases: { ...stored.phases, [phase]: decided.phase },
  });
  return decided.next !== 'finished' && decided.atMs > untilMs
    ? answer('check-later', untilMs)
    : answer(decided.next, decided.atMs, decided.batchesKey);
};

const checksOf = ({ execution }: CampaignRun, { name }: ProgressRequest['execution']): number =>
  execution?.name === name ? execution.checks : 0;

/**
 * Whether another execution has the run by now, or is given it. Its name follows from the row and its start is
 * idempotent, so a repeated task starts it once; the row says whose the run is from then on.
 */
const isContinued = async (
  { campaignId, runId, phase, lookAt, execution }: ProgressRequest,
  stored: CampaignRun,
  isOld: boolean,
  { campaigns, workflows }: ProgressPorts,
): Promise<boolean> => {
  if (stored.execution !== undefined && stored.execution.name !== execution.name) {
    return true;
  }
  if (!isOld && checksOf(stored, execution) < executionChecksCountMax) {
    return false;
  }
  const part = (stored.execution?.part ?? 0) + 1;
  const name = `${executionName(campaignId, runId)}-${part}`;
  await workflows.startCampaign(name, { campaignId, runId, startsAt: stored.frozenAt, phase, lookAt });
  await campaigns.writeRun({ ...stored, execution: { name, part, checks: 0 } });
  return true;
};

interface PlainPorts extends Pick<ProgressPorts, 'archive'> {
  readonly nowMs: number;
}

const plainProgress = async (
  campaign: Campaign,
  run: RunPhaseId,
  frozen: RunPhase,
  lookAtMs: number,
  { archive, nowMs }: PlainPorts,
): Promise<Decision> => {
  const rest = (phase: RunPhase): Decision =>
    run.phase === 'test' && !ended(campaign, run)
      ? { phase, next: 'look', atMs: lookAtMs }
      : { phase, next: 'finished', atMs: nowMs };
  if (frozen.delivered) {
    return rest(frozen);
  }
  const batches = await frozenBatches(run, archive);
  const round = sumRound(batches, await readProgress(batches, archive), nowMs);
  const advanced = round.counts.settled > (frozen.deliveries?.settled ?? 0);
  const now: RunPhase = {
    ...frozen,
    deliveries: round.counts,
    attempts: round.retryCount === 0 ? frozen.attempts : advanced ? 1 : frozen.attempts + 1,
  };
  const atMs = nextRoundMs(campaign, run, now, round, nowMs);
  return atMs === undefined ? rest({ ...now, delivered: true }) : { phase: now, next: 'deliver-later', atMs };
};

/** When the next round of deliveries is due; undefined when there is none. */
const nextRoundMs = (
  campaign: Campaign,
  run: RunPhaseId,
  { attempts }: RunPhase,
  { counts, retryCount, laterMs, closesMs }: Round,
  nowMs: number,
): number | undefined => {
  if (ended(campaign, run)) {
    return attempts <= deliveryAttemptsCountMax ? closesMs : undefined;
  }
  if (counts.deferred + counts.failed === 0) {
    return undefined;
  }
  if (campaign.status === 'paused') {
    return nowMs + pauseCheckMs(campaign, nowMs);
  }
  const retryMs =
    retryCount > 0 && attempts <= deliveryAttemptsCountMax ? nowMs + retryAfterMs(attempts) : undefined;
  const times = [retryMs, laterMs].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
};
