// One interface for every model (after implicit's fit(user_items), recommend(user, N)).
// A model that diverged or holds NaN throws; it never serves.

import type { CustomerId, ItemId } from '../base/ids.ts';
import type { Interactions } from '../dataset/interaction.ts';
import type { CatalogItem } from '../events/item.ts';

export interface Scored {
  readonly itemId: ItemId;
  readonly score: number;
}

export interface RecommendOptions {
  /** Items never to return (owned, hidden, excluded). */
  readonly exclude?: ReadonlySet<string>;
  /** Keep only items this accepts. */
  readonly accept?: (itemId: ItemId) => boolean;
}

/** One behaviour to fold into a model without training: an item and its weight. */
export interface FoldInEvent {
  readonly itemId: ItemId;
  readonly value: number;
  readonly atMs: number;
}

export interface Recommender {
  readonly name: string;
  /** Trains. `nowMs` is the end of the training period (decay is measured from it). */
  fit(interactions: Interactions, items: ReadonlyMap<string, CatalogItem>, nowMs: number): void;
  /** Best first; at most n; unknown customers get the model's answer to an empty history. */
  recommend(customerId: CustomerId, n: number, options?: RecommendOptions): Scored[];
  /** The answer for a history given as events, for customers the model has not seen or has seen less of. */
  foldIn(events: readonly FoldInEvent[], n: number, options?: RecommendOptions): Scored[];
  /** Best first, never the item itself. */
  similarItems(itemId: ItemId, n: number): Scored[];
  /** Everything needed to serve again, as bytes (JSON header + typed arrays). */
  save(): Uint8Array;
}

/** A recipe fully describes a model before training; the manifest keeps it. */
export interface Recipe {
  readonly model: string;
  readonly params: { readonly [name: string]: number | string | boolean };
}
