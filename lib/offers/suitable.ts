// An offer as it suits one customer: nothing that the workspace's eligibility rules keep from them (an item above their
// risk tolerance) is offered, neither as a gift, a trial or part of a bundle nor among the items a code is for.
//   items by name        those that suit stay; none left: no offer
//   categories, kinds    what does not suit there is excepted by name; more of it than fits a coupon: no offer
//   everything           stays: it names nothing, and what the customer then sees and buys is under the rules itself
// One code for everybody, or for friends, has one set of terms, so it is not narrowed: it is offered to those whom all
// of it suits, a referral's reward included.

import type { ItemId } from '../base/ids.ts';
import { offerExceptionsCountMax } from '../base/limits.ts';
import type { CatalogItem } from '../events/item.ts';
import type { CouponOffer, EligibleItems, OfferTerms } from './offer.ts';

export interface SuitableContext {
  readonly obeys: (item: CatalogItem) => boolean;
  readonly item: (itemId: ItemId) => CatalogItem | undefined;
  readonly visible: () => readonly CatalogItem[];
}

/** Undefined: it does not suit. An item that left the catalogue cannot be judged and suits nobody. */
export const suitableOffer = (offer: CouponOffer, context: SuitableContext): CouponOffer | undefined => {
  const suits = (itemId: ItemId): boolean => {
    const item = context.item(itemId);
    return item !== undefined && context.obeys(item);
  };
  const suitsWhole = (terms: OfferTerms): boolean =>
    givenItems(terms).every(suits) &&
    (terms.eligibleItems === undefined ||
      narrowedItems(terms.eligibleItems, suits, context) === terms.eligibleItems);
  if (!givenItems(offer).every(suits) || !rewardsOf(offer).every(suitsWhole)) {
    return undefined;
  }
  const { eligibleItems } = offer;
  if (eligibleItems === undefined) {
    return offer;
  }
  const narrowed = narrowedItems(eligibleItems, suits, context);
  const isOneForAll = offer.sharedCode !== undefined || offer.referral !== undefined;
  if (narrowed === eligibleItems) {
    return offer;
  }
  return narrowed === undefined || isOneForAll ? undefined : { ...offer, eligibleItems: narrowed };
};

/** What the customer gets whose friend ordered is offered to them by the same message. */
const rewardsOf = ({ referral }: CouponOffer): readonly OfferTerms[] =>
  referral === undefined ? [] : [referral.reward];

/** Whether anything of it could be unsuitable. */
export const namesItems = (offer: CouponOffer): boolean =>
  [offer, ...rewardsOf(offer)].some(
    (terms) => givenItems(terms).length > 0 || terms.eligibleItems !== undefined,
  );

/** What the offer gives, or sells as one: nothing of it can be left out. */
export const givenItems = ({ discount }: OfferTerms): readonly ItemId[] => {
  switch (discount.kind) {
    case 'bundle':
      return discount.itemIds;
    case 'gift':
    case 'trial':
      return [discount.itemId];
    case 'percent':
    case 'amount':
      return [];
  }
};

/** The very same when all of it suits; undefined when nothing is left. */
const narrowedItems = (
  items: EligibleItems,
  suits: (itemId: ItemId) => boolean,
  { visible, obeys }: SuitableContext,
): EligibleItems | undefined => {
  const { itemIds = [], categories = [], kinds = [], exceptItemIds = [] } = items;
  const named = itemIds.filter(suits);
  const inGroups = visible().filter(
    ({ itemId, category, kind }) =>
      !exceptItemIds.includes(itemId) &&
      (kinds.includes(kind) || category.some((one) => categories.includes(one))),
  );
  const excepted = inGroups.filter((item) => !obeys(item)).map(({ itemId }) => itemId);
  const isLimited = itemIds.length + categories.length + kinds.length > 0;
  if (isLimited && named.length === 0 && excepted.length === inGroups.length) {
    return undefined;
  }
  if (named.length === itemIds.length && excepted.length === 0) {
    return items;
  }
  if (exceptItemIds.length + excepted.length > offerExceptionsCountMax) {
    return undefined;
  }
  return {
    ...items,
    ...(items.itemIds && { itemIds: named }),
    ...(excepted.length > 0 && { exceptItemIds: [...exceptItemIds, ...excepted] }),
  };
};
