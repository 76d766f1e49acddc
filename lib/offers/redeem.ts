// Redeems a coupon on an order: checks, then one transaction over code, customer, campaign and idempotency key.
// The same key answers the first redemption for ever, even after the code expired or was used up.
// Coupons of a cancelled campaign are honoured: the customer holds what was promised.

import { Failure, shown } from '../base/errors.ts';
import type { CustomerId } from '../base/ids.ts';
import { loopEvents } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import type { Clock, Coupon, CouponStore, EventQueue, Redemption, RedemptionLimits } from '../ports.ts';
import { normalizeCode } from './code.ts';
import { takeoff } from './discount.ts';
import { fromMinor } from './money.ts';
import type { Discount, IssuedTerms } from './offer.ts';
import type { RedemptionRequest } from './redemption-input.ts';

export interface RedemptionAnswer {
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
  readonly redeemedAt: string;
}

export interface RedeemContext {
  readonly coupons: CouponStore;
  readonly events: EventQueue;
  readonly clock: Clock;
}

export const redeemCoupon = async (
  request: RedemptionRequest,
  context: RedeemContext,
): Promise<RedemptionAnswer> => {
  const coupon = await couponOf(request, context.coupons);
  const offer = coupon.terms;
  const first = await context.coupons.redemption(coupon.code, request.idempotencyKey);
  const redemption = first ?? (await redeemNow(request, coupon, offer, context));
  if (!isSameOrder(redemption, request)) {
    throw new Failure('conflict', {
      code: 'idempotency-key-reused',
      message: 'This Idempotency-Key was used on this code for another order.',
      received: shown({ orderId: request.orderId, orderValue: request.orderValue }),
      action: 'Use a new key for each order; repeat a request with exactly the same body.',
    });
  }
  // Also on a repeat: the first try may have ended between the transaction and this.
  await context.events.send([redeemedEvent(redemption, coupon, context.clock.nowMs())]);
  return answerOf(redemption, coupon, offer);
};

const couponOf = async (request: RedemptionRequest, coupons: CouponStore): Promise<Coupon> => {
  const code = normalizeCode(request.code);
  const coupon = code === undefined ? undefined : await coupons.get(code);
  if (coupon === undefined) {
    throw new Failure('not-found', {
      code: 'coupon-unknown',
      message: 'There is no such coupon.',
      received: shown(request.code),
      action: 'Compare the code with the one in the mail: three groups of four letters and digits.',
    });
  }
  if (coupon.customerId !== undefined && coupon.customerId !== request.customerId) {
    throw new Failure('forbidden', {
      code: 'coupon-of-another-customer',
      message: 'The coupon was given to another customer.',
      received: shown(request.customerId),
      action: 'Redeem it for the customer it was sent to.',
    });
  }
  return coupon;
};

const redeemNow = async (
  request: RedemptionRequest,
  coupon: Coupon,
  offer: IssuedTerms,
  context: RedeemContext,
): Promise<Redemption> => {
  const nowMs = context.clock.nowMs();
  if (Date.parse(coupon.expiresAt) <= nowMs) {
    throw new Failure('gone', {
      code: 'coupon-expired',
      message: `The coupon expired at ${coupon.expiresAt}.`,
      received: coupon.code,
      action: 'Take the order without it.',
    });
  }
  const redemption = redemptionOf(request, coupon, offer, nowMs);
  const result = await context.coupons.redeem(redemption, coupon, limitsOf(coupon, request.customerId));
  if (result.kind === 'exhausted') {
    throw new Failure('conflict', {
      code: `coupon-exhausted-${result.which}`,
      message: exhaustedMessages[result.which],
      received: coupon.code,
      action: 'Take the order without it.',
    });
  }
  return result.kind === 'repeated' ? result.first : redemption;
};

const exhaustedMessages = {
  code: 'This code was redeemed as often as it may be.',
  customer: 'This customer has redeemed as many coupons of this campaign as one customer may.',
  campaign: 'All redemptions of this campaign are used up.',
} as const;

const redemptionOf = (
  request: RedemptionRequest,
  coupon: Coupon,
  offer: IssuedTerms,
  nowMs: number,
): Redemption => {
  const { discount, minimumSpend } = offer;
  const { orderId, orderValue, idempotencyKey } = request;
  if (
    discount.kind === 'amount' &&
    request.currency !== undefined &&
    request.currency !== discount.currency
  ) {
    throw new Failure('invalid', {
      code: 'coupon-currency-differs',
      message: `The coupon is worth an amount in ${discount.currency}, the order is in another currency.`,
      received: request.currency,
      action: `Redeem it on an order in ${discount.currency}.`,
    });
  }
  if (minimumSpend !== undefined && orderValue < minimumSpend) {
    throw new Failure('invalid', {
      code: 'coupon-minimum-spend',
      message: `The coupon needs an order of at least ${minimumSpend}.`,
      received: orderValue,
      action: 'Raise the order to the minimum, or take it without the coupon.',
    });
  }
  const currency = request.currency ?? (discount.kind === 'amount' ? discount.currency : undefined);
  return {
    code: coupon.code,
    customerId: request.customerId,
    orderId,
    orderValue,
    ...(currency !== undefined && { currency }),
    discountAmount: fromMinor(
      takeoff(offer, { value: orderValue, currency, takenMinor: 0, takenByItem: {} }, new Map()).minor,
      currency,
    ),
    idempotencyKey,
    at: new Date(nowMs).toISOString(),
  };
};

/** Counters: `redeemed/<campaign>` and `redeemed/<campaign>/<customer>`; they are kept as long as the codes. */
const limitsOf = ({ campaignId, terms: offer }: Coupon, customerId: CustomerId): RedemptionLimits => ({
  customer: { key: `redeemed/${campaignId}/${customerId}`, max: offer.redemptionsPerCustomerMax },
  ...(offer.redemptionsTotalMax !== undefined && {
    campaign: { key: `redeemed/${campaignId}`, max: offer.redemptionsTotalMax },
  }),
});

const isSameOrder = (redemption: Redemption, request: RedemptionRequest): boolean =>
  redemption.orderId === request.orderId &&
  redemption.orderValue === request.orderValue &&
  (request.currency === undefined || request.currency === redemption.currency);

const redeemedEvent = (redemption: Redemption, coupon: Coupon, nowMs: number) =>
  loopEvent({
    event: loopEvents.couponRedeemed,
    identity: [redemption.code, redemption.idempotencyKey],
    customerId: redemption.customerId,
    at: redemption.at,
    nowMs,
    properties: {
      code: redemption.code,
      campaignId: coupon.campaignId,
      variant: coupon.variant,
      decisionId: coupon.decisionId,
      orderId: redemption.orderId,
      orderValue: redemption.orderValue,
      discountAmount: redemption.discountAmount,
      ...(redemption.currency !== undefined && { currency: redemption.currency }),
    },
  });

const answerOf = (redemption: Redemption, coupon: Coupon, offer: IssuedTerms): RedemptionAnswer => ({
  code: redemption.code,
  campaignId: coupon.campaignId,
  variant: coupon.variant,
  customerId: redemption.customerId,
  orderId: redemption.orderId,
  orderValue: redemption.orderValue,
  ...(redemption.currency !== undefined && { currency: redemption.currency }),
  discount: offer.discount,
  discountAmount: redemption.discountAmount,
  redeemedAt: redemption.at,
});
