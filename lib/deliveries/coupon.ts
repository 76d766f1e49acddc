// The coupon of one delivery: a new one, the code that everybody gets, or the customer's code for friends, which is
// the same each time. `isNew`: to be stored with the delivery.

import type { CouponOffer } from '../campaigns/campaign.ts';
import { emptyScene, issueCoupon, keyedBytes, needsCatalog, type OfferScene } from '../offers/issue.ts';
import type { Coupon } from '../ports.ts';
import type { Attempt } from './attempt.ts';

export interface DeliveredCoupon {
  readonly coupon: Coupon;
  readonly isNew: boolean;
}

export const offeredCoupon = async (offer: CouponOffer, attempt: Attempt): Promise<DeliveredCoupon> => {
  const { campaign, member, context } = attempt;
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
  return stored === undefined ? { coupon, isNew: true } : { coupon: stored, isNew: false };
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
