// The figures of one model, customer by customer: each is scored once, and its relevant items are looked up in the
// ranking of everything it may be shown. Columns hold one number per case, in their order; NaN where there is none.
// Item indexes are those of recommender.rankedItems(); within a ranking items go by place (ranks.ts). `allowed` marks (1)
// what may be recommended to anybody.
// Cost: a scoring and one pass over the items per customer; 3,000 customers × 30,000 items take a few seconds.

import type { CustomerId } from '../base/ids.ts';
import { intraListDiversity, selfInformation, serendipityAt } from './list-metrics.ts';
import { aucOf, ndcgAt, type RankingMetrics, rankingMetrics } from './metrics.ts';
import { bestPlaces } from './ranking.ts';
import { placesOf, ranksOf } from './ranks.ts';
import type { CustomerFeatures, Recommender } from './recommender.ts';

export interface RankingCase {
  readonly customerId: CustomerId;
  /** What the customer took later, by item index. */
  readonly relevant: readonly number[];
  /** Relevant items that the model does not know: no ranking can have them, but they count. */
  readonly relevantUnknownCount?: number;
  /** Not to be shown to this customer. */
  readonly excluded: ArrayLike<number>;
  /** Only these are ranked, among what is allowed: the sampled negatives of a protocol, with the relevant items. */
  readonly candidates?: ArrayLike<number>;
  /** What the customer took in training: whether it is found again, and which relevant items are new. */
  readonly taken?: ArrayLike<number>;
}

export interface MeasureContext {
  readonly k: number;
  readonly allowed: Uint8Array;
  /** Training interactions by item index. */
  readonly counts: ArrayLike<number>;
  /** Of customers that the training does not know. Default: nothing is known. */
  readonly features?: CustomerFeatures;
  /** Between items of a list; without it there is no diversity. */
  readonly similarity?: (a: number, b: number) => number;
}

export const columnNames = [
  'precision',
  'recall',
  'f1',
  'hitRate',
  'ndcg',
  'map',
  'mrr',
  'auc',
  'recallNew',
  'diversity',
  'novelty',
  'serendipity',
  'trainNdcg',
] as const;
export type ColumnName = (typeof columnNames)[number];

export interface Measured {
  readonly columns: { readonly [name in ColumnName]: Float64Array };
  /** By item index: in how many lists it stands. */
  readonly exposures: Int32Array;
}

interface Ranked {
  readonly given: RankingCase;
  /** Item indexes, best first. */
  readonly list: readonly number[];
  readonly ranks: Int32Array;
  readonly candidatesCount: number;
  /** By place, as is `allowed`: what this customer may be shown; both change with the next. */
  readonly scores: Float64Array | Float32Array;
  readonly allowed: Uint8Array;
}

export const measure = (
  recommender: Recommender,
  cases: readonly RankingCase[],
  context: MeasureContext,
): Measured => {
  const { order } = recommender.rankedItems();
  const placeOf = placesOf(order);
  const allowedToAll = byPlace(context.allowed, order);
  const columns = Object.fromEntries(
    columnNames.map((name) => [name, new Float64Array(cases.length).fill(Number.NaN)]),
  ) as { [name in ColumnName]: Float64Array };
  const exposures = new Int32Array(order.length);
  let interactions = 0;
  for (let item = 0; item < context.counts.length; item++) {
    interactions += context.counts[item];
  }
  let row = 0;
  for (const ranked of rankCases(recommender, cases, context)) {
    const taken = Array.from(ranked.given.taken ?? [], (item) => placeOf[item]);
    const figures = {
      ...accuracyOf(ranked, context.k),
      ...listFigures(ranked, order, interactions, context),
      trainNdcg: trainNdcgOf(ranked, taken, allowedToAll, context.k),
    };
    for (const name of columnNames) {
      columns[name][row] = figures[name] ?? Number.NaN;
    }
    for (const item of ranked.list) {
      exposures[item]++;
    }
    row++;
  }
  return { columns, exposures };
};

/** NDCG@k of each case and nothing else: what a search over hyperparameters maximises. */
export const ndcgOfCases = (
  recommender: Recommender,
  cases: readonly RankingCase[],
  context: Pick<MeasureContext, 'k' | 'allowed' | 'features'>,
): Float64Array => {
  const ndcg = new Float64Array(cases.length);
  let row = 0;
  for (const { given, ranks } of rankCases(recommender, cases, { ...context, k: 0 })) {
    ndcg[row++] = ndcgAt(ranks, relevantCountOf(given), context.k);
  }
  return ndcg;
};

