// GET /v1/coupons/{code}: what the coupon would take off this order now, or why it would not. Nothing is kept, and the
// answer may be another by the time it is redeemed; a reservation holds it.

import { Failure } from '../base/errors.ts';
import { couponAttemptsCountMax, sweptHoldsCountMax } from '../base/limits.ts';
import { withFriend } from './friends.ts';
import { refuseUnsuitable } from './given.ts';
import { place } from './place.ts';
import { answerOf, type CouponAnswer, itemsOf } from './redeem.ts';
import type { QuoteRequest } from './redemption-input.ts';
import * as refusal from './refusals.ts';
import { type CouponContext, countOutHolds, couponByCode } from './step.ts';

export type Quote =
  | (Omit<CouponAnswer, 'orderId'> & { readonly valid: true; readonly expiresAt: string })
  | {
      readonly valid: false;
      readonly code: string;
      readonly expiresAt: string;
      readonly reason: Failure['detail'];
    };

export const quoteCoupon = async (request: QuoteRequest, context: CouponContext): Promise<Quote> => {
  const coupon = await couponByCode(request.code, context.coupons);
  const { code, expiresAt } = coupon;
  try {
    const items = await itemsOf(request.lines, context);
    const query = { operation: 'redeem', idempotencyKey: 'quote', ...request } as const;
    for (let look = 0; look < couponAttemptsCountMax; look++) {
      const view = await context.coupons.view(coupon, query);
      if (view === undefined) {
        throw refusal.unknownCoupon(request.code);
      }
      const nowMs = context.clock.nowMs();
      const placed = place({ request, view, items, nowMs });
      if (placed.kind === 'placed') {
        await refuseUnsuitable(coupon.terms, request.customerId, context);
        await withFriend(placed.entry, coupon, request, nowMs, context);
        const { orderId: _, ...answer } = answerOf(placed.entry.use, coupon);
        return { valid: true, ...answer, expiresAt };
      }
      if ((await countOutHolds(coupon.campaignId, sweptHoldsCountMax, context)) === 0) {
        throw refusal.exhausted(placed.which, code);
      }
    }
    throw refusal.tableBusy();
  } catch (error) {
    if (error instanceof Failure && error.kind !== 'unavailable') {
      return { valid: false, code, expiresAt, reason: error.detail };
    }
    throw error;
  }
};
