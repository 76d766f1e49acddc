// What a coupon takes off, by hand and by property: never below cost, never more than the order is worth.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemId } from '../../lib/base/ids.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { chosenPercent } from '../../lib/offers/depth.ts';
import { type PricedLine, takeoff } from '../../lib/offers/discount.ts';
import type { Discount, OfferTerms } from '../../lib/offers/offer.ts';
import { itemOf } from './shop.ts';

const catalog = (...items: readonly CatalogItem[]) => new Map(items.map((item) => [item.itemId, item]));
const line = (id: string, price: number, quantity = 1): PricedLine => ({
  itemId: itemId(id),
  quantity,
  price,
});
const order = (lines: readonly PricedLine[]) => ({
  value: lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0),
  currency: 'EUR',
  lines,
  takenMinor: 0,
  takenByItem: {},
});
const terms = (discount: Discount, change: Partial<OfferTerms> = {}): OfferTerms => ({
  discount,
  redemptionsPerCustomerMax: 1,
  ...change,
});
const percent = (value: number): Discount => ({ kind: 'percent', percent: value });

describe('what a coupon takes off', () => {
  it('is of eligible items only, by id, category or kind, less the excepted', () => {
    const items = catalog(
      itemOf('a'),
      itemOf('b', { category: ['Music'] }),
      itemOf('c', { kind: 'book', category: [] }),
      itemOf('d'),
    );
    const lines = ['a', 'b', 'c', 'd', 'e'].map((id) => line(id, 10));
    const off = (eligibleItems: OfferTerms['eligibleItems']) =>
      takeoff(terms(percent(10), { eligibleItems }), order(lines), items).byItem;
    expect(off({ categories: ['Data'], exceptItemIds: [itemId('d')] })).toEqual({ a: 100 });
    expect(off({ kinds: ['book'], itemIds: [itemId('e')] })).toEqual({ c: 100, e: 100 });
    expect(off({ exceptItemIds: [itemId('a')] })).toEqual({ b: 100, c: 100, d: 100, e: 100 });
    expect(
      takeoff(terms(percent(10), { eligibleItems: { categories: ['Art'] } }), order(lines), items),
    ).toMatchObject({ minor: 0, isForOthers: true });
  });

  it('shares a rounded percentage among the lines without losing a cent: 15% of 3 × 0.33 is 0.15', () => {
    const lines = ['a', 'b', 'c'].map((id) => line(id, 0.33));
    const { minor, byItem } = takeoff(terms(percent(15)), order(lines), catalog());
    expect(minor).toBe(15);
    expect(byItem).toEqual({ a: 5, b: 5, c: 5 });
  });

  it('stops at cost × (1 + margin): 30% of 50 leaves 35, cost 40 and 10% leave 44', () => {
    const items = catalog(
      itemOf('a', { attributes: { cost: 40 } }),
      itemOf('b', { attributes: { cost: 10 } }),
    );
    const margin = { share: 0.1, withoutCost: 'not-discounted' as const };
    const lines = [line('a', 50), line('b', 50), line('unknown', 50)];
    expect(takeoff(terms(percent(30), { margin }), order(lines), items).byItem).toEqual({ a: 600, b: 1500 });
    expect(
      takeoff(terms(percent(30), { margin: { ...margin, withoutCost: 'discounted' } }), order(lines), items)
        .byItem,
    ).toEqual({ a: 600, b: 1500, unknown: 1500 });
    // Without a margin: not below cost.
    expect(takeoff(terms(percent(30)), order(lines), items).byItem).toEqual({
      a: 1000,
      b: 1500,
      unknown: 1500,
    });
  });

  it('compares a cost only within its currency', () => {
    const items = catalog(itemOf('a', { attributes: { cost: 40 }, currency: 'USD' }));
    expect(takeoff(terms(percent(30)), order([line('a', 50)]), items).minor).toBe(1500);
  });

  it('takes an amount off the lines by the room they have', () => {
    const items = catalog(itemOf('a', { attributes: { cost: 45 } }));
    const off = { kind: 'amount' as const, amount: 20, currency: 'EUR' };
    // Room 5 and 15: all of it goes.
    expect(takeoff(terms(off), order([line('a', 50), line('b', 15)]), items).byItem).toEqual({
      a: 500,
      b: 1500,
    });
    expect(takeoff(terms(off), order([line('a', 50)]), items).minor).toBe(500);
  });

  it('counts complete sets of a bundle: two of three and one of two make one', () => {
    const ids = [itemId('a'), itemId('b')];
    const half: Discount = { kind: 'bundle', itemIds: ids, off: { kind: 'percent', percent: 50 } };
    const lines = [line('a', 30, 3), line('b', 20, 1), line('c', 99)];
    expect(takeoff(terms(half), order(lines), catalog()).byItem).toEqual({ a: 1500, b: 1000 });
    expect(takeoff(terms(half), order([line('a', 30)]), catalog())).toMatchObject({
      minor: 0,
      isForOthers: true,
    });
    const five: Discount = {
      kind: 'bundle',
      itemIds: ids,
      off: { kind: 'amount', amount: 5, currency: 'EUR' },
    };
    expect(takeoff(terms(five), order(lines), catalog()).minor).toBe(500);
  });

  it('takes a gift off when it is on the order, else names it; a trial costs nothing', () => {
    const gift: Discount = { kind: 'gift', itemId: itemId('g') };
    expect(takeoff(terms(gift), order([line('a', 50), line('g', 12, 2)]), catalog())).toEqual({
      minor: 1200,
      byItem: { g: 1200 },
      gives: [],
    });
    expect(takeoff(terms(gift), order([line('a', 50)]), catalog()).gives).toEqual([
      { itemId: 'g', quantity: 1 },
    ]);
    const trial: Discount = { kind: 'trial', itemId: itemId('t'), days: 14 };
    expect(takeoff(terms(trial), { value: 0, takenMinor: 0, takenByItem: {} }, catalog())).toEqual({
      minor: 0,
      byItem: {},
      gives: [{ itemId: 't', quantity: 1, days: 14 }],
    });
  });

  it('is of what an earlier coupon left', () => {
    const given = { ...order([line('a', 50), line('b', 50)]), takenMinor: 1000, takenByItem: { a: 1000 } };
    expect(takeoff(terms(percent(10)), given, catalog()).byItem).toEqual({ a: 400, b: 500 });
  });

  it('counts off each item its part of what an earlier coupon took without lines: cost 60 of 100, 50 taken, nothing left', () => {
    const items = catalog(
      itemOf('a', { attributes: { cost: 60 } }),
      itemOf('b', { attributes: { cost: 10 } }),
    );
    const off = (lines: readonly PricedLine[], change: object) =>
      takeoff(terms(percent(90)), { ...order(lines), ...change }, items).byItem;
    expect(off([line('a', 100)], { takenMinor: 5_000 })).toEqual({});
    // 30 of 200 are 15 each: a has room for 100 − 15 − 60, b for 90% of 85.
    expect(off([line('a', 100), line('b', 100)], { takenMinor: 3_000 })).toEqual({ a: 2_500, b: 7_500 });
    // 10 of them off a as stated; the other 20 in proportion to 90, 100 and 10 of shipping.
    expect(
      off([line('a', 100), line('b', 100)], { value: 210, takenMinor: 3_000, takenByItem: { a: 1_000 } }),
    ).toEqual({ a: 2_100, b: 8_000 });
  });

  it('is never below cost × (1 + margin), never above the order, and adds up', () => {
    const cents = (max: number) => fc.integer({ min: 0, max }).map((value) => value / 100);
    const someLine = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      price: cents(20_000),
      quantity: fc.integer({ min: 1, max: 4 }),
    });
    const someOff = fc.oneof(
      fc.double({ min: 0.1, max: 100, noNaN: true }).map((value) => percent(value)),
      fc.integer({ min: 1, max: 50_000 }).map(
        (value): Discount => ({
          kind: 'amount',
          amount: value / 100,
          currency: 'EUR',
        }),
      ),
    );
    fc.assert(
      fc.property(
        fc.array(someLine, { minLength: 1, maxLength: 6 }),
        fc.array(cents(20_000), { minLength: 4, maxLength: 4 }),
        someOff,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (wanted, costs, off, share, isBundle) => {
          const items = catalog(
            ...['a', 'b', 'c'].map((id, index) => itemOf(id, { attributes: { cost: costs[index] } })),
          );
          const lines = wanted.map(({ id, price, quantity }) => line(id, price, quantity));
          const discount: Discount =
            isBundle && (off.kind === 'percent' || off.kind === 'amount')
              ? { kind: 'bundle', itemIds: [itemId('a'), itemId('b')], off }
              : off;
          const given = order(lines);
          const taken = takeoff(
            terms(discount, { margin: { share, withoutCost: 'not-discounted' } }),
            given,
            items,
          );
          expect(Object.values(taken.byItem).reduce((sum, minor) => sum + minor, 0)).toBe(taken.minor);
          expect(taken.minor).toBeLessThanOrEqual(given.value * 100 + 1e-6);
          for (const [id, minor] of Object.entries(taken.byItem)) {
            expect(Number.isSafeInteger(minor) && minor >= 0).toBe(true);
            const ofItem = lines.filter((one) => one.itemId === id);
            const paid =
              ofItem.reduce((sum, { price, quantity }) => sum + Math.round(price * 100) * quantity, 0) -
              minor;
            const quantity = ofItem.reduce((sum, one) => sum + one.quantity, 0);
            const cost = items.get(itemId(id))?.attributes.cost;
            // `d` has no cost and must not be discounted.
            expect(paid / 100).toBeGreaterThanOrEqual(Number(cost) * (1 + share) * quantity - 1e-6);
          }
        },
      ),
      { numRuns: 1_000, seed: 4 },
    );
  });
});

describe('the depth of a percentage', () => {
  const margin = { share: 0.2, withoutCost: 'not-discounted' as const };
  const range = { percent: 40, percentMin: 10 };
  const costing = (id: string, cost: number) => itemOf(id, { attributes: { cost } });

  it('is what the tightest item that they can buy allows: 1 − 30 × 1.2 / 50 is 28%', () => {
    expect(chosenPercent(range, { margin }, [costing('a', 30), costing('b', 5)])).toBe(28);
    expect(chosenPercent(range, { margin }, [costing('b', 5)])).toBe(40);
    expect(chosenPercent({ percent: 40 }, { margin }, [costing('a', 30)])).toBe(40);
  });

  it('is not set by items that are not eligible, without a cost, or below percentMin in any case', () => {
    const items = [costing('a', 30), costing('b', 20), costing('c', 40), itemOf('d')];
    // c allows 4%: its line stops at its floor instead. b allows 52%.
    expect(chosenPercent(range, { margin, eligibleItems: { exceptItemIds: [itemId('a')] } }, items)).toBe(40);
    expect(chosenPercent(range, { margin }, items)).toBe(28);
  });
});
