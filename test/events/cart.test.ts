// What is in the cart, by hand and for any order of arrival.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, messageId } from '../../lib/base/ids.ts';
import { cartOf } from '../../lib/events/cart.ts';
import type { JsonObject, StoredEvent } from '../../lib/events/event.ts';
import { emptyState, foldEvents, mergeStates } from '../../lib/events/state.ts';
import { packState, unpackState } from '../../lib/events/state-text.ts';

const startMs = Date.UTC(2026, 0, 1);
const track = (
  event: string,
  minute: number,
  properties: JsonObject,
  id = `${event}-${minute}`,
): StoredEvent => {
  const at = new Date(startMs + minute * 60_000).toISOString();
  return {
    messageId: messageId(id),
    type: 'track',
    event,
    userId: customerId('u'),
    timestamp: at,
    receivedAt: at,
    source: 'key',
    properties,
    traits: {},
    context: {},
  };
};
const added = (minute: number, quantity?: number, id = 'pen') =>
  track('Product Added', minute, { product_id: id, ...(quantity !== undefined && { quantity }) });
const removed = (minute: number, quantity?: number, id = 'pen') =>
  track('Product Removed', minute, { product_id: id, ...(quantity !== undefined && { quantity }) });
const checkout = (minute: number, quantity: number, id = 'pen') =>
  track('Checkout Started', minute, { products: [{ product_id: id, quantity }] });
const ordered = (minute: number, id = 'pen') =>
  track('Order Completed', minute, { order_id: `o-${minute}`, products: [{ product_id: id }] });

const inCart = (events: readonly StoredEvent[]): string[] =>
  cartOf(foldEvents(emptyState, events).events).items.map(({ itemId, units }) => `${units} ${itemId}`);

describe('the cart', () => {
  it.each<[string, readonly StoredEvent[], readonly string[]]>([
    ['what was added is in it', [added(1, 2), added(2)], ['3 pen']],
    ['a removal without a quantity takes all out', [added(1, 3), removed(2)], []],
    ['a removal of some leaves the others', [added(1, 3), removed(2, 1)], ['2 pen']],
    ['removals of all, one by one', [added(1, 2), removed(2, 1), removed(3, 1)], []],
    ['more removed than there was owes nothing', [added(1), removed(2, 5), added(3)], ['1 pen']],
    ['put back after it was taken out', [added(1, 2), removed(2), added(3)], ['1 pen']],
    ['a removal before the addition removes nothing', [removed(1), added(2)], ['1 pen']],
    ['an order empties it', [added(1, 2), ordered(2)], []],
    ['what comes after the order is there', [added(1), ordered(2), added(3, 4)], ['4 pen']],
    ['a checkout states what is in it, and adds nothing', [added(1, 2), checkout(2, 2), removed(3, 2)], []],
    ['only the item removed leaves', [added(1), added(2, 1, 'ink'), removed(3)], ['1 ink']],
    [
      'the newest comes first',
      [added(1), added(2, 1, 'ink'), added(3, 1, 'cup')],
      ['1 cup', '1 ink', '1 pen'],
    ],
    ['a removal alone is no cart', [removed(1)], []],
  ])('%s', (_, events, expected) => {
    expect(inCart(events)).toEqual(expected);
    expect(inCart(events.toReversed())).toEqual(expected);
  });

  it('takes lines of one item in one checkout together', () => {
    const products = [
      { product_id: 'pen', quantity: 2, variant: 'red' },
      { product_id: 'pen', quantity: 3, variant: 'blue' },
    ];
    expect(inCart([track('Checkout Started', 1, { products }), removed(2, 3)])).toEqual(['2 pen']);
  });

  it('takes back only additions that a removal undid: not those that were ordered, nor what is still there', () => {
    const { takenBack } = cartOf(
      foldEvents(emptyState, [added(1), ordered(2), added(3), removed(4), added(5, 2), removed(6, 1)]).events,
    );
    expect([...takenBack].map(({ messageId: id }) => String(id))).toEqual(['Product Added-3']);
  });

  it('is the same in any order, cut into any batches, delivered twice, stored between, and merged', () => {
    const minute = fc.nat(30);
    const quantity = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
    const item = fc.constantFrom('pen', 'ink');
    const move = fc.oneof(
      fc.tuple(minute, quantity, item).map((one) => added(...one)),
      fc.tuple(minute, quantity, item).map((one) => removed(...one)),
      fc.tuple(minute, fc.integer({ min: 1, max: 4 }), item).map((one) => checkout(...one)),
      fc.tuple(minute, item).map((one) => ordered(...one)),
    );
    const moves = fc.uniqueArray(move, { maxLength: 25, selector: (one) => one.messageId });
    fc.assert(
      fc.property(
        moves.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.nat(all.length)),
        ),
        ([all, shuffled, cut]) => {
          const early = foldEvents(emptyState, shuffled.slice(0, cut));
          const kept = unpackState(packState(early), 1);
          const late = foldEvents(kept, [...shuffled.slice(cut), ...shuffled.slice(0, 3)]);
          const merged = mergeStates(early, foldEvents(emptyState, shuffled.slice(cut)));
          const expected = cartOf(foldEvents(emptyState, all).events);
          expect(cartOf(late.events)).toEqual(expected);
          expect(cartOf(merged.events)).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });
});
