// What a campaign offers with a code: what the customer gets, on which items, how often, within which budget, until
// when. The marketer writes a CouponOffer into the campaign; when a coupon is issued, its terms are copied into the
// coupon (IssuedTerms), so that a redemption never looks into the campaign and a running promise cannot change.
// Amounts are in the major unit of their currency (12.5 is twelve euros fifty). Counts and days are whole numbers.

import type { ItemId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';

export interface PercentOff {
  readonly kind: 'percent';
  readonly percent: number;
  /** With it the depth is chosen for each customer, from `percent` down to this, as the offer's margin allows. */
  readonly percentMin?: number;
}

export interface AmountOff {
  readonly kind: 'amount';
  readonly amount: number;
  readonly currency: string;
}

export type Discount =
  | PercentOff
  | AmountOff
  /** Off these items when all of them are on the order, one of each (percent: of every complete set). */
  | { readonly kind: 'bundle'; readonly itemIds: readonly ItemId[]; readonly off: PercentOff | AmountOff }
  /** One unit free: taken off when it is a line of the order, else to be added by the shop. */
  | { readonly kind: 'gift'; readonly itemId: ItemId }
  /** The item for so many days; redeeming starts it. */
  | { readonly kind: 'trial'; readonly itemId: ItemId; readonly days: number };

/** An item is eligible when it is in one of the lists (all are, without lists) and not excepted. */
export interface EligibleItems {
  readonly itemIds?: readonly ItemId[];
  readonly categories?: readonly string[];
  readonly kinds?: readonly string[];
  readonly exceptItemIds?: readonly ItemId[];
}

/** No item is sold below cost × (1 + share); its cost is the catalogue's attribute `cost`, in the item's currency. */
export interface Margin {
  readonly share: number;
  /** What happens to items whose cost the catalogue does not state. */
  readonly withoutCost: 'discounted' | 'not-discounted';
}

/** Which other coupons may be on the same order. Both must name the other's group; absent: none. */
export interface Stacking {
  readonly group: string;
  readonly combinesWith: 'any' | readonly string[];
}

export interface OfferTerms {
  readonly discount: Discount;
  /** Of minimumSpend and budget, and of orders it may be redeemed on; an amount discount has its own. */
  readonly currency?: string;
  /** Value of the order from which it may be redeemed. */
  readonly minimumSpend?: number;
  readonly eligibleItems?: EligibleItems;
  /** Absent: nothing below its cost where that is known. */
  readonly margin?: Margin;
  /** Redemptions by one customer over all codes of this campaign. Default 1. */
  readonly redemptionsPerCustomerMax: number;
  /** Redemptions over all codes and customers of the campaign; absent: no such limit. */
  readonly redemptionsTotalMax?: number;
  /** What all redemptions of the campaign may take off together, in `currency`; absent: no such limit. */
  readonly budget?: number;
  readonly stacking?: Stacking;
}

/** When it ends: either so many days after it was issued, or one instant for all. */
export interface OfferExpiry {
  readonly expiresAfterDays?: number;
  /** ISO 8601. */
  readonly expiresAt?: string;
}

/** What the customer gets whose friend ordered. */
export type RewardOffer = OfferTerms & OfferExpiry & { readonly redemptionsPerCodeMax: number };

export interface Referral {
  readonly reward: RewardOffer;
  /** Days that the friend's first order must have stood before the reward is given; 0: at once. */
  readonly waitDays: number;
  /** Rewards for one customer in this campaign. */
  readonly rewardsMax: number;
}

export interface CouponOffer extends OfferTerms, OfferExpiry {
  /** Redemptions one code allows. Default 1; a shared or referral code has no limit of its own. */
  readonly redemptionsPerCodeMax: number;
  /** `SPRING-????-????`: each ? becomes a random letter or digit. Absent: ????-????-????. */
  readonly codePattern?: string;
  /** One code for everybody instead of one each. */
  readonly sharedCode?: string;
  /** Makes the code one that a customer gives to friends: they get this offer, the customer the reward. */
  readonly referral?: Referral;
}

/** As copied into a coupon: the percentage chosen, and the titles that texts for people need. */
export interface IssuedTerms extends OfferTerms {
  readonly titles?: { readonly [itemId: string]: string };
  readonly referral?: Referral;
}

/** The currency in which the offer counts money, if it counts any. */
export const currencyOf = ({ currency, discount }: OfferTerms): string | undefined =>
  currency ?? (discount.kind === 'bundle' ? amountCurrency(discount.off) : amountCurrency(discount));

const amountCurrency = (discount: Discount): string | undefined =>
  discount.kind === 'amount' ? discount.currency : undefined;

export const expiryMs = ({ expiresAfterDays, expiresAt }: OfferExpiry, issuedAtMs: number): number =>
  expiresAt === undefined ? issuedAtMs + (expiresAfterDays ?? 0) * dayMs : Date.parse(expiresAt);

/** The items that the offer itself names; their titles are what its texts need. */
export const namedItems = ({ discount, eligibleItems }: OfferTerms): readonly ItemId[] => [
  ...(discount.kind === 'bundle' ? discount.itemIds : []),
  ...(discount.kind === 'gift' || discount.kind === 'trial' ? [discount.itemId] : []),
  ...(eligibleItems?.itemIds ?? []),
];
