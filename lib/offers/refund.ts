// A refund of an order with a coupon, told by request (POST …/refunds) or by an `Order Refunded` event, or by both.
// Of the payment refunded is the larger of what requests and what events say together, so a refund told both ways, in
// whichever order, counts once. It gives back the same part of the discount, rounded down, and with the last part of the
// payment the redemption itself. Events count once by their key, the first telling of it standing, and never beyond what
// was paid; a request for more is refused. Paid = the order's value less all its coupons. Whole minor units.

import { refundsToldCountMax } from '../base/limits.ts';
import {
  type CouponUse,
  type LedgerEntry,
  type LedgerView,
  type OrderCoupons,
  tallyChanges,
} from './ledger.ts';
import { fromMinor, toMinor } from './money.ts';
import * as refusal from './refusals.ts';

export type ToldRefund =
  /** `value` in the major unit; absent: all that is left. */
  | { readonly by: 'request'; readonly value: number | undefined }
  | { readonly by: 'event'; readonly key: string; readonly value: number | 'whole' };

export interface Refunded {
  readonly entry: LedgerEntry;
  /** Given back to the budget now. */
  readonly discountMinor: number;
  /** The last part of the payment, now. */
  readonly isWholeNow: boolean;
}

export const refund = (view: LedgerView, use: CouponUse, told: ToldRefund): Refunded => {
  const { coupon, order } = view;
  const paidMinor = Math.max(0, toMinor(use.orderValue, use.currency) - sumOfDiscounts(order, use));
  const sums = told.by === 'request' ? requested(use, told.value, paidMinor) : reported(use, told, paidMinor);
  const refundedPaidMinor = Math.max(
    use.refundedPaidMinor,
    sums.requestedMinor,
    Math.min(paidMinor, total(sums.events)),
  );
  const wasWhole = use.status === 'refunded';
  const isWhole = wasWhole || refundedPaidMinor >= paidMinor;
  const refundedDiscountMinor = isWhole
    ? use.discountMinor
    : Math.floor((use.discountMinor * refundedPaidMinor) / paidMinor);
  const discountMinor = refundedDiscountMinor - use.refundedDiscountMinor;
  const count = isWhole && !wasWhole ? -1 : 0;
  return {
    discountMinor,
    isWholeNow: isWhole && !wasWhole,
    entry: {
      use: {
        ...use,
        status: isWhole ? 'refunded' : 'redeemed',
        refundedPaidMinor,
        refundedDiscountMinor,
        refundsTold: sums,
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

type Told = NonNullable<CouponUse['refundsTold']>;

/** A use without the two sums was refunded by requests alone. */
const toldOf = ({ refundsTold, refundedPaidMinor, status }: CouponUse): Told =>
  refundsTold ?? { requestedMinor: refundedPaidMinor, isRequestedWhole: status === 'refunded', events: {} };

const requested = (use: CouponUse, value: number | undefined, paidMinor: number): Told => {
  const told = toldOf(use);
  const leftMinor = paidMinor - told.requestedMinor;
  const nowMinor = value === undefined ? leftMinor : toMinor(value, use.currency);
  if (nowMinor > leftMinor || told.isRequestedWhole) {
    throw refusal.refundTooLarge(fromMinor(leftMinor, use.currency), value ?? 0);
  }
  const requestedMinor = told.requestedMinor + nowMinor;
  return { ...told, requestedMinor, isRequestedWhole: requestedMinor >= paidMinor };
};

const reported = (
  use: CouponUse,
  { key, value }: Extract<ToldRefund, { by: 'event' }>,
  paidMinor: number,
): Told => {
  const told = toldOf(use);
  if (value === 'whole') {
    return { ...told, events: { whole: paidMinor } };
  }
  const isKnown = key in told.events || 'whole' in told.events;
  const isFull = Object.keys(told.events).length >= refundsToldCountMax;
  return isKnown || isFull
    ? told
    : { ...told, events: { ...told.events, [key]: Math.max(0, toMinor(value, use.currency)) } };
};

const total = (events: Told['events']): number =>
  Object.values(events).reduce((sum, minor) => sum + minor, 0);

const sumOfDiscounts = (order: OrderCoupons | undefined, use: CouponUse): number =>
  (order?.coupons ?? [use]).reduce((sum, { discountMinor }) => sum + discountMinor, 0);
