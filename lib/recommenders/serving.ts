// What the recommend function holds in memory: catalogue snapshot, popularity, item neighbours, fold-in data.
// Shapes: items n; neighbours at most 50 a row (CSR); ALS item factors n × d with their d × d Gramian.
// One artifact (JSON header + typed arrays), see artifact.ts. Decoding 4,000 items takes some milliseconds.

import type { ItemId, ModelVersion } from '../base/ids.ts';
import type { CatalogItem } from '../events/item.ts';
import type { FoldInEvent, RecommendOptions, Scored } from './recommender.ts';

export interface ServingModel {
  readonly modelVersion: ModelVersion;
  /** Time of the newest event the model was trained on, ms since 1970; later events are to be folded in. */
  readonly trainedAtMs: number;
  /** The catalogue as it stood at training, hidden items included. */
  readonly items: readonly CatalogItem[];
  /** Visible catalogue items, best first. */
  readonly popularity: readonly Scored[];
  /** Item-item neighbours, best first; items without any get the catalogue's most alike instead. */
  similarItems(itemId: ItemId, n: number): Scored[];
  /** The winner's answer to a history of events; an empty history gives popularity. */
  foldIn(events: readonly FoldInEvent[], n: number, options?: RecommendOptions): Scored[];
  /** Interactions seen in training; 0 for an item never seen. */
  interactionsCount(itemId: ItemId): number;
}
