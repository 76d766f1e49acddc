// A batch of a few customers delivered under faults, in memory: the process dies before or after the n-th side effect
// of a kind, or lives and loses the answer of a call; each round delivers the batch once or by two processes at the
// same time, whose steps are mixed by a seed; SES reports come late, twice and in any order. What is delivered, on which
// channels, is a scene (fault-scenes.ts); an event's triggers are messages of a queue that come again until answered.
// Judged at the end: messages, second ones, codes, and whether every customer's fate is known or said to be unknown.

import { hash } from 'node:crypto';
import { customerId, itemId, messageId } from '../../lib/base/ids.ts';
import { sendingAttemptMs } from '../../lib/base/limits.ts';
import { type Random, seededRandom } from '../../lib/base/random.ts';
import type { AudienceBatch, AudienceMember } from '../../lib/campaigns/audience.ts';
import { type BatchContext, type BatchProgress, deliverBatch } from '../../lib/deliveries/batch.ts';
import { deliveryIdOf } from '../../lib/deliveries/identity.ts';
import { applyMailEvents } from '../../lib/deliveries/mail-events.ts';
import { settledEvents } from '../../lib/deliveries/settled-event.ts';
import { deliverTrigger, type TriggerContext } from '../../lib/deliveries/trigger.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import type { CampaignTrigger, DeliveryStatus, DeliveryStore } from '../../lib/ports.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeDeliveryStore, fakeTable } from '../fakes/delivery-store.ts';
import { fakeJourneyStore } from '../fakes/journey-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { createCarrier } from './fault-carrier.ts';
import {
  channelsSetUp,
  type Effect,
  faultSettings,
  ids,
  type Scene,
  type SceneName,
  sceneOf,
} from './fault-scenes.ts';
import { memberOf, noonMs } from './stage.ts';

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
  readonly scene: SceneName;
  /** Faults of the first rounds; one entry a round. */
  readonly rounds: readonly Fault[];
  /** Processes that deliver the batch at the same time in each round. */
  readonly processesCount: 1 | 2;
  readonly reports: 'none' | 'each-round' | 'at-the-end';
  readonly seed: string;
}

export interface Verdict {
  readonly messagesCount: number;
  readonly secondMessagesCount: number;
  readonly codesCount: number;
  readonly secondCodesCount: number;
  /** Neither sent nor decided nor called unknown, or without the event that says so. */
  readonly lost: readonly string[];
  readonly unknownCount: number;
  /** Called unknown though SES had taken the mail; of other channels nobody reports. */
  readonly unknownButSentCount: number;
  readonly roundsCount: number;
}

export class Died extends Error {}

const folder = 'campaigns/spring/run-1/test';
const keyOf = (index: number): string => `${folder}/batch-${String(index).padStart(5, '0')}.json`;
const roundsCountMax = 20;

export const runPlan = async (plan: Plan): Promise<Verdict> => {
  const world = await createWorld(plan);
  let roundsCount = 0;
  for (let open = true; open && roundsCount < roundsCountMax; roundsCount++) {
    const fault = plan.rounds.at(roundsCount);
    const work = await world.work();
    const processes = Array.from({ length: plan.processesCount }, (_, index) =>
      world.process(index === 0 ? fault : undefined),
    );
    await Promise.all(
      processes.map(async (context, index) => {
        await turnsOf(index === 0 ? 0 : world.random.int(300));
        return work(context).catch(() => undefined);
      }),
    );
    if (plan.reports === 'each-round') await world.report();
    world.passTime();
    open = world.isOpen();
  }
  if (plan.reports !== 'none') await world.report();
  return judge(world, roundsCount);
};

const turnsOf = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left--) await Promise.resolve();
};

type World = Awaited<ReturnType<typeof createWorld>>;

