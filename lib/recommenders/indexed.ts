// The shell around every model: ids and indexes, histories, popularity for ties, exclusion, saving.
// A model inside it sees only indexes: pairs (customers × items, weight = summed event weights, at most pairWeightMax)
// and a history as (item indexes, weights). recommend() is foldIn() of the stored history, so both always agree.

import { customerId as asCustomerId, itemId as asItemId, type CustomerId, type ItemId } from '../base/ids.ts';
import { pairWeightMax } from '../base/limits.ts';
import type { Interactions } from '../dataset/interaction.ts';
import { allFinite } from '../numeric/matrix.ts';
import { type SparseMatrix, sparseFromTriplets } from '../numeric/sparse.ts';
import {
  type Artifact,
  decodeArtifact,
  encodeArtifact,
  float32,
  float64,
  int32,
  type NumberArray,
} from './artifact.ts';
import { descending, type RankedItems, topScored } from './ranking.ts';
import type { FoldInEvent, Recipe, Recommender } from './recommender.ts';

/** A trained model over indexes. `out` has one place per item and comes filled with zeros. */
export interface Scorer {
  scoreHistory(items: Int32Array, weights: Float32Array, out: Float64Array): void;
  scoreSimilar(item: number, out: Float64Array): void;
  /** What `load` needs to build the scorer again. */
  readonly arrays: { readonly [name: string]: NumberArray };
}

export type Params = Recipe['params'];

export interface ModelKind {
  readonly defaults: Params;
  /** `popularity` is one value per item, decayed to the end of training. */
  fit(pairs: SparseMatrix, popularity: Float64Array, params: Params): Scorer;
  load(artifact: Artifact<unknown>, params: Params): Scorer;
}

export interface ItemTable extends RankedItems {
  readonly indexOf: ReadonlyMap<string, number>;
  readonly popularity: Float64Array;
}

interface Fitted {
  readonly customers: ReadonlyMap<string, number>;
  readonly pairs: SparseMatrix;
  readonly items: ItemTable;
  readonly scorer: Scorer;
}

interface ModelHeader {
  readonly recipe: Recipe;
  readonly customers: readonly string[];
  readonly items: readonly string[];
}

export const itemTable = (ids: readonly ItemId[], popularity: Float64Array): ItemTable => ({
  ids,
  indexOf: new Map(ids.map((id, index) => [id, index])),
  popularity,
  order: descending(popularity),
});

export const indexedRecommender = (name: string, recipe: Recipe, kind: ModelKind): Recommender => {
  let fitted: Fitted | undefined;
  return around(
    name,
    recipe,
    () => fitted,
    (interactions, nowMs) => {
      fitted = fitAll(interactions, nowMs, recipe, kind);
    },
  );
};

/** The model that `save()` wrote; it may be fitted anew. */
export const loadIndexed = (model: Uint8Array, kindOf: (model: string) => ModelKind): Recommender => {
  const { recipe, customerIds, itemIds, pairs, popularity, artifact } = modelParts(model);
  const kind = kindOf(recipe.model);
  let fitted: Fitted = {
    customers: new Map(customerIds.map((id, index) => [id, index])),
    pairs,
    items: itemTable(itemIds.map(asItemId), popularity),
    scorer: kind.load(artifact, recipe.params),
  };
  return around(
    recipe.model,
    recipe,
    () => fitted,
    (interactions, nowMs) => {
      fitted = fitAll(interactions, nowMs, recipe, kind);
    },
  );
};

/** A saved model taken apart: what every model has, and the arrays of its own kind. */
export const modelParts = (model: Uint8Array) => {
  const artifact = decodeArtifact<ModelHeader>(model);
  const { recipe, customers: customerIds, items: itemIds } = artifact.header;
  const pairs: SparseMatrix = {
    rows: customerIds.length,
    columns: itemIds.length,
    rowStart: int32(artifact, 'pairs.rowStart'),
    columnIndex: int32(artifact, 'pairs.columnIndex'),
    value: float32(artifact, 'pairs.value'),
  };
  const scorerArrays = Object.fromEntries(
    Object.entries(artifact.arrays).filter(([name]) => !name.startsWith('pairs.') && name !== 'popularity'),
  );
  return {
    recipe,
    customerIds,
    itemIds,
    pairs,
    popularity: float64(artifact, 'popularity'),
    scorerArrays,
    artifact,
  };
};

/** A history as a sparse row: weights summed per item and bounded, unknown items left out. */
export const historyOf = (
  events: readonly FoldInEvent[],
  indexOf: ReadonlyMap<string, number>,
): { readonly items: Int32Array; readonly weights: Float32Array } => {
  const sums = new Map<number, number>();
  for (const { itemId, value } of events) {
    const index = indexOf.get(itemId);
    if (index !== undefined && value > 0) {
      sums.set(index, (sums.get(index) ?? 0) + value);
    }
  }
  const items = Int32Array.from(sums.keys()).sort();
  return { items, weights: Float32Array.from(items, (item) => Math.min(sums.get(item) ?? 0, pairWeightMax)) };
};

