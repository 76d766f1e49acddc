// Summaries made in SQL against those of collectOutcomes, which is the reference, over random stories of random customers.

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { createOutcomeSource } from '../../lib/adapters/outcomes-duckdb.ts';
import type { MetricPlan } from '../../lib/assignment/metric-plan.ts';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { type JsonObject, loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import { collectOutcomes, type RunOutcomes } from '../../lib/outcomes/collect.ts';
import { costOfItems } from '../../lib/outcomes/item-cost.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import {
  assignedEvent,
  at,
  dayMs,
  decision,
  event,
  id,
  loop,
  refund,
  reported,
  settled,
  t0,
} from './sample.ts';

const costs = new Map([
  [itemId('sql'), { cost: 3.33 }],
  [itemId('css'), { cost: 0.105, currency: 'USD' }],
  [itemId('go'), { cost: 7, currency: 'EUR' }],
]);
const plan: MetricPlan = {
  primary: 'repurchase',
  secondary: [
    'revenue',
    'orders',
    'margin',
    'average-order-value',
    { name: 'visits', event: 'Shop Visited' },
  ],
  guardrails: ['unsubscribe', 'complaint', 'refund', 'redemption'],
  winsorize: 0.9,
  adjustment: 'cuped',
};
const query = {
  campaignId: id,
  runIds: ['run-1', 'run-2'],
  fromMs: t0,
  toMs: t0 + 45 * dayMs,
  historyDays: 60,
  ownEvents: ['Shop Visited'],
};
const { winsorize: _, ...uncapped } = plan;
const scope = { windowDays: 30, asOfMs: t0 + 40 * dayMs, historyDays: 60 };

/** From the archive in both ways. */
const both = async (
  events: readonly StoredEvent[],
  linked: readonly string[],
  rowsCount: number,
  metrics: MetricPlan,
) => {
  const archive = createFakeObjectStore();
  const customers = createFakeCustomerStore();
  for (const user of linked) await customers.linkAnonymous(`phone-${user}`, customerId(user));
  // Received in two days: each costs an extract of its own.
  for (const [half, receivedAt] of [at(0), at(44)].entries()) {
    const received = events.filter((_, i) => i % 2 === half).map((one) => ({ ...one, receivedAt }));
    const lines = received.map((one) => `${JSON.stringify(one)}\n`).join('');
    await archive.put(
      `events/date=${receivedAt.slice(0, 10)}/a.ndjson.gz`,
      gzipSync(lines),
      'application/gzip',
    );
  }
  const source = createOutcomeSource(archive, customers, withDuckDb, {
    extractRowsCount: rowsCount,
    partRowsCount: 3 * rowsCount,
  });
  const summed = await source.collect(query, { ...scope, metrics, costsOf: async () => costs });
  const history = await source.history(query);
  const assigned = history.assignments.filter(
    ({ runId, phase }) => phase === 'test' && query.runIds.includes(runId),
  );
  const reference = collectOutcomes(assigned, history.events, {
    ...scope,
    metrics,
    costOf: costOfItems(costs),
    feed: history.feed,
  });
  return { summed, reference };
};

const expectSame = (summed: RunOutcomes, reference: RunOutcomes): void => {
  const { arms, ...exact } = summed;
  const { arms: referenceArms, ...exactReference } = reference;
  expect(exact).toEqual(exactReference);
  expect([...arms.keys()].sort()).toEqual([...referenceArms.keys()].sort());
  for (const [arm, summary] of arms) {
    for (const [field, value] of Object.entries(referenceArms.get(arm) ?? {})) {
      expect(summary, field).toHaveProperty(field, expect.closeTo(value, 6));
    }
  }
};

// ---- stories -----------------------------------------------------------------------------------------