const createWorld = async ({ seed, scene: name }: Plan) => {
  const scene = sceneOf(name);
  const { campaign } = scene;
  const random = seededRandom(seed);
  const table = fakeTable();
  const archive = createFakeObjectStore();
  const customers = createFakeCustomerStore();
  const events: StoredEvent[] = [];
  const carrier = createCarrier(scene);
  const states = fakeJourneyStore();
  const catalog = fakeCatalogStore();
  let nowMs = noonMs;
  let drawn = 0;
  for (const id of ids) await customers.writeProfile(scene.profileOf(id), undefined);
  const queue: { readonly trigger: CampaignTrigger; readonly dueMs: number }[] = [];
  let batchesCount = 0;
  const putBatch = async (members: readonly AudienceMember[]): Promise<void> => {
    const batch: AudienceBatch = { campaignId: campaign.campaignId, runId: 'run-1', phase: 'test', members };
    const bytes = Buffer.from(JSON.stringify(batch));
    await archive.put(keyOf(batchesCount++), bytes, 'application/json');
  };
  if (campaign.trigger.kind === 'event') {
    for (const id of ids) queue.push({ trigger: triggerOf(id, campaign), dueMs: noonMs });
  } else {
    await putBatch(ids.map((id) => memberOf(id, scene.armOf(id))));
  }
  const clock = { nowMs: () => nowMs };
  const stores = { deliveries: fakeDeliveryStore(table), coupons: fakeCouponStore(table) };
  const campaigns = memoryCampaignStore([campaign]);

  /** One process that delivers; what it does is mixed with others' by the seed. */
  const process = (fault: Fault | undefined): BatchContext & TriggerContext => {
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
        channels: channelsSetUp,
        turn: async () => undefined,
        send: (message) => change('send', async () => carrier.send(message, clock.nowMs())),
      },
      events: { send: (some) => change('events', async () => void events.push(...some)) },
      archive: {
        ...archive,
        get: (key) => read(() => archive.get(key)),
        put: (...args) => change('progress', () => archive.put(...args)),
      },
      campaigns: {
        ...campaigns,
        get: (id) => read(() => campaigns.get(id)),
        claimAssignment: (...args) => change('assign', () => campaigns.claimAssignment(...args)),
        status: async () => read(async () => 'running' as const),
      },
      journeys: {
        ...states,
        get: (...args) => read(() => states.get(...args)),
        write: (...args) => change('step', () => states.write(...args)),
      },
      triggers: {
        send: (triggers, delayS = 0) =>
          change('trigger', async () => {
            for (const trigger of triggers) queue.push({ trigger, dueMs: nowMs + delayS * 1000 });
          }),
      },
      secrets: fakeSecretStore(),
      refundOrder: async () => {
        throw new Error('nothing is refunded here');
      },
      catalog,
      customers: {
        ...customers,
        read: (...args) => read(() => customers.read(...args)),
        readMany: (...args) => read(() => customers.readMany(...args)),
        writeProfile: (...args) => change('profile', () => customers.writeProfile(...args)),
      },
      clock,
      random: {
        bytes: (count) => hash('sha256', `${seed}/${drawn++}`, 'buffer').subarray(0, count),
      },
      settings: faultSettings,
      linkSecret: '00'.repeat(32),
      apiUrl: 'https://api.example',
      fromAddress: 'Reprise <hello@shop.example>',
      assortment: async () => assortment,
      timeLeftMs: () => 300_000,
    };
  };
  /** Everything SES has to say so far, in any order, each twice. */
  const report = async (): Promise<void> => {
    const bodies = random.shuffle([...carrier.reports, ...carrier.reports]);
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
  const progressOf = (index: number): BatchProgress | undefined => {
    const bytes = archive.objects.get(keyOf(index).replace('batch-', 'progress-'))?.bytes;
    return bytes && (JSON.parse(Buffer.from(bytes).toString()) as BatchProgress);
  };
  /** As campaign-freeze's progress step sees it: someone is in no list, or in one that is tried again. */
  const openBatches = (): string[] =>
    Array.from({ length: batchesCount }, (_, index) => index)
      .filter((index) => {
        const { done = 0, deferred = [], failed = [] } = progressOf(index) ?? {};
        return done === 0 || deferred.length + failed.length > 0;
      })
      .map(keyOf);
  /** What a process finds to do now: each of two gets the same. */
  const work = async (): Promise<(context: BatchContext & TriggerContext) => Promise<unknown>> => {
    if (campaign.trigger.kind === 'event') {
      const due = queue.filter(({ dueMs }) => dueMs <= nowMs);
      return (context) =>
        Promise.all(
          due.map(async (one) => {
            const became = await deliverTrigger(JSON.stringify(one.trigger), context).catch(() => undefined);
            // Acknowledged; of two who have it, by whoever is first.
            if (became !== undefined && queue.includes(one)) queue.splice(queue.indexOf(one), 1);
          }),
        );
    }
    const run = { campaignId: campaign.campaignId, runId: 'run-1', phase: 'test' } as const;
    const due = openBatches().length > 0 ? [] : await states.due(run, nowMs, ids.length);
    if (due.length > 0) await putBatch(due.map(({ member }) => member));
    const keys = openBatches();
    return async (context) => {
      for (const batchKey of keys) await deliverBatch({ batchKey }, context);
    };
  };
  return {
    random,
    scene,
    table,
    events,
    carrier,
    process,
    report,
    work,
    passTime: () => {
      nowMs += name === 'journey' ? 5 * sendingAttemptMs : sendingAttemptMs;
    },
    isOpen: () =>
      queue.length > 0 ||
      openBatches().length > 0 ||
      [...states.states.values()].some(({ ended }) => ended === undefined),
  };
};

