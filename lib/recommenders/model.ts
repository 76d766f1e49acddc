// What a model is inside the shell (indexed.ts): it sees indexes, never ids. Customers 0 … customers − 1, items
// 0 … items − 1: first the items of the interactions in their order, then catalogue items nobody touched yet.

import type { ItemId } from '../base/ids.ts';
import type { Interactions } from '../dataset/interaction.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Kernels } from '../numeric/kernels.ts';
import type { SparseMatrix } from '../numeric/sparse.ts';
import type { Artifact, NumberArray } from './artifact.ts';
import type { ExternalFactors } from './external-factors.ts';
import type { Recipe } from './recommender.ts';

export type Params = Recipe['params'];

/** What a customer did, as a sparse row (distinct items, ascending) and, where the kind asks for them, as events. */
export interface History {
  readonly items: Int32Array;
  /** Summed event weights, at most pairWeightMax. */
  readonly weights: Float32Array;
  /** Oldest first; empty unless the kind says `history: 'events'`. */
  readonly events: EventRows;
  /** Names of the customer's features. Default: nothing is known. */
  readonly features?: readonly string[];
  /** The moment the answer is for: the end of training, or of the history where that is later. */
  readonly nowMs: number;
}

/** Parallel columns, one entry an event. */
export interface EventRows {
  readonly items: Int32Array;
  readonly atMs: Float64Array;
  /** Index into interactionTypes. */
  readonly types: Uint8Array;
  readonly values: Float32Array;
}

/** The events of every customer, oldest first; those of customer c at rowStart[c] … rowStart[c + 1] − 1. */
export interface CustomerEvents extends EventRows {
  readonly rowStart: Int32Array;
}

export interface TrainingData {
  readonly interactions: Interactions;
  /** Customers × items; entries are summed event weights, at most pairWeightMax. */
  readonly pairs: SparseMatrix;
  /** Made when first asked for: 17 bytes an event. */
  readonly events: () => CustomerEvents;
  /** Σ value × 2^(−age / half-life), one per item. */
  readonly popularity: Float64Array;
  /** By item index. */
  readonly itemIds: readonly ItemId[];
  /** By item index; undefined where the catalogue does not know the item. */
  readonly catalogue: readonly (CatalogItem | undefined)[];
  /** By customer index: feature names; empty where nothing is known. */
  readonly customerFeatures: readonly (readonly string[])[];
  readonly nowMs: number;
  readonly tools: Tools;
}

/** What a fit may use of the machine. */
export interface Tools {
  /** Kernels with their threads; the same results with any number of them. */
  readonly kernels: () => Kernels;
  /** Told after each epoch (or part of equal size). */
  readonly progress: (progress: Progress) => void;
  /** Factors trained elsewhere, by folder: what recipes of `external` name. Default: none. */
  readonly external?: ReadonlyMap<string, ExternalFactors>;
}

export interface Progress {
  readonly model: string;
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** What the model minimises, per interaction, where it is known; comparable within one fit. */
  readonly loss?: number;
}

/** A trained model over indexes. `out` has one place per item and comes filled with zeros. */
export interface Scorer {
  scoreHistory(history: History, out: Float64Array): void;
  /** For models that keep something of the customers they were trained on. Default: scoreHistory of the history. */
  scoreCustomer?(customer: number, history: History, out: Float64Array): void;
  scoreSimilar(item: number, out: Float64Array): void;
  /**
   * For a history, what each of its items (by place in `history.items`) adds to an item's score; `out` comes filled
   * with zeros. Models that cannot tell leave it out: reasons then come from item-item neighbours.
   */
  explain?(history: History): (item: number, out: Float64Array) => void;
  /** Customers × d (float32), compared by cosine for similarCustomers. Default: the rows of `pairs`. */
  readonly customerVectors?: Float32Array;
  /** For models whose score is an inner product: what the top-N kernels need; the same scores as scoreHistory's. */
  readonly factors?: Factors;
  /** What `load` needs to build the scorer again. */
  readonly arrays: { readonly [name: string]: NumberArray };
  /**
   * Names among `arrays` that only scoreCustomer and customerVectors need: the serving artifact, which answers from
   * histories alone, is without them, and `load` has to do without them.
   */
  readonly customerArrays?: readonly string[];
  /** JSON that `load` needs beside the arrays. */
  readonly extra?: unknown;
}

/** The score of an item is the inner product of its row and the customer's vector (float32). */
export interface Factors {
  /** Items × stride, padded with zeros. */
  readonly items: Float32Array;
  /** Floats a row, a multiple of 4. */
  readonly stride: number;
  /** The first columns of a row that say what the item is like: similarItems is then their cosine. Default: scoreSimilar. */
  readonly likenessColumns?: number;
  /** The customer's vector into `out` (stride places); zeros where the history says nothing. */
  embed(history: History, out: Float32Array): void;
  /**
   * The vectors of all rows of `pairs` (rows × stride), in the memory of `kernels`, allocated there, equal to embed()'s
   * one by one. Default: embed() one by one.
   */
  embedAll?(kernels: Kernels, pairs: SparseMatrix): Float32Array;
}

export interface ModelKind {
  readonly defaults: Params;
  /** Writes out what nested recipes leave to their models' defaults. Default: nothing is nested. */
  complete?(params: Params): Params;
  /** Whether histories come with their events. Default 'weights': without. */
  readonly history?: 'weights' | 'events';
  fit(data: TrainingData, params: Params): Scorer;
  /** Builds the scorer from what it saved. `artifact.header.extra` is the scorer's. */
  load(artifact: Artifact<{ readonly extra?: unknown }>, params: Params): Scorer;
}
