// A new coupon: its code by the offer's pattern and the terms as they are for this customer now.
// It is stored by the transaction that prepares the delivery, so a delivery has one coupon or none, whatever crashes.

import { createHmac } from 'node:crypto';
import type { CampaignId, CustomerId, DecisionId, ItemId } from '../base/ids.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Coupon, RandomBytes } from '../ports.ts';
import { newCode } from './code.ts';
import { buyable, chosenPercent } from './depth.ts';
import {
  type CouponOffer,
  type Discount,
  expiryMs,
  type IssuedTerms,
  namedItems,
  type OfferTerms,
} from './offer.ts';

export interface CouponHolder {
  readonly campaignId: CampaignId;
  readonly variant: string;
  readonly decisionId: DecisionId;
  readonly customerId: CustomerId;
}

/** What the terms are read from: the catalogue, and what the customer owns. */
export interface OfferScene {
  readonly item: (itemId: ItemId) => CatalogItem | undefined;
  readonly visible: () => readonly CatalogItem[];
  readonly owns: (itemId: ItemId) => boolean;
}

export const emptyScene: OfferScene = { item: () => undefined, visible: () => [], owns: () => false };

/** Whether a coupon's terms depend on the catalogue; without, it need not be read. */
export const needsCatalog = (offer: OfferTerms): boolean =>
  namedItems(offer).length > 0 ||
  (offer.discount.kind === 'percent' && offer.discount.percentMin !== undefined);

export const issueCoupon = (
  holder: CouponHolder,
  offer: CouponOffer,
  nowMs: number,
  random: RandomBytes,
  scene: OfferScene = emptyScene,
): Coupon => {
  const { campaignId, variant, decisionId, customerId } = holder;
  const isForFriends = offer.referral !== undefined;
  const isShared = offer.sharedCode !== undefined;
  return {
    code: offer.sharedCode ?? newCode(random, offer.codePattern),
    campaignId,
    variant,
    decisionId,
    ...(isForFriends ? { advocateId: customerId } : !isShared && { customerId }),
    issuedAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(expiryMs(offer, nowMs)).toISOString(),
    ...(!isShared && !isForFriends && { redemptionsMax: offer.redemptionsPerCodeMax }),
    redemptionsCount: 0,
    terms: termsOf(offer, scene),
  };
};

/** Copies the terms, the percentage chosen; what only matters for issuing stays behind. */
export const termsOf = (
  offer: OfferTerms & { readonly referral?: IssuedTerms['referral'] },
  scene: OfferScene,
): IssuedTerms => {
  const titles = namedItems(offer).flatMap((id) => {
    const title = scene.item(id)?.title;
    return title === undefined ? [] : [[id, title] as const];
  });
  const { currency, minimumSpend, eligibleItems, margin, stacking, budget, referral } = offer;
  const { redemptionsPerCustomerMax, redemptionsTotalMax } = offer;
  return {
    discount: issuedDiscount(offer, scene),
    ...(currency !== undefined && { currency }),
    ...(minimumSpend !== undefined && { minimumSpend }),
    ...(eligibleItems !== undefined && { eligibleItems }),
    ...(margin !== undefined && { margin }),
    redemptionsPerCustomerMax,
    ...(redemptionsTotalMax !== undefined && { redemptionsTotalMax }),
    ...(budget !== undefined && { budget }),
    ...(stacking !== undefined && { stacking }),
    ...(titles.length > 0 && { titles: Object.fromEntries(titles) }),
    ...(referral !== undefined && { referral }),
  };
};

const issuedDiscount = (offer: OfferTerms, scene: OfferScene): Discount => {
  const { discount } = offer;
  return discount.kind === 'percent'
    ? { kind: 'percent', percent: chosenPercent(discount, offer, buyable(scene.visible(), scene.owns)) }
    : discount;
};

/**
 * Randomness for a code that must come out the same each time it is made: a customer has one code a campaign to give
 * to friends, and one reward a friend. Nobody without the workspace's secret can compute it (HMAC-SHA-256).
 */
export const keyedBytes = (secret: string, ...identity: readonly string[]): RandomBytes => ({
  bytes: (count) => createHmac('sha256', secret).update(JSON.stringify(identity)).digest().subarray(0, count),
});
