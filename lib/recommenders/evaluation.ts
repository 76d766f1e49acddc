// How good a model's lists are, over the whole catalogue, on the test part of a split by time.
// Means over test customers at k; AUC over a sample of them (a full ranking each); coverage, diversity and novelty
// over the same lists. Two models are compared customer by customer: percentile bootstrap of the mean difference.

import { aucCustomersCountMax, evaluationCustomersCountMax } from '../base/limits.ts';
import { type Random, seededRandom } from '../base/random.ts';
import type { Interactions } from '../dataset/interaction.ts';
import { type TestCustomer, visibleItems } from '../dataset/split.ts';
import type { CatalogItem } from '../events/item.ts';
import {
  aucOf,
  intraListDiversity,
  type RankingMetrics,
  rankingMetrics,
  selfInformation,
} from './metrics.ts';
import type { Recommender } from './recommender.ts';

export interface EvaluationMetrics extends RankingMetrics {
  readonly k: number;
  readonly customers: number;
  /** Absent when every visible item was relevant or excluded. */
  readonly auc?: number;
  /** Share of the visible catalogue that stands in at least one list. */
  readonly coverage: number;
  /** 1 − Jaccard similarity of categories and tags, mean over the pairs of a list. */
  readonly diversity: number;
  /** Mean −log2 of the items' shares of training interactions, in bits. */
  readonly novelty: number;
}

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
  const visible = visibleItems(catalogue);
  const accept = (item: string): boolean => visible.has(item);
  const perCustomer = test.map((customer, index) => {
    const isRankedWhole = index < aucCustomersCountMax;
    const scored = recommender.recommend(customer.customerId, isRankedWhole ? visible.size : k, {
      exclude: customer.excluded,
      accept,
    });
    const ranked = scored.map((one) => one.itemId);
    const candidates = visible.size - [...customer.excluded].filter((item) => visible.has(item)).length;
    return {
      list: ranked.slice(0, k),
      auc: isRankedWhole ? aucOf(ranked, customer.relevant, candidates) : undefined,
      ...rankingMetrics(ranked, customer.relevant, k),
    };
  });
  const lists = perCustomer.map((one) => one.list);
  const auc = perCustomer.map((one) => one.auc).filter((value) => value !== undefined);
  return {
    metrics: {
      k,
      customers: test.length,
      precision: mean(perCustomer.map((one) => one.precision)),
      recall: mean(perCustomer.map((one) => one.recall)),
      f1: mean(perCustomer.map((one) => one.f1)),
      ndcg: mean(perCustomer.map((one) => one.ndcg)),
      map: mean(perCustomer.map((one) => one.map)),
      ...(auc.length > 0 && { auc: mean(auc) }),
      ...listMetrics(lists, train, catalogue, visible.size),
    },
    ndcg: perCustomer.map((one) => one.ndcg),
  };
};

/** The customers evaluation is done on: all, or a sample that depends on the seed alone; shuffled either way. */
export const sampledTest = (test: readonly TestCustomer[], seed: string): readonly TestCustomer[] =>
  seededRandom(`evaluation/${seed}`)
    .shuffle([...test])
    .slice(0, evaluationCustomersCountMax);

export interface Difference {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Mean of a − b with its 95% interval; both hold one number per customer in the same order. */
export const pairedDifference = (
  a: readonly number[],
  b: readonly number[],
  random: Random,
  repetitions = 1_000,
): Difference => {
  if (a.length !== b.length || a.length === 0) {
    throw new RangeError(`evaluation: ${a.length} and ${b.length} customers cannot be paired`);
  }
  const differences = Float64Array.from(a, (value, index) => value - b[index]);
  const means = new Float64Array(repetitions).map(() => {
    let sum = 0;
    for (let draw = 0; draw < differences.length; draw++) {
      sum += differences[random.int(differences.length)];
    }
    return sum / differences.length;
  });
  means.sort();
  const at = (share: number): number => means[Math.min(repetitions - 1, Math.floor(share * repetitions))];
  return { mean: mean([...differences]), low: at(0.025), high: at(0.975) };
};

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

const listMetrics = (
  lists: readonly (readonly string[])[],
  train: Interactions,
  catalogue: Catalogue,
  visibleCount: number,
): Pick<EvaluationMetrics, 'coverage' | 'diversity' | 'novelty'> => {
  const counts = new Map<string, number>();
  for (const index of train.itemIndex) {
    counts.set(train.items[index], (counts.get(train.items[index]) ?? 0) + 1);
  }
  const listed = lists.flat();
  const similarity = contentSimilarity(catalogue);
  const diversities = lists
    .map((list) => intraListDiversity(list, similarity))
    .filter((value) => value !== undefined);
  return {
    coverage: visibleCount === 0 ? 0 : new Set(listed).size / visibleCount,
    diversity: mean(diversities),
    novelty: mean(listed.map((item) => selfInformation(counts.get(item) ?? 0, train.itemIndex.length))),
  };
};

/** Jaccard similarity of the sets of category steps and tags; items without either are unlike all others. */
export const contentSimilarity = (catalogue: Catalogue): ((a: string, b: string) => number) => {
  const features = new Map<string, ReadonlySet<string>>();
  const featuresOf = (id: string): ReadonlySet<string> => {
    const item = catalogue.get(id);
    const made =
      features.get(id) ??
      new Set([
        ...(item?.category ?? []).map((step) => `category ${step}`),
        ...(item?.tags ?? []).map((tag) => `tag ${tag}`),
      ]);
    features.set(id, made);
    return made;
  };
  return (a, b) => {
    const left = featuresOf(a);
    const right = featuresOf(b);
    const common = [...left].filter((feature) => right.has(feature)).length;
    const all = left.size + right.size - common;
    return all === 0 ? 0 : common / all;
  };
};
