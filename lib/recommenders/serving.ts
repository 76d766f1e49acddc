// What the recommend function holds in memory: catalogue snapshot, popularity, item neighbours, fold-in data.
// Shapes: items n; neighbours at most 50 a row, nearest first; the model's own arrays without what it keeps of customers.
// Made from a saved model: its fold-in arrays without the customers' histories, and item-item cosine neighbours
// whatever the model is. One artifact (artifact.ts) of at most servingBytesMax.

import { Failure } from '../base/errors.ts';
import { itemId as asItemId, type ItemId, type ModelVersion } from '../base/ids.ts';
import { servingBytesMax } from '../base/model-limits.ts';
import type { CatalogItem } from '../events/item.ts';
import { decodeArtifact, encodeArtifact, float64, int32 } from './artifact.ts';
import type { EventWeighting } from './event-weights.ts';
import { foldedHistory } from './history.ts';
import { type Answering, becauseWith, foldInWith, itemTable, modelParts } from './indexed.ts';
import { neighbourArrays, neighboursFrom } from './item-knn.ts';
import type { Neighbours } from './item-knn-similarity.ts';
import { kindOf } from './models.ts';
import type { FoldInEvent, Recipe, RecommendOptions, Scored } from './recommender.ts';

export interface ServingModel {
  readonly modelVersion: ModelVersion;
  /** Events and catalogue changes after this may not be in the model, ms since 1970; later events are to be folded in. */
  readonly trainedAtMs: number;
  /** The catalogue as it stood at training, hidden items included. */
  readonly items: readonly CatalogItem[];
  /** Visible catalogue items, best first. */
  readonly popularity: readonly Scored[];
  /** Visible item-item neighbours by behaviour, best first; none for an item hardly anyone took. */
  similarItems(itemId: ItemId, n: number): Scored[];
  /** The winner's answer to a history of events among visible items; an empty history gives popularity. */
  foldIn(events: readonly FoldInEvent[], n: number, options?: RecommendOptions): Scored[];
  /**
   * For a history, which of its items adds most to an item's score (undefined: none adds); undefined as a whole for a
   * model that cannot tell.
   */
  because(events: readonly FoldInEvent[]): ((itemId: ItemId) => ItemId | undefined) | undefined;
  /** False where the model answers every history alike, as popularity does. */
  readonly isPersonal: boolean;
  /** Interactions seen in training; 0 for an item never seen. */
  interactionsCount(itemId: ItemId): number;
  /** Sum of the interactions of all items. */
  readonly interactionsTotal: number;
}

interface ServingHeader {
  readonly modelVersion: ModelVersion;
  readonly trainedAtMs: number;
  readonly recipe: Recipe;
  readonly items: readonly CatalogItem[];
  readonly itemIds: readonly string[];
  readonly nowMs: number;
  readonly weighting?: EventWeighting;
  readonly extra?: unknown;
}

export interface ServingInput {
  readonly modelVersion: ModelVersion;
  readonly trainedAtMs: number;
  readonly items: readonly CatalogItem[];
  /** Of the model's items, in its order. */
  readonly neighbours: Neighbours;
  /** By item id. */
  readonly interactionCounts: ReadonlyMap<string, number>;
}

/** From the bytes of Recommender.save(). */
export const encodeServing = (
  model: Uint8Array,
  input: ServingInput,
  bytesMax = servingBytesMax,
): Uint8Array => {
  const { header: trained, popularity, scorerArrays } = modelParts(model);
  const { recipe, items: itemIds, nowMs, weighting, extra } = trained;
  const header: ServingHeader = {
    modelVersion: input.modelVersion,
    trainedAtMs: input.trainedAtMs,
    recipe,
    items: input.items,
    itemIds,
    nowMs,
    weighting,
    extra,
  };
  const counts = Int32Array.from(itemIds, (id) => input.interactionCounts.get(id) ?? 0);
  const bytes = encodeArtifact({
    header,
    arrays: { popularity, counts, ...neighbourArrays('similar', input.neighbours), ...scorerArrays },
  });
  if (bytes.length > bytesMax) {
    throw tooLarge(recipe.model, bytes.length, bytesMax);
  }
  return bytes;
};

