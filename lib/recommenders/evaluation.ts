// How good a model's lists are, over the whole catalogue, on the test part of a split by time.
// Means over test customers at k with 95% bootstrap intervals, the same by how active customers were in training, and
// how well the training itself is found again: a model that fits it better but predicts worse is over-fitted (gate.ts).
// Metrics are defined in metrics.ts and list-metrics.ts.

import { evaluationCustomersCountMax } from '../base/model-limits.ts';
import { seededRandom } from '../base/random.ts';
import { type Interactions, purchaseCode } from '../dataset/interaction.ts';
import { type TestCustomer, visibleItems } from '../dataset/split.ts';
import type { CatalogItem } from '../events/item.ts';
import { type EvaluationMetrics, summaryOf } from './evaluation-metrics.ts';
import { measure, type RankingCase } from './measure.ts';
import type { Recommender } from './recommender.ts';

export interface Evaluation {
  readonly metrics: EvaluationMetrics;
  /** NDCG of each test customer, in the order of the test. */
  readonly ndcg: readonly number[];
}

export const evaluationK = 10;

type Catalogue = ReadonlyMap<string, CatalogItem>;

export const evaluate = (
  recommender: Recommender,
  test: readonly TestCustomer[],
  train: Interactions,
  catalogue: Catalogue,
  k = evaluationK,
): Evaluation => {
  const cases = casesOf(recommender, test, train, catalogue);
  const { ids } = recommender.rankedItems();
  const similarity = contentSimilarity(catalogue);
  const measured = measure(recommender, cases.cases, {
    k,
    allowed: cases.allowed,
    counts: cases.counts,
    similarity: (a, b) => similarity(ids[a], ids[b]),
  });
  const activity = Float64Array.from(cases.cases, ({ taken }) => taken?.length ?? 0);
  return {
    metrics: { k, customers: test.length, ...summaryOf(measured, cases.allowed, activity) },
    ndcg: Array.from(measured.columns.ndcg),
  };
};

/** The customers evaluation is done on: all, or a sample that depends on the seed alone; shuffled either way. */
export const sampledTest = (test: readonly TestCustomer[], seed: string): readonly TestCustomer[] =>
  seededRandom(`evaluation/${seed}`)
    .shuffle([...test])
    .slice(0, evaluationCustomersCountMax);

const casesOf = (
  recommender: Recommender,
  test: readonly TestCustomer[],
  train: Interactions,
  catalogue: Catalogue,
) => {
  const { ids } = recommender.rankedItems();
  const visible = visibleItems(catalogue);
  const allowed = Uint8Array.from(ids, (id) => (visible.has(id) ? 1 : 0));
  const indexOf = new Map<string, number>(ids.map((id, index) => [id, index]));
  const known = (items: Iterable<string>): number[] =>
    [...items].map((item) => indexOf.get(item)).filter((item) => item !== undefined);
  const counts = new Float64Array(ids.length);
  const taken = new Map<string, Set<number>>();
  collectTraining(train, indexOf, counts, taken);
  const cases = test.map(({ customerId, relevant, excluded }): RankingCase => {
    const indexes = known(relevant);
    return {
      customerId,
      relevant: indexes,
      relevantUnknownCount: relevant.size - indexes.length,
      excluded: known(excluded),
      taken: [...(taken.get(customerId) ?? [])],
    };
  });
  return { cases, allowed, counts };
};

/** Taken: bought, or whatever was done where nothing was ever bought. */
const collectTraining = (
  train: Interactions,
  indexOf: ReadonlyMap<string, number>,
  counts: Float64Array,
  taken: Map<string, Set<number>>,
): void => {
  const items = Int32Array.from(train.items, (id) => indexOf.get(id) ?? -1);
  const ofCustomer = train.customers.map(() => new Set<number>());
  const arePurchases = train.type.includes(purchaseCode);
  for (let row = 0; row < train.type.length; row++) {
    const item = items[train.itemIndex[row]];
    if (item < 0) {
      continue;
    }
    counts[item]++;
    if (!arePurchases || train.type[row] === purchaseCode) {
      ofCustomer[train.customerIndex[row]].add(item);
    }
  }
  train.customers.forEach((customer, index) => {
    taken.set(customer, ofCustomer[index]);
  });
};

/** Jaccard similarity of the sets of category steps and tags; items without either are unlike all others. */
export const contentSimilarity = (catalogue: Catalogue): ((a: string, b: string) => number) => {
  const features = new Map<string, ReadonlySet<string>>();
  const featuresOf = (id: string): ReadonlySet<string> => {
    const known = features.get(id);
    if (known !== undefined) {
      return known;
    }
    const item = catalogue.get(id);
    const made = new Set([
      ...(item?.category ?? []).map((step) => `category ${step}`),
      ...(item?.tags ?? []).map((tag) => `tag ${tag}`),
    ]);
    features.set(id, made);
    return made;
  };
  return (a, b) => {
    const left = featuresOf(a);
    const right = featuresOf(b);
    let common = 0;
    for (const feature of left) {
      common += right.has(feature) ? 1 : 0;
    }
    const all = left.size + right.size - common;
    return all === 0 ? 0 : common / all;
  };
};
