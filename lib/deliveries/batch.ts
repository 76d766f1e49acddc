// Delivers one batch of a frozen audience and writes how far it came beside it. Members are taken in chunks; before
// each, the campaign's status and the time left are looked at, so that a pause or cancellation takes effect at once
// and nothing is cut off. A later call takes only those the progress file says are still to do.
// Events of a chunk are sent together before it counts as done: what is done has been reported.
// One customer who cannot be read, and a service that fails, stop nobody else: who failed and why is in the file.
// Members of a journey are taken as far as they can go now; who waits in it is done here, and found when due.
// After a cancellation nothing is sent, but what was begun is brought to its end: called off, unknown, or reported.

import { Failure } from '../base/errors.ts';
import type { CustomerId } from '../base/ids.ts';
import { deliveriesConcurrencyMax, deliveryChunkCustomersCountMax, deliveryStopMs } from '../base/limits.ts';
import {
  type AudienceBatch,
  type AudienceMember,
  type DeliveryProgress,
  progressKey,
} from '../campaigns/audience.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { getJson } from '../campaigns/frozen-objects.ts';
import { journeyOf } from '../campaigns/journey-state.ts';
import { usableTimeZone } from '../campaigns/schedule.ts';
import { sharedActivity } from '../campaigns/send-time.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { StoredEvent } from '../events/event.ts';
import type { CampaignStore, CatalogStore, CustomerStore, JourneyStore, ObjectStore } from '../ports.ts';
import type { DeliverContext, DeliveryOutcome } from './attempt.ts';
import { closeOne, deliverOne } from './deliver.ts';
import { type Advanced, advanceJourney, closeJourney } from './journey.ts';

export interface BatchInput {
  readonly batchKey: string;
}

export interface BatchContext extends Omit<DeliverContext, 'runId' | 'phase'> {
  readonly campaigns: Pick<CampaignStore, 'get' | 'status'>;
  readonly customers: Pick<CustomerStore, 'read' | 'readMany' | 'writeProfile'>;
  readonly archive: ObjectStore;
  readonly journeys: JourneyStore;
  readonly catalog: Pick<CatalogStore, 'get'>;
  /** Real time left for this call, in ms. */
  timeLeftMs(): number;
}

/** The progress file; what campaigns/audience.ts reads of it, and more for people. */
export interface BatchProgress extends DeliveryProgress {
  readonly batchKey: string;
  readonly counts: {
    /** Sent by this or an earlier attempt. */
    readonly sent: number;
    readonly unknown: number;
    /** Refused for ever, by reason. */
    readonly refused: Tally;
    readonly suppressed: Tally;
    /** Journeys that ended in this batch, by how. */
    readonly ended?: Tally;
    readonly waiting?: Tally;
  };
  /** Why members in `failed` failed. */
  readonly problems: { readonly [customerId: string]: string };
  /** Members among `deferred` who wait for something, and for what; of the others nothing was tried yet. */
  readonly waits?: { readonly [customerId: string]: Wait };
  /**
   * Settled members whose message did not go out for certain, and why: refused for ever, of unknown fate, or suppressed
   * because there was no room or no time left for it.
   */
  readonly unsent: { readonly [customerId: string]: UnsentMember };
  /** Why a step of a journey failed that is tried again when it is due. */
  readonly putOff?: { readonly [customerId: string]: string };
}

export interface UnsentMember {
  readonly kind: 'failed' | 'unknown' | 'suppressed';
  readonly reason: string;
}

export interface Wait {
  readonly reason: string;
  /** When it is tried again; ISO 8601. */
  readonly until?: string;
}

/** Suppressions that are nobody's wish: another day, or with more room, the message would have gone. */
const missed = new Set([
  'capped',
  'ramp-up',
  'mail-quota',
  'too-late',
  'offer-expired',
  'quiet-until-too-late',
]);

type Tally = { readonly [reason: string]: number };

export const deliverBatch = async (
  { batchKey }: BatchInput,
  context: BatchContext,
): Promise<BatchProgress> => {
  const batch = await getJson<AudienceBatch>(context.archive, batchKey);
  const campaign = batch && (await context.campaigns.get(batch.campaignId));
  if (batch === undefined || campaign === undefined) {
    throw new Failure('not-found', {
      code: 'batch-unknown',
      message: 'There is no such batch, or its campaign is gone.',
      received: batchKey,
      action: 'Give the key of a batch that campaign-freeze wrote.',
    });
  }
  const earlier = await getJson<BatchProgress>(context.archive, progressKey(batchKey));
  const work = startWork(batch, earlier);
  const stopped = await workOff(campaign, batch, work, context).catch((error: unknown) => {
    for (const { customerId } of work.pending.splice(0)) {
      work.problems.set(customerId, String(error));
    }
    return undefined;
  });
  await context.allowance?.close();
  const progress = progressOf(batchKey, work, stopped, context.clock.nowMs());
  await context.archive.put(
    progressKey(batchKey),
    new TextEncoder().encode(JSON.stringify(progress)),
    'application/json',
  );
  return progress;
};

