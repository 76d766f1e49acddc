// GET /v1/users/{userId}/offers: what an app shows a customer now. In-app messages of campaigns, unless the customer does
// not want such messages or their coupon is used up, and the customer's live coupons, however they were sent. The larger
// priority first, then the newer one; coupons that no message shows come last, the next to expire first.
// `promotionId` is what the app names in Promotion Viewed and Promotion Clicked.

import { z } from 'zod';
import { type CustomerId, customerId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { idLengthMax } from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { reachable } from '../events/consent.ts';
import type { Language } from '../events/customer.ts';
import { offerTexts } from '../offers/texts.ts';
import type { Clock, Coupon, CouponStore, CustomerStore, InAppOffer, Inbox } from '../ports.ts';
import { languageOf } from './compose.ts';

export interface ShownOffer {
  readonly kind: 'message' | 'coupon';
  /** Absent for coupons: nothing counts their impressions. */
  readonly promotionId?: string;
  readonly title: string;
  readonly body: string;
  readonly url?: string;
  readonly coupon?: { readonly code: string; readonly expiresAt: string };
  readonly expiresAt: string;
  readonly campaignId: string;
  readonly variant: string;
  readonly decisionId: string;
}

export interface OffersContext {
  readonly inbox: Pick<Inbox, 'live'>;
  readonly coupons: Pick<CouponStore, 'get' | 'liveOf'>;
  readonly customers: Pick<CustomerStore, 'read'>;
  readonly clock: Clock;
  readonly settings: Pick<WorkspaceSettings, 'consentRequired'>;
}

export const parseCustomerId = (userId: string): CustomerId =>
  customerId(parseInput(z.string().min(1).max(idLengthMax), userId, 'userId'));

export const offersShown = async (
  id: CustomerId,
  { inbox, coupons, customers, clock, settings }: OffersContext,
): Promise<readonly ShownOffer[]> => {
  const nowMs = clock.nowMs();
  const [offers, live, { profile }] = await Promise.all([
    inbox.live(id, nowMs),
    coupons.liveOf(id, nowMs),
    customers.read(id),
  ]);
  const own = new Map(live.filter(isLeft).map((coupon) => [coupon.code, coupon]));
  const messages = offers
    .filter(({ purpose }) => reachable(profile, 'in-app', purpose, settings) === undefined)
    .filter(({ couponCode }) => couponCode === undefined || own.has(couponCode))
    .toSorted((a, b) => b.priority - a.priority || (a.createdAt < b.createdAt ? 1 : -1));
  const shown = new Set(messages.map(({ couponCode }) => couponCode));
  const language = languageOf(profile);
  return [
    ...messages.map(ofMessage),
    ...[...own.values()].filter(({ code }) => !shown.has(code)).map((coupon) => ofCoupon(coupon, language)),
  ];
};

/** Redeemed as often as it may be, it is an offer no more. */
const isLeft = ({ redemptionsMax, redemptionsCount }: Coupon): boolean =>
  redemptionsMax === undefined || redemptionsCount < redemptionsMax;

const ofMessage = (offer: InAppOffer): ShownOffer => ({
  kind: 'message',
  promotionId: offer.deliveryId,
  title: offer.title,
  body: offer.body,
  ...(offer.url !== undefined && { url: offer.url }),
  ...(offer.couponCode !== undefined && { coupon: { code: offer.couponCode, expiresAt: offer.expiresAt } }),
  expiresAt: offer.expiresAt,
  campaignId: offer.campaignId,
  variant: offer.variant,
  decisionId: offer.decisionId,
});

const ofCoupon = (coupon: Coupon, language: Language): ShownOffer => {
  const { discountText, minimumSpendText, eligibleItemsText } = offerTexts(coupon.terms, language);
  return {
    kind: 'coupon',
    title: discountText,
    body: [minimumSpendText, eligibleItemsText].filter((text) => text !== '').join(' · '),
    coupon: { code: coupon.code, expiresAt: coupon.expiresAt },
    expiresAt: coupon.expiresAt,
    campaignId: coupon.campaignId,
    variant: coupon.variant,
    decisionId: coupon.decisionId,
  };
};
