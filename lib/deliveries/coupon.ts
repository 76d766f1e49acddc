// The coupon of one delivery: a new one, the code that everybody gets, or the customer's code for friends, which is
// the same each time. `isNew`: to be stored with the delivery.

import type { CouponOffer } from '../campaigns/campaign.ts';
import { emptyScene, issueCoupon, keyedBytes, needsCatalog, type OfferScene } from '../offers/issue.ts';
import { namesItems, suitableOffer } from '../offers/suitable.ts';
import type { Coupon } from '../ports.ts';
import { obeysRules } from '../recommendations/attribute-rules.ts';
import type { Attempt } from './attempt.ts';

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
  const offer = await suited(given, attempt);
  if (offer === undefined) {
    return 'not-suitable';
  }
  const random =
    offer.referral === undefined
      ? context.random
      : keyedBytes(context.linkSecret, 'referral', campaign.campaignId, member.customerId);
  const coupon = issueCoupon(
    { ...member, campaignId: campaign.campaignId, variant: member.arm },
    offer,
    context.clock.nowMs(),
    random,
    needsCatalog(offer) ? await sceneOf(attempt) : emptyScene,
  );
  const isShared = offer.sharedCode !== undefined || offer.referral !== undefined;
  const stored = isShared ? await context.coupons.get(coupon.code) : undefined;
  if (stored !== undefined && stored.campaignId !== campaign.campaignId) {
    throw new Error(`the code ${coupon.code} belongs to campaign ${stored.campaignId}`);
  }
  return stored === undefined ? { coupon, isNew: true } : { coupon: stored, isNew: false };
};

/** Without rules, and for an offer that names nothing, the catalogue is not read. */
const suited = async (
  offer: CouponOffer,
  { profile, context }: Attempt,
): Promise<CouponOffer | undefined> => {
  const rules = context.settings.eligibilityRules;
  if (rules.length === 0 || !namesItems(offer)) {
    return offer;
  }
  const assortment = await context.assortment();
  return suitableOffer(offer, {
    obeys: obeysRules(rules, profile?.traits ?? {}),
    item: (id) => assortment.item(id),
    visible: () => assortment.visible(),
  });
};

const sceneOf = async ({ record, context }: Attempt): Promise<OfferScene> => {
  const assortment = await context.assortment();
  const owned = new Map(Object.entries(record.state?.owned ?? {}));
  return {
    item: (id) => assortment.item(id),
    visible: () => assortment.visible(),
    owns: (id) => {
      const of = owned.get(id);
      return of !== undefined && of.purchasedAtMs > (of.refundedAtMs ?? 0);
    },
  };
};
