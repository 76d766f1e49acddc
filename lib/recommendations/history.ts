// What a customer did with which items, from the fresh state: for fold-in, for neighbours and for reasons.
// One entry an item, newest first. A refunded purchase did not happen; impressions are ours, not the customer's.

import { type ItemId, itemId as toItemId } from '../base/ids.ts';
import type { CustomerState } from '../events/customer.ts';
import type { InteractionType } from '../events/event.ts';
import { isHeld } from './eligibility.ts';

export type Involvement = 'bought' | 'finished' | 'viewed';

export interface HistoryItem {
  readonly itemId: ItemId;
  /** The most that happened: finishing tells more than buying, and buying more than looking. */
  readonly involvement: Involvement;
  /** When something last happened with it. */
  readonly atMs: number;
}

/** What one item of the history weighs in fold-in; a purchase tells about five times what a look tells. */
export const involvementWeight: { readonly [involvement in Involvement]: number } = {
  viewed: 1,
  bought: 5,
  finished: 5,
};

const order: readonly Involvement[] = ['viewed', 'bought', 'finished'];

const involvementOf: { readonly [type in InteractionType]?: Involvement } = {
  view: 'viewed',
  wishlist: 'viewed',
  cart: 'viewed',
  start: 'viewed',
  rate: 'viewed',
  share: 'viewed',
  complete: 'finished',
};

export const historyOf = (state: CustomerState | undefined): ReadonlyMap<ItemId, HistoryItem> => {
  const history = new Map<ItemId, HistoryItem>();
  const add = (itemId: ItemId, involvement: Involvement, atMs: number): void => {
    const known = history.get(itemId);
    history.set(itemId, {
      itemId,
      involvement:
        known && order.indexOf(known.involvement) > order.indexOf(involvement)
          ? known.involvement
          : involvement,
      atMs: Math.max(known?.atMs ?? atMs, atMs),
    });
  };
  for (const event of state?.events ?? []) {
    const involvement = involvementOf[event.type];
    if (involvement) add(event.itemId, involvement, event.atMs);
  }
  for (const [id, owned] of Object.entries(state?.owned ?? {})) {
    if (isHeld(owned)) add(toItemId(id), 'bought', owned.purchasedAtMs);
  }
  const newestFirst = [...history.values()].sort((a, b) => b.atMs - a.atMs || (a.itemId < b.itemId ? -1 : 1));
  return new Map(newestFirst.map((entry) => [entry.itemId, entry]));
};
