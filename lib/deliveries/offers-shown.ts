// GET /v1/users/{userId}/offers: what an app shows a customer now. In-app messages of campaigns and the customer's live
// coupons, however they were sent. The larger priority first, then the newer one; coupons that no message shows come last,
// the next to expire first. A message is not shown once it expired, its coupon is used up, revoked or of no use to the
// customer any more, they do not want such messages, or its campaign is paused or cancelled; nor is then its coupon.
// With `placement` only messages made for that place, or for none in particular.
// `promotionId` is what the app names in Promotion Viewed and Promotion Clicked. Limit: a budget of money that is used up
// is found out by a quote only.

import { z } from 'zod';
import { type CampaignId, type CustomerId, customerId } from '../base/ids.ts';
import { parseInput, placementName } from '../base/input.ts';
import { idLengthMax } from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { reachable } from '../events/consent.ts';
import type { Language } from '../events/customer.ts';
import { campaignTallyKey, customerTallyKey } from '../offers/ledger.ts';
import { offerTexts } from '../offers/texts.ts';
import type {
  CampaignStore,
  Clock,
  Coupon,
  CouponStore,
  CustomerStore,
  DeliveryStore,
  InAppOffer,
  Inbox,
} from '../ports.ts';
import { languageOf } from './compose.ts';

export interface ShownOffer {
  readonly kind: 'message' | 'coupon';
  /** Absent for coupons: nothing counts their impressions. */
  readonly promotionId?: string;
  readonly title: string;
  readonly body: string;
  readonly url?: string;
  readonly placement?: string;
  readonly coupon?: ShownCoupon;
  readonly expiresAt: string;
  readonly campaignId: string;
  readonly variant: string;
  readonly decisionId: string;
}

export interface ShownCoupon {
  readonly code: string;
  readonly expiresAt: string;
  /** Not before; absent: now. */
  readonly validFrom?: string;
  /** To be given to friends: the customer's own orders cannot use it. */
  readonly forFriends?: true;
}

export interface OffersContext {
  readonly inbox: Pick<Inbox, 'live'>;
  readonly coupons: Pick<CouponStore, 'get' | 'liveOf'>;
  readonly deliveries: Pick<DeliveryStore, 'counts'>;
  readonly campaigns: Pick<CampaignStore, 'status'>;
  readonly customers: Pick<CustomerStore, 'read'>;
  readonly clock: Clock;
  readonly settings: Pick<WorkspaceSettings, 'consentRequired'>;
}

export interface OffersRequest {
  readonly customerId: CustomerId;
  readonly placement?: string;
}

export const parseCustomerId = (userId: string): CustomerId =>
  customerId(parseInput(z.string().min(1).max(idLengthMax), userId, 'userId'));

export const parseOffersRequest = (
  userId: string,
  query: { readonly [name: string]: string | undefined },
): OffersRequest => ({
  customerId: parseCustomerId(userId),
  ...parseInput(z.strictObject({ placement: placementName.optional() }), query, 'query'),
});

export const offersShown = async (
  { customerId: id, placement }: OffersRequest,
  context: OffersContext,
): Promise<readonly ShownOffer[]> => {
  const nowMs = context.clock.nowMs();
  const [offers, own, { profile }] = await Promise.all([
    context.inbox.live(id, nowMs),
    context.coupons.liveOf(id, nowMs),
    context.customers.read(id),
  ]);
  const [shared, running] = await Promise.all([
    sharedCoupons(offers, own, nowMs, context),
    runningCampaigns(offers, context),
  ]);
  const usable = await usableCoupons([...own, ...shared], id, context);
  const messages = offers
    .filter(({ purpose }) => reachable(profile, 'in-app', purpose, context.settings) === undefined)
    .filter(({ couponCode }) => couponCode === undefined || usable.has(couponCode))
    .filter(({ campaignId }) => running.has(campaignId))
    .filter((offer) => placement === undefined || placement === (offer.placement ?? placement))
    .toSorted((a, b) => b.priority - a.priority || (newness(a) < newness(b) ? 1 : -1));
  const spokenFor = new Set(offers.map(({ couponCode }) => couponCode));
  const language = languageOf(profile);
  return [
    ...messages.map((offer) => ofMessage(offer, usable.get(offer.couponCode ?? ''))),
    ...own
      .filter(({ code }) => usable.has(code) && !spokenFor.has(code))
      .map((coupon) => ofCoupon(coupon, language)),
  ];
};

