// A code that was passed on gives nothing that the workspace's rules keep from whoever uses it.

import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import type { EligibilityRule } from '../../lib/base/settings.ts';
import type { Discount } from '../../lib/offers/offer.ts';
import { quoteCoupon } from '../../lib/offers/quote.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { couponOf, itemOf, openShop, outcome } from './shop.ts';

const rule: EligibilityRule = {
  item: { attribute: 'risk' },
  customer: { trait: 'riskTolerance', op: 'gte' },
};
const items = [itemOf('calm', { attributes: { risk: 1 } }), itemOf('wild', { attributes: { risk: 6 } })];
const [bold, careful, unknown] = ['bold', 'careful', 'unknown'].map((id) => customerId(id));

const open = async (discount: Discount) => {
  const coupons = fakeCouponStore();
  const shop = openShop(coupons, items, [rule]);
  for (const [id, riskTolerance] of [
    [bold, 6],
    [careful, 5],
  ] as const) {
    const profile = { customerId: id, traitTimes: {}, suppressed: {}, createdAtMs: 0 };
    shop.records.set(id, { profile: { ...profile, traits: { riskTolerance } } });
  }
  await coupons.issue(
    couponOf('EVERYBODY', {
      customerId: undefined,
      redemptionsMax: undefined,
      terms: { discount, redemptionsPerCustomerMax: 9 },
    }),
  );
  return shop;
};
const lines = ['calm', 'wild'].map((id) => ({ itemId: itemId(id), quantity: 1, price: 10 }));
const off = { kind: 'percent', percent: 10 } as const;

describe('what a coupon gives', () => {
  it.each<Discount>([
    { kind: 'gift', itemId: itemId('wild') },
    { kind: 'trial', itemId: itemId('wild'), days: 7 },
    { kind: 'bundle', itemIds: lines.map((line) => line.itemId), off },
  ])('is refused to customers whom it does not suit: $kind', async (discount) => {
    const shop = await open(discount);
    const codeOf = (id: typeof bold) => outcome(shop.redeem('EVERYBODY', id, { customerId: id, lines }));
    expect(await codeOf(bold)).toBe('done');
    expect(await codeOf(careful)).toBe('coupon-not-suitable');
    expect(await codeOf(unknown)).toBe('coupon-not-suitable');
    expect(await outcome(shop.reserve('EVERYBODY', 'r', { customerId: careful, lines }))).toBe(
      'coupon-not-suitable',
    );
    const quote = { code: 'EVERYBODY', orderValue: 20, currency: 'EUR', lines, orderId: 'quote' };
    expect(await quoteCoupon({ ...quote, customerId: careful }, shop.context)).toMatchObject({
      valid: false,
      reason: { code: 'coupon-not-suitable' },
    });
  });

  it('may be anything that suits, and a discount on what they choose is not asked about', async () => {
    const gift = await open({ kind: 'gift', itemId: itemId('calm') });
    expect(await outcome(gift.redeem('EVERYBODY', 'a', { customerId: careful }))).toBe('done');
    const percent = await open(off);
    expect(await outcome(percent.redeem('EVERYBODY', 'a', { customerId: unknown, lines }))).toBe('done');
  });

  it('is given to whom it was reserved for, also when the rules keep it from them since', async () => {
    const shop = await open({ kind: 'gift', itemId: itemId('wild') });
    const order = { customerId: bold, orderId: 'o' };
    expect(await outcome(shop.reserve('EVERYBODY', 'r', order))).toBe('done');
    shop.records.delete(bold);
    expect(await outcome(shop.redeem('EVERYBODY', 'k', order))).toBe('done');
  });
});
