// Which items an offer is for.

import type { CatalogItem } from '../events/item.ts';
import type { EligibleItems } from './offer.ts';

/** An item that the catalogue does not know is eligible only where every item is, or where it is named. */
export const isEligible = (
  itemId: string,
  item: CatalogItem | undefined,
  { itemIds, categories, kinds, exceptItemIds }: EligibleItems = {},
): boolean => {
  if (exceptItemIds?.some((id) => id === itemId)) {
    return false;
  }
  if (itemIds === undefined && categories === undefined && kinds === undefined) {
    return true;
  }
  return (
    itemIds?.some((id) => id === itemId) === true ||
    (item !== undefined &&
      (categories?.some((category) => item.category.includes(category)) === true ||
        kinds?.includes(item.kind) === true))
  );
};
