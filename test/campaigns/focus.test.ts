import { describe, expect, it } from 'vitest';
import { itemId, messageId } from '../../lib/base/ids.ts';
import type { Focus, Trigger } from '../../lib/campaigns/campaign.ts';
import { focusItems } from '../../lib/campaigns/focus.ts';
import type { CustomerState, FreshEvent } from '../../lib/events/customer.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { dayMs, iso, item, t0 } from './sample.ts';

const part = (id: string, position: number): CatalogItem => ({ ...item(id), series: { id: 's', position } });
const catalogue = createAssortment(
  undefined,
  [
    item('pen', { kind: 'consumable' }),
    item('book'),
    item('gone'),
    { ...item('secret'), hidden: true },
    item('plan', { kind: 'renews', days: 30 }),
    item('pass', { kind: 'expires', days: 10 }),
    part('one', 1),
    part('two', 2),
    part('three', 3),
  ],
  new Set([itemId('gone')]),
);

let count = 0;
const event = (type: FreshEvent['type'], id: string, daysAgo: number): FreshEvent => ({
  messageId: messageId(`m-${count++}`),
  type,
  itemId: itemId(id),
  atMs: t0 - daysAgo * dayMs,
});
const state = (events: readonly FreshEvent[], owned: CustomerState['owned'] = {}): CustomerState => ({
  events: [...events].sort((a, b) => b.atMs - a.atMs),
  owned,
  orders: {},
  revision: 1,
});
const bought = (daysAgo: number) => ({ purchasedAtMs: t0 - daysAgo * dayMs });
const at: Trigger = { kind: 'at', at: iso(t0) };
const find = (focus: Focus, of: CustomerState | undefined, trigger: Trigger = at) =>
  focusItems(focus, trigger, of, catalogue, t0).map((found) => String(found.item.itemId));

describe('what a message is about', () => {
  it('is the cart: newest first, each item once, without what was bought since or is kept', () => {
    const events = [event('cart', 'pen', 3), event('cart', 'book', 1), event('cart', 'pen', 2)];
    expect(find('cart', state(events))).toEqual(['book', 'pen']);
    expect(find('cart', state(events, { pen: bought(0) }))).toEqual(['book']);
    // A pen is used up and wanted again; a book that is owned is not.
    expect(find('cart', state(events, { pen: bought(10), book: bought(10) }))).toEqual(['pen']);
    const refunded = { ...bought(10), refundedAtMs: t0 - 9 * dayMs };
    expect(find('cart', state(events, { book: refunded }))).toEqual(['book', 'pen']);
  });

  it('leaves out what is hidden, withdrawn, unknown or put there long ago', () => {
    const events = ['secret', 'gone', 'never-heard-of'].map((id) => event('cart', id, 1));
    expect(find('cart', state([...events, event('cart', 'book', 31)]))).toEqual([]);
    expect(find('cart', undefined)).toEqual([]);
  });

  it('is what was viewed and not bought, and what was completed', () => {
    const events = [event('view', 'book', 1), event('complete', 'one', 2), event('view', 'pen', 4)];
    expect(find('viewed', state(events, { pen: bought(3) }))).toEqual(['book']);
    expect(find('completed', state(events, { one: bought(20) }))).toEqual(['one']);
  });

  it('is what ends: the nearest to now first, before and after its date, as far as the campaign looks', () => {
    const owned = { plan: bought(25), pass: bought(12), book: bought(1) };
    const found = focusItems('expiring', at, state([], owned), catalogue, t0);
    expect(found.map(({ item: { itemId: id }, endsAtMs }) => [id, endsAtMs])).toEqual([
      ['pass', t0 - 2 * dayMs],
      ['plan', t0 + 5 * dayMs],
    ]);
    const within = (days: number): Trigger => ({
      kind: 'before-expiry',
      days,
      startsAt: iso(t0),
      endsAt: iso(t0 + dayMs),
    });
    expect(find('expiring', state([], owned), within(3))).toEqual(['pass']);
    expect(find('expiring', state([], owned), within(1))).toEqual([]);
  });

  it('is the next part of a series that is not had yet, and says after which', () => {
    const [found] = focusItems('series', at, state([], { one: bought(9) }), catalogue, t0);
    expect([found.item.itemId, found.after?.itemId]).toEqual(['two', 'one']);
    expect(find('series', state([event('complete', 'two', 1)], { one: bought(9) }))).toEqual(['three']);
    expect(find('series', state([], { one: bought(9), two: bought(8), three: bought(7) }))).toEqual([]);
    expect(find('series', state([event('view', 'one', 1)]))).toEqual([]);
  });
});
