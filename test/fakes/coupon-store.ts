// CouponStore in memory, over the table of test/fakes/delivery-store.ts.

import type { CouponStore } from '../../lib/ports.ts';
import { type FakeTable, fakeTable, isFull, raise } from './delivery-store.ts';

export const fakeCouponStore = (table: FakeTable = fakeTable()): CouponStore => ({
  get: async (code) => table.coupons.get(code),
  redemption: async (code, idempotencyKey) => table.redemptions.get(`${code}/${idempotencyKey}`),
  async redeem(redemption, coupon, { customer, campaign }) {
    const key = `${redemption.code}/${redemption.idempotencyKey}`;
    const first = table.redemptions.get(key);
    if (first !== undefined) {
      return { kind: 'repeated', first };
    }
    const stored = table.coupons.get(coupon.code);
    if (stored === undefined || stored.redemptionsCount >= stored.redemptionsMax) {
      return { kind: 'exhausted', which: 'code' };
    }
    if (isFull(table, customer)) {
      return { kind: 'exhausted', which: 'customer' };
    }
    if (campaign !== undefined && isFull(table, campaign)) {
      return { kind: 'exhausted', which: 'campaign' };
    }
    table.redemptions.set(key, redemption);
    table.coupons.set(coupon.code, { ...stored, redemptionsCount: stored.redemptionsCount + 1 });
    raise(table, customer);
    if (campaign !== undefined) {
      raise(table, campaign);
    }
    return { kind: 'redeemed' };
  },
});
