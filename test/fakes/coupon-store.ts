// CouponStore in memory, over the table of test/fakes/delivery-store.ts.

import type { CouponStore } from '../../lib/ports.ts';
import { codeKey, type FakeTable, fakeTable, isFull, raise } from './delivery-store.ts';

export const fakeCouponStore = (table: FakeTable = fakeTable()): CouponStore => ({
  get: async (code) => table.coupons.get(codeKey(code)),
  liveOf: async (customerId, nowMs) =>
    [...table.coupons.values()]
      .filter(
        (coupon) =>
          (coupon.customerId ?? coupon.advocateId) === customerId && Date.parse(coupon.expiresAt) > nowMs,
      )
      .toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : a.expiresAt > b.expiresAt ? 1 : 0)),
  async issue(coupon) {
    const stored = table.coupons.get(codeKey(coupon.code));
    if (stored !== undefined) {
      return { kind: 'exists', coupon: stored };
    }
    table.coupons.set(codeKey(coupon.code), coupon);
    return { kind: 'issued' };
  },
  redemption: async (code, idempotencyKey) => table.redemptions.get(`${code}/${idempotencyKey}`),
  async redeem(redemption, coupon, { customer, campaign }) {
    const key = `${redemption.code}/${redemption.idempotencyKey}`;
    const first = table.redemptions.get(key);
    if (first !== undefined) {
      return { kind: 'repeated', first };
    }
    const stored = table.coupons.get(codeKey(coupon.code));
    if (
      stored === undefined ||
      stored.redemptionsCount >= (stored.redemptionsMax ?? Number.POSITIVE_INFINITY)
    ) {
      return { kind: 'exhausted', which: 'code' };
    }
    if (isFull(table, customer)) {
      return { kind: 'exhausted', which: 'customer' };
    }
    if (campaign !== undefined && isFull(table, campaign)) {
      return { kind: 'exhausted', which: 'campaign' };
    }
    table.redemptions.set(key, redemption);
    table.coupons.set(codeKey(coupon.code), { ...stored, redemptionsCount: stored.redemptionsCount + 1 });
    raise(table, customer);
    if (campaign !== undefined) {
      raise(table, campaign);
    }
    return { kind: 'redeemed' };
  },
});
