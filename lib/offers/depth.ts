// How deep a percentage goes for one customer: the deepest within [percentMin, percent] at which no eligible item that
// they can still buy is sold below cost × (1 + margin). p ≤ 1 − cost (1 + m) / price, the smallest over the items,
// in whole percent, rounded down. Items that cannot stand even percentMin do not set the depth: at redemption each line
// stops at its own floor (discount.ts), so nothing is sold below it in any case.
// Source of costs: the catalogue item's attribute `cost`, per unit, in the item's currency.

import type { ItemId } from '../base/ids.ts';
import type { CatalogItem } from '../events/item.ts';
import { isEligible } from './eligible.ts';
import type { CouponOffer, Margin } from './offer.ts';

/** The percentage to issue; `items`: what can be bought by this customer now. */
export const chosenPercent = (
  { percent, percentMin }: { readonly percent: number; readonly percentMin?: number },
  { eligibleItems, margin }: Pick<CouponOffer, 'eligibleItems' | 'margin'>,
  items: readonly CatalogItem[],
): number => {
  if (percentMin === undefined) {
    return percent;
  }
  const allowed = items
    .filter((item) => isEligible(item.itemId, item, eligibleItems))
    .flatMap((item) => deepestPercent(item, margin) ?? [])
    .filter((deepest) => deepest >= percentMin);
  return Math.min(percent, ...allowed);
};

/** Undefined where price or cost is not known: such an item has no depth of its own. */
const deepestPercent = (item: CatalogItem, margin: Margin | undefined): number | undefined => {
  const floor = floorPrice(item, margin, item.currency);
  return item.price === undefined || item.price <= 0 || floor.kind !== 'at-least'
    ? undefined
    : Math.max(0, Math.floor((1 - floor.price / item.price) * 100 + 1e-9));
};

export type Floor =
  /** May be sold at this price a unit and no lower. */
  | { readonly kind: 'at-least'; readonly price: number }
  | { readonly kind: 'none' }
  /** The cost is not known, and the offer does not discount such items. */
  | { readonly kind: 'not-discounted' };

export const floorPrice = (
  item: CatalogItem | undefined,
  margin: Margin | undefined,
  currency: string | undefined,
): Floor => {
  const cost = item?.attributes.cost;
  const isComparable = item?.currency === undefined || currency === undefined || item.currency === currency;
  if (typeof cost === 'number' && cost >= 0 && isComparable) {
    return { kind: 'at-least', price: cost * (1 + (margin?.share ?? 0)) };
  }
  return margin?.withoutCost === 'not-discounted' ? { kind: 'not-discounted' } : { kind: 'none' };
};

/** What this customer can still buy, by what they own for good. */
export const buyable = (
  items: readonly CatalogItem[],
  owns: (itemId: ItemId) => boolean,
): readonly CatalogItem[] =>
  items.filter((item) => !item.hidden && !(item.repurchase.kind === 'once' && owns(item.itemId)));
