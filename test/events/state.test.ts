import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, messageId } from '../../lib/base/ids.ts';
import { freshEventsCountMax, freshOrdersCountMax, ownedItemsCountMax } from '../../lib/base/limits.ts';
import type { CustomerState } from '../../lib/events/customer.ts';
import type { JsonObject, StoredEvent } from '../../lib/events/event.ts';
import { emptyState, foldEvents, mergeStates } from '../../lib/events/state.ts';
import { packState, unpackState } from '../../lib/events/state-text.ts';

const startMs = Date.UTC(2026, 0, 1);
let count = 0;

const track = (event: string, atMs: number, properties: JsonObject, id = `m${++count}`): StoredEvent => ({
  messageId: messageId(id),
  type: 'track',
  event,
  userId: customerId('u1'),
  timestamp: new Date(startMs + atMs).toISOString(),
  receivedAt: new Date(startMs + atMs).toISOString(),
  source: 'key',
  properties,
  traits: {},
  context: {},
});
const order = (orderId: string, atMs: number, items: readonly string[], more: JsonObject = {}): StoredEvent =>
  track('Order Completed', atMs, {
    order_id: orderId,
    products: items.map((product_id) => ({ product_id, price: 10, quantity: 1 })),
    ...more,
  });
const refund = (orderId: string, atMs: number, more: JsonObject = {}): StoredEvent =>
  track('Order Refunded', atMs, { order_id: orderId, ...more });
const fold = (...events: readonly StoredEvent[]): CustomerState => foldEvents(emptyState, events);
const isOwned = (state: CustomerState, id: string): boolean => {
  const item = state.owned[id];
  return item !== undefined && item.purchasedAtMs > (item.refundedAtMs ?? 0);
};

describe('orders', () => {
  it('an order counts once though it came twice under different message ids', () => {
    const state = fold(order('o1', 0, ['a', 'b']), order('o1', 5, ['a', 'b']));
    expect(state.orders).toEqual({ o1: { atMs: startMs + 5, value: 20, refundedValue: 0 } });
  });

  it('parts of one order add up, each counted once', () => {
    const one = order('o1', 0, ['a'], { part: 1 });
    const two = order('o1', 0, ['b', 'c'], { part: 2 });
    expect(fold(two, one, two).orders).toEqual({ o1: { atMs: startMs, value: 30, refundedValue: 0 } });
  });

  it('revenue goes before total, total before the sum of products', () => {
    const state = fold(
      order('o1', 0, ['a'], { revenue: 7, total: 8 }),
      order('o2', 0, ['a'], { total: '8.50' }),
      order('o3', 0, ['a', 'b']),
    );
    expect(Object.values(state.orders).map(({ value }) => value)).toEqual([7, 8.5, 20]);
  });

  it('a partial refund takes back its value and its items', () => {
    const state = fold(
      order('o1', 0, ['a', 'b']),
      refund('o1', 9, { products: [{ product_id: 'a', price: 10, quantity: 1 }] }),
    );
    expect(state.orders.o1).toEqual({ atMs: startMs, value: 20, refundedValue: 10 });
    expect([isOwned(state, 'a'), isOwned(state, 'b')]).toEqual([false, true]);
  });

  it('a refund without products takes back the whole order, whichever comes first', () => {
    const bought = order('o1', 0, ['a', 'b']);
    const back = refund('o1', 9);
    for (const state of [fold(bought, back), foldEvents(fold(back), [bought])]) {
      expect(state.orders.o1).toEqual({ atMs: startMs, value: 20, refundedValue: 20 });
      expect([isOwned(state, 'a'), isOwned(state, 'b')]).toEqual([false, false]);
    }
  });

  it('a refund of a whole order leaves what was bought again in another', () => {
    const state = fold(order('o1', 0, ['a', 'b']), order('o2', 5, ['a']), refund('o1', 9));
    expect([isOwned(state, 'a'), isOwned(state, 'b')]).toEqual([true, false]);
  });

  it('refunds never take back more than was paid', () => {
    const back = { products: [{ product_id: 'a', price: 15, quantity: 1 }] };
    expect(
      fold(order('o1', 0, ['a', 'b']), refund('o1', 1, back), refund('o1', 2, back)).orders.o1,
    ).toMatchObject({
      refundedValue: 20,
    });
  });

  it('a refund with a refund_id counts once, whatever its message id', () => {
    const back = { refund_id: 'r1', products: [{ product_id: 'a', price: 3, quantity: 1 }] };
    expect(fold(order('o1', 0, ['a']), refund('o1', 1, back), refund('o1', 1, back)).orders.o1).toMatchObject(
      {
        refundedValue: 3,
      },
    );
  });

  it('a cancellation with a number of its own is no order, but its value is known', () => {
    const state = fold(
      order('o1', 0, ['a']),
      refund('C9', 1, { products: [{ product_id: 'a', price: 4, quantity: 2 }] }),
    );
    expect(Object.keys(state.orders)).toEqual(['o1']);
    expect(state.unmatchedRefundedValue).toBe(8);
    expect(isOwned(state, 'a')).toBe(false);
  });

  it('a renewal is a purchase and an order, by its message id when it names none', () => {
    const state = fold(track('Membership Renewed', 0, { membership_id: 'gold', price: 30 }, 'renewal-1'));
    expect(state.orders).toEqual({ 'renewal-1': { atMs: startMs, value: 30, refundedValue: 0 } });
    expect(isOwned(state, 'gold')).toBe(true);
    expect(state.events).toMatchObject([{ type: 'purchase', itemId: 'gold' }]);
  });
});

