// One interface for every model (after implicit's fit(user_items), recommend(user, N)).
// A model that diverged or holds NaN throws; it never serves. `loadRecommender` (models.ts) is the other end of save().

import type { CustomerId, ItemId } from '../base/ids.ts';
import type { Interactions } from '../dataset/interaction.ts';
import type { InteractionType } from '../events/event.ts';
import type { CatalogItem } from '../events/item.ts';
import type { RankedItems } from './ranking.ts';

export interface Scored {
  readonly itemId: ItemId;
  readonly score: number;
}

export interface ScoredCustomer {
  readonly customerId: CustomerId;
  readonly score: number;
}

export interface RecommendOptions {
  /** Items never to return (owned, hidden, excluded). */
  readonly exclude?: ReadonlySet<string>;
  /** Leave out the items of the history that the answer is made from. Default false. */
  readonly excludeHistory?: boolean;
  /** Keep only items this accepts: a function of the item alone, asked only of items that could be answered. */
  readonly accept?: (itemId: ItemId) => boolean;
  /** foldIn: names of the customer's features, as given to fit(). Default: nothing is known. */
  readonly features?: readonly string[];
}

/** One behaviour to fold into a model without training: an item and its weight. */
export interface FoldInEvent {
  readonly itemId: ItemId;
  readonly value: number;
  readonly atMs: number;
  /** Default: a purchase. Models that tell kinds of behaviour apart use it. */
  readonly type?: InteractionType;
}

/** What is known of a customer beside behaviour: names of features such as `language=zh-CN`. */
export type CustomerFeatures = ReadonlyMap<string, readonly string[]>;

export interface Recommender {
  readonly name: string;
  /**
   * Trains. `items` is the catalogue: items that nobody touched yet are recommended by what is known of them.
   * `nowMs` is the end of the training period (decay is measured from it). `customers`: features by customer id, also of
   * customers without interactions.
   */
  fit(
    interactions: Interactions,
    items: ReadonlyMap<string, CatalogItem>,
    nowMs: number,
    customers?: CustomerFeatures,
  ): void;
  /** Best first; at most n; unknown customers get the model's answer to an empty history. */
  recommend(customerId: CustomerId, n: number, options?: RecommendOptions): Scored[];
  /** recommend() for every customer of the training, in its order. */
  recommendAll(
    n: number,
    optionsOf?: (customerId: CustomerId) => RecommendOptions,
  ): Iterable<readonly [CustomerId, Scored[]]>;
  /** The items it ranks, by index. */
  rankedItems(): RankedItems;
  /**
   * The score of every item by place (rankedItems().order), for each of the customers in turn; read before the next.
   * `features`: of customers that the training does not know.
   */
  scoreEach(
    customers: Iterable<CustomerId>,
    features?: CustomerFeatures,
  ): Iterable<Float64Array | Float32Array>;
  /** The answer for a history given as events, for customers the model has not seen or has seen less of. */
  foldIn(events: readonly FoldInEvent[], n: number, options?: RecommendOptions): Scored[];
  /**
   * For each of the items, the one of the customer's history that adds most to its score (undefined: none adds);
   * undefined as a whole for a model that cannot tell.
   */
  because(customerId: CustomerId, items: readonly ItemId[]): readonly (ItemId | undefined)[] | undefined;
  /** Best first, never the item itself. */
  similarItems(itemId: ItemId, n: number): Scored[];
  /** Customers of the training who are most like this one, best first, never the customer; none for an unknown one. */
  similarCustomers(customerId: CustomerId, n: number): ScoredCustomer[];
  /** Everything needed to serve again, as bytes (JSON header + typed arrays). */
  save(): Uint8Array;
}

/** A recipe fully describes a model before training; the manifest keeps it. */
export interface Recipe {
  readonly model: string;
  readonly params: { readonly [name: string]: RecipeValue };
}

/** Plain JSON, so that a recipe may hold recipes (the hybrid's). */
export type RecipeValue =
  | number
  | string
  | boolean
  | readonly RecipeValue[]
  | { readonly [name: string]: RecipeValue };
