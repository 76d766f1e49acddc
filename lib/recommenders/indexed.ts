// The shell around every model: ids and indexes, histories, popularity for ties, exclusion, saving.
// recommend() answers from the stored history as foldIn() does from events, so both agree; a model that keeps
// something of its customers (scoreCustomer) may differ.

import { customerId as asCustomerId, itemId as asItemId, type CustomerId, type ItemId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import type { Interactions } from '../dataset/interaction.ts';
import type { CatalogItem } from '../events/item.ts';
import { allFinite } from '../numeric/matrix.ts';
import type { SparseMatrix } from '../numeric/sparse.ts';
import { type Artifact, decodeArtifact, encodeArtifact, float32, float64, int32, uint8 } from './artifact.ts';
import {
  type FeatureHeader,
  type FeatureLists,
  featureArrays,
  featureHeader,
  featureLists,
  featureListsFrom,
  featuresOf,
} from './customer-features.ts';
import {
  type EventWeighting,
  eventWeighting,
  weighedEvents,
  withRecency,
  withTypeWeights,
} from './event-weights.ts';
import { strongestItem } from './explanation.ts';
import { factorScores } from './factor-scores.ts';
import { eventsByCustomer, foldedHistory, pairsOf, storedHistory } from './history.ts';
import type { CustomerEvents, History, ModelKind, Scorer, Tools } from './model.ts';
import { paramsReader } from './params.ts';
import { descending, inOrder, type RankedItems, topScored } from './ranking.ts';
import { factorRecommendAll } from './recommend-all.ts';
import type { CustomerFeatures, FoldInEvent, Recipe, Recommender } from './recommender.ts';
import { type NearestCustomers, nearestCustomers } from './similar-customers.ts';

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
  readonly weighting?: EventWeighting;
  readonly nowMs: number;
}

interface ModelHeader {
  readonly recipe: Recipe;
  readonly customers: readonly string[];
  readonly items: readonly string[];
  readonly nowMs: number;
  readonly weighting?: EventWeighting;
  readonly extra?: unknown;
  readonly customerArrays?: readonly string[];
  readonly features?: FeatureHeader;
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
    features: featureListsFrom(artifact, header.features, header.customers.length),
    items: itemTable(header.items.map(asItemId), popularity),
    scorer: kind.load(artifact, recipe.params),
    weighting: header.weighting,
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

export const halfLifeDaysDefault = 30;

/** Of the popularity that any model falls back to: any recipe may state it. */
export const halfLifeDaysOf = ({ model, params }: Recipe): number =>
  params.halfLifeDays === undefined
    ? halfLifeDaysDefault
    : paramsReader(model, params).number('halfLifeDays', 0.01);

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
  const { catalogue, nowMs, features } = input;
  const weighting = eventWeighting(recipe.model, recipe.params, input.interactions, nowMs);
  const typed = weighting ? withTypeWeights(input.interactions, weighting) : input.interactions;
  const interactions = weighting ? withRecency(typed, weighting, nowMs) : typed;
  const seen = new Set<string>(interactions.items);
  const ids = [
    ...interactions.items,
    ...[...catalogue.values()].map((item) => item.itemId).filter((id) => !seen.has(id)),
  ];
  const popularity = decayedPopularity(typed, nowMs, halfLifeDaysOf(recipe), ids.length);
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
      itemIds: ids,
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
    weighting,
    nowMs,
  };
};