describe('fresh events', () => {
  it('stand newest first, one for each item', () => {
    const state = fold(
      track('Product Viewed', 1, { product_id: 'a' }),
      track('Product Added', 3, { sku: 'b' }),
      order('o1', 2, ['c', 'd']),
    );
    expect(state.events.map(({ type, itemId }) => `${type} ${itemId}`)).toEqual([
      'cart b',
      'purchase c',
      'purchase d',
      'view a',
    ]);
  });

  it("impressions, names without meaning and Reprise's own events do not enter", () => {
    const state = fold(
      track('Product List Viewed', 1, { products: [{ product_id: 'a' }] }),
      track('Signed Up', 2, { product_id: 'a' }),
      track('Reprise Recommendation Served', 3, { items: [{ itemId: 'a' }] }),
    );
    expect(state).toEqual(emptyState);
  });
});

describe('bounds', () => {
  it('keep the newest 100 events, 400 order lines and 4,000 items', () => {
    const events = Array.from({ length: ownedItemsCountMax + 50 }, (_, index) =>
      order(`o${index}`, index * 1_000, [`i${index}`]),
    );
    const state = fold(...events);
    expect(state.events).toHaveLength(freshEventsCountMax);
    expect(Object.keys(state.orders)).toHaveLength(freshOrdersCountMax);
    expect(Object.keys(state.owned)).toHaveLength(ownedItemsCountMax);
    const newest = ownedItemsCountMax + 49;
    expect(state.events[0]?.itemId).toBe(`i${newest}`);
    expect(state.orders[`o${newest}`]).toBeDefined();
    expect(state.owned.i0).toBeUndefined();
  });

  it('the longest ids of the widest characters still fit one DynamoDB item', () => {
    const long = (index: number): string => `${'字'.repeat(250)}${index}`;
    const events = Array.from({ length: 2_000 }, (_, index) =>
      order(long(index), index * 1_000, [long(index), `"${'\\'.repeat(200)}${index}`]),
    );
    const state = fold(...events);
    expect(Buffer.byteLength(packState(state))).toBeLessThan(400 * 1024 - 4 * 1024);
    expect(Object.keys(state.owned).length).toBeGreaterThan(100);
    expect(foldEvents(state, events)).toEqual(state);
  });
});

