import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { globalHoldoutArm } from '../../lib/assignment/assign.ts';
import { messageId } from '../../lib/base/ids.ts';
import { loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import { type AssignedCustomer, collectOutcomes } from '../../lib/outcomes/collect.ts';
import { foldOrders } from '../../lib/outcomes/orders.ts';
import { emptySummary } from '../../lib/outcomes/summary.ts';
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

const scope = { windowDays: 30, asOfMs: t0 + 40 * dayMs };
const two: readonly AssignedCustomer[] = [assigned('ann', 'A'), assigned('bob', 'holdout')];
const armOf = (events: readonly StoredEvent[], arm = 'A', customers = two, within = scope) =>
  collectOutcomes(customers, events, within).arms.get(arm) ?? emptySummary;

describe('the window', () => {
  test('takes an order at the very instant of assignment', () => {
    expect(armOf([order('ann', 'o1', at(0), 10)]).conversions).toBe(1);
  });

  test('leaves out an order a millisecond before', () => {
    expect(armOf([order('ann', 'o1', at(0, -1), 10)]).conversions).toBe(0);
  });

  test('takes an order a millisecond before its end, and not at its end', () => {
    expect(armOf([order('ann', 'o1', at(30, -1), 10)]).conversions).toBe(1);
    expect(armOf([order('ann', 'o1', at(30), 10)]).conversions).toBe(0);
  });

  test('runs for each customer from their own assignment', () => {
    const later = [assigned('ann', 'A', 'run-1', 5)];
    expect(armOf([order('ann', 'o1', at(34), 10)], 'A', later).conversions).toBe(1);
    expect(armOf([order('ann', 'o1', at(4), 10)], 'A', later).conversions).toBe(0);
  });

  test('ends at the look while it is still open', () => {
    const early = { ...scope, asOfMs: t0 + 7 * dayMs };
    expect(
      armOf([order('ann', 'o1', at(6), 10), order('ann', 'o2', at(8), 10)], 'A', two, early).orders,
    ).toBe(1);
  });
});

describe('intention to treat', () => {
  test('counts everyone assigned, holdout and suppressed included', () => {
    const { arms } = collectOutcomes(
      [...two, assigned('cat', 'A')],
      [
        settled('ann', 'sent', at(0.1)),
        settled('cat', 'suppressed', at(0.1)),
        order('bob', 'o1', at(3), 20),
        order('cat', 'o2', at(3), 30),
      ],
      scope,
    );
    expect(arms.get('A')).toMatchObject({
      customers: 2,
      sent: 1,
      suppressed: 1,
      conversions: 1,
      revenueSum: 30,
    });
    expect(arms.get('holdout')).toMatchObject({ customers: 1, sent: 0, conversions: 1, revenueSum: 20 });
  });

  test('counts a customer with three orders as one conversion, with the revenue of all', () => {
    const arm = armOf([
      order('ann', 'a', at(1), 10),
      order('ann', 'b', at(2), 20),
      order('ann', 'c', at(3), 30),
    ]);
    expect(arm).toMatchObject({ conversions: 1, orders: 3, revenueSum: 60, revenueSumSquares: 3_600 });
  });

  test('passes over orders of customers who were not assigned', () => {
    const { arms } = collectOutcomes(two, [order('stranger', 'o1', at(1), 10)], scope);
    expect([...arms.values()].every(({ conversions }) => conversions === 0)).toBe(true);
  });
});

describe('duplicates, parts and refunds', () => {
  const first = order('ann', 'o1', at(1), 10);

  test('a redelivered event counts once, and so does the same order under another message id', () => {
    const again = { ...first, messageId: messageId('sent-again') };
    expect(armOf([first, first, again])).toMatchObject({ orders: 1, revenueSum: 10 });
  });

  test('parts of one order are one order with the sum of their values, at the time of the first', () => {
    const parts = [
      order('ann', 'big', at(29, 5), 70, { part: 2 }),
      order('ann', 'big', at(29), 30, { part: 1 }),
      order('ann', 'big', at(30, 1), 5, { part: 3 }),
    ];
    expect(armOf(parts)).toMatchObject({ orders: 1, revenueSum: 105 });
  });

  test('a part sent anew replaces the earlier one', () => {
    const parts = [order('ann', 'o', at(1), 30, { part: 1 }), order('ann', 'o', at(1, 1), 40, { part: 1 })];
    expect(armOf(parts).revenueSum).toBe(40);
  });

  test('the same order number of two customers is two orders', () => {
    const { arms } = collectOutcomes(
      two,
      [order('ann', 'o', at(1), 10), order('bob', 'o', at(1), 20)],
      scope,
    );
    expect(arms.get('A')?.revenueSum).toBe(10);
    expect(arms.get('holdout')?.revenueSum).toBe(20);
  });

  test('a refund of the whole order takes the conversion back, even after the window', () => {
    expect(armOf([first, refund('ann', 'o1', at(35))])).toMatchObject({ conversions: 0, revenueSum: 0 });
  });

  test('a refund after the look is not known yet', () => {
    expect(armOf([first, refund('ann', 'o1', at(41))]).conversions).toBe(1);
  });

  test('a refund of a part is deducted once for each refund id', () => {
    const back = { products: [{ product_id: 'sql', price: 4, quantity: 1 }], refund_id: 'r1' };
    const events = [first, refund('ann', 'o1', at(2), back), refund('ann', 'o1', at(2, 1), back)];
    expect(armOf(events)).toMatchObject({ conversions: 1, revenueSum: 6 });
  });

  test('refunds of everything in pieces take the conversion back', () => {
    const piece = (refundId: string) => ({ total: 5, products: [], refund_id: refundId });
    const events = [first, refund('ann', 'o1', at(2), piece('r1')), refund('ann', 'o1', at(3), piece('r2'))];
    expect(armOf(events)).toMatchObject({ conversions: 0, revenueSum: 0 });
  });

  test('a free order is an order', () => {
    expect(armOf([order('ann', 'gift', at(1), 0)])).toMatchObject({ conversions: 1, revenueSum: 0 });
  });

  test('a refund without its order changes no revenue and is counted apart', () => {
    const { arms, refundsWithoutOrderCount } = collectOutcomes(two, [refund('ann', 'before', at(2))], scope);
    expect(arms.get('A')).toMatchObject({ conversions: 0, revenueSum: 0 });
    expect(refundsWithoutOrderCount).toBe(1);
  });

  test('neither the order of events nor their repetition changes anything', () => {
    const events = [
      first,
      order('ann', 'o2', at(2), 25, { part: 1 }),
      order('ann', 'o2', at(2), 35, { part: 2 }),
      refund('ann', 'o1', at(5)),
      order('bob', 'o3', at(9), 15),
      settled('ann', 'sent', at(0.1), { couponCode: 'CODE' }),
      reported('ann', 'click', at(1.5)),
    ];
    const expected = collectOutcomes(two, events, scope);
    fc.assert(
      fc.property(fc.array(fc.nat(events.length - 1)), fc.infiniteStream(fc.nat(1_000)), (again, keys) => {
        const mixed = [...events, ...again.map((i) => events[i])]
          .map((one) => ({ one, key: Number(keys.next().value) }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        expect(collectOutcomes(two, mixed, scope)).toEqual(expected);
      }),
    );
  });

  test('a renewal of a membership is an order', () => {
    const renewed = event('ann', 'Membership Renewed', at(3), { membership_id: 'year', price: 99 });
    expect(foldOrders([renewed]).orders).toMatchObject([{ value: 99, kept: true }]);
  });
});

describe('attribution', () => {
  const redeemed = loop('ann', loopEvents.couponRedeemed, at(2), {
    code: 'SPRING-1',
    variant: 'A',
    decisionId: decision('ann'),
    orderId: 'o1',
  });

  test('credits the order a coupon was redeemed on, once, and no other', () => {
    const arm = armOf([redeemed, redeemed, order('ann', 'o1', at(2), 10), order('ann', 'o2', at(3), 20)]);
    expect(arm).toMatchObject({ redemptions: 1, couponOrders: 1, couponRevenue: 10 });
  });

  test('credits an order that names the code that was sent, however it was typed', () => {
    const sent = settled('ann', 'sent', at(0.1), { couponCode: 'ABCD-0123-WXYZ' });
    const arm = armOf([sent, order('ann', 'o1', at(2), 10, { coupon: 'abcdo123wxyz' })]);
    expect(arm).toMatchObject({ couponOrders: 1, redemptions: 0 });
  });

  test('credits a click only to orders after it', () => {
    const events = [
      settled('ann', 'sent', at(0.1)),
      reported('ann', 'click', at(2)),
      order('ann', 'before', at(1), 10),
      order('ann', 'after', at(3), 20),
    ];
    expect(armOf(events)).toMatchObject({ clickOrders: 1, clickRevenue: 20 });
  });

  test('counts complaints and unsubscribes of this run alone', () => {
    const withdrawn = (user: string, day: number) =>
      loop(user, loopEvents.consentWithdrawn, at(day), {
        channel: 'email',
        purpose: 'marketing',
        via: 'one-click',
      });
    const events = [settled('ann', 'sent', at(1)), reported('ann', 'complaint', at(2)), withdrawn('bob', 3)];
    expect(armOf([...events, withdrawn('ann', 0.5)])).toMatchObject({ complaints: 1, unsubscribes: 0 });
    expect(armOf([...events, withdrawn('ann', 2)])).toMatchObject({ complaints: 1, unsubscribes: 1 });
    expect(armOf(events, 'holdout')).toMatchObject({ complaints: 0, unsubscribes: 0 });
  });

  test('passes over a rollout, whose decisions are others', () => {
    const rollout = settled('ann', 'sent', at(35), { decisionId: 'rollout-ann' });
    expect(armOf([rollout]).sent).toBe(0);
  });
});

describe('a customer in several runs', () => {
  const runs = [assigned('ann', 'A', 'run-1', 0), assigned('ann', 'A', 'run-2', 10)];

  test('counts once, from the first assignment', () => {
    const arm = armOf([order('ann', 'o1', at(35), 10), order('ann', 'o2', at(5), 20)], 'A', runs);
    expect(arm).toMatchObject({ customers: 1, conversions: 1, revenueSum: 20 });
  });

  test('is a conflict when the second run gives another arm', () => {
    const { conflictsCount, arms } = collectOutcomes([...runs, assigned('ann', 'B', 'run-3', 20)], [], scope);
    expect(conflictsCount).toBe(1);
    expect(arms.get('A')?.customers).toBe(1);
    expect(arms.has('B')).toBe(false);
  });

  test('assigned twice in one instant has the same arm whichever is read first', () => {
    const twice = [assigned('ann', 'A', 'run-1', 1), assigned('ann', globalHoldoutArm, 'run-2', 1)];
    const armsOf = (of: typeof twice) => [...collectOutcomes(of, [], scope).arms.keys()];
    expect(armsOf(twice)).toHaveLength(1);
    expect(armsOf(twice.toReversed())).toEqual(armsOf(twice));
  });

  test('in two arms is a conflict also where the global holdout stands between them', () => {
    const thrice = [
      assigned('ann', globalHoldoutArm, 'run-1', 1),
      assigned('ann', 'A', 'run-2', 5),
      assigned('ann', 'B', 'run-3', 9),
    ];
    expect(collectOutcomes(thrice, [], scope).conflictsCount).toBe(1);
  });
});

test('currencies are told, and orders that state none are taken to be in that of the others', () => {
  const currenciesOf = (events: readonly StoredEvent[]) => collectOutcomes(two, events, scope).currencies;
  const unstated = event('ann', 'Order Completed', at(1), { order_id: 'x', total: 5, products: [] });
  expect(currenciesOf([unstated, order('bob', 'y', at(1), 5, { currency: 'usd' })])).toEqual(['USD']);
  expect(
    currenciesOf([order('ann', 'x', at(1), 5, { currency: 'CNY' }), order('bob', 'y', at(1), 5)]),
  ).toEqual(['CNY', 'USD']);
});
