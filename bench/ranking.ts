// Accuracy of one model on files of (user, item[, value, time]), by the two protocols in the literature:
//   full ranking   every item the user has not in training; HR@k (share of test items found) and NDCG@k
//   negatives      the test item among listed others (He et al. 2017, NCF); the test item counts once
// Layouts: `pairs`, one pair a line; `lists`, a user and its items a line. Files ending in .gz are unpacked.
// Usage: ranking --train FILE --test FILE [--negatives FILE] [--layout pairs|lists] --model NAME
//                [--k 10] [--params JSON] [--json]

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { customerId, itemId } from '../lib/base/ids.ts';
import type { Interactions } from '../lib/dataset/interaction.ts';
import { interactionsFrom } from '../lib/dataset/interaction-rows.ts';
import { ndcgAt } from '../lib/recommenders/metrics.ts';
import { createRecommender, recipeOf } from '../lib/recommenders/models.ts';
import type { Recipe, Recommender, RecommendOptions } from '../lib/recommenders/recommender.ts';

interface Pair {
  readonly user: string;
  readonly item: string;
  readonly value: number;
  readonly atMs: number;
}

interface Figures {
  readonly hitRate: number;
  readonly ndcg: number;
  readonly users: number;
}

export const main = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args);
  const train = interactionsOf(await readPairs(options.train, options.layout));
  const test = groupByUser(await readPairs(options.test, options.layout));
  const negatives = options.negatives === undefined ? undefined : await readNegatives(options.negatives);
  const recommender = createRecommender(options.recipe);
  const startedMs = performance.now();
  recommender.fit(train, new Map(), newest(train.atMs));
  const fittedMs = performance.now();
  const choices = negatives === undefined ? unowned(train) : amongNegatives(test, negatives);
  const figures = measure(recommender, test, choices, options.k);
  const seconds = { fit: (fittedMs - startedMs) / 1000, rank: (performance.now() - fittedMs) / 1000 };
  if (options.json) {
    console.log(JSON.stringify({ recipe: options.recipe, k: options.k, ...figures, seconds }));
    return;
  }
  const { hitRate, ndcg, users } = figures;
  console.log(
    `${options.recipe.model}  HR@${options.k} ${hitRate.toFixed(4)}  NDCG@${options.k} ${ndcg.toFixed(4)}  ` +
      `users ${users}  fit ${seconds.fit.toFixed(1)} s  rank ${seconds.rank.toFixed(1)} s`,
  );
};

type Choices = (user: string) => RecommendOptions;

const measure = (
  recommender: Recommender,
  test: ReadonlyMap<string, ReadonlySet<string>>,
  choices: Choices,
  k: number,
): Figures => {
  let hits = 0;
  let positives = 0;
  let ndcg = 0;
  for (const [user, relevant] of test) {
    const ranked = recommender.recommend(customerId(user), k, choices(user)).map((scored) => scored.itemId);
    hits += ranked.filter((item) => relevant.has(item)).length;
    positives += relevant.size;
    ndcg += ndcgAt(ranked, relevant, k);
  }
  return { hitRate: hits / positives, ndcg: ndcg / test.size, users: test.size };
};

const unowned = (train: Interactions): Choices => {
  const owned = new Map<string, Set<string>>();
  for (let row = 0; row < train.value.length; row++) {
    const user = train.customers[train.customerIndex[row]];
    owned.set(user, (owned.get(user) ?? new Set()).add(train.items[train.itemIndex[row]]));
  }
  return (user) => ({ exclude: owned.get(user) ?? new Set() });
};

const amongNegatives = (
  test: ReadonlyMap<string, ReadonlySet<string>>,
  negatives: ReadonlyMap<string, readonly string[]>,
): Choices => {
  return (user) => {
    const candidates = new Set([...(negatives.get(user) ?? []), ...(test.get(user) ?? [])]);
    return { accept: (item) => candidates.has(item) };
  };
};

const interactionsOf = (pairs: readonly Pair[]): Interactions =>
  interactionsFrom(
    pairs.map(({ user, item, value, atMs }) => ({
      customerId: customerId(user),
      itemId: itemId(item),
      value,
      atMs,
      type: 'purchase',
    })),
  );

const newest = (atMs: Float64Array): number => atMs.reduce((latest, at) => Math.max(latest, at), 0);

const groupByUser = (pairs: readonly Pair[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const groups = new Map<string, Set<string>>();
  for (const { user, item } of pairs) {
    groups.set(user, (groups.get(user) ?? new Set()).add(item));
  }
  return groups;
};

/** Values are taken as weights. An item listed twice by one user counts once. */
const readPairs = async (path: string, layout: 'pairs' | 'lists'): Promise<Pair[]> => {
  const pairs: Pair[] = [];
  for await (const line of lines(path)) {
    const [user, ...rest] = line.split(/[\s,]+/).filter((cell) => cell !== '');
    if (layout === 'lists') {
      pairs.push(...[...new Set(rest)].map((item) => ({ user, item, value: 1, atMs: 0 })));
    } else if (rest.length > 0) {
      pairs.push({ user, item: rest[0], value: Number(rest[1] ?? 1), atMs: Number(rest[2] ?? 0) * 1000 });
    }
  }
  return pairs;
};

/** Lines as NCF published them: `(user,item)` and the items that stand against it. */
const readNegatives = async (path: string): Promise<ReadonlyMap<string, readonly string[]>> => {
  const negatives = new Map<string, readonly string[]>();
  for await (const line of lines(path)) {
    const [pair, ...items] = line.split(/\s+/).filter((cell) => cell !== '');
    negatives.set(pair.slice(1, pair.indexOf(',')), items);
  }
  return negatives;
};

const lines = (path: string) => {
  const file = createReadStream(path);
  return createInterface({ input: path.endsWith('.gz') ? file.pipe(createGunzip()) : file });
};

const readOptions = (args: readonly string[]) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      train: { type: 'string' },
      test: { type: 'string' },
      negatives: { type: 'string' },
      layout: { type: 'string', default: 'pairs' },
      model: { type: 'string' },
      params: { type: 'string', default: '{}' },
      k: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
    },
  });
  const { train, test, layout, model } = values;
  const k = Number(values.k);
  if (train === undefined || test === undefined || model === undefined) {
    throw new Error('ranking: --train FILE, --test FILE and --model NAME are needed');
  }
  if ((layout !== 'pairs' && layout !== 'lists') || !Number.isInteger(k) || k < 1) {
    throw new Error(
      `ranking: --layout must be pairs or lists, --k a positive integer; received ${layout}, ${values.k}`,
    );
  }
  const recipe = recipeOf(model, JSON.parse(values.params) as Recipe['params']);
  return { train, test, layout, recipe, k, negatives: values.negatives, json: values.json } as const;
};
