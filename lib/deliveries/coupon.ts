// The coupon of one delivery: a new one, the code that everybody gets, or the customer's code for friends, which is
// the same each time. `isNew`: to be stored with the delivery.

import type { CouponOffer } from '../campaigns/campaign.ts';
import { issueCoupon, keyedBytes } from '../offers/issue.ts';
import type { Coupon } from '../ports.ts';
import type { Attempt } from './attempt.ts';
import { asksCatalogue, offeredTerms } from './offered-terms.ts';

export interface DeliveredCoupon {
  readonly coupon: Coupon;
  readonly isNew: boolean;
}

/** `not-suitable`: the workspace's rules keep what it offers from this customer. */
export const offeredCoupon = async (
  given: CouponOffer,
  attempt: Attempt,
): Promise<DeliveredCoupon | 'not-suitable'> => {
  const { campaign, member, context, reward } = attempt;
  if (reward !== undefined) {
    return { coupon: reward, isNew: false };
  }
  const rules = context.settings.eligibilityRules;
  const record = { ...attempt.record, profile: attempt.profile };
  const assortment = asksCatalogue(given, rules) ? await context.assortment() : undefined;
  const offered = offeredTerms(given, record, rules, assortment);
  if (offered === undefined) {
    return 'not-suitable';
  }
  const { offer, scene } = offered;
  const random =
    offer.referral === undefined
      ? context.random
      : keyedBytes(context.linkSecret, 'referral', campaign.campaignId, member.customerId);
  const coupon = issueCoupon(
    { ...member, campaignId: campaign.campaignId, variant: member.arm },
    offer,
    context.clock.nowMs(),
    random,
    scene,
  );
  const isShared = offer.sharedCode !== undefined || offer.referral !== undefined;
  const stored = isShared ? await context.coupons.get(coupon.code) : undefined;
  if (stored !== undefined && stored.campaignId !== campaign.campaignId) {
    throw new Error(`the code ${coupon.code} belongs to campaign ${stored.campaignId}`);
  }
  return stored === undefined ? { coupon, isNew: true } : { coupon: stored, isNew: false };
};
