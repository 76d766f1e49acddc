// What a shop's checkout does with a coupon: reserve it, redeem it (reserved or not), release it, refund the order.
// Coupons of a cancelled campaign are honoured: the customer holds what was promised.

import type { ItemId } from '../base/ids.ts';
import { sweptHoldsBesideCountMax } from '../base/limits.ts';
import type { Coupon } from '../ports.ts';
import { redeemedEvents, refundedEvent, releasedEvent, reservedEvent } from './coupon-events.ts';
import type { CouponUse, LedgerView } from './ledger.ts';
import { fromMinor } from './money.ts';
import type { Discount } from './offer.ts';
import { type Placed, place } from './place.ts';
import type {
  RedemptionRequest,
  RefundRequest,
  ReleaseRequest,
  ReservationRequest,
} from './redemption-input.ts';
import * as refusal from './refusals.ts';
import { type CouponContext, countOutHolds, takeStep, type Verdict } from './step.ts';
import { endHold, refund } from './undo.ts';

export interface CouponAnswer {
  readonly code: string;
  readonly campaignId: string;
  readonly variant: string;
  readonly customerId: string;
  readonly orderId: string;
  readonly orderValue: number;
  readonly currency?: string;
  readonly discount: Discount;
  /** To take off the order, in the major unit of its currency. */
  readonly discountAmount: number;
  /** The same by item, where lines were given. */
  readonly lines?: readonly { readonly itemId: string; readonly discountAmount: number }[];
  /** What the shop gives beside. */
  readonly gives?: CouponUse['gives'];
}
export type RedemptionAnswer = CouponAnswer & { readonly redeemedAt: string };
export type ReservationAnswer = CouponAnswer & { readonly heldUntil: string };

export interface ReleaseAnswer {
  readonly code: string;
  readonly orderId: string;
  readonly status: 'released' | 'expired';
}

export interface RefundAnswer {
  readonly code: string;
  readonly orderId: string;
  readonly status: 'redeemed' | 'refunded';
  /** Of the discount: now, and in all so far. */
  readonly discountGivenBack: number;
  readonly discountGivenBackInAll: number;
}

export const redeemCoupon = async (
  request: RedemptionRequest,
  context: CouponContext,
): Promise<RedemptionAnswer> => {
  const items = await itemsOf(request.lines, context);
  return takeStep('redeem', request, context, (view, nowMs) =>
    verdict(place({ request, view, items, nowMs }), (use) => ({
      answer: { ...answerOf(use, view.coupon), redeemedAt: use.redeemedAt ?? '' },
      events: redeemedEvents(use, view.coupon, nowMs),
    })),
  );
};

export const reserveCoupon = async (
  request: ReservationRequest,
  context: CouponContext,
): Promise<ReservationAnswer> => {
  const items = await itemsOf(request.lines, context);
  let campaignId: Coupon['campaignId'] | undefined;
  const answer = await takeStep<ReservationAnswer>('reserve', request, context, (view, nowMs) => {
    campaignId = view.coupon.campaignId;
    return verdict(place({ request, view, items, nowMs, holdMs: request.minutes * 60_000 }), (use) => ({
      answer: { ...answerOf(use, view.coupon), heldUntil: use.heldUntil ?? '' },
      events: [reservedEvent(use, view.coupon, nowMs)],
    }));
  });
  // Two out for each one in: those that ended never pile up.
  if (campaignId !== undefined) {
    await countOutHolds(campaignId, sweptHoldsBesideCountMax, context);
  }
  return answer;
};

export const releaseCoupon = (request: ReleaseRequest, context: CouponContext): Promise<ReleaseAnswer> =>
  takeStep('release', request, context, (view, nowMs) => {
    const use = heldUse(view, request.orderId);
    return {
      kind: 'entry',
      entry: endHold(view, use, 'released'),
      answer: { code: use.code, orderId: use.orderId, status: 'released' },
      events: [releasedEvent(use, view.coupon, 'released', nowMs)],
    };
  });

export const refundCoupon = (request: RefundRequest, context: CouponContext): Promise<RefundAnswer> =>
  takeStep('refund', request, context, (view, nowMs) => {
    const { use } = view;
    if (use?.status !== 'redeemed' && use?.status !== 'refunded') {
      throw refusal.notRedeemed(request.orderId);
    }
    const { entry, discountMinor } = refund(view, use, request.refundValue);
    return {
      kind: 'entry',
      entry,
      answer: {
        code: use.code,
        orderId: use.orderId,
        status: entry.use.status === 'refunded' ? 'refunded' : 'redeemed',
        discountGivenBack: fromMinor(discountMinor, use.currency),
        discountGivenBackInAll: fromMinor(entry.use.refundedDiscountMinor, use.currency),
      },
      events: [refundedEvent(entry.use, view.coupon, discountMinor, nowMs)],
    };
  });

const heldUse = ({ use }: LedgerView, orderId: string): CouponUse => {
  if (use?.status === 'redeemed' || use?.status === 'refunded') {
    throw refusal.redeemedAlready(orderId);
  }
  if (use?.status !== 'held') {
    throw refusal.noReservation(orderId);
  }
  return use;
};

export const itemsOf = async (
  lines: readonly { readonly itemId: ItemId }[] | undefined,
  { catalog }: Pick<CouponContext, 'catalog'>,
) => (lines === undefined ? new Map() : catalog.get([...new Set(lines.map(({ itemId }) => itemId))]));

const verdict = <Answer extends object>(
  placed: Placed,
  told: (use: CouponUse) => Pick<Extract<Verdict<Answer>, { readonly kind: 'entry' }>, 'answer' | 'events'>,
): Verdict<Answer> =>
  placed.kind === 'exhausted' ? placed : { kind: 'entry', entry: placed.entry, ...told(placed.entry.use) };

export const answerOf = (use: CouponUse, { campaignId, variant, terms }: Coupon): CouponAnswer => {
  const lines = Object.entries(use.byItem);
  return {
    code: use.code,
    campaignId,
    variant,
    customerId: use.customerId,
    orderId: use.orderId,
    orderValue: use.orderValue,
    ...(use.currency !== undefined && { currency: use.currency }),
    discount: terms.discount,
    discountAmount: fromMinor(use.discountMinor, use.currency),
    ...(lines.length > 0 && {
      lines: lines.map(([itemId, minor]) => ({ itemId, discountAmount: fromMinor(minor, use.currency) })),
    }),
    ...(use.gives.length > 0 && { gives: use.gives }),
  };
};