/** One code for everybody stands in nobody's list. */
const sharedCoupons = async (
  offers: readonly InAppOffer[],
  own: readonly Coupon[],
  nowMs: number,
  { coupons }: OffersContext,
): Promise<readonly Coupon[]> => {
  const known = new Set(own.map(({ code }) => code));
  const codes = new Set(
    offers.flatMap(({ couponCode }) =>
      couponCode === undefined || known.has(couponCode) ? [] : [couponCode],
    ),
  );
  const found = await Promise.all([...codes].map((code) => coupons.get(code)));
  return found
    .filter((coupon) => coupon !== undefined)
    .filter(({ customerId: owner, advocateId }) => owner === undefined && advocateId === undefined)
    .filter(({ revokedAt, expiresAt }) => revokedAt === undefined && Date.parse(expiresAt) > nowMs);
};

const runningCampaigns = async (
  offers: readonly InAppOffer[],
  { campaigns }: OffersContext,
): Promise<ReadonlySet<CampaignId>> => {
  const ids = [...new Set(offers.map(({ campaignId }) => campaignId))];
  const statuses = await Promise.all(ids.map((id) => campaigns.status(id)));
  return new Set(ids.filter((_, index) => ['running', 'finished'].includes(statuses[index] ?? '')));
};

/** By code; without those that were redeemed as often as this customer, or all together, may. */
const usableCoupons = async (
  coupons: readonly Coupon[],
  id: CustomerId,
  { deliveries }: OffersContext,
): Promise<ReadonlyMap<string, Coupon>> => {
  const keys = coupons.flatMap((coupon) => [customerTallyKey(coupon, id), campaignTallyKey(coupon)]);
  const counts = keys.length === 0 ? new Map<string, number>() : await deliveries.counts([...new Set(keys)]);
  const isLeft = (coupon: Coupon): boolean => {
    const { redemptionsMax = Number.POSITIVE_INFINITY, redemptionsCount, terms } = coupon;
    const { redemptionsPerCustomerMax, redemptionsTotalMax = Number.POSITIVE_INFINITY } = terms;
    const byCustomer = counts.get(customerTallyKey(coupon, id)) ?? 0;
    const byAll = counts.get(campaignTallyKey(coupon)) ?? 0;
    return (
      redemptionsCount < redemptionsMax &&
      byAll < redemptionsTotalMax &&
      (coupon.advocateId !== undefined || byCustomer < redemptionsPerCustomerMax)
    );
  };
  return new Map(coupons.filter(isLeft).map((coupon) => [coupon.code, coupon]));
};

const newness = ({ createdAt, deliveryId }: InAppOffer): string => `${createdAt} ${deliveryId}`;

const ofMessage = (offer: InAppOffer, coupon: Coupon | undefined): ShownOffer => ({
  kind: 'message',
  promotionId: offer.deliveryId,
  title: offer.title,
  body: offer.body,
  ...(offer.url !== undefined && { url: offer.url }),
  ...(offer.placement !== undefined && { placement: offer.placement }),
  ...(coupon !== undefined && { coupon: shownCoupon(coupon) }),
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
    coupon: shownCoupon(coupon),
    expiresAt: coupon.expiresAt,
    campaignId: coupon.campaignId,
    variant: coupon.variant,
    decisionId: coupon.decisionId,
  };
};

const shownCoupon = ({ code, expiresAt, validFrom, advocateId }: Coupon): ShownCoupon => ({
  code,
  expiresAt,
  ...(validFrom !== undefined && { validFrom }),
  ...(advocateId !== undefined && { forFriends: true }),
});
