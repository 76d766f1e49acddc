// Accuracy, time and memory of one model on files of (user, item[, value, time]): `npm run bench -- ranking`, options in
// ranking-options.ts, files in read-interactions.ts, protocols in ranking-run.ts.
// Intervals are 95% bootstrap intervals over users; --json prints everything, otherwise a short table is printed.

import type { CatalogItem } from '../lib/events/item.ts';
import type { CustomerFeatures } from '../lib/recommenders/recommender.ts';
import { readMovies, readUsers } from './movielens-100k.ts';
import { type RankingData, readData, readTimed, splitAt } from './ranking-data.ts';
import { type RankingOptions, readOptions } from './ranking-options.ts';
import { type GroupMetrics, type RunOptions, type RunResult, run } from './ranking-run.ts';

export const main = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args);
  const data = await readRanking(options);
  const { result } = run(options.recipe, data, await runOptions(options));
  console.log(options.json ? JSON.stringify(result) : shownResult(result));
};

const readRanking = async (options: RankingOptions): Promise<RankingData> => {
  const { train, test, negatives, layout, shares } = options;
  return test === undefined
    ? splitAt(await readTimed(train, layout), shares[0])
    : await readData({ train, test, ...(negatives && { negatives }), ...(layout && { layout }) });
};

const runOptions = async ({ items, customers, k, threads }: RankingOptions): Promise<RunOptions> => {
  const catalogue: ReadonlyMap<string, CatalogItem> | undefined = items ? await readMovies(items) : undefined;
  const features: CustomerFeatures | undefined = customers ? await readUsers(customers) : undefined;
  return { k, threads, ...(catalogue && { catalogue }), ...(features && { customers: features }) };
};

const shownResult = (result: RunResult): string => {
  const { recipe, protocol, groups, seconds, peakMemoryMiB, threads, train, epochs } = result;
  const epoch = seconds.epoch === undefined ? '' : `, ${seconds.epoch.toFixed(2)} s an epoch of ${epochs}`;
  return [
    `${recipe.model}  ${protocol}  ${train.users} users × ${train.items} items, ${train.rows} rows`,
    ...Object.entries(groups).map(([group, metrics]) => shownGroup(group, metrics, result.k)),
    `fit ${seconds.fit.toFixed(1)} s${epoch}  rank ${seconds.rank.toFixed(1)} s  ` +
      `peak ${peakMemoryMiB.toFixed(0)} MiB  threads ${threads}`,
    JSON.stringify(recipe.params),
  ].join('\n');
};

const shownGroup = (group: string, metrics: GroupMetrics, k: number): string => {
  const interval = (name: 'hitRate' | 'ndcg'): string => {
    const { low, high } = metrics.intervals[name] ?? { low: Number.NaN, high: Number.NaN };
    return `${metrics[name].toFixed(4)} (${low.toFixed(4)} … ${high.toFixed(4)})`;
  };
  return (
    `  ${group}: HR@${k} ${interval('hitRate')}  NDCG@${k} ${interval('ndcg')}  recall ${metrics.recall.toFixed(4)}  ` +
    `MRR ${metrics.mrr.toFixed(4)}  AUC ${metrics.auc?.toFixed(4) ?? '–'}  coverage ${metrics.coverage.toFixed(3)}  ` +
    `Gini ${metrics.gini.toFixed(3)}  train NDCG ${metrics.trainNdcg.toFixed(4)}  users ${metrics.customers}`
  );
};
