// Rows counted by hand: what a customer did in the window, what was known before, and who is counted at all.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultMetrics, type MetricPlan } from '../../lib/assignment/metric-plan.ts';
import { itemId } from '../../lib/base/ids.ts';
import { loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import { type AssignedCustomer, collectOutcomes, type OutcomeScope } from '../../lib/outcomes/collect.ts';
import { columnMean, columnMoments, type JointSums } from '../../lib/outcomes/joint-sums.ts';
import {
  assigned,
  at,
  dayMs,
  decision,
  event,
  loop,
  order,
  refund,
  reported,
  settled,
  t0,
} from './sample.ts';

const scope: OutcomeScope = { windowDays: 30, asOfMs: t0 + 40 * dayMs, historyDays: 100 };
const seen = (customers: readonly AssignedCustomer[], events: readonly StoredEvent[], more = {}) =>
  collectOutcomes(customers, events, { ...scope, ...more });
const sumsOf = (arm: string, from: ReturnType<typeof seen>): JointSums => {
  const sums = from.sums.get(arm);
  if (sums === undefined) throw new Error(`nobody of ${arm} is counted`);
  return sums;
};
const meansOf = (sums: JointSums): { readonly [column: string]: number } =>
  Object.fromEntries(sums.columns.map((column) => [column, columnMean(sums, column)]));

describe('a customer’s row', () => {
  test('holds what they did in the window, refunds taken off', () => {
    const outcomes = seen(
      [assigned('ann', 'A')],
      [
        order('ann', 'o1', at(2), 40),
        order('ann', 'o2', at(3), 25),
        refund('ann', 'o2', at(4)),
        order('ann', 'o3', at(31), 99),
        settled('ann', 'sent', at(0.5)),
        reported('ann', 'complaint', at(1)),
        loop('ann', loopEvents.consentWithdrawn, at(1), { via: 'link', channel: 'email' }),
      ],
      { costOf: (id: string) => (id === itemId('sql') ? 15 : undefined) },
    );
    expect(meansOf(sumsOf('A', outcomes))).toEqual({
      repurchase: 1,
      orders: 1,
      revenue: 40,
      margin: 25,
      unsubscribe: 1,
      complaint: 1,
      refund: 1,
      'before:orders': 0,
      'before:revenue': 0,
      'before:recency': 100,
    });
  });

  test('tells of an own event only within the window', () => {
    const metrics: MetricPlan = { ...defaultMetrics, primary: { name: 'visits', event: 'Shop Visited' } };
    const visit = (user: string, day: number) => event(user, 'Shop Visited', at(day), {});
    const outcomes = seen(
      ['ann', 'bob', 'cat'].map((user) => assigned(user, 'A')),
      [visit('ann', 3), visit('ann', 4), visit('bob', -1), visit('bob', 30)],
      { metrics },
    );
    expect(columnMoments(sumsOf('A', outcomes), 'event:Shop Visited')).toEqual({
      count: 3,
      sum: 1,
      sumSquares: 1,
    });
  });

  test('counts a redemption on a kept order', () => {
    const metrics: MetricPlan = { ...defaultMetrics, secondary: ['redemption'] };
    const redeemed = (user: string, orderId: string) =>
      loop(user, loopEvents.couponRedeemed, at(2), { code: 'X', decisionId: decision(user), orderId });
    const outcomes = seen(
      ['ann', 'bob'].map((user) => assigned(user, 'A')),
      [order('ann', 'o1', at(2), 40), redeemed('ann', 'o1'), redeemed('bob', 'o9')],
      { metrics },
    );
    expect(columnMean(sumsOf('A', outcomes), 'redemption')).toBe(0.5);
  });
});

describe('what was known before', () => {
  const past = [
    order('ann', 'p1', at(-10), 30),
    order('ann', 'p2', at(-40), 20),
    order('ann', 'p3', at(-101), 500),
    order('bob', 'p4', at(-5), 10),
  ];
  const customers = ['ann', 'bob', 'cat'].map((user) => assigned(user, 'A'));

  test('is counted over the days before the assignment, the same number for everybody', () => {
    const means = meansOf(sumsOf('A', seen(customers, past)));
    expect(means['before:orders']).toBe(1);
    expect(means['before:revenue']).toBe(20);
    expect(means['before:recency']).toBeCloseTo((10 + 5 + 100) / 3, 12);
  });

  test('does not know of a refund that came after the assignment, which may be the treatment’s doing', () => {
    const late = meansOf(sumsOf('A', seen(customers, [...past, refund('bob', 'p4', at(2))])));
    expect(late['before:orders']).toBe(1);
    const early = meansOf(sumsOf('A', seen(customers, [...past, refund('bob', 'p4', at(-2))])));
    expect(early['before:orders']).toBeCloseTo(2 / 3, 12);
  });

  test('divides the customers into new ones, those of one order and those of more', () => {
    const { segments } = seen(customers, past);
    expect([...segments].map(([value, arms]) => [value, arms.get('A')?.count])).toEqual([
      ['0', 1],
      ['1', 1],
      ['2+', 1],
    ]);
  });

  test('is not there where it was not read', () => {
    const outcomes = seen(customers, past, { historyDays: undefined });
    expect(outcomes.segments.size).toBe(0);
    expect(sumsOf('A', outcomes).columns).not.toContain('before:orders');
  });
});

describe('maturity', () => {
  test('a customer counts from the very end of their window', () => {
    const customers = [assigned('ann', 'A', 'run-1', 10), assigned('bob', 'A', 'run-1', 10.001)];
    const { arms, sums } = seen(customers, [order('bob', 'o1', at(11), 10)]);
    expect(arms.get('A')?.customers).toBe(2);
    expect(sums.get('A')?.count).toBe(1);
    expect(columnMean(sumsOf('A', seen(customers, [])), 'repurchase')).toBe(0);
  });
});

test('weeks begin on Monday and add up to the arm, bit for bit', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          day: fc.integer({ min: -60, max: 9 }),
          value: fc.float({ min: 1, max: 500, noNaN: true }),
        }),
        {
          minLength: 1,
          maxLength: 30,
        },
      ),
      (entries) => {
        const customers = entries.map(({ day }, i) =>
          assigned(`c${i}`, i % 2 === 0 ? 'A' : 'B', 'run-1', day),
        );
        const orders = entries.map(({ day, value }, i) => order(`c${i}`, `o${i}`, at(day + 1), value));
        const { sums, weeks } = seen(customers, orders);
        for (const week of weeks.keys()) {
          expect(new Date(`${week}T00:00:00Z`).getUTCDay()).toBe(1);
        }
        const total = [...weeks.values()].reduce((sum, arms) => sum + (arms.get('A')?.count ?? 0), 0);
        expect(total).toBe(sums.get('A')?.count ?? 0);
      },
    ),
    { numRuns: 30 },
  );
});

test('revenue is capped at the buyers’ percentile, in all arms alike, and the plain column stays', () => {
  const metrics: MetricPlan = { ...defaultMetrics, winsorize: 0.9 };
  const customers = Array.from({ length: 40 }, (_, i) => assigned(`c${i}`, i % 2 === 0 ? 'A' : 'B'));
  const orders = customers
    .slice(0, 20)
    .map(({ customerId }, i) => order(customerId, `o${i}`, at(2), i === 0 ? 10_000 : 50));
  const { sums, revenueCap } = seen(customers, orders, { metrics });
  // 19 of 20 buyers spent 50; the cap is the end of its bucket, at most 1% above.
  expect(revenueCap).toBeGreaterThanOrEqual(50);
  expect(revenueCap).toBeLessThanOrEqual(50.5);
  const a = sums.get('A');
  if (a === undefined || revenueCap === undefined) throw new Error('nobody is counted');
  expect(columnMoments(a, 'revenue').sum).toBe(10_000 + 9 * 50);
  expect(columnMoments(a, 'revenue-capped').sum).toBeCloseTo(revenueCap + 9 * 50, 9);
});
