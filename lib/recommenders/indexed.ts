// The shell around every model: ids and indexes, histories, popularity for ties, exclusion, saving.
// recommend() answers from the stored history as foldIn() does from events, so both agree; a model that keeps
// something of its customers (scoreCustomer) may differ.

import { customerId as asCustomerId, itemId as asItemId, type CustomerId, type ItemId } from '../base/ids.ts';
import type { Interactions } from '../dataset/interaction.ts';
import type { CatalogItem } from '../events/item.ts';
import { allFinite } from '../numeric/matrix.ts';
import type { SparseMatrix } from '../numeric/sparse.ts';
import { type Artifact, decodeArtifact, encodeArtifact, float32, float64, int32, uint8 } from './artifact.ts';
import {
  type FeatureLists,
  featureArrays,
  featureLists,
  featureListsFrom,
  featuresOf,
} from './customer-features.ts';
import { strongestItem } from './explanation.ts';
import { eventsByCustomer, foldedHistory, pairsOf, storedHistory } from './history.ts';
import type { CustomerEvents, ModelKind, Scorer, Tools } from './model.ts';
import { descending, type RankedItems, topScored } from './ranking.ts';
import type {
  CustomerFeatures,
  FoldInEvent,
  Recipe,
  Recommender,
  RecommendOptions,
  Scored,
} from './recommender.ts';
import { type CustomerRows, nearestCustomers } from './similar-customers.ts';

export interface ItemTable extends RankedItems {
  readonly indexOf: ReadonlyMap<string, number>;
  readonly popularity: Float64Array;
}

interface Fitted {
  readonly recipe: Recipe;
  readonly customers: ReadonlyMap<string, number>;
  readonly pairs: SparseMatrix;
  readonly events?: CustomerEvents;
  readonly features?: FeatureLists;
  readonly items: ItemTable;
  readonly scorer: Scorer;
  readonly nowMs: number;
}

interface ModelHeader {
  readonly recipe: Recipe;
  readonly customers: readonly string[];
  readonly items: readonly string[];
  readonly nowMs: number;
  readonly extra?: unknown;
  readonly customerArrays?: readonly string[];
  readonly features?: readonly string[];
}

export const itemTable = (ids: readonly ItemId[], popularity: Float64Array): ItemTable => ({
  ids,
  indexOf: new Map(ids.map((id, index) => [id, index])),
  popularity,
  order: descending(popularity),
});

export const indexedRecommender = (recipe: Recipe, kind: ModelKind, tools: Tools): Recommender =>
  around(recipe, kind, tools, undefined);

/** The model that `save()` wrote; it may be fitted anew. */
export const loadIndexed = (
  model: Uint8Array,
  kindOf: (model: string) => ModelKind,
  tools: Tools,
): Recommender => {
  const { header, pairs, popularity, artifact } = modelParts(model);
  const { recipe } = header;
  const kind = kindOf(recipe.model);
  return around(recipe, kind, tools, {
    recipe,
    customers: new Map(header.customers.map((id, index) => [id, index])),
    pairs,
    events: kind.history === 'events' ? eventsIn(artifact) : undefined,
    features: featureListsFrom(artifact, header.features),
    items: itemTable(header.items.map(asItemId), popularity),
    scorer: kind.load(artifact, recipe.params),
    nowMs: header.nowMs,
  });
};

/** A saved model taken apart: what every model has, and the arrays of its own kind that fold-in needs. */
export const modelParts = (model: Uint8Array) => {
  const artifact = decodeArtifact<ModelHeader>(model);
  const { header } = artifact;
  const pairs: SparseMatrix = {
    rows: header.customers.length,
    columns: header.items.length,
    rowStart: int32(artifact, 'pairs.rowStart'),
    columnIndex: int32(artifact, 'pairs.columnIndex'),
    value: float32(artifact, 'pairs.value'),
  };
  const isLeftOut = (name: string): boolean =>
    /^(pairs|events|features)\./.test(name) ||
    name === 'popularity' ||
    (header.customerArrays?.includes(name) ?? false);
  const scorerArrays = Object.fromEntries(
    Object.entries(artifact.arrays).filter(([name]) => !isLeftOut(name)),
  );
  return { header, pairs, popularity: float64(artifact, 'popularity'), scorerArrays, artifact };
};

