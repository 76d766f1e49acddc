// Revenue less what the items cost, of one customer's orders. Orders with an item whose cost is not known are left out of
// the sum and counted. Units: major units of the orders' currency, summed in hundredths.

import type { CostOf } from './item-cost.ts';
import { hundredths } from './money.ts';
import type { Order } from './orders.ts';

export const marginOf = (
  orders: readonly Order[],
  costOf: CostOf = () => undefined,
): { readonly margin: number; readonly ordersOfUnknownCost: number } => {
  let [margin, ordersOfUnknownCost] = [0, 0];
  for (const { value, units, currency } of orders) {
    const costs = [...units].map(([itemId, count]) => (costOf(itemId, currency) ?? Number.NaN) * count);
    const cost = costs.reduce((sum, each) => sum + hundredths(each), 0);
    if (costs.length === 0 || Number.isNaN(cost)) {
      ordersOfUnknownCost++;
    } else {
      margin += hundredths(value) - cost;
    }
  }
  return { margin: margin / 100, ordersOfUnknownCost };
};