const tooLarge = (model: string, bytes: number, bytesMax: number): Failure =>
  new Failure('invalid', {
    code: 'serving-too-large',
    message: 'The model does not fit the memory of the function that would serve it.',
    received: `${model}: ${bytes} bytes, at most ${bytesMax}`,
    action: 'Train with fewer factors or neighbours, or start the training with candidates that are smaller.',
  });

export const decodeServing = (bytes: Uint8Array): ServingModel => {
  const artifact = decodeArtifact<ServingHeader>(bytes);
  const { header } = artifact;
  const items = itemTable(header.itemIds.map(asItemId), float64(artifact, 'popularity'));
  const scorer = kindOf(header.recipe.model).load(artifact, header.recipe.params);
  const answering = { items, scorer, weighting: header.weighting, nowMs: header.nowMs };
  const neighbours = neighboursFrom(artifact, 'similar');
  const counts = int32(artifact, 'counts');
  const visible = new Set<string>(header.items.filter((item) => !item.hidden).map((item) => item.itemId));
  const indexOf = (id: string): number => items.indexOf.get(id) ?? -1;
  return {
    modelVersion: header.modelVersion,
    trainedAtMs: header.trainedAtMs,
    items: header.items,
    popularity: popularVisible(header.items, (id) => items.popularity[indexOf(id)] ?? 0),
    similarItems: (itemId, n) =>
      neighboursOf(neighbours, indexOf(itemId))
        .map(({ index, score }) => ({ itemId: items.ids[index], score }))
        .filter((scored) => visible.has(scored.itemId))
        .slice(0, n),
    foldIn: (events, n, options) =>
      foldInWith(answering, events, n, {
        ...options,
        accept: (itemId) => visible.has(itemId) && (options?.accept?.(itemId) ?? true),
      }),
    because: (events) => becauseWith(answering, events),
    isPersonal: isPersonal(answering),
    interactionsCount: (itemId) => counts[indexOf(itemId)] ?? 0,
    interactionsTotal: counts.reduce((sum, count) => sum + count, 0),
  };
};

/** One of so many of the most popular items, as a history, changes something in any model of behaviour. */
const personalItemsCount = 20;

const isPersonal = ({ items, scorer, nowMs }: Answering): boolean => {
  const scoresAfter = (events: readonly FoldInEvent[]): Float64Array => {
    const scores = new Float64Array(items.ids.length);
    scorer.scoreHistory(foldedHistory(events, items.indexOf, nowMs), scores);
    return scores;
  };
  const plain = scoresAfter([]);
  return Array.from(items.order.subarray(0, personalItemsCount), (index) => items.ids[index]).some((itemId) =>
    scoresAfter([{ itemId, value: 1, atMs: nowMs }]).some((score, index) => score !== plain[index]),
  );
};

export const neighboursOf = (
  { rowStart, columnIndex, value }: Neighbours,
  item: number,
): readonly { readonly index: number; readonly score: number }[] => {
  if (item < 0) {
    return [];
  }
  const from = rowStart[item];
  return Array.from(columnIndex.subarray(from, rowStart[item + 1]), (index, place) => ({
    index,
    score: value[from + place],
  }));
};

/** Ties by id: items that nobody took yet come last, in an order that stays. */
const popularVisible = (items: readonly CatalogItem[], scoreOf: (id: string) => number): Scored[] =>
  items
    .filter((item) => !item.hidden)
    .map((item) => ({ itemId: item.itemId, score: scoreOf(item.itemId) }))
    .sort((a, b) => b.score - a.score || (a.itemId < b.itemId ? -1 : 1));
