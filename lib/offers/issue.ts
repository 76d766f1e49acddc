// A new coupon for one customer of one variant. It is stored by the transaction that prepares the delivery, so a
// delivery has one coupon or none, whatever crashes.

import type { CampaignId, CustomerId, DecisionId } from '../base/ids.ts';
import type { Coupon, RandomBytes } from '../ports.ts';
import { newCode } from './code.ts';
import type { CouponOffer } from './offer.ts';

const dayMs = 86_400_000;

export interface CouponHolder {
  readonly campaignId: CampaignId;
  readonly variant: string;
  readonly decisionId: DecisionId;
  readonly customerId: CustomerId;
}

export const issueCoupon = (
  { campaignId, variant, decisionId, customerId }: CouponHolder,
  offer: CouponOffer,
  nowMs: number,
  random: RandomBytes,
): Coupon => ({
  code: newCode(random),
  campaignId,
  variant,
  decisionId,
  customerId,
  issuedAt: new Date(nowMs).toISOString(),
  expiresAt: new Date(nowMs + offer.expiresAfterDays * dayMs).toISOString(),
  redemptionsMax: offer.redemptionsPerCodeMax,
  redemptionsCount: 0,
});
