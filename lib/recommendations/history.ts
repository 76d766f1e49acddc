// What a customer did with which items, from the fresh state: for fold-in, for neighbours and for reasons.
// One entry an item, newest first. A refunded purchase did not happen; impressions are ours, not the customer's;
// ratings are left to the training, since the fresh state does not tell a good one from a bad one.

import { type ItemId, itemId as toItemId } from '../base/ids.ts';
import { interactionWeights } from '../dataset/weights.ts';
import type { CustomerState } from '../events/customer.ts';
import type { InteractionType } from '../events/event.ts';
import { isHeld } from './eligibility.ts';

export type Involvement = 'bought' | 'finished' | 'viewed';

export interface HistoryItem {
  readonly itemId: ItemId;
  /** The most that happened: finishing tells more than buying, and buying more than looking. */
  readonly involvement: Involvement;
  /** Sum of the weights of what happened, as in training. */
  readonly weight: number;
  /** When something last happened with it. */
  readonly atMs: number;
}

const order: readonly Involvement[] = ['viewed', 'bought', 'finished'];

const involvementOf: { readonly [type in InteractionType]?: Involvement } = {
  view: 'viewed',
  wishlist: 'viewed',
  cart: 'viewed',
  start: 'viewed',
  share: 'viewed',
  complete: 'finished',
};

export const historyOf = (state: CustomerState | undefined): ReadonlyMap<ItemId, HistoryItem> => {
  const history = new Map<ItemId, HistoryItem>();
  const add = (itemId: ItemId, involvement: Involvement, weight: number, atMs: number): void => {
    const known = history.get(itemId) ?? { itemId, involvement, weight: 0, atMs };
    history.set(itemId, {
      itemId,
      involvement:
        order.indexOf(known.involvement) > order.indexOf(involvement) ? known.involvement : involvement,
      weight: known.weight + weight,
      atMs: Math.max(known.atMs, atMs),
    });
  };
  for (const { type, itemId, atMs } of state?.events ?? []) {
    const involvement = involvementOf[type];
    if (involvement) add(itemId, involvement, interactionWeights[type], atMs);
  }
  // Purchases are taken from here and not from the events: this side knows of refunds and forgets later.
  for (const [id, owned] of Object.entries(state?.owned ?? {})) {
    if (isHeld(owned)) add(toItemId(id), 'bought', interactionWeights.purchase, owned.purchasedAtMs);
  }
  const newestFirst = [...history.values()].sort((a, b) => b.atMs - a.atMs || (a.itemId < b.itemId ? -1 : 1));
  return new Map(newestFirst.map((entry) => [entry.itemId, entry]));
};