/** Few ids and times, so that collisions, ties, late parts and double orders are common. */
const anyEvent: fc.Arbitrary<StoredEvent> = fc
  .record({
    kind: fc.constantFrom('view', 'order', 'part', 'refund', 'whole', 'renewal'),
    item: fc.constantFrom('a', 'b', 'c', 'd'),
    other: fc.constantFrom('a', 'b', 'e'),
    orderId: fc.constantFrom('o1', 'o2', 'o3'),
    atMs: fc.integer({ min: 0, max: 12 }),
    price: fc.constantFrom(0.1, 0.2, 0.7, 13),
    id: fc.integer({ min: 0, max: 30 }),
  })
  .map(({ kind, item, other, orderId, atMs, price, id }) => {
    const products = [item, other].map((product_id) => ({ product_id, price, quantity: 2 }));
    // The same message may come with another time: a retry is corrected anew.
    const name = `${kind}-${id}`;
    if (kind === 'view') return track('Product Viewed', atMs, { product_id: item }, name);
    if (kind === 'order') return track('Order Completed', atMs, { order_id: orderId, products }, name);
    if (kind === 'part')
      return track('Order Completed', atMs, { order_id: orderId, products, part: 1 + (id % 3) }, name);
    if (kind === 'refund')
      return track('Order Refunded', atMs, { order_id: orderId, products: [products[0] ?? {}] }, name);
    if (kind === 'whole') return track('Order Refunded', atMs, { order_id: orderId }, name);
    return track('Membership Renewed', atMs, { membership_id: item, price }, name);
  });

/** Enough customers' history to pass every bound: many orders of long ids, shuffled. */
const manyEvents: fc.Arbitrary<StoredEvent[]> = fc
  .record({ seed: fc.integer({ min: 1, max: 1_000_000 }), ids: fc.constantFrom(20, 250) })
  .map(({ seed, ids }) =>
    Array.from({ length: 600 }, (_, index) => {
      const spread = (index * seed) % 997;
      const item = `${'x'.repeat((spread * 7) % ids)}${spread % 450}`;
      return order(`${'y'.repeat((index * 3) % ids)}${index % 500}`, spread * 10, [item, `${item}b`]);
    }),
  );

const inSomeOrder = (events: fc.Arbitrary<StoredEvent[]>) =>
  events.chain((all) =>
    fc.tuple(
      fc.constant(all),
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.shuffledSubarray(all),
      fc.array(fc.integer({ min: 0, max: all.length }), { maxLength: 4 }),
    ),
  );

const inBatches = (events: readonly StoredEvent[], cuts: readonly number[]): StoredEvent[][] => {
  const edges = [0, ...cuts.toSorted((a, b) => a - b), events.length];
  return edges.slice(1).map((edge, index) => events.slice(edges[index], edge));
};

describe.each([
  ['few ids, many collisions', fc.array(anyEvent, { maxLength: 25 }), 300],
  ['histories beyond every bound', manyEvents, 15],
] as const)('the same events give the same state: %s', (_name, arbitrary, numRuns) => {
  it('in any order, in any batches, with any repeated', () => {
    fc.assert(
      fc.property(inSomeOrder(arbitrary), ([all, shuffled, repeated, cuts]) => {
        const once = fold(...all);
        const later = inBatches([...shuffled, ...repeated], cuts).reduce(foldEvents, emptyState);
        expect(later).toEqual(once);
        expect(packState(later)).toBe(packState(once));
      }),
      { numRuns },
    );
  });

  it('joined from two states, an anonymous one and the user’s', () => {
    fc.assert(
      fc.property(inSomeOrder(arbitrary), ([all, shuffled, , [cut = 0]]) => {
        const [mine, anonymous] = [fold(...shuffled.slice(0, cut)), fold(...shuffled.slice(cut))];
        expect(mergeStates(mine, anonymous)).toEqual(fold(...all));
        expect(mergeStates(mergeStates(mine, anonymous), anonymous)).toEqual(fold(...all));
      }),
      { numRuns },
    );
  });

  it('written as text and read again', () => {
    fc.assert(
      fc.property(arbitrary, (all) => {
        const state = fold(...all);
        expect(unpackState(packState(state), state.revision)).toEqual(state);
      }),
      { numRuns },
    );
  });
});

it('a state made of orders alone keeps them', () => {
  const state: CustomerState = {
    ...emptyState,
    owned: { a: { purchasedAtMs: startMs, refundedAtMs: startMs + 1 } },
    orders: { o1: { atMs: startMs, value: 20, refundedValue: 5 } },
  };
  expect(unpackState(packState(state), 0)).toMatchObject({ orders: state.orders, owned: state.owned });
});
