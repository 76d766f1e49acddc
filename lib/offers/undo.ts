// What gives back: a reservation released or run out gives everything back; a refund gives back the part of the
// discount that belongs to the part of the payment refunded, and the redemption itself with the last part.
// Paid = the order's value less all its coupons. Rounded down, so that parts never exceed the whole.

import type { CouponUse, LedgerEntry, LedgerView, OrderCoupons } from './ledger.ts';
import { tallyChanges } from './ledger.ts';
import { fromMinor, toMinor } from './money.ts';
import * as refusal from './refusals.ts';

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

export interface Refunded {
  readonly entry: LedgerEntry;
  /** Given back to the budget now. */
  readonly discountMinor: number;
}

/** `refundValue` in the major unit; absent: all that is left. */
export const refund = (view: LedgerView, use: CouponUse, refundValue: number | undefined): Refunded => {
  const { coupon, order } = view;
  const { currency } = use;
  const paidMinor = Math.max(0, toMinor(use.orderValue, currency) - sumOfDiscounts(order, use));
  const leftMinor = use.status === 'refunded' ? 0 : paidMinor - use.refundedPaidMinor;
  const nowMinor = refundValue === undefined ? leftMinor : toMinor(refundValue, currency);
  if (nowMinor > leftMinor || use.status === 'refunded') {
    throw refusal.refundTooLarge(fromMinor(leftMinor, currency), refundValue ?? 0);
  }
  const refundedPaidMinor = use.refundedPaidMinor + nowMinor;
  const isWhole = refundedPaidMinor >= paidMinor;
  const refundedDiscountMinor = isWhole
    ? use.discountMinor
    : Math.floor((use.discountMinor * refundedPaidMinor) / paidMinor);
  const discountMinor = refundedDiscountMinor - use.refundedDiscountMinor;
  const count = isWhole ? -1 : 0;
  return {
    discountMinor,
    entry: {
      use: {
        ...use,
        status: isWhole ? 'refunded' : 'redeemed',
        refundedPaidMinor,
        refundedDiscountMinor,
        revision: use.revision + 1,
      },
      order: {
        orderId: use.orderId,
        customerId: use.customerId,
        coupons: order?.coupons ?? [],
        revision: (order?.revision ?? 0) + 1,
      },
      couponCount: coupon.redemptionsMax === undefined ? 0 : count,
      tallies: tallyChanges(coupon, use.customerId, { count, minor: -discountMinor }),
    },
  };
};

const sumOfDiscounts = (order: OrderCoupons | undefined, use: CouponUse): number =>
  (order?.coupons ?? [use]).reduce((total, { discountMinor }) => total + discountMinor, 0);

const withoutCoupon = ({ code, orderId, customerId }: CouponUse, order: OrderCoupons | undefined) => ({
  orderId,
  customerId,
  coupons: (order?.coupons ?? []).filter((other) => other.code !== code),
  revision: (order?.revision ?? 0) + 1,
});
