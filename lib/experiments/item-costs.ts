// What the items ordered cost, from the catalogue's attribute `cost`. Units: major units of the item's currency.

import type { ItemId } from '../base/ids.ts';
import type { StoredEvent } from '../events/event.ts';
import { numberOf } from '../events/meaning.ts';
import { type CostOf, costOfItems, type ItemCost } from '../outcomes/item-cost.ts';
import { foldOrders } from '../outcomes/orders.ts';
import type { CatalogStore } from '../ports.ts';

export const itemCosts = async (
  events: readonly StoredEvent[],
  catalog: Pick<CatalogStore, 'get'>,
): Promise<CostOf> => {
  const items = new Set(foldOrders(events).orders.flatMap(({ units }) => [...units.keys()]));
  return costOfItems(await costsOfItems([...items], catalog));
};

/** Of those whose cost is stated. */
export const costsOfItems = async (
  itemIds: readonly ItemId[],
  catalog: Pick<CatalogStore, 'get'>,
): Promise<ReadonlyMap<ItemId, ItemCost>> => {
  const items = await catalog.get(itemIds);
  return new Map(
    [...items].flatMap(([itemId, { attributes, currency }]) => {
      const cost = numberOf(attributes.cost);
      return cost === undefined ? [] : [[itemId, { cost, ...(currency !== undefined && { currency }) }]];
    }),
  );
};
