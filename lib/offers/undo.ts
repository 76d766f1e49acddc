// A reservation released or run out gives everything back.

import type { CouponUse, LedgerEntry, LedgerView, OrderCoupons } from './ledger.ts';
import { tallyChanges } from './ledger.ts';

/** Ends a reservation. */
export const endHold = (view: LedgerView, use: CouponUse, status: 'released' | 'expired'): LedgerEntry => {
  const { coupon, order } = view;
  const { heldUntil, advocateId: _, ...kept } = use;
  return {
    use: { ...kept, status, revision: use.revision + 1 },
    order: withoutCoupon(use, order),
    couponCount: coupon.redemptionsMax === undefined ? 0 : -1,
    tallies: tallyChanges(coupon, use.customerId, { count: -1, minor: -use.discountMinor }),
    holdRemoved: heldUntil,
    ...(use.advocateId !== undefined && { friendRemoved: use.customerId }),
  };
};

const withoutCoupon = ({ code, orderId, customerId }: CouponUse, order: OrderCoupons | undefined) => ({
  orderId,
  customerId,
  coupons: (order?.coupons ?? []).filter((other) => other.code !== code),
  revision: (order?.revision ?? 0) + 1,
});
