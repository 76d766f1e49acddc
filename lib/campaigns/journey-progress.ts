// What a run with journeys does next: deliver to those whose step is due, in batches like the frozen ones, and wait for
// the next of them or for the look, whichever comes first. The index of those who wait is the truth: who was in a round
// and did not move is due again, so a round needs no list of what failed. Batches of the frozen audience that are not
// through (their customers have not entered) are delivered again with the rounds.
// Rounds are at least journeyRoundMsMin apart, unless the one before was full; while nothing moves, they wait longer each time.

import {
  campaignObjectsConcurrencyMax,
  deliveryAttemptsCountMax,
  deliveryBatchCustomersCountMax,
  sendingAttemptMs,
} from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import { journeyPollMs, journeyRoundCustomersCountMax, journeyRoundMsMin } from '../base/workflow-limits.ts';
import type { JourneyStore, ObjectStore } from '../ports.ts';
import type { RunPhaseId } from './assigned.ts';
import { type BatchEntry, roundBatchesKey, roundBatchKey } from './audience.ts';
import type { Campaign } from './campaign.ts';
import { putJson } from './frozen-objects.ts';
import type { WaitingMember } from './journey-state.ts';
import type { Decision } from './progress.ts';
import { addCounts, frozenBatches, readProgress, sumRound } from './round.ts';
import type { DeliveryCounts, JourneyRounds, RunPhase } from './run.ts';
import { eventRunEndMs } from './schedule.ts';
import { ended, pauseCheckMs, retryAfterMs } from './waits.ts';

interface Ports {
  readonly archive: ObjectStore;
  readonly journeys: JourneyStore;
  readonly nowMs: number;
}

export const journeyProgress = async (
  campaign: Campaign,
  run: RunPhaseId,
  frozen: RunPhase,
  lookAtMs: number,
  ports: Ports,
): Promise<Decision> => {
  const { nowMs } = ports;
  const { phase, open, due } = await whatCame(run, frozen, ports);
  const isTest = run.phase === 'test';
  const later = (atMs: number): Decision =>
    isTest && atMs >= lookAtMs
      ? { phase, next: 'look', atMs: Math.max(lookAtMs, nowMs) }
      : { phase, next: 'check-later', atMs };
  if (ended(campaign, run)) {
    return close(run, phase, frozen.journeys?.closing, ports);
  }
  if (isTest && nowMs >= lookAtMs) {
    return later(nowMs);
  }
  if (campaign.status === 'paused') {
    return later(nowMs + pauseCheckMs(campaign, nowMs));
  }
  const roundMs = nextRoundMs(phase, frozen, nowMs);
  const wanted = open.length + due.length > 0;
  if (wanted && roundMs <= nowMs) {
    return makeRound(run, phase, open, due, ports);
  }
  const nextDueAt = wanted ? undefined : await ports.journeys.nextDueAt(run);
  const times = [
    ...(wanted ? [roundMs] : []),
    ...(nextDueAt === undefined ? [] : [Math.max(Date.parse(nextDueAt), roundMs)]),
    ...(isTest && campaign.trigger.kind === 'event'
      ? [nowMs + pollMs(eventRunEndMs(campaign.trigger, run.runId), nowMs)]
      : []),
  ];
  if (times.length > 0) {
    return later(Math.min(...times));
  }
  return isTest ? { phase, next: 'look', atMs: lookAtMs } : { phase, next: 'finished', atMs: nowMs };
};

/** Whose message may have been begun is due by tomorrow: quiet hours are no longer than a day. */
const close = async (
  run: RunPhaseId,
  phase: RunPhase,
  closing: JourneyRounds['closing'],
  ports: Ports,
): Promise<Decision> => {
  const { nowMs, journeys } = ports;
  const rounds = phase.journeys ?? noRounds;
  const noted = (now: JourneyRounds['closing']): RunPhase => ({
    ...phase,
    journeys: { ...rounds, ...(now && { closing: now }) },
  });
  if (closing === 'made' || (await journeys.nextDueAt(run)) === undefined) {
    return { phase: noted(closing), next: 'finished', atMs: nowMs };
  }
  return closing === undefined
    ? { phase: noted('waits'), next: 'check-later', atMs: nowMs + sendingAttemptMs }
    : makeRound(
        run,
        noted('made'),
        [],
        await journeys.due(run, nowMs + dayMs, journeyRoundCustomersCountMax),
        ports,
      );
};

/** Customers enter through the queue; after the run's part of the period only those do who waited for the end of a pause or of the night. */
const pollMs = (endsMs: number, nowMs: number): number =>
  nowMs < endsMs ? journeyPollMs : 4 * journeyPollMs;

const nextRoundMs = ({ journeys = noRounds }: RunPhase, before: RunPhase, nowMs: number): number => {
  const wasFull = (before.journeys?.last?.customersCount ?? 0) >= journeyRoundCustomersCountMax;
  const apartMs =
    journeys.madeAt === undefined || wasFull ? nowMs : Date.parse(journeys.madeAt) + journeyRoundMsMin;
  return journeys.retryAt === undefined ? apartMs : Math.max(apartMs, Date.parse(journeys.retryAt));
};