const day = fc.double({ min: -70, max: 44, noNaN: true });
const money = fc.oneof(
  fc.integer({ min: 0, max: 50_000 }).map((cents) => cents / 100),
  fc.double({ min: 0, max: 900, noNaN: true }),
);
const product = fc.record({
  product_id: fc.constantFrom('sql', 'css', 'go', 'none'),
  price: fc.oneof(money, money.map(String)),
  quantity: fc.constantFrom(1, 2, '3'),
});
const orderProperties = fc.record(
  {
    order_id: fc.constantFrom('1', '2', '3', '4'),
    total: money,
    revenue: money,
    products: fc.array(product, { maxLength: 3 }),
    currency: fc.constantFrom('USD', 'usd', 'EUR'),
    coupon: fc.constant('SAVE'),
    part: fc.constantFrom(1, 2),
  },
  { requiredKeys: ['order_id'] },
);
type Act = (user: string) => StoredEvent;
const story: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(orderProperties, day).map(([properties, days]): Act => {
      const { coupon: _, part: __, ...plain } = properties;
      return (user) =>
        event(user, 'Order Completed', at(days), { ...plain, order_id: `${user}-${days}` } as JsonObject);
    }),
  },
  fc.tuple(orderProperties, day).map(
    ([properties, days]): Act =>
      (user) =>
        event(user, 'Order Completed', at(days), properties as JsonObject),
  ),
  fc.tuple(fc.constantFrom('1', '2', '3', '4'), day, fc.option(money)).map(
    ([order, days, back]): Act =>
      (user) =>
        refund(user, order, at(days), back === null ? {} : { total: back, products: [] }),
  ),
  fc.tuple(money, day).map(
    ([price, days]): Act =>
      (user) =>
        event(user, 'Membership Renewed', at(days), { price, membership_id: 'sql' }),
  ),
  day.map(
    (days): Act =>
      (user) =>
        event(user, 'Shop Visited', at(days), {}),
  ),
  fc.tuple(fc.constantFrom('sent', 'suppressed', 'failed', 'unknown'), fc.nat(1)).map(
    ([status, which]): Act =>
      (user) =>
        settled(user, status, at(0.1), { deliveryId: `delivery-${user}${which || ''}` }),
  ),
  fc.tuple(fc.constantFrom('delivery', 'open', 'click', 'complaint'), fc.integer({ min: 1, max: 44 })).map(
    ([kind, days]): Act =>
      (user) =>
        reported(user, kind, at(days)),
  ),
  fc.integer({ min: 1, max: 44 }).map(
    (days): Act =>
      (user) =>
        loop(user, loopEvents.couponRedeemed, at(days), {
          code: 'X',
          decisionId: decision(user),
          orderId: '1',
          discountAmount: 2,
        }),
  ),
  fc.integer({ min: 1, max: 44 }).map(
    (days): Act =>
      (user) =>
        loop(user, loopEvents.consentWithdrawn, at(days), { via: 'link', channel: 'email' }),
  ),
  fc.tuple(money, day).map(
    ([total, days]): Act =>
      (user) =>
        event(
          undefined,
          'Order Completed',
          at(days),
          { order_id: `${user}-phone`, total },
          { anonymousId: `phone-${user}` },
        ),
  ),
  fc.constantFrom('A', 'B').map(
    (arm): Act =>
      (user) =>
        assignedEvent(user, arm, 'run-2', 9),
  ),
);
const customer = fc.record({
  arm: fc.constantFrom('A', 'B', 'holdout', 'global-holdout', "d'or"),
  assignedDay: fc.constantFrom(0, 0, 0, 6.5, 9, 20),
  acts: fc.array(story, { maxLength: 4 }),
});

describe('outcomes summed in SQL', () => {
  test('are those of collectOutcomes: sums bit for bit, counts exactly, for any stories of the customers', async () => {
    const customers = fc.array(customer, { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        customers,
        fc.array(fc.nat(99)),
        fc.constantFrom(40, 1_000),
        fc.constantFrom(plan, uncapped),
        async (all, again, rowsCount, metrics) => {
          const events = all.flatMap(({ arm, assignedDay, acts }, i) => [
            assignedEvent(`user-${i}`, arm, 'run-1', assignedDay),
            ...acts.map((act) => act(`user-${i}`)),
          ]);
          const repeated = again.flatMap((i) => events[i] ?? []);
          const linked = all.flatMap((_, i) => (i % 2 === 0 ? [`user-${i}`] : []));
          const { summed, reference } = await both([...events, ...repeated], linked, rowsCount, metrics);
          expectSame(summed, reference);
        },
      ),
      { numRuns: 10 },
    );
  }, 120_000);
});