const around = (recipe: Recipe, kind: ModelKind, tools: Tools, loaded: Fitted | undefined): Recommender => {
  let current = loaded;
  let nearest: NearestCustomers | undefined;
  const fitted = (): Fitted => {
    if (current === undefined) {
      throw new Error(`${recipe.model}: fit() comes before any answer`);
    }
    return current;
  };
  /** `customer`: index in the training, −1 for others. */
  const historyOf = (customer: number, id?: CustomerId): History => {
    const { pairs, events, features, nowMs } = fitted();
    return storedHistory(pairs, events, customer, nowMs, featuresOf(features, customer, id));
  };
  const recommend: Recommender['recommend'] = (customerId, n, options) => {
    const { customers, items } = fitted();
    const customer = customers.get(customerId) ?? -1;
    const history = historyOf(customer, customerId);
    return topScored(placeScores(fitted(), history, customer), items, n, options, history.items);
  };
  return {
    name: recipe.model,
    fit: (interactions, catalogue, nowMs, features = new Map()) => {
      nearest = undefined;
      current = fitAll({ interactions, catalogue, nowMs, features }, recipe, kind, tools);
    },
    recommend,
    recommendAll: function* (n, optionsOf) {
      const { customers, pairs, items, scorer } = fitted();
      const ids = Array.from(customers.keys(), asCustomerId);
      const { factors } = scorer;
      if (factors !== undefined && scorer.scoreCustomer === undefined) {
        const model = { customers: ids, pairs, items, factors, historyOf, recommend };
        yield* factorRecommendAll(model, tools.kernels(), n, optionsOf);
        return;
      }
      for (const id of ids) {
        yield [id, recommend(id, n, optionsOf?.(id))];
      }
    },
    rankedItems: () => fitted().items,
    scoreEach: function* (customerIds, features) {
      const { customers } = fitted();
      for (const customerId of customerIds) {
        const customer = customers.get(customerId) ?? -1;
        const history = historyOf(customer, customerId);
        const told = customer < 0 ? features?.get(customerId) : undefined;
        yield placeScores(fitted(), told ? { ...history, features: told } : history, customer);
      }
    },
    foldIn: (events, n, options) => foldInWith(fitted(), events, n, options),
    because: (customerId, ids) => {
      const { customers } = fitted();
      const strongest = strongestItem(fitted(), historyOf(customers.get(customerId) ?? -1));
      return strongest && ids.map(strongest);
    },
    similarItems: (itemId, n) => similarWith(fitted(), itemId, n),
    similarCustomers: (customerId, n) => {
      const { customers, pairs, scorer } = fitted();
      nearest ??= nearestCustomers({ ids: [...customers.keys()], pairs, vectors: scorer.customerVectors });
      return nearest(customers.get(customerId) ?? -1, n);
    },
    save: () => encodeArtifact(modelArtifact(fitted())),
  };
};

export type Answering = Pick<Fitted, 'items' | 'scorer' | 'weighting' | 'nowMs'>;

/** The history that events make in this model. */
const historyFrom = (
  { items, weighting, nowMs }: Answering,
  events: readonly FoldInEvent[],
  features?: readonly string[],
): History => foldedHistory(weighedEvents(events, weighting, nowMs), items.indexOf, nowMs, features);

/** By place. `customer`: −1 where only the history counts. */
const placeScores = (
  { items, scorer }: Pick<Fitted, 'items' | 'scorer'>,
  history: History,
  customer: number,
): Float64Array | Float32Array => {
  const isKept = customer >= 0 && scorer.scoreCustomer !== undefined;
  if (scorer.factors !== undefined && !isKept) {
    return factorScores.ofHistory(scorer.factors, items.order, history);
  }
  const scores = new Float64Array(items.ids.length);
  if (isKept) {
    scorer.scoreCustomer?.(customer, history, scores);
  } else {
    scorer.scoreHistory(history, scores);
  }
  return inOrder(scores, items.order);
};

export const foldInWith = (
  answering: Answering,
  ...[events, n, options]: Parameters<Recommender['foldIn']>
): ReturnType<Recommender['foldIn']> => {
  const history = historyFrom(answering, events, options?.features);
  return topScored(placeScores(answering, history, -1), answering.items, n, options, history.items);
};

export const becauseWith = (
  answering: Answering,
  events: readonly FoldInEvent[],
): ((itemId: ItemId) => ItemId | undefined) | undefined =>
  strongestItem(answering, historyFrom(answering, events));

const similarWith = (
  { items, scorer }: Answering,
  id: ItemId,
  n: number,
): ReturnType<Recommender['similarItems']> => {
  const index = items.indexOf.get(id);
  if (index === undefined) {
    return [];
  }
  return topScored(likeness(scorer, items, index), items, n, { exclude: new Set([id]) });
};

/** By place. */
const likeness = (scorer: Scorer, { ids, order }: ItemTable, item: number): Float64Array | Float32Array => {
  const { factors } = scorer;
  if (factors?.likenessColumns !== undefined) {
    return factorScores.likeness(factors, factors.likenessColumns, order, item);
  }
  const scores = new Float64Array(ids.length);
  scorer.scoreSimilar(item, scores);
  return inOrder(scores, order);
};

const modelArtifact = ({
  recipe,
  customers,
  pairs,
  events,
  features,
  items,
  scorer,
  weighting,
  nowMs,
}: Fitted): Artifact<ModelHeader> => ({
  header: {
    recipe,
    customers: [...customers.keys()],
    items: items.ids,
    nowMs,
    weighting,
    extra: scorer.extra,
    customerArrays: scorer.customerArrays,
    features: featureHeader(features),
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