/** What changes while a batch is worked off. */
interface Work {
  readonly pending: AudienceMember[];
  readonly deferred: string[];
  readonly waits: Map<string, Wait>;
  readonly problems: Map<string, string>;
  readonly suppressed: Map<string, number>;
  readonly refused: Map<string, number>;
  readonly unsent: Map<string, UnsentMember>;
  readonly ended: Map<string, number>;
  readonly putOff: Map<string, string>;
  sent: number;
  unknown: number;
  done: number;
  untilMs: number | undefined;
}

const startWork = ({ members }: AudienceBatch, earlier: BatchProgress | undefined): Work => {
  const open = earlier && new Set([...earlier.deferred, ...earlier.failed]);
  return {
    pending: members.filter(({ customerId }) => open?.has(customerId) ?? true),
    deferred: [],
    waits: new Map(),
    problems: new Map(),
    suppressed: new Map(Object.entries(earlier?.counts.suppressed ?? {})),
    refused: new Map(Object.entries(earlier?.counts.refused ?? {})),
    unsent: new Map(Object.entries(earlier?.unsent ?? {})),
    ended: new Map(Object.entries(earlier?.counts.ended ?? {})),
    putOff: new Map(),
    sent: earlier?.counts.sent ?? 0,
    unknown: earlier?.counts.unknown ?? 0,
    done: earlier?.done ?? 0,
    untilMs: undefined,
  };
};

type Stop = 'paused' | 'cancelled' | 'out-of-time' | undefined;

const workOff = async (
  campaign: Campaign,
  batch: AudienceBatch,
  work: Work,
  context: BatchContext,
): Promise<Stop> => {
  while (work.pending.length > 0) {
    const stop = await stopReason(campaign, batch.phase, context);
    if (stop === 'paused' || stop === 'out-of-time') {
      return stop;
    }
    const chunk = work.pending.slice(0, deliveryChunkCustomersCountMax);
    const records = stop === undefined ? await readRecords(campaign, chunk, context) : new Map();
    const act = stop === undefined ? serve : close;
    const activity = activityOf(campaign, records, context);
    const outcomes = await deliverChunk(
      chunk,
      batch,
      { ...context, activity },
      async (member, deliverContext) => {
        const record = records.get(member.customerId) ?? {};
        return typeof record === 'string' ? record : act(campaign, member, record, deliverContext, context);
      },
    );
    work.pending.splice(0, chunk.length);
    outcomes.forEach((outcome, index) => {
      count(chunk[index], outcome, work);
    });
    if (stop === 'cancelled' && work.pending.length === 0) {
      return stop;
    }
  }
  return undefined;
};

/** The hours of those read together, a random part of the audience, speak for the one of whom little is known. */
const activityOf = (
  { sendTime }: Campaign,
  records: ReadonlyMap<CustomerId, CustomerRecord | string>,
  { settings, clock }: BatchContext,
): readonly number[] | undefined =>
  sendTime.kind === 'active-hour'
    ? sharedActivity(
        [...records.values()]
          .filter((record) => typeof record !== 'string')
          .map(({ state, profile }) => ({
            state,
            timeZone: usableTimeZone(profile?.timeZone, settings.timeZone),
          })),
        clock.nowMs(),
      )
    : undefined;

/** A text is what went wrong. */
type MemberOutcome = DeliveryOutcome | Advanced | string;

/** A journey's state moves on when a message is settled, so its event must be out by then: it goes by itself. */
const serve = async (
  campaign: Campaign,
  member: AudienceMember,
  record: CustomerRecord,
  deliverContext: DeliverContext,
  { events, journeys, catalog }: BatchContext,
): Promise<MemberOutcome> =>
  journeyOf(campaign, member.arm) === undefined
    ? deliverOne(campaign, member, record, deliverContext)
    : advanceJourney(campaign, member, record, { ...deliverContext, events, journeys, catalog });

const close = (
  campaign: Campaign,
  member: AudienceMember,
  record: CustomerRecord,
  deliverContext: DeliverContext,
  { journeys, catalog }: BatchContext,
): Promise<MemberOutcome> =>
  journeyOf(campaign, member.arm) === undefined
    ? closeOne(campaign, member, record, deliverContext)
    : closeJourney(campaign, member, record, { ...deliverContext, journeys, catalog });

const deliverChunk = async (
  chunk: readonly AudienceMember[],
  { runId, phase }: AudienceBatch,
  context: BatchContext,
  act: (member: AudienceMember, context: DeliverContext) => Promise<MemberOutcome>,
): Promise<readonly MemberOutcome[]> => {
  const events: StoredEvent[] = [];
  const deliverContext: DeliverContext = {
    ...context,
    runId,
    phase,
    events: { send: async (some) => void events.push(...some) },
  };
  const outcomes = await inParallel(chunk, deliveriesConcurrencyMax, (member) =>
    act(member, deliverContext).catch(String),
  );
  const problem = events.length === 0 ? undefined : await context.events.send(events).then(none, String);
  return problem === undefined ? outcomes : outcomes.map(() => problem);
};

