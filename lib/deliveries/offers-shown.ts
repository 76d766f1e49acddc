// GET /v1/users/{userId}/offers: what an app shows a customer now. In-app messages of campaigns and the customer's live
// coupons, however they were sent. The larger priority first, then the newer one; coupons that no message shows come last,
// the next to expire first. A message is not shown once it expired, its coupon is used up (its campaign's budget of money
// included), revoked or of no use to the customer any more, an item that it or its coupon names does not suit the
// customer any more, they do not want such messages, or its campaign is paused or cancelled; nor is then its coupon.
// With `placement` only messages made for that place, or for none in particular.
// `promotionId` is what the app names in Promotion Viewed and Promotion Clicked.

import { z } from 'zod';
import { type CampaignId, type CustomerId, customerId } from '../base/ids.ts';
import { parseInput, placementName } from '../base/input.ts';
import { idLengthMax } from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { reachable } from '../events/consent.ts';
import type { Language } from '../events/customer.ts';
import { budgetMinor, campaignTallyKey, customerTallyKey, type Tally } from '../offers/ledger.ts';
import { toMinor } from '../offers/money.ts';
import { currencyOf } from '../offers/offer.ts';
import { itemsOffered, suitsStill } from '../offers/suits-still.ts';
import { offerTexts } from '../offers/texts.ts';
import type {
  CampaignStore,
  CatalogStore,
  Clock,
  Coupon,
  CouponStore,
  CustomerStore,
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
  readonly coupons: Pick<CouponStore, 'get' | 'liveOf' | 'tallies'>;
  readonly catalog: Pick<CatalogStore, 'get'>;
  readonly campaigns: Pick<CampaignStore, 'status'>;
  readonly customers: Pick<CustomerStore, 'read'>;
  readonly clock: Clock;
  readonly settings: Pick<WorkspaceSettings, 'consentRequired' | 'eligibilityRules'>;
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
  const coupons = [...own, ...shared];
  const [left, suits] = await Promise.all([
    leftCoupons(coupons, id, context),
    suitsStill(
      [
        ...offers.flatMap(({ itemIds = [] }) => itemIds),
        ...coupons.flatMap(({ terms }) => itemsOffered(terms)),
      ],
      profile?.traits ?? {},
      context,
    ),
  ]);
  const usable = new Map(
    left.filter(({ terms }) => suits(itemsOffered(terms))).map((coupon) => [coupon.code, coupon]),
  );
  const messages = offers
    .filter(({ purpose }) => reachable(profile, 'in-app', purpose, context.settings) === undefined)
    .filter(({ couponCode }) => couponCode === undefined || usable.has(couponCode))
    .filter(({ itemIds = [] }) => suits(itemIds))
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

/** Without those that were redeemed as often, or for as much, as this customer, or all together, may. */
const leftCoupons = async (
  coupons: readonly Coupon[],
  id: CustomerId,
  context: OffersContext,
): Promise<readonly Coupon[]> => {
  const keys = coupons.flatMap((coupon) => [customerTallyKey(coupon, id), campaignTallyKey(coupon)]);
  const tallies = keys.length === 0 ? new Map<string, Tally>() : await context.coupons.tallies(keys);
  return coupons.filter((coupon) => {
    const { redemptionsMax = Number.POSITIVE_INFINITY, redemptionsCount, terms } = coupon;
    const { redemptionsPerCustomerMax, redemptionsTotalMax = Number.POSITIVE_INFINITY } = terms;
    const byCustomer = tallies.get(customerTallyKey(coupon, id))?.count ?? 0;
    const { count, minor } = tallies.get(campaignTallyKey(coupon)) ?? { count: 0, minor: 0 };
    return (
      redemptionsCount < redemptionsMax &&
      count < redemptionsTotalMax &&
      minor + leastMinor(terms) <= (budgetMinor(terms) ?? Number.POSITIVE_INFINITY) &&
      (coupon.advocateId !== undefined || byCustomer < redemptionsPerCustomerMax)
    );
  });
};

/** What a use takes off the budget at least, but for orders worth less than the amount. What is given beside takes nothing. */
const leastMinor = (terms: Coupon['terms']): number => {
  switch (terms.discount.kind) {
    case 'amount':
      return toMinor(terms.discount.amount, currencyOf(terms));
    case 'percent':
    case 'bundle':
      return 1;
    case 'gift':
    case 'trial':
      return 0;
  }
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
