// A batch of a few customers delivered under faults, in memory: the process dies before or after the n-th side effect
// of a kind, or lives and loses the answer of a call; each round delivers the batch once or by two processes at the
// same time, whose steps are mixed by a seed; SES reports come late, twice and in any order.
// Judged at the end: mails, second mails, codes, and whether every customer's fate is known or said to be unknown.

import { hash } from 'node:crypto';
import { sendingAttemptMs } from '../../lib/base/limits.ts';
import { type Random, seededRandom } from '../../lib/base/random.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { AudienceBatch } from '../../lib/campaigns/audience.ts';
import { type BatchContext, type BatchProgress, deliverBatch } from '../../lib/deliveries/batch.ts';
import { applyMailEvents } from '../../lib/deliveries/mail-events.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import type {
  Delivery,
  DeliveryStatus,
  DeliveryStore,
  OutgoingMail,
  OutgoingMessage,
} from '../../lib/ports.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeDeliveryStore, fakeTable } from '../fakes/delivery-store.ts';
import { fakeJourneyStore } from '../fakes/journey-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { couponCampaign, memberOf, noonMs, profileOf } from './stage.ts';

/** The side effects of a delivery, in their order. */
export const effects = ['claim', 'sending', 'send', 'settle', 'events', 'progress'] as const;
export type Effect = (typeof effects)[number];

/**
 * `dies-…`: the process and everything in it is gone.  `answer-lost`: the call did its work and the caller gets an error.
 * `refused`: it did not.  `repeated`: its answer was lost and the client sent it again by itself, later.
 */
export const faults = ['dies-before', 'dies-after', 'answer-lost', 'refused', 'repeated'] as const;
export interface Fault {
  readonly effect: Effect;
  readonly how: (typeof faults)[number];
  /** Which call of this kind of the process, from 1. */
  readonly nth: number;
}

export interface Plan {
  /** Faults of the first rounds; one entry a round. */
  readonly rounds: readonly Fault[];
  /** Processes that deliver the batch at the same time in each round. */
  readonly processesCount: 1 | 2;
  readonly reports: 'none' | 'each-round' | 'at-the-end';
  readonly seed: string;
}

export interface Verdict {
  readonly mailsCount: number;
  readonly secondMailsCount: number;
  readonly codesCount: number;
  readonly secondCodesCount: number;
  /** Neither mailed nor decided nor called unknown, or without the event that says so. */
  readonly lost: readonly string[];
  readonly unknownCount: number;
  /** Called unknown though SES had taken the mail. */
  readonly unknownButSentCount: number;
  readonly roundsCount: number;
}

export class Died extends Error {}

const batchKey = 'campaigns/spring/run-1/test/batch-00000.json';
const ids = ['ada', 'bob', 'cid', 'dan', 'eva', 'fay'];
/** By the local part of the address: what SES answers, the first time or always. */
const sesAnswers: { readonly [id: string]: 'throttled-once' | 'rejected' } = {
  dan: 'throttled-once',
  eva: 'rejected',
};
const members = ids.map((id) => memberOf(id, id === 'bob' ? 'reminder' : 'coupon'));
const roundsCountMax = 12;

export const runPlan = async (plan: Plan): Promise<Verdict> => {
  const world = await createWorld(plan);
  let roundsCount = 0;
  for (let open = true; open && roundsCount < roundsCountMax; roundsCount++) {
    const fault = plan.rounds.at(roundsCount);
    const processes = Array.from({ length: plan.processesCount }, (_, index) =>
      world.process(index === 0 ? fault : undefined),
    );
    await Promise.all(
      processes.map(async (context, index) => {
        await turnsOf(index === 0 ? 0 : world.random.int(300));
        return deliverBatch({ batchKey }, context).catch(() => undefined);
      }),
    );
    if (plan.reports === 'each-round') await world.report();
    world.passTime(sendingAttemptMs);
    open = isOpen(world.progress());
  }
  if (plan.reports !== 'none') await world.report();
  return judge(world, roundsCount);
};

/** As campaign-freeze's progress step sees it: someone is in no list, or in one that is tried again. */
const isOpen = (progress: BatchProgress | undefined): boolean =>
  progress === undefined || progress.done < members.length;

const turnsOf = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left--) await Promise.resolve();
};

type World = Awaited<ReturnType<typeof createWorld>>;

