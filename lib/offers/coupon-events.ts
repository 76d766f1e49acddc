// The events of a coupon's life: Reprise Coupon Reserved, Redeemed, Released, Refunded, and Trial Started, which gives
// the item. One event a step, however often it is written.

import { messageId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import { sha256Hex } from '../events/canonical-json.ts';
import { type JsonObject, loopEvents, type StoredEvent } from '../events/event.ts';
import { loopEvent, loopSource } from '../events/loop-event.ts';
import type { Coupon } from '../ports.ts';
import type { CouponUse, Friendship } from './ledger.ts';
import { fromMinor } from './money.ts';

const about = (use: CouponUse, { campaignId, variant, decisionId }: Coupon): JsonObject => ({
  code: use.code,
  campaignId,
  variant,
  decisionId,
  orderId: use.orderId,
  orderValue: use.orderValue,
  discountAmount: fromMinor(use.discountMinor, use.currency),
  ...(use.currency !== undefined && { currency: use.currency }),
});

export const reservedEvent = (use: CouponUse, coupon: Coupon, nowMs: number): StoredEvent =>
  loopEvent({
    event: loopEvents.couponReserved,
    identity: [use.code, use.orderId, String(use.revision)],
    customerId: use.customerId,
    at: new Date(nowMs).toISOString(),
    nowMs,
    properties: { ...about(use, coupon), heldUntil: use.heldUntil ?? '' },
  });

export const redeemedEvents = (use: CouponUse, coupon: Coupon, nowMs: number): readonly StoredEvent[] => {
  const at = new Date(nowMs).toISOString();
  const redeemed = loopEvent({
    event: loopEvents.couponRedeemed,
    identity: [use.code, use.orderId],
    customerId: use.customerId,
    at,
    nowMs,
    properties: about(use, coupon),
  });
  return [redeemed, ...use.gives.flatMap((gift) => trialStarted(gift, use, coupon, at))];
};

/** An event of the customer's like those of apps, so that everything that reads behaviour sees it. */
const trialStarted = (
  { itemId, days }: CouponUse['gives'][number],
  { code, orderId, customerId }: CouponUse,
  { campaignId }: Coupon,
  at: string,
): readonly StoredEvent[] =>
  days === undefined
    ? []
    : [
        {
          messageId: messageId(`reprise-${sha256Hex(JSON.stringify(['trial', code, orderId])).slice(0, 40)}`),
          type: 'track',
          event: 'Trial Started',
          userId: customerId,
          timestamp: at,
          receivedAt: at,
          source: loopSource,
          properties: {
            product_id: itemId,
            days,
            ends_at: new Date(Date.parse(at) + days * dayMs).toISOString(),
            coupon: code,
            campaignId,
            orderId,
          },
          traits: {},
          context: {},
        },
      ];

export const releasedEvent = (
  use: CouponUse,
  coupon: Coupon,
  reason: 'released' | 'expired',
  nowMs: number,
): StoredEvent =>
  loopEvent({
    event: loopEvents.couponReleased,
    identity: [use.code, use.orderId, String(use.revision)],
    customerId: use.customerId,
    at: new Date(nowMs).toISOString(),
    nowMs,
    properties: { ...about(use, coupon), reason },
  });

export const refundedEvent = (
  use: CouponUse,
  coupon: Coupon,
  givenBackMinor: number,
  nowMs: number,
): StoredEvent =>
  loopEvent({
    event: loopEvents.couponRefunded,
    identity: [use.code, use.orderId, String(use.revision)],
    customerId: use.customerId,
    at: new Date(nowMs).toISOString(),
    nowMs,
    properties: {
      ...about(use, coupon),
      discountGivenBack: fromMinor(givenBackMinor, use.currency),
      whole: use.status === 'refunded',
    },
  });

export const friendReferredEvent = (
  { friendId, advocateId, code, orderId }: Friendship,
  { campaignId, variant, decisionId }: Coupon,
  nowMs: number,
): StoredEvent =>
  loopEvent({
    event: loopEvents.friendReferred,
    identity: [friendId],
    customerId: friendId,
    at: new Date(nowMs).toISOString(),
    nowMs,
    properties: { code, advocateId, orderId, campaignId, variant, decisionId },
  });

/** Of the advocate's. */
export const rewardEvent = (
  kind: 'given' | 'revoked',
  reward: Coupon,
  { friendId, orderId }: Pick<Friendship, 'friendId' | 'orderId'>,
  nowMs: number,
): StoredEvent =>
  loopEvent({
    event: kind === 'given' ? loopEvents.rewardGiven : loopEvents.rewardRevoked,
    identity: [reward.code],
    customerId: reward.customerId ?? friendId,
    at: new Date(nowMs).toISOString(),
    nowMs,
    properties: {
      code: reward.code,
      validFrom: reward.validFrom ?? reward.issuedAt,
      expiresAt: reward.expiresAt,
      friendId,
      orderId,
      campaignId: reward.campaignId,
      variant: reward.variant,
      decisionId: reward.decisionId,
    },
  });
