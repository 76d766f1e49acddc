// One model trained and measured: the fit with its time and memory, then every test user ranked.
//   full ranking        every item the user has not in training, and that training or catalogue know
//   sampled negatives   the user's test items among listed others (a published protocol; figures of another scale:
//                       Krichene & Rendle 2020); an item that stands there twice is scored once
// Groups: `all` of two files; of a split by time `known` users with what they took of known items, `coldItems` (the same
// users, items nobody had in training) and `coldCustomers` (users without training).

import { customerId } from '../lib/base/ids.ts';
import type { CatalogItem } from '../lib/events/item.ts';
import { contentSimilarity } from '../lib/recommenders/evaluation.ts';
import { type EvaluationMetrics, summaryOf } from '../lib/recommenders/evaluation-metrics.ts';
import { pairsOf } from '../lib/recommenders/history.ts';
import { type Measured, measure, type RankingCase } from '../lib/recommenders/measure.ts';
import { createRecommender } from '../lib/recommenders/models.ts';
import type { CustomerFeatures, Recipe, Recommender } from '../lib/recommenders/recommender.ts';
import type { RankingData } from './ranking-data.ts';
import { watchedTools } from './ranking-progress.ts';

export interface RunOptions {
  readonly k: number;
  readonly threads: number;
  readonly catalogue?: ReadonlyMap<string, CatalogItem>;
  readonly customers?: CustomerFeatures;
  readonly isQuiet?: boolean;
}

export type GroupMetrics = Omit<EvaluationMetrics, 'k'>;

export interface RunResult {
  readonly recipe: Recipe;
  readonly protocol: 'full ranking' | 'sampled negatives' | 'split by time, full ranking';
  readonly k: number;
  readonly train: { readonly users: number; readonly items: number; readonly rows: number };
  readonly groups: { readonly [group: string]: GroupMetrics };
  readonly epochs: number;
  readonly loss?: number;
  readonly seconds: { readonly fit: number; readonly epoch?: number; readonly rank: number };
  /** Of the process until the fit was done (the files read included). */
  readonly peakMemoryMiB: number;
  readonly threads: number;
}

export interface Run {
  readonly result: RunResult;
  /** Per group: one number per user. */
  readonly measured: ReadonlyMap<string, Measured>;
}

export const run = (recipe: Recipe, data: RankingData, options: RunOptions): Run => {
  const watched = watchedTools(options.threads, options.isQuiet);
  const recommender = createRecommender(recipe, watched.tools);
  const startedMs = performance.now();
  const { catalogue = new Map<string, CatalogItem>(), customers } = options;
  recommender.fit(data.train, catalogue, data.splitMs ?? newest(data.train.atMs), customers);
  const fittedMs = performance.now();
  const peakMemoryMiB = process.resourceUsage().maxRSS / 1024;
  const { groups, measured } = measureGroups(recommender, data, options);
  watched.close();
  const [epoch, loss] = [watched.secondsPerEpoch(), watched.loss()];
  return {
    measured,
    result: {
      recipe,
      protocol:
        data.negatives !== undefined
          ? 'sampled negatives'
          : data.splitMs === undefined
            ? 'full ranking'
            : 'split by time, full ranking',
      k: options.k,
      train: {
        users: data.train.customers.length,
        items: data.train.items.length,
        rows: data.train.value.length,
      },
      groups,
      epochs: watched.epochs(),
      ...(loss !== undefined && { loss }),
      seconds: {
        fit: (fittedMs - startedMs) / 1000,
        ...(epoch !== undefined && { epoch }),
        rank: (performance.now() - fittedMs) / 1000,
      },
      peakMemoryMiB,
      threads: options.threads,
    },
  };
};

const newest = (atMs: Float64Array): number => atMs.reduce((latest, at) => Math.max(latest, at), 0);

const measureGroups = (
  recommender: Recommender,
  data: RankingData,
  { k, catalogue, customers }: RunOptions,
): { groups: RunResult['groups']; measured: Run['measured'] } => {
  const { ids } = recommender.rankedItems();
  const counts = new Float64Array(ids.length);
  for (const item of data.train.itemIndex) {
    counts[item]++;
  }
  const allowed = Uint8Array.from(ids, (id) => (catalogue?.get(id)?.hidden === true ? 0 : 1));
  const content = catalogue && contentSimilarity(catalogue);
  const context = {
    k,
    allowed,
    counts,
    ...(customers && { features: customers }),
    ...(content && { similarity: (a: number, b: number) => content(ids[a], ids[b]) }),
  };
  const groups: { [group: string]: GroupMetrics } = {};
  const measured = new Map<string, Measured>();
  for (const [group, cases] of casesOf(recommender, data)) {
    if (cases.length > 0) {
      const figures = measure(recommender, cases, context);
      const activity = Float64Array.from(cases, ({ taken }) => taken?.length ?? 0);
      measured.set(group, figures);
      groups[group] = { customers: cases.length, ...summaryOf(figures, allowed, activity) };
    }
  }
  return { groups, measured };
};

/** Cases by group, users in the order of the test. */
export const casesOf = (recommender: Recommender, data: RankingData): Map<string, RankingCase[]> => {
  const modelIndex = modelIndexes(recommender, data);
  const known = (items: Iterable<number>): number[] =>
    [...items].map((item) => modelIndex[item]).filter((item) => item >= 0);
  const owned = pairsOf(data.train);
  const isSplit = data.splitMs !== undefined;
  const trainUsers = data.train.customers.length;
  const trainItems = data.train.items.length;
  const groups = new Map<string, RankingCase[]>(
    (isSplit ? ['known', 'coldItems', 'coldCustomers'] : ['all']).map((name) => [name, []]),
  );
  for (const [user, items] of itemsByUser(data)) {
    const taken =
      user < trainUsers
        ? owned.columnIndex.subarray(owned.rowStart[user], owned.rowStart[user + 1])
        : new Int32Array(0);
    const negatives = data.negatives?.get(user);
    const add = (group: string, relevantItems: readonly number[]): void => {
      const relevant = known(relevantItems);
      groups.get(group)?.push({
        customerId: customerId(data.users[user]),
        relevant,
        relevantUnknownCount: relevantItems.length - relevant.length,
        excluded: negatives === undefined ? taken : [],
        taken,
        ...(negatives && { candidates: [...known(negatives), ...relevant] }),
      });
    };
    if (!isSplit) {
      add('all', items);
    } else if (user >= trainUsers) {
      add('coldCustomers', items);
    } else {
      const cold = items.filter((item) => item >= trainItems);
      const warm = items.filter((item) => item < trainItems);
      if (warm.length > 0) add('known', warm);
      if (cold.length > 0) add('coldItems', cold);
    }
  }
  return groups;
};

const itemsByUser = ({ test }: RankingData): Map<number, number[]> => {
  const byUser = new Map<number, Set<number>>();
  for (let row = 0; row < test.user.length; row++) {
    const items = byUser.get(test.user[row]);
    if (items === undefined) {
      byUser.set(test.user[row], new Set([test.item[row]]));
    } else {
      items.add(test.item[row]);
    }
  }
  return new Map([...byUser].map(([user, items]) => [user, [...items]]));
};

/** From the files' indexes to the model's; −1 for items it does not know. Training items come first in both. */
const modelIndexes = (recommender: Recommender, data: RankingData): Int32Array => {
  const trained = data.train.items.length;
  const others = new Map<string, number>(
    recommender
      .rankedItems()
      .ids.slice(trained)
      .map((id, place) => [id, trained + place]),
  );
  return Int32Array.from(data.items, (id, item) => (item < trained ? item : (others.get(id) ?? -1)));
};