const eventsIn = (artifact: Artifact<ModelHeader>): CustomerEvents => ({
  rowStart: int32(artifact, 'events.rowStart'),
  items: int32(artifact, 'events.items'),
  atMs: float64(artifact, 'events.atMs'),
  types: uint8(artifact, 'events.types'),
  values: float32(artifact, 'events.values'),
});

const dayMs = 86_400_000;
export const halfLifeDaysDefault = 30;

/** Σ value × 2^(−age / half-life) per item; ages before `nowMs`, never negative. */
export const decayedPopularity = (
  interactions: Interactions,
  nowMs: number,
  halfLifeDays: number,
  itemsCount = interactions.items.length,
): Float64Array => {
  const popularity = new Float64Array(itemsCount);
  for (let row = 0; row < interactions.value.length; row++) {
    const ageDays = Math.max(0, nowMs - interactions.atMs[row]) / dayMs;
    popularity[interactions.itemIndex[row]] += interactions.value[row] * 2 ** (-ageDays / halfLifeDays);
  }
  return popularity;
};

interface FitInput {
  readonly interactions: Interactions;
  readonly catalogue: ReadonlyMap<string, CatalogItem>;
  readonly nowMs: number;
  readonly features: CustomerFeatures;
}

const fitAll = (input: FitInput, recipe: Recipe, kind: ModelKind, tools: Tools): Fitted => {
  const { interactions, catalogue, nowMs, features } = input;
  const seen = new Set<string>(interactions.items);
  const ids = [
    ...interactions.items,
    ...[...catalogue.values()].map((item) => item.itemId).filter((id) => !seen.has(id)),
  ];
  const { halfLifeDays } = recipe.params;
  const popularity = decayedPopularity(
    interactions,
    nowMs,
    typeof halfLifeDays === 'number' ? halfLifeDays : halfLifeDaysDefault,
    ids.length,
  );
  const pairs = pairsOf(interactions, ids.length);
  if (!allFinite(pairs.value) || !allFinite(popularity)) {
    throw new RangeError(`${recipe.model}: the interactions hold a value or time that is not a number`);
  }
  let known: CustomerEvents | undefined;
  const events = (): CustomerEvents => {
    known ??= eventsByCustomer(interactions);
    return known;
  };
  const scorer = kind.fit(
    {
      interactions,
      pairs,
      events,
      popularity,
      catalogue: ids.map((id) => catalogue.get(id)),
      customerFeatures: interactions.customers.map((id) => features.get(id) ?? []),
      nowMs,
      tools,
    },
    recipe.params,
  );
  return {
    recipe,
    customers: new Map(interactions.customers.map((id, index) => [id, index])),
    pairs,
    events: kind.history === 'events' ? events() : undefined,
    features: featureLists(interactions.customers, features),
    items: itemTable(ids, popularity),
    scorer,
    nowMs,
  };
};