const relevantCountOf = ({ relevant, relevantUnknownCount = 0 }: RankingCase): number =>
  relevant.length + relevantUnknownCount;

/** `k` 0: ranks only, no lists. */
function* rankCases(
  recommender: Recommender,
  cases: readonly RankingCase[],
  context: Pick<MeasureContext, 'k' | 'allowed' | 'features'>,
): Generator<Ranked> {
  const { order } = recommender.rankedItems();
  const placeOf = placesOf(order);
  const allowedToAll = byPlace(context.allowed, order);
  const allowed = allowedToAll.slice();
  const allowedCount = allowedToAll.reduce((sum, one) => sum + one, 0);
  const isAllowed = (place: number): boolean => allowed[place] === 1;
  let row = 0;
  const customers = cases.map((one) => one.customerId);
  for (const scores of recommender.scoreEach(customers, context.features)) {
    const given = cases[row++];
    let candidatesCount = allowedCount;
    if (given.candidates !== undefined) {
      allowed.fill(0);
      candidatesCount = allow(given.candidates, placeOf, allowed, allowedToAll);
    }
    candidatesCount -= forbid(given.excluded, placeOf, allowed);
    const relevant = given.relevant.map((item) => placeOf[item]);
    const ranks = ranksOf(scores, allowed, relevant);
    const list =
      context.k === 0 ? [] : Array.from(bestPlaces(scores, context.k, isAllowed), (place) => order[place]);
    yield { given, list, ranks, candidatesCount, scores, allowed };
    if (given.candidates === undefined) {
      allow(given.excluded, placeOf, allowed, allowedToAll);
    } else {
      allowed.set(allowedToAll);
    }
  }
}

const byPlace = (byItem: Uint8Array, order: Int32Array): Uint8Array =>
  Uint8Array.from(order, (item) => byItem[item]);

/** Marks the items that are allowed to all; says how many were not marked before. */
const allow = (
  items: ArrayLike<number>,
  placeOf: Int32Array,
  allowed: Uint8Array,
  allowedToAll: Uint8Array,
): number => {
  let count = 0;
  for (let row = 0; row < items.length; row++) {
    const place = placeOf[items[row]];
    count += allowedToAll[place] - allowed[place];
    allowed[place] = allowedToAll[place];
  }
  return count;
};

/** Says how many were allowed. */
const forbid = (items: ArrayLike<number>, placeOf: Int32Array, allowed: Uint8Array): number => {
  let count = 0;
  for (let row = 0; row < items.length; row++) {
    count += allowed[placeOf[items[row]]];
    allowed[placeOf[items[row]]] = 0;
  }
  return count;
};

type Accuracy = RankingMetrics & { readonly auc?: number; readonly recallNew?: number };

const accuracyOf = ({ given, list, ranks, candidatesCount }: Ranked, k: number): Accuracy => {
  const relevantCount = relevantCountOf(given);
  const unranked = relevantCount - ranks.length;
  const taken = new Set(Array.from(given.taken ?? []));
  const isNew = given.relevant.filter((item) => !taken.has(item));
  const newCount = isNew.length + (given.relevantUnknownCount ?? 0);
  return {
    ...rankingMetrics(ranks, relevantCount, k),
    auc: aucOf(ranks, relevantCount, candidatesCount + unranked, candidatesCount),
    recallNew: newCount === 0 ? undefined : isNew.filter((item) => list.includes(item)).length / newCount,
  };
};

const listFigures = (
  { given, list, allowed }: Ranked,
  order: Int32Array,
  interactions: number,
  { k, counts, similarity }: MeasureContext,
) => {
  const expected: number[] = [];
  for (let place = 0; place < order.length && expected.length < k; place++) {
    if (allowed[place] === 1) {
      expected.push(order[place]);
    }
  }
  const information = list.reduce((sum, item) => sum + selfInformation(counts[item] ?? 0, interactions), 0);
  return {
    diversity: similarity && intraListDiversity(list, similarity),
    novelty: list.length === 0 ? undefined : information / list.length,
    serendipity: serendipityAt(list, expected, (item) => given.relevant.includes(item), k),
  };
};

/** How well the customer's own training items are found again when nothing is excluded. */
const trainNdcgOf = (
  { scores }: Ranked,
  taken: readonly number[],
  allowedToAll: Uint8Array,
  k: number,
): number | undefined => {
  const ranks = ranksOf(scores, allowedToAll, taken);
  return ranks.length === 0 ? undefined : ndcgAt(ranks, ranks.length, k);
};
