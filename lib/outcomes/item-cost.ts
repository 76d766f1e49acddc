// What a unit of an item costs. A cost in another currency than an order's cannot be taken off that order and is not
// known there; where either names no currency they are taken to be the same. Units: major units of its currency.

import type { ItemId } from '../base/ids.ts';

export interface ItemCost {
  readonly cost: number;
  readonly currency?: string;
}

/** Undefined: not known. */
export type CostOf = (itemId: ItemId, orderCurrency: string | undefined) => number | undefined;

export const costOfItems =
  (costs: ReadonlyMap<ItemId, ItemCost>): CostOf =>
  (itemId, orderCurrency) => {
    const found = costs.get(itemId);
    const isSame =
      found?.currency === undefined || orderCurrency === undefined || found.currency === orderCurrency;
    return isSame ? found?.cost : undefined;
  };
