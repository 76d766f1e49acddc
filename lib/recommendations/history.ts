// What a customer did with which items, from the fresh state: for fold-in, for neighbours, for taste and for reasons.
//   behaviourOf   every event, newest first, with its kind, weight and time, as models fold them in
//   historyOf     one entry an item, newest first
// A refunded purchase did not happen, nor what was taken out of the cart again; impressions are ours, not the customer's; ratings are left to the training,
// since the fresh state does not tell a good one from a bad one.

import { type ItemId, itemId as toItemId } from '../base/ids.ts';
import { interactionWeights } from '../dataset/weights.ts';
import { cartOf } from '../events/cart.ts';
import type { CustomerState } from '../events/customer.ts';
import type { InteractionType } from '../events/event.ts';
import type { FoldInEvent } from '../recommenders/recommender.ts';
import { isHeld, ownedItem } from './eligibility.ts';

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

export interface Behaviour extends FoldInEvent {
  readonly type: InteractionType;
}

const order: readonly Involvement[] = ['viewed', 'bought', 'finished'];

const involvementOf: { readonly [type in InteractionType]?: Involvement } = {
  view: 'viewed',
  wishlist: 'viewed',
  cart: 'viewed',
  start: 'viewed',
  share: 'viewed',
  purchase: 'bought',
  complete: 'finished',
};

export const behaviourOf = (state: CustomerState | undefined): readonly Behaviour[] => {
  const behaviour: Behaviour[] = [];
  const add = (itemId: ItemId, type: InteractionType, atMs: number): void => {
    behaviour.push({ itemId, type, atMs, value: interactionWeights[type] });
  };
  const latest = new Set<string>();
  const events = state?.events ?? [];
  const { takenBack } = cartOf(events);
  for (const event of events) {
    const { type, itemId, atMs } = event;
    if (!involvementOf[type] || takenBack.has(event)) continue;
    if (type === 'purchase') {
      // What is owned knows of refunds and forgets later: it has the last word, and adds what the events forgot.
      const owned = ownedItem(state, itemId);
      if (!isHeld(owned) || atMs <= (owned.refundedAtMs ?? Number.NEGATIVE_INFINITY)) continue;
      if (atMs === owned.purchasedAtMs) latest.add(itemId);
    }
    add(itemId, type, atMs);
  }
  for (const [id, owned] of Object.entries(state?.owned ?? {})) {
    if (isHeld(owned) && !latest.has(id)) add(toItemId(id), 'purchase', owned.purchasedAtMs);
  }
  return behaviour.sort(
    (a, b) => b.atMs - a.atMs || (a.itemId < b.itemId ? -1 : a.itemId > b.itemId ? 1 : 0),
  );
};

export const historyOf = (state: CustomerState | undefined): ReadonlyMap<ItemId, HistoryItem> => {
  const history = new Map<ItemId, HistoryItem>();
  for (const { itemId, type, value, atMs } of behaviourOf(state)) {
    const involvement = involvementOf[type] ?? 'viewed';
    const known = history.get(itemId);
    history.set(itemId, {
      itemId,
      involvement:
        known && order.indexOf(known.involvement) > order.indexOf(involvement)
          ? known.involvement
          : involvement,
      weight: (known?.weight ?? 0) + value,
      atMs: known?.atMs ?? atMs,
    });
  }
  return history;
};