const around = (recipe: Recipe, kind: ModelKind, tools: Tools, loaded: Fitted | undefined): Recommender => {
  let current = loaded;
  let customerRows: CustomerRows | undefined;
  const fitted = (): Fitted => {
    if (current === undefined) {
      throw new Error(`${recipe.model}: fit() comes before any answer`);
    }
    return current;
  };
  /** `scores` comes filled with zeros. */
  const score = (customerId: CustomerId, scores: Float64Array): void => {
    const { customers, pairs, events, features, scorer, nowMs } = fitted();
    const customer = customers.get(customerId) ?? -1;
    const history = storedHistory(pairs, events, customer, nowMs, featuresOf(features, customer));
    if (customer >= 0 && scorer.scoreCustomer !== undefined) {
      scorer.scoreCustomer(customer, history, scores);
    } else {
      scorer.scoreHistory(history, scores);
    }
  };
  const recommend = (
    customerId: CustomerId,
    n: number,
    options: RecommendOptions | undefined,
    scores: Float64Array,
  ): Scored[] => {
    score(customerId, scores);
    return topScored(scores, fitted().items, n, options);
  };
  return {
    name: recipe.model,
    fit: (interactions, catalogue, nowMs, features = new Map()) => {
      customerRows = undefined;
      current = fitAll({ interactions, catalogue, nowMs, features }, recipe, kind, tools);
    },
    recommend: (customerId, n, options) =>
      recommend(customerId, n, options, new Float64Array(fitted().items.ids.length)),
    recommendAll: function* (n, optionsOf) {
      const { customers, items } = fitted();
      const scores = new Float64Array(items.ids.length);
      for (const id of customers.keys()) {
        const customerId = asCustomerId(id);
        scores.fill(0);
        yield [customerId, recommend(customerId, n, optionsOf?.(customerId), scores)];
      }
    },
    rankedItems: () => fitted().items,
    scoreEach: function* (customerIds) {
      const scores = new Float64Array(fitted().items.ids.length);
      for (const customerId of customerIds) {
        scores.fill(0);
        score(customerId, scores);
        yield scores;
      }
    },
    foldIn: (events, n, options) => foldInWith(fitted(), events, n, options),
    because: (customerId, ids) => {
      const { customers, pairs, events, nowMs } = fitted();
      const customer = customers.get(customerId) ?? -1;
      const strongest = strongestItem(fitted(), storedHistory(pairs, events, customer, nowMs));
      return strongest && ids.map(strongest);
    },
    similarItems: (itemId, n) => similarWith(fitted(), itemId, n),
    similarCustomers: (customerId, n) => {
      const { customers, pairs, scorer } = fitted();
      customerRows ??= { ids: [...customers.keys()], pairs, vectors: scorer.customerVectors };
      return nearestCustomers(customerRows, customers.get(customerId) ?? -1, n);
    },
    save: () => encodeArtifact(modelArtifact(fitted())),
  };
};

export type Answering = Pick<Fitted, 'items' | 'scorer' | 'nowMs'>;

export const foldInWith = (
  { items, scorer, nowMs }: Answering,
  ...[events, n, options]: Parameters<Recommender['foldIn']>
): ReturnType<Recommender['foldIn']> => {
  const scores = new Float64Array(items.ids.length);
  scorer.scoreHistory(foldedHistory(events, items.indexOf, nowMs, options?.features), scores);
  return topScored(scores, items, n, options);
};

export const becauseWith = (
  { items, scorer, nowMs }: Answering,
  events: readonly FoldInEvent[],
): ((itemId: ItemId) => ItemId | undefined) | undefined =>
  strongestItem({ items, scorer }, foldedHistory(events, items.indexOf, nowMs));

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

const modelArtifact = ({
  recipe,
  customers,
  pairs,
  events,
  features,
  items,
  scorer,
  nowMs,
}: Fitted): Artifact<ModelHeader> => ({
  header: {
    recipe,
    customers: [...customers.keys()],
    items: items.ids,
    nowMs,
    extra: scorer.extra,
    customerArrays: scorer.customerArrays,
    features: features?.names,
  },
  arrays: {
    'pairs.rowStart': pairs.rowStart,
    'pairs.columnIndex': pairs.columnIndex,
    'pairs.value': pairs.value,
    ...(events && {
      'events.rowStart': events.rowStart,
      'events.items': events.items,
      'events.atMs': events.atMs,
      'events.types': events.types,
      'events.values': events.values,
    }),
    ...featureArrays(features),
    popularity: items.popularity,
    ...scorer.arrays,
  },
});