/** When all at once fails, one by one: a row that cannot be read fails its own customer. A text is why. */
const readRecords = async (
  campaign: Campaign,
  chunk: readonly AudienceMember[],
  { customers, assortment }: BatchContext,
): Promise<ReadonlyMap<CustomerId, CustomerRecord | string>> => {
  const version = campaign.recommendationsCount > 0 ? (await assortment()).serving?.modelVersion : undefined;
  const ids = chunk.map(({ customerId }) => customerId);
  try {
    return await customers.readMany(ids, version);
  } catch {
    const records = await inParallel(ids, deliveriesConcurrencyMax, (id) =>
      customers.readMany([id], version).then((found) => found.get(id) ?? {}, String),
    );
    return new Map(ids.map((id, index) => [id, records[index]]));
  }
};

const none = (): undefined => undefined;

const stopReason = async (
  campaign: Campaign,
  phase: AudienceBatch['phase'],
  context: BatchContext,
): Promise<Stop> => {
  const status = await context.campaigns.status(campaign.campaignId);
  if (status === 'paused') {
    return 'paused';
  }
  // A finished campaign ends its test; its rollout comes after that.
  if (status !== 'running' && !(status === 'finished' && phase === 'rollout')) {
    return 'cancelled';
  }
  return context.timeLeftMs() < deliveryStopMs ? 'out-of-time' : undefined;
};

/** A text is what went wrong: the member is tried again. */
const count = ({ customerId }: AudienceMember, outcome: MemberOutcome, work: Work): void => {
  if (typeof outcome === 'string') {
    work.problems.set(customerId, outcome);
    return;
  }
  if ('state' in outcome) {
    work.done += 1;
    for (const delivery of outcome.deliveries) {
      countSettled(customerId, delivery, work);
    }
    if (outcome.state.ended !== undefined) {
      raise(work.ended, outcome.state.ended);
    }
    if (outcome.problem !== undefined) {
      work.putOff.set(customerId, outcome.problem);
    }
    return;
  }
  if (outcome.kind === 'deferred') {
    work.deferred.push(customerId);
    work.waits.set(customerId, waitOf(outcome));
    const untilMs = [work.untilMs, outcome.untilMs].filter((ms) => ms !== undefined);
    work.untilMs = untilMs.length === 0 ? undefined : Math.min(...untilMs);
    return;
  }
  work.done += 1;
  countSettled(customerId, outcome, work);
};

const countSettled = (customerId: CustomerId, outcome: DeliveryOutcome, work: Work): void => {
  switch (outcome.kind) {
    case 'sent':
    case 'already':
      work.sent += 1;
      break;
    case 'unknown':
      work.unknown += 1;
      work.unsent.set(customerId, { kind: 'unknown', reason: outcome.reason ?? 'interrupted' });
      break;
    case 'suppressed':
      raise(work.suppressed, outcome.reason);
      if (outcome.reason !== undefined && missed.has(outcome.reason)) {
        work.unsent.set(customerId, { kind: 'suppressed', reason: outcome.reason });
      }
      break;
    case 'failed':
      raise(work.refused, outcome.reason);
      work.unsent.set(customerId, { kind: 'failed', reason: outcome.reason ?? 'unknown' });
      break;
  }
};

const waitOf = ({ reason = 'unknown', untilMs }: DeliveryOutcome): Wait => ({
  reason,
  ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
});

const raise = (tally: Map<string, number>, reason = 'unknown'): void => {
  tally.set(reason, (tally.get(reason) ?? 0) + 1);
};

const progressOf = (batchKey: string, work: Work, stopped: Stop, nowMs: number): BatchProgress => {
  const left = work.pending.map(({ customerId }) => customerId);
  const untilMs = left.length > 0 ? nowMs : work.untilMs;
  const waiting = new Map<string, number>();
  for (const { reason } of work.waits.values()) {
    raise(waiting, reason);
  }
  return {
    batchKey,
    done: work.done,
    deferred: [...work.deferred, ...left],
    ...(untilMs !== undefined && { untilMs }),
    failed: [...work.problems.keys()],
    ...(stopped === 'paused' && { paused: true }),
    ...(stopped === 'cancelled' && { cancelled: true }),
    counts: {
      sent: work.sent,
      unknown: work.unknown,
      refused: Object.fromEntries(work.refused),
      suppressed: Object.fromEntries(work.suppressed),
      ...(work.ended.size > 0 && { ended: Object.fromEntries(work.ended) }),
      ...(waiting.size > 0 && { waiting: Object.fromEntries(waiting) }),
    },
    problems: Object.fromEntries(work.problems),
    unsent: Object.fromEntries(work.unsent),
    ...(work.waits.size > 0 && { waits: Object.fromEntries(work.waits) }),
    ...(work.putOff.size > 0 && { putOff: Object.fromEntries(work.putOff) }),
  };
};

/** Results in the order of the members; at most `concurrency` at work at a time. */
const inParallel = async <T, R>(
  members: readonly T[],
  concurrency: number,
  act: (member: T) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < members.length; index = next++) {
      results[index] = await act(members[index]);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
};