/** Reads what was done since the last check, once, and who is due now. */
const whatCame = async (run: RunPhaseId, frozen: RunPhase, ports: Ports) => {
  const { archive, nowMs, journeys: store } = ports;
  const before = frozen.journeys ?? noRounds;
  const { counts: first, open, isStuck } = await firstBatches(run, frozen, ports);
  const later =
    before.last === undefined
      ? before.later
      : addCounts(before.later, await roundCounts(run, before, archive));
  const due = await store.due(run, nowMs, journeyRoundCustomersCountMax);
  const { last } = before;
  const unmoved = last === undefined ? 0 : due.filter(({ dueAt }) => dueAt <= last.dueUntil).length;
  const advanced = first.settled > before.first.settled || unmoved < (last?.customersCount ?? 0);
  const wasTried = last !== undefined || frozen.journeys === undefined;
  const stuck = isStuck || unmoved > 0;
  const attempts = !wasTried ? frozen.attempts : !stuck ? 0 : advanced ? 1 : frozen.attempts + 1;
  const retryAt = !wasTried ? before.retryAt : stuck ? iso(nowMs + retryAfterMs(attempts)) : undefined;
  const givenUp = attempts > deliveryAttemptsCountMax;
  const phase: RunPhase = {
    ...frozen,
    attempts,
    deliveries: addCounts(first, later),
    ...((open.length === 0 || givenUp) && { delivered: true }),
    journeys: {
      count: before.count,
      ...(before.madeAt !== undefined && { madeAt: before.madeAt }),
      ...(retryAt !== undefined && { retryAt }),
      first,
      later,
    },
  };
  return { phase, open: givenUp ? [] : open, due };
};

const firstBatches = async (run: RunPhaseId, { delivered, journeys = noRounds }: RunPhase, ports: Ports) => {
  if (delivered) {
    return { counts: journeys.first, open: [], isStuck: false };
  }
  const batches = await frozenBatches(run, ports.archive);
  const files = await readProgress(batches, ports.archive);
  const { counts, retryCount } = sumRound(batches, files, ports.nowMs);
  const open = batches.filter(({ customersCount }, index) => customersCount > (files[index]?.done ?? 0));
  return { counts, open, isStuck: retryCount > 0 };
};

const roundCounts = async (
  run: RunPhaseId,
  { count, last }: JourneyRounds,
  archive: ObjectStore,
): Promise<DeliveryCounts> => {
  const batches = Array.from({ length: last?.batchesCount ?? 0 }, (_, index) => ({
    batchKey: roundBatchKey(run.campaignId, run.runId, run.phase, count, index),
    customersCount: 0,
  }));
  return sumRound(batches, await readProgress(batches, archive), 0).counts;
};

/** batches.json last, though a repeated check simply makes the round again. */
const makeRound = async (
  run: RunPhaseId,
  phase: RunPhase,
  open: readonly BatchEntry[],
  due: readonly WaitingMember[],
  { archive, nowMs }: Ports,
): Promise<Decision> => {
  const { campaignId, runId } = run;
  const rounds = phase.journeys ?? noRounds;
  const count = rounds.count + 1;
  const parts = Array.from({ length: Math.ceil(due.length / deliveryBatchCustomersCountMax) }, (_, index) =>
    due.slice(index * deliveryBatchCustomersCountMax, (index + 1) * deliveryBatchCustomersCountMax),
  );
  const entries = parts.map((part, index) => ({
    batchKey: roundBatchKey(campaignId, runId, run.phase, count, index),
    customersCount: part.length,
  }));
  for (let from = 0; from < parts.length; from += campaignObjectsConcurrencyMax) {
    await Promise.all(
      parts.slice(from, from + campaignObjectsConcurrencyMax).map((part, index) =>
        putJson(archive, entries[from + index].batchKey, {
          ...run,
          members: part.map(({ member }) => member),
        }),
      ),
    );
  }
  const batchesKey = roundBatchesKey(campaignId, runId, run.phase, count);
  await putJson(archive, batchesKey, [...open, ...entries]);
  const last = {
    batchesCount: entries.length,
    customersCount: due.length,
    dueUntil: due.reduce((latest, { dueAt }) => (dueAt > latest ? dueAt : latest), ''),
  };
  return {
    phase: { ...phase, journeys: { ...rounds, count, madeAt: iso(nowMs), last } },
    next: 'deliver-later',
    atMs: nowMs,
    batchesKey,
  };
};

const none: DeliveryCounts = {
  settled: 0,
  sent: 0,
  suppressed: {},
  refused: {},
  unknown: 0,
  deferred: 0,
  failed: 0,
};
const noRounds: JourneyRounds = { count: 0, first: none, later: none };

const iso = (ms: number): string => new Date(ms).toISOString();
