// After a round of deliveries: what is still to do, and when. Reads the progress file that campaign-deliver wrote
// beside each batch, keeps the sums in the run's row, and decides between another round, the first look and the end.
// Nobody is dropped by waiting; after deliveryAttemptsCountMax rounds in which not one more delivery got through the
// run goes on, and the row says how many failed (by intention to treat they stay in their arms).

import {
  campaignObjectsConcurrencyMax,
  deliveryAttemptsCountMax,
  deliveryRetryMs,
  deliveryRetryMsMax,
  pauseCheckMsMax,
  pauseCheckMsMin,
} from '../base/limits.ts';
import type { CampaignStore, Clock, ObjectStore } from '../ports.ts';
import type { RunPhaseId } from './assigned.ts';
import { type BatchEntry, batchesKey, type DeliveryProgress, progressKey } from './audience.ts';
import type { Campaign } from './campaign.ts';
import { getJson } from './frozen-objects.ts';
import type { DeliveryCounts, RunPhase } from './run.ts';
import { lookTimesMs } from './schedule.ts';

export interface ProgressPorts {
  readonly campaigns: CampaignStore;
  readonly archive: ObjectStore;
  readonly clock: Clock;
}

export interface Progress extends RunPhaseId {
  readonly batchesKey: string;
  readonly next: 'deliver-later' | 'look' | 'finished';
  /** ISO 8601; in the past means at once. */
  readonly waitUntil: string;
}

export const checkProgress = async (
  run: RunPhaseId,
  { campaigns, archive, clock }: ProgressPorts,
): Promise<Progress> => {
  const { campaignId, runId, phase } = run;
  const key = batchesKey(campaignId, runId, phase);
  const [campaign, stored, batches] = await Promise.all([
    campaigns.get(campaignId),
    campaigns.run(campaignId, runId),
    getJson<readonly BatchEntry[]>(archive, key),
  ]);
  const frozen = stored?.phases[phase];
  if (campaign === undefined || stored === undefined || frozen === undefined || batches === undefined) {
    throw new Error(`progress of ${campaignId} ${runId} ${phase} was asked before it froze`);
  }
  const nowMs = clock.nowMs();
  const round = sumRound(batches, await readProgress(batches, archive), nowMs);
  const advanced = round.counts.settled > (frozen.deliveries?.settled ?? 0);
  const now: RunPhase = {
    ...frozen,
    deliveries: round.counts,
    attempts: round.retryCount === 0 ? frozen.attempts : advanced ? 1 : frozen.attempts + 1,
  };
  await campaigns.writeRun({ ...stored, phases: { ...stored.phases, [phase]: now } });
  const waitMs = nextRoundMs(campaign, run, now, round, nowMs);
  const answer = (next: Progress['next'], atMs: number): Progress => ({
    ...run,
    batchesKey: key,
    next,
    waitUntil: new Date(atMs).toISOString(),
  });
  if (waitMs !== undefined) {
    return answer('deliver-later', waitMs);
  }
  return phase === 'test' && !ended(campaign, run)
    ? answer('look', lookTimesMs(campaign, Date.parse(frozen.frozenAt))[0])
    : answer('finished', nowMs);
};

/** A finished campaign ends its tests; a rollout comes after the finish and is ended by cancelling alone. */
const ended = ({ status }: Campaign, { phase }: RunPhaseId): boolean =>
  status === 'cancelled' || (status === 'finished' && phase === 'test');

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
    const pausedMs = nowMs - Date.parse(campaign.pausedAt ?? campaign.createdAt);
    return nowMs + Math.min(pauseCheckMsMax, Math.max(pauseCheckMsMin, pausedMs / 4));
  }
  const retryMs =
    retryCount > 0 && attempts <= deliveryAttemptsCountMax
      ? nowMs + Math.min(deliveryRetryMsMax, deliveryRetryMs * 2 ** (attempts - 1))
      : undefined;
  const times = [retryMs, laterMs].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
};

interface Round {
  readonly counts: DeliveryCounts;
  /** Failed, throttled or never reached: to be tried again soon. */
  readonly retryCount: number;
  /** Earliest end of the deferrals that last longer than that: quiet hours. */
  readonly laterMs?: number;
  /** Of an ended campaign: when to come back for what was begun and is not settled; absent: nothing is. */
  readonly closesMs?: number;
}

const sumRound = (
  batches: readonly BatchEntry[],
  files: readonly (DeliveryProgress | undefined)[],
  nowMs: number,
): Round => {
  const suppressed = new Map<string, number>();
  const refused = new Map<string, number>();
  let [settled, sent, unknown, deferred, failed, retryCount] = [0, 0, 0, 0, 0, 0];
  let laterMs: number | undefined;
  let closesMs: number | undefined;
  batches.forEach(({ customersCount }, index) => {
    const file = files[index];
    settled += file?.done ?? 0;
    sent += file?.counts.sent ?? 0;
    unknown += file?.counts.unknown ?? 0;
    addTo(suppressed, file?.counts.suppressed);
    addTo(refused, file?.counts.refused);
    const waiting = file?.deferred.length ?? 0;
    // A batch whose function died has no file, or one of an earlier round: who stands in no list is tried again.
    const open = Math.max(0, customersCount - (file?.done ?? 0) - waiting);
    const isLong = file?.untilMs !== undefined && file.untilMs > nowMs + deliveryRetryMs;
    deferred += waiting;
    failed += open;
    retryCount += isLong ? open : open + waiting;
    if (isLong && waiting > 0) {
      laterMs = Math.min(laterMs ?? file.untilMs, file.untilMs);
    }
    const closes = file?.cancelled === true && open === 0 ? file.untilMs : nowMs + deliveryRetryMs;
    if ((open > 0 || waiting > 0) && closes !== undefined) {
      closesMs = Math.min(closesMs ?? closes, closes);
    }
  });
  const counts: DeliveryCounts = {
    settled,
    sent,
    suppressed: Object.fromEntries(suppressed),
    refused: Object.fromEntries(refused),
    unknown,
    deferred,
    failed,
  };
  return { counts, retryCount, laterMs, closesMs };
};

const addTo = (tally: Map<string, number>, more: { readonly [reason: string]: number } = {}): void => {
  for (const [reason, count] of Object.entries(more)) {
    tally.set(reason, (tally.get(reason) ?? 0) + count);
  }
};

const readProgress = async (
  batches: readonly BatchEntry[],
  archive: ObjectStore,
): Promise<readonly (DeliveryProgress | undefined)[]> => {
  const files: (DeliveryProgress | undefined)[] = [];
  for (let from = 0; from < batches.length; from += campaignObjectsConcurrencyMax) {
    const some = batches.slice(from, from + campaignObjectsConcurrencyMax);
    files.push(
      ...(await Promise.all(
        some.map(({ batchKey }) => getJson<DeliveryProgress>(archive, progressKey(batchKey))),
      )),
    );
  }
  return files;
};