/** Customers × items; entries are summed weights, at most pairWeightMax. */
export const pairsOf = (interactions: Interactions): SparseMatrix => {
  const { customers, items, customerIndex, itemIndex, value } = interactions;
  const pairs = sparseFromTriplets(customers.length, items.length, customerIndex, itemIndex, value);
  return { ...pairs, value: pairs.value.map((weight) => Math.min(weight, pairWeightMax)) };
};

const dayMs = 86_400_000;
export const halfLifeDaysDefault = 30;

/** Σ value × 2^(−age / half-life) per item; ages before `nowMs`, never negative. */
export const decayedPopularity = (
  interactions: Interactions,
  nowMs: number,
  halfLifeDays: number,
): Float64Array => {
  const popularity = new Float64Array(interactions.items.length);
  for (let row = 0; row < interactions.value.length; row++) {
    const ageDays = Math.max(0, nowMs - interactions.atMs[row]) / dayMs;
    popularity[interactions.itemIndex[row]] += interactions.value[row] * 2 ** (-ageDays / halfLifeDays);
  }
  return popularity;
};

const fitAll = (interactions: Interactions, nowMs: number, recipe: Recipe, kind: ModelKind): Fitted => {
  const halfLife = recipe.params.halfLifeDays;
  const popularity = decayedPopularity(
    interactions,
    nowMs,
    typeof halfLife === 'number' ? halfLife : halfLifeDaysDefault,
  );
  const pairs = pairsOf(interactions);
  if (!allFinite(pairs.value) || !allFinite(popularity)) {
    throw new RangeError(`${recipe.model}: the interactions hold a value or time that is not a number`);
  }
  return {
    customers: new Map(interactions.customers.map((id, index) => [id, index])),
    pairs,
    items: itemTable(interactions.items, popularity),
    scorer: kind.fit(pairs, popularity, recipe.params),
  };
};

const around = (
  name: string,
  recipe: Recipe,
  current: () => Fitted | undefined,
  refit: (interactions: Interactions, nowMs: number) => void,
): Recommender => {
  const fitted = (): Fitted => {
    const model = current();
    if (model === undefined) {
      throw new Error(`${name}: fit() comes before any answer`);
    }
    return model;
  };
  return {
    name,
    fit: (interactions, _items, nowMs) => refit(interactions, nowMs),
    recommend: (customerId, n, options) => {
      const { customers, pairs, items, scorer } = fitted();
      const row = customers.get(customerId) ?? -1;
      const from = row < 0 ? 0 : pairs.rowStart[row];
      const to = row < 0 ? 0 : pairs.rowStart[row + 1];
      const scores = new Float64Array(items.ids.length);
      scorer.scoreHistory(pairs.columnIndex.subarray(from, to), pairs.value.subarray(from, to), scores);
      return topScored(scores, items, n, options);
    },
    foldIn: (events, n, options) => foldInWith(fitted(), events, n, options),
    similarItems: (itemId, n) => similarWith(fitted(), itemId, n),
    save: () => encodeArtifact(modelArtifact(fitted(), recipe)),
  };
};

type Answering = Pick<Fitted, 'items' | 'scorer'>;

export const foldInWith = (
  { items, scorer }: Answering,
  ...[events, n, options]: Parameters<Recommender['foldIn']>
): ReturnType<Recommender['foldIn']> => {
  const history = historyOf(events, items.indexOf);
  const scores = new Float64Array(items.ids.length);
  scorer.scoreHistory(history.items, history.weights, scores);
  return topScored(scores, items, n, options);
};

const similarWith = (
  { items, scorer }: Answering,
  id: ItemId,
  n: number,
): ReturnType<Recommender['similarItems']> => {
  const index = items.indexOf.get(id);
  if (index === undefined) {
    return [];
  }
  const scores = new Float64Array(items.ids.length);
  scorer.scoreSimilar(index, scores);
  return topScored(scores, items, n, { exclude: new Set([id]) });
};

const modelArtifact = (
  { customers, pairs, items, scorer }: Fitted,
  recipe: Recipe,
): Artifact<ModelHeader> => ({
  header: {
    recipe,
    customers: [...customers.keys()].map((id): CustomerId => asCustomerId(id)),
    items: items.ids,
  },
  arrays: {
    'pairs.rowStart': pairs.rowStart,
    'pairs.columnIndex': pairs.columnIndex,
    'pairs.value': pairs.value,
    popularity: items.popularity,
    ...scorer.arrays,
  },
});
