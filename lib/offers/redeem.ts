// What a shop's checkout does with a coupon: reserve it, redeem it (reserved or not), release it, refund the order.
// Coupons of a cancelled campaign are honoured: the customer holds what was promised.

import type { ItemId } from '../base/ids.ts';
import { sweptHoldsBesideCountMax } from '../base/limits.ts';
import type { Coupon, CouponStore } from '../ports.ts';
import { redeemedEvents, refundedEvent, releasedEvent, reservedEvent, rewardEvent } from './coupon-events.ts';
import { type FriendRequest, withFriend, withoutReward } from './friends.ts';
import { refuseUnsuitable } from './given.ts';
import type { CouponUse, LedgerView } from './ledger.ts';
import { fromMinor } from './money.ts';
import type { Discount } from './offer.ts';
import { type Placing, place } from './place.ts';
import type {
  RedemptionRequest,
  RefundRequest,
  ReleaseRequest,
  ReservationRequest,
} from './redemption-input.ts';
import { refund, type ToldRefund } from './refund.ts';
import * as refusal from './refusals.ts';
import { type CouponContext, countOutHolds, type Judged, takeStep, type Verdict } from './step.ts';
import { endHold } from './undo.ts';

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
    verdict({ request, view, items, nowMs }, context, (use) => ({
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
  const holdMs = request.minutes * 60_000;
  let campaignId: Coupon['campaignId'] | undefined;
  const answer = await takeStep<ReservationAnswer>('reserve', request, context, (view, nowMs) => {
    campaignId = view.coupon.campaignId;
    return verdict({ request, view, items, nowMs, holdMs }, context, (use) => ({
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
  takeStep('refund', request, context, (view, nowMs) =>
    applyRefund(view, request.orderId, { by: 'request', value: request.refundValue }, nowMs, context.coupons),
  );

/** With the last part of the payment also the advocate's reward is taken back, unless it was used. */
export const applyRefund = async (
  view: LedgerView,
  orderId: string,
  told: ToldRefund,
  nowMs: number,
  coupons: Pick<CouponStore, 'get'>,
): Promise<Judged<RefundAnswer>> => {
  const { use } = view;
  if (use?.status !== 'redeemed' && use?.status !== 'refunded') {
    throw refusal.notRedeemed(orderId);
  }
  const { entry: refunded, discountMinor, isWholeNow } = refund(view, use, told);
  const reward = isWholeNow && use.rewardCode !== undefined ? await coupons.get(use.rewardCode) : undefined;
  const entry = withoutReward(refunded, reward);
  const friend = { friendId: use.customerId, orderId: use.orderId };
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
    events: [
      ...(discountMinor > 0 || isWholeNow
        ? [refundedEvent(entry.use, view.coupon, discountMinor, nowMs)]
        : []),
      ...(reward !== undefined && entry.revoked !== undefined
        ? [rewardEvent('revoked', reward, friend, nowMs)]
        : []),
    ],
  };
};

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

const verdict = async <Answer extends object>(
  placing: Placing & { readonly request: FriendRequest },
  context: CouponContext,
  told: (use: CouponUse) => Pick<Judged<Answer>, 'answer' | 'events'>,
): Promise<Verdict<Answer>> => {
  const placed = place(placing);
  if (placed.kind === 'exhausted') {
    return placed;
  }
  const { request, view, nowMs } = placing;
  if (view.use?.status !== 'held') {
    await refuseUnsuitable(view.coupon.terms, request.customerId, context);
  }
  const joined = await withFriend(placed.entry, view.coupon, request, nowMs, context);
  const { answer, events } = told(joined.entry.use);
  return { kind: 'entry', entry: joined.entry, answer, events: [...events, ...joined.events] };
};

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
