// The cart as a function of the set of a customer's fresh events, in any order of arrival. Of each item, by time:
//   added      so many units more (Product Added; 1 where no quantity is stated)
//   counted    so many units and no other (Checkout Started; a removal without a quantity: none)
//   removed    so many units fewer, never below none (Product Removed)
//   purchased  none
// What a customer took out again says nothing for the item: `takenBack` names those additions; additions that led to
// a purchase stand. lib/dataset/cart-statements.ts computes the same over the archive.
// Limits: an addition forgotten by the fresh state (limits.ts) is not in the cart; what removes it then removes nothing.

import type { ItemId } from '../base/ids.ts';
import type { FreshEvent } from './customer.ts';

export interface CartItem {
  readonly itemId: ItemId;
  /** Above 0. */
  readonly units: number;
  /** When it was put there last. */
  readonly atMs: number;
}

export interface Cart {
  /** What was put there last comes first. */
  readonly items: readonly CartItem[];
  /** Additions of items that the customer took out again, all units of them. */
  readonly takenBack: ReadonlySet<FreshEvent>;
}

export const cartOf = (events: readonly FreshEvent[]): Cart => {
  const takenBack = new Set<FreshEvent>();
  const items: CartItem[] = [];
  const moves = events.filter(({ type }) => stepOf.has(type));
  for (const [itemId, ofItem] of Map.groupBy(moves, (event) => event.itemId)) {
    let units = 0;
    let additions: FreshEvent[] = [];
    for (const event of ofItem.toSorted(byTime)) {
      units = unitsAfter(units, event);
      if (event.type === 'cart') {
        additions.push(event);
      }
      if (units <= 0) {
        for (const addition of event.type === 'removal' ? additions : []) takenBack.add(addition);
        additions = [];
      }
    }
    const last = additions.at(-1);
    if (last !== undefined) {
      items.push({ itemId, units, atMs: last.atMs });
    }
  }
  return { items: items.sort((a, b) => b.atMs - a.atMs || (a.itemId < b.itemId ? -1 : 1)), takenBack };
};

const unitsAfter = (units: number, { type, quantity = 1, isTotal }: FreshEvent): number => {
  if (type === 'purchase') {
    return 0;
  }
  if (isTotal) {
    return Math.max(0, quantity);
  }
  return Math.max(0, units + (type === 'removal' ? -1 : 1) * Math.max(0, quantity));
};

/** At the same time an addition comes before a removal, and both before the purchase. */
const stepOf: ReadonlyMap<FreshEvent['type'], number> = new Map([
  ['cart', 0],
  ['removal', 1],
  ['purchase', 2],
]);

const byTime = (a: FreshEvent, b: FreshEvent): number =>
  a.atMs - b.atMs ||
  (stepOf.get(a.type) ?? 0) - (stepOf.get(b.type) ?? 0) ||
  Number(a.isTotal ?? false) - Number(b.isTotal ?? false) ||
  (a.messageId < b.messageId ? -1 : Number(a.messageId > b.messageId));