const createWorld = async ({ seed }: Plan) => {
  const random = seededRandom(seed);
  const table = fakeTable();
  const archive = createFakeObjectStore();
  const customers = createFakeCustomerStore();
  const events: StoredEvent[] = [];
  const ses = fakeSes();
  let nowMs = noonMs;
  let drawn = 0;
  for (const id of ids) {
    await customers.writeProfile(profileOf(id, id === 'fay' ? { email: undefined } : {}), undefined);
  }
  const batch: AudienceBatch = {
    campaignId: couponCampaign.campaignId,
    runId: 'run-1',
    phase: 'test',
    members,
  };
  await archive.put(batchKey, Buffer.from(JSON.stringify(batch)), 'application/json');
  const clock = { nowMs: () => nowMs };
  const stores = { deliveries: fakeDeliveryStore(table), coupons: fakeCouponStore(table) };
  const campaigns = memoryCampaignStore([couponCampaign]);

  /** One process that delivers; what it does is mixed with others' by the seed. */
  const process = (fault: Fault | undefined): BatchContext => {
    const { read, change } = faulty(fault, random);
    const { deliveries } = stores;
    const store: DeliveryStore = {
      get: (id) => read(() => deliveries.get(id)),
      prepare: (...args) => change('claim', () => deliveries.prepare(...args)),
      advance: (id, from, to, ...rest) =>
        change(to === 'sending' ? 'sending' : 'settle', () => deliveries.advance(id, from, to, ...rest)),
      findByMessageId: (id) => read(() => deliveries.findByMessageId(id)),
      release: (...args) => change('settle', () => deliveries.release(...args)),
      lease: (...args) => read(() => deliveries.lease(...args)),
      giveBack: (...args) => read(() => deliveries.giveBack(...args)),
      counts: (keys) => read(() => deliveries.counts(keys)),
    };
    return {
      deliveries: store,
      coupons: { get: (code) => read(() => stores.coupons.get(code)) },
      transport: {
        channels: ['email'],
        turn: async () => undefined,
        send: (message) => change('send', async () => ses.send(mailIn(message), clock.nowMs())),
      },
      events: { send: (some) => change('events', async () => void events.push(...some)) },
      archive: {
        ...archive,
        get: (key) => read(() => archive.get(key)),
        put: (...args) => change('progress', () => archive.put(...args)),
      },
      campaigns: {
        get: (id) => read(() => campaigns.get(id)),
        status: async () => read(async () => 'running' as const),
      },
      journeys: fakeJourneyStore(),
      catalog: fakeCatalogStore(),
      customers: {
        read: (...args) => read(() => customers.read(...args)),
        readMany: (...args) => read(() => customers.readMany(...args)),
        writeProfile: (...args) => read(() => customers.writeProfile(...args)),
      },
      clock,
      random: {
        bytes: (count) => hash('sha256', `${seed}/${drawn++}`, 'buffer').subarray(0, count),
      },
      settings: defaultSettings,
      linkSecret: '00'.repeat(32),
      apiUrl: 'https://api.example',
      fromAddress: 'Reprise <hello@shop.example>',
      assortment: async () => createAssortment(undefined, [], new Set()),
      timeLeftMs: () => 300_000,
    };
  };
  /** Everything SES has to say so far, in any order, each twice. */
  const report = async (): Promise<void> => {
    const bodies = random.shuffle([...ses.reports, ...ses.reports]);
    const messages = bodies.map((body, index) => ({ queueId: `q${index}`, body }));
    const context = {
      deliveries: stores.deliveries,
      customers,
      clock,
      events: { send: async (some: readonly StoredEvent[]) => void events.push(...some) },
      warn: () => undefined,
    };
    const failed = await applyMailEvents(messages, context);
    if (failed.length > 0) throw new Error('a report was not applied');
  };
  return {
    random,
    table,
    events,
    ses,
    process,
    report,
    passTime: (ms: number) => {
      nowMs += ms;
    },
    progress: (): BatchProgress | undefined => {
      const bytes = archive.objects.get(batchKey.replace('batch-', 'progress-'))?.bytes;
      return bytes && (JSON.parse(Buffer.from(bytes).toString()) as BatchProgress);
    },
  };
};

interface Sent {
  readonly id: string;
  readonly deliveryId: string;
  readonly mail: OutgoingMail;
}

const mailIn = (message: OutgoingMessage): OutgoingMail => {
  if (message.channel !== 'email')
    throw new Error(`a mail was expected, not a message by ${message.channel}`);
  return message;
};

