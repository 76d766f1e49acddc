// An order's refund as an event tells it, carried to every coupon on the order. Only events that came with a secret key
// get here (lib/events/archive.ts): with a public one a customer could give a used code back to themselves.
// The same refund again, by event or by POST …/refunds, changes nothing (refund.ts).

import { Failure, type FailureKind } from '../base/errors.ts';
import type { CustomerId } from '../base/ids.ts';
import { sha256Hex } from '../events/canonical-json.ts';
import { applyRefund } from './redeem.ts';
import { type CouponContext, takeStep } from './step.ts';

/** An order's refund that a server's event told. */
export interface OrderRefund {
  readonly refund: 'order';
  readonly customerId: CustomerId;
  readonly orderId: string;
  /** Of this refund: the same key is the same refund. */
  readonly key: string;
  /** Of what was paid, in the major unit. */
  readonly value: number | 'whole';
  readonly currency?: string;
}

/** What became of it, for the log. */
export const refundOrder = async (told: OrderRefund, context: CouponContext): Promise<string> => {
  const order = await context.coupons.order(told.orderId);
  if (order === undefined || order.customerId !== told.customerId) {
    return 'no-coupon-on-order';
  }
  for (const { code } of order.coupons) {
    await refundOne(code, told, context);
  }
  return 'refunded';
};

const refundOne = async (code: string, told: OrderRefund, context: CouponContext): Promise<void> => {
  const { orderId, value, currency } = told;
  const key = sha256Hex(told.key).slice(0, 32);
  try {
    await takeStep('refund', { code, orderId, idempotencyKey: `event-${key}` }, context, (view, nowMs) => {
      const isOther =
        value !== 'whole' &&
        currency !== undefined &&
        view.use?.currency !== undefined &&
        view.use.currency !== currency;
      return applyRefund(
        view,
        orderId,
        { by: 'event', key, value: isOther ? 0 : value },
        nowMs,
        context.coupons,
      );
    });
  } catch (error) {
    if (!(error instanceof Failure && settled.has(error.kind))) {
      throw error;
    }
  }
};

/** Held and never redeemed, or gone: nothing to give back, and trying again would find the same. */
const settled: ReadonlySet<FailureKind> = new Set(['not-found']);