const triggerOf = (id: string, { campaignId }: Scene['campaign']): CampaignTrigger => ({
  campaignId,
  customerId: customerId(id),
  messageId: messageId(`trigger-${id}`),
  at: new Date(noonMs).toISOString(),
});

const assortment = createAssortment(
  undefined,
  ['statistics', 'music', 'law'].map((id) => ({
    itemId: itemId(id),
    title: id,
    kind: 'course',
    category: [],
    tags: [],
    price: 49,
    currency: 'EUR',
    repurchase: { kind: 'once' as const },
    attributes: {},
    hidden: false,
    updatedAt: '2026-06-01T00:00:00.000Z',
    createdAt: '2026-06-01T00:00:00.000Z',
  })),
  new Set(),
);

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
  const { scene, table, carrier } = world;
  const deliveries = [...table.deliveries.values()];
  const unknown = deliveries.filter(({ status }) => status === 'unknown');
  const codes = [...table.coupons.values()];
  return {
    messagesCount: carrier.sent.length,
    secondMessagesCount: carrier.sent.length - new Set(carrier.sent.map(({ deliveryId }) => deliveryId)).size,
    codesCount: codes.length,
    secondCodesCount: repeats(codes.map(({ customerId: id }) => `${id}`)) + wrongCodes(world),
    lost: ids.flatMap((id) =>
      scene.outsiders?.includes(id)
        ? []
        : scene.stepIds.flatMap((stepId) =>
            isLost(id, stepId, world) ? [`${id} ${stepId ?? ''}`.trim()] : [],
          ),
    ),
    unknownCount: unknown.length,
    unknownButSentCount: unknown.filter(
      ({ deliveryId, channel }) =>
        channel === 'email' && carrier.sent.some((sent) => sent.deliveryId === deliveryId),
    ).length,
    roundsCount,
  };
};

/** Messages whose code is not the one stored for the delivery. */
const wrongCodes = ({ table, carrier }: World): number =>
  carrier.sent.filter(({ deliveryId, words }) => {
    const code = table.deliveries.get(deliveryId)?.couponCode;
    return code !== undefined && !words.includes(code);
  }).length;

const ends: readonly DeliveryStatus[] = ['sent', 'suppressed', 'failed', 'unknown'];

/** Without a fate that is known or said to be unknown, or without the events that say so. */
const isLost = (
  id: string,
  stepId: string | undefined,
  { scene, table, carrier, events }: World,
): boolean => {
  const step = scene.stepIds.find((one) => one === stepId);
  const deliveryId = deliveryIdOf(scene.campaign, 'run-1', 'test', customerId(id), step);
  const delivery = table.deliveries.get(deliveryId);
  if (delivery === undefined || !ends.includes(delivery.status)) return true;
  if (delivery.status === 'sent' && !carrier.sent.some((sent) => sent.deliveryId === deliveryId)) return true;
  if (delivery.status === 'sent' && delivery.served === undefined) return true;
  const written = new Set(events.map(({ messageId: one }) => one));
  return settledEvents(delivery, 0).some((event) => !written.has(event.messageId));
};