const fakeSes = () => {
  const sent: Sent[] = [];
  const reports: string[] = [];
  const throttled = new Set<string>();
  return {
    sent,
    reports,
    send: (mail: OutgoingMail, nowMs: number) => {
      const [id] = mail.to.split('@');
      if (sesAnswers[id] === 'rejected') return { kind: 'rejected', message: 'MessageRejected' } as const;
      if (sesAnswers[id] === 'throttled-once' && !throttled.has(id)) {
        throttled.add(id);
        return { kind: 'throttled', message: 'Throttling' } as const;
      }
      const deliveryId = mail.tags['reprise-delivery'];
      const sesMessageId = `ses-${sent.push({ id, deliveryId, mail })}`;
      const timestamp = new Date(nowMs).toISOString();
      for (const eventType of ['Send', 'Delivery', 'Open']) {
        const about = { messageId: sesMessageId, timestamp, tags: { 'reprise-delivery': [deliveryId] } };
        reports.push(JSON.stringify({ eventType, mail: about, [eventType.toLowerCase()]: { timestamp } }));
      }
      return { kind: 'sent', messageId: sesMessageId } as const;
    },
  };
};

/** Wraps the calls of one process: some turns pass before and after each, and the fault strikes where it is planned. */
const faulty = (fault: Fault | undefined, random: Random) => {
  let isDead = false;
  let count = 0;
  const turns = async (): Promise<void> => {
    await turnsOf(random.int(4));
    if (isDead) throw new Died();
  };
  const die = (): never => {
    isDead = true;
    throw new Died();
  };
  const read = async <T>(act: () => Promise<T>): Promise<T> => {
    await turns();
    return act();
  };
  const change = async <T>(effect: Effect, act: () => Promise<T>): Promise<T> => {
    await turns();
    const how = fault?.effect === effect && ++count === fault.nth ? fault.how : undefined;
    if (how === 'dies-before') die();
    if (how === 'refused') throw new Error(`${effect} was refused`);
    const result = await act();
    if (how === 'dies-after') die();
    if (how === 'answer-lost') throw new Error(`the answer to ${effect} was lost`);
    await turns();
    if (how === 'repeated' && effect !== 'send') {
      // Long enough for another process to have come further.
      await turnsOf(random.int(200));
      return act();
    }
    return result;
  };
  return { read, change };
};

// ---- judging -----------------------------------------------------------------------------------------

const repeats = (values: readonly string[]): number => values.length - new Set(values).size;

const judge = (world: World, roundsCount: number): Verdict => {
  const { table, ses, events } = world;
  const deliveries = [...table.deliveries.values()];
  const mailed = new Set(ses.sent.map(({ deliveryId }) => deliveryId));
  const unknown = deliveries.filter(({ status }) => status === 'unknown');
  const codes = [...table.coupons.values()];
  return {
    mailsCount: ses.sent.length,
    secondMailsCount: repeats(ses.sent.map(({ id }) => id)),
    codesCount: codes.length,
    secondCodesCount: repeats(codes.map(({ customerId }) => `${customerId}`)) + wrongCodes(world),
    lost: ids.filter((id) =>
      isLost(
        deliveries.find(({ customerId }) => customerId === id),
        mailed,
        events,
      ),
    ),
    unknownCount: unknown.length,
    unknownButSentCount: unknown.filter(({ deliveryId }) => mailed.has(deliveryId)).length,
    roundsCount,
  };
};

/** Mails whose code is not the one stored for the delivery. */
const wrongCodes = ({ table, ses }: World): number =>
  ses.sent.filter(({ deliveryId, mail }) => {
    const code = table.deliveries.get(deliveryId)?.couponCode;
    return code !== undefined && !mail.text.includes(code);
  }).length;

const ends: readonly DeliveryStatus[] = ['sent', 'suppressed', 'failed', 'unknown'];

const isLost = (
  delivery: Delivery | undefined,
  mailed: ReadonlySet<string>,
  events: readonly StoredEvent[],
): boolean => {
  if (delivery === undefined || !ends.includes(delivery.status)) return true;
  if (delivery.status === 'sent' && !mailed.has(delivery.deliveryId)) return true;
  return !events.some(
    ({ event, properties }) =>
      event === 'Reprise Delivery Settled' &&
      properties.deliveryId === delivery.deliveryId &&
      properties.status === delivery.status,
  );
};
