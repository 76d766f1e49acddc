import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, messageId } from '../../lib/base/ids.ts';
import { trialsCountMax } from '../../lib/base/limits.ts';
import { catalogueOf } from '../../lib/campaigns/fact-items.ts';
import { customerFacts } from '../../lib/campaigns/facts.ts';
import { focusItems } from '../../lib/campaigns/focus.ts';
import { becomesDue } from '../../lib/campaigns/holdings.ts';
import type { JsonObject, StoredEvent } from '../../lib/events/event.ts';
import { emptyState, foldEvents, mergeStates } from '../../lib/events/state.ts';
import { packState, unpackState } from '../../lib/events/state-text.ts';
import { trialNow } from '../../lib/events/trials.ts';
import { redeemedEvents } from '../../lib/offers/coupon-events.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { eligibility } from '../../lib/recommendations/eligibility.ts';
import { dayMs, item, itemsOf, t0 } from '../campaigns/sample.ts';
import { couponOf } from '../offers/shop.ts';

let count = 0;
const track = (name: string, days: number, properties: JsonObject): StoredEvent => {
  const at = new Date(t0 + days * dayMs).toISOString();
  return {
    messageId: messageId(`m${++count}`),
    type: 'track',
    event: name,
    userId: customerId('ada'),
    timestamp: at,
    receivedAt: at,
    source: 'key',
    properties,
    traits: {},
    context: {},
  };
};
const trial = (id: string, startDay: number, days: number): StoredEvent =>
  track('Trial Started', startDay, { product_id: id, days });
const order = (id: string, day: number): StoredEvent =>
  track('Order Completed', day, { order_id: `o-${id}`, products: [{ product_id: id, price: 10 }] });
const fold = (...events: readonly StoredEvent[]) => foldEvents(emptyState, events);
const at = (days: number): number => t0 + days * dayMs;

describe('a free trial', () => {
  it('is the one that a redeemed coupon starts, for its days', () => {
    const discount = { kind: 'trial', itemId: item('plan').itemId, days: 14 } as const;
    const coupon = couponOf('TRY', { terms: { discount, redemptionsPerCustomerMax: 1 } });
    const use = {
      code: 'TRY',
      campaignId: coupon.campaignId,
      customerId: customerId('ada'),
      orderId: 'o1',
      status: 'redeemed',
      orderValue: 0,
      discountMinor: 0,
      byItem: {},
      gives: [{ itemId: discount.itemId, quantity: 1, days: 14 }],
      refundedPaidMinor: 0,
      refundedDiscountMinor: 0,
      revision: 1,
    } as const;
    const state = fold(...redeemedEvents(use, coupon, t0));
    expect(state.trials).toEqual({ plan: { startedAtMs: t0, endsAtMs: at(14) } });
    expect(state.owned).toEqual({});
  });

  it('of no length, of none that makes sense or of one beyond the limit is a start and no trial', () => {
    const lengths: readonly JsonObject[] = [
      {},
      { days: 0 },
      { days: -3 },
      { days: 91 },
      { ends_at: '2020-01-01' },
    ];
    for (const properties of lengths) {
      expect(fold(track('Trial Started', 0, { product_id: 'plan', ...properties })).trials).toBeUndefined();
    }
    expect(fold(track('Trial Started', 0, { product_id: 'plan', days: '7' })).trials).toBeDefined();
  });

  it('keeps its item from being recommended until it ends, or was bought and given back', () => {
    const items = itemsOf(item('plan', { kind: 'renews', days: 30 }), item('book'));
    const assortment = createAssortment(undefined, [...items.values()], new Set());
    const offered = (state: ReturnType<typeof fold>, day: number) => {
      const allows = eligibility({ exclude: new Set() }, state, assortment, at(day));
      return [...items.values()].filter(({ itemId }) => allows(itemId)).map(({ itemId }) => itemId);
    };
    const state = fold(trial('plan', 0, 14));
    expect(offered(state, 13.9)).toEqual(['book']);
    expect(offered(state, 14)).toEqual(['plan', 'book']);
    expect(trialNow(state, 'plan', at(-1))).toBeUndefined();
  });

  it('is no purchase, and its end is known to conditions until the item is bought', () => {
    const items = itemsOf(item('plan', { kind: 'renews', days: 365 }));
    const facts = (state: ReturnType<typeof fold>, day: number) => {
      const of = customerFacts({ state }, items, at(day));
      return ['owns', 'expiresInDays', 'daysSinceExpiry'].map((fact) => of(fact));
    };
    const state = fold(trial('plan', 0, 14));
    expect(facts(state, 10)).toEqual([[], 4, undefined]);
    expect(facts(state, 16)).toEqual([[], undefined, 2]);
    expect(facts(fold(trial('plan', 0, 14), order('plan', 11)), 12)).toEqual([['plan'], 364, undefined]);
  });

  it('is reminded of once before its end, and in the message’s words, not before half of it is over', () => {
    const items = itemsOf(item('plan'));
    const state = fold(trial('plan', 0, 6));
    const days = Array.from({ length: 12 }, (_, day) => day - 2);
    const due = days.filter((day) => becomesDue(state, items, 7, at(day), at(day - 1)));
    expect(due).toEqual([3]);
    const trigger = { kind: 'before-expiry', days: 7, startsAt: '', endsAt: '' } as const;
    const about = focusItems('expiring', trigger, state, catalogueOf(items), at(3));
    expect(about).toEqual([{ item: items.get('plan'), endsAtMs: at(6) }]);
    const bought = fold(trial('plan', 0, 6), order('plan', 2));
    expect(days.filter((day) => becomesDue(bought, items, 7, at(day), at(day - 1)))).toEqual([]);
  });

  it('is not what a series goes on with while it lasts', () => {
    const items = itemsOf(
      { ...item('part-1'), series: { id: 's', position: 1 } },
      { ...item('part-2'), series: { id: 's', position: 2 } },
    );
    const next = (state: ReturnType<typeof fold>) =>
      focusItems('series', { kind: 'at', at: '' }, state, catalogueOf(items), at(5)).length;
    expect(next(fold(order('part-1', 0)))).toBe(1);
    expect(next(fold(order('part-1', 0), trial('part-2', 1, 14)))).toBe(0);
  });

  it('is the same whatever order, repetition and division its events come in, and within its bound', () => {
    const any = fc
      .record({ id: fc.nat(trialsCountMax + 20), start: fc.nat(5), days: fc.integer({ min: 1, max: 9 }) })
      .map(({ id, start, days }) => trial(`item-${id}`, start, days));
    const long = Array.from({ length: 40 }, (_, index) => trial('x'.repeat(1_000) + index, 0, 5));
    expect(Object.keys(fold(...long).trials ?? {})).toHaveLength(7);
    fc.assert(
      fc.property(fc.array(any, { maxLength: 80 }), fc.nat(80), (events, cut) => {
        const whole = fold(...events);
        const [first, rest] = [events.slice(cut), events.slice(0, cut)];
        const parts = mergeStates(fold(...first, ...rest.slice(0, 3)), fold(...rest.toReversed()));
        expect(parts.trials).toEqual(whole.trials);
        expect(Object.keys(whole.trials ?? {}).length).toBeLessThanOrEqual(trialsCountMax);
        expect(unpackState(packState(whole), 0)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });
});
