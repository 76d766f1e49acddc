// What a unit of each item ordered costs, from the catalogue's attribute `cost`. A cost in another currency than the
// orders' cannot be taken off them and is not known. Units: major units of the orders' currency.

import type { ItemId } from '../base/ids.ts';
import type { StoredEvent } from '../events/event.ts';
import { numberOf } from '../events/meaning.ts';
import { foldOrders } from '../outcomes/orders.ts';
import type { CatalogStore } from '../ports.ts';

export type CostOf = (itemId: ItemId) => number | undefined;

export const itemCosts = async (
  events: readonly StoredEvent[],
  catalog: Pick<CatalogStore, 'get'>,
): Promise<CostOf> => {
  const { orders } = foldOrders(events);
  const currencies = new Set(orders.flatMap(({ currency }) => currency ?? []));
  const items = await catalog.get([...new Set(orders.flatMap(({ units }) => [...units.keys()]))]);
  return (itemId) => {
    const item = items.get(itemId);
    const isSame = item?.currency === undefined || currencies.size === 0 || currencies.has(item.currency);
    return isSame ? numberOf(item?.attributes.cost) : undefined;
  };
};
