// Accuracy, time and memory of one model on files of (user, item[, value, time]): `npm run bench -- ranking --train FILE
// (--test FILE [--negatives FILE] | --split time [--share 0.8]) --model NAME [--params JSON] [--k 10] [--json]`. Also:
//   --layout pairs|lists, --items FILE, --customers FILE   what the files hold (read-interactions.ts says which forms are read)
//   --share 0.6,0.8   several instants; --path NAME=VALUE,VALUE…   one parameter; --against NAME --against-params JSON   a
//   paired test; --threads N; --per-user (with --json) the NDCG of every user. A split by time is ranked by groups: known and
//   new customers and items. Full ranking unless negatives are given. Protocols: ranking-run.ts.
// Intervals are 95% bootstrap intervals over users; --json prints everything, otherwise a short table is printed.

import type { CatalogItem } from '../lib/events/item.ts';
import type { CustomerFeatures } from '../lib/recommenders/recommender.ts';
import { readMovies, readUsers } from './movielens-100k.ts';
import { readData, readTimed, splitAt } from './ranking-data.ts';
import { type RankingOptions, readOptions } from './ranking-options.ts';
import { type GroupMetrics, type Run, type RunOptions, type RunResult, run } from './ranking-run.ts';
import { differencesOf, runCuts, runPath, shownCuts, shownDifferences, shownPath } from './ranking-series.ts';

export const main = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args);
  const answer = await rank(options);
  console.log(options.json ? JSON.stringify(answer.json) : answer.text);
};

interface Answer {
  readonly json: unknown;
  readonly text: string;
}

const rank = async (options: RankingOptions): Promise<Answer> => {
  const { recipe, path, against, shares, train, test, negatives, layout } = options;
  const rows = test === undefined ? await readTimed(train, layout) : undefined;
  const given = await runOptions(options);
  if (rows !== undefined && shares.length > 1) {
    const cuts = runCuts(recipe, rows, shares, given);
    return { json: cuts, text: shownCuts(cuts) };
  }
  const data = rows
    ? splitAt(rows, shares[0])
    : await readData({ train, test: test ?? '', negatives, layout });
  if (path !== undefined) {
    const points = runPath(recipe, path, data, given);
    return { json: { parameter: path.parameter, points }, text: shownPath(path.parameter, points) };
  }
  const one = run(recipe, data, given);
  if (against === undefined) {
    const perUser = options.perUser ? { perUser: ndcgByGroup(one) } : {};
    return { json: { ...one.result, ...perUser }, text: shownResult(one.result) };
  }
  const other = run(against, data, given);
  const differences = differencesOf(one, other);
  return {
    json: { ...one.result, against: other.result, differences },
    text: [shownResult(one.result), shownResult(other.result), shownDifferences(differences)].join('\n'),
  };
};

const ndcgByGroup = ({ measured }: Run): { readonly [group: string]: readonly number[] } =>
  Object.fromEntries(
    [...measured].map(([group, { columns }]) => [
      group,
      Array.from(columns.ndcg, (value) => Number(value.toFixed(5))),
    ]),
  );

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
