// One campaign, one customer and everything around them in memory, for tests of deliveries.
// `crashAfter(n)`: the n-th call that changes something is carried out, then everything fails as if the process died.

import { hash } from 'node:crypto';
import { defaultMetrics } from '../../lib/assignment/metric-plan.ts';
import { campaignId, customerId, decisionId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { AudienceMember } from '../../lib/campaigns/audience.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import type { DeliverContext } from '../../lib/deliveries/attempt.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import type { CustomerProfile, CustomerRecord } from '../../lib/events/customer.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import type { CouponStore, CustomerStore, DeliveryStore, Transport } from '../../lib/ports.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeDeliveryStore, fakeTable } from '../fakes/delivery-store.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { type FakeJourneyStore, fakeJourneyStore } from '../fakes/journey-store.ts';
import { type FakeTransport, fakeTransport } from '../fakes/transport.ts';

export const noonMs = Date.UTC(2026, 5, 10, 12);
export const dayMs = 86_400_000;

export const couponCampaign: Campaign = {
  campaignId: campaignId('spring'),
  name: 'Spring',
  status: 'running',
  audience: { all: [] },
  trigger: { kind: 'at', at: '2026-06-10T12:00:00.000Z' },
  variants: [
    {
      name: 'coupon',
      weight: 0.5,
      action: {
        kind: 'coupon',
        offer: {
          discount: { kind: 'percent', percent: 15 },
          expiresAfterDays: 7,
          redemptionsPerCodeMax: 1,
          redemptionsPerCustomerMax: 1,
        },
        templates: defaultTemplates.coupon,
      },
    },
    { name: 'reminder', weight: 0.25, action: { kind: 'reminder', templates: defaultTemplates.reminder } },
    { name: 'nothing', weight: 0.25, action: { kind: 'none' } },
  ],
  holdoutShare: 0.1,
  salt: 'salt',
  purpose: 'marketing',
  channels: ['email'],
  priority: 0,
  sendTime: { kind: 'at-once' },
  recommendationsCount: 0,
  windowDays: 14,
  metrics: defaultMetrics,
  lookDays: [],
  rollout: 'manual',
  createdAt: '2026-06-01T00:00:00.000Z',
  revision: 1,
};

export const memberOf = (id: string, arm = 'coupon'): AudienceMember => ({
  customerId: customerId(id),
  decisionId: decisionId(`decision-${id}`),
  arm,
  propensity: 0.5,
  assignedAt: '2026-06-10T12:00:00.000Z',
});

export const profileOf = (id: string, change: Partial<CustomerProfile> = {}): CustomerProfile => ({
  customerId: customerId(id),
  email: `${id}@example.com`,
  name: 'Ada',
  traits: {},
  traitTimes: {},
  suppressed: {},
  createdAtMs: 0,
  ...change,
});

export const recordOf = (id: string, change: Partial<CustomerProfile> = {}): CustomerRecord => ({
  profile: profileOf(id, change),
});

export class Crash extends Error {}

export interface Stage {
  readonly context: DeliverContext;
  readonly table: ReturnType<typeof fakeTable>;
  /** Its writes count as changes. */
  readonly journeys: FakeJourneyStore;
  readonly mailer: FakeTransport;
  /** Empty; only what strikes off dead addresses looks into it. */
  readonly customers: CustomerStore;
  readonly events: StoredEvent[];
  setNow(ms: number): void;
  /** From now on, dies after this many changes; undefined: lives. */
  crashAfter(changes: number | undefined): void;
  /** Changes made since the last `crashAfter`. */
  changes(): number;
}

export const createStage = (): Stage => {
  const table = fakeTable();
  const mailer = fakeTransport();
  const queue = createFakeEventQueue();
  let nowMs = noonMs;
  let changes = 0;
  let lastChange: number | undefined;
  let issued = 0;
  const read = async <T>(act: () => Promise<T>): Promise<T> => {
    if (lastChange !== undefined && changes >= lastChange) {
      throw new Crash();
    }
    return act();
  };
  const change = <T>(act: () => Promise<T>): Promise<T> =>
    read(async () => {
      const result = await act();
      changes += 1;
      return read(async () => result);
    });
  const stored: DeliveryStore = fakeDeliveryStore(table);
  const coupons: CouponStore = fakeCouponStore(table);
  const deliveries: DeliveryStore = {
    get: (id) => read(() => stored.get(id)),
    prepare: (...args) => change(() => stored.prepare(...args)),
    advance: (...args) => change(() => stored.advance(...args)),
    findByMessageId: (id) => read(() => stored.findByMessageId(id)),
    release: (delivery) => change(() => stored.release(delivery)),
    lease: (...args) => change(() => stored.lease(...args)),
    giveBack: (...args) => change(() => stored.giveBack(...args)),
    counts: (keys) => read(() => stored.counts(keys)),
  };
  const transport: Transport = { ...mailer, send: (message) => change(() => mailer.send(message)) };
  const customers = createFakeCustomerStore();
  const states = fakeJourneyStore();
  const journeys: FakeJourneyStore = {
    ...states,
    get: (...args) => read(() => states.get(...args)),
    write: (...args) => change(() => states.write(...args)),
  };
  return {
    table,
    journeys,
    mailer,
    customers,
    events: queue.sent,
    setNow: (ms) => {
      nowMs = ms;
    },
    crashAfter: (count) => {
      changes = 0;
      lastChange = count;
    },
    changes: () => changes,
    context: {
      runId: 'run-1',
      phase: 'test',
      deliveries,
      coupons: { get: (code) => read(() => coupons.get(code)) },
      transport,
      customers: {
        read: (id) => read(() => customers.read(id)),
        writeProfile: (...args) => change(() => customers.writeProfile(...args)),
      },
      events: { send: (events) => change(() => queue.send(events)) },
      clock: { nowMs: () => nowMs },
      random: {
        bytes: (count) => {
          issued += 1;
          return hash('sha256', String(issued), 'buffer').subarray(0, count);
        },
      },
      settings: defaultSettings,
      linkSecret: '00'.repeat(32),
      apiUrl: 'https://api.example',
      fromAddress: 'Reprise <hello@shop.example>',
      assortment: async () => createAssortment(undefined, [], new Set()),
    },
  };
};
