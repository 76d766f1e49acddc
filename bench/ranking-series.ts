// Several runs of one model beside each other.
//   path     one parameter over its values: how well the training is found again against the test (over-fitting shows as
//            the first rising while the second falls)
//   cuts     rolling origin: trained before each of several instants, tested until the next; mean and spread
//   against  two models on the same users: paired differences with 95% interval and p (sign flips)

import { Failure, shown } from '../lib/base/errors.ts';
import { seededRandom } from '../lib/base/random.ts';
import { type PairedTest, pairedTest } from '../lib/numeric/bootstrap.ts';
import { kindOf } from '../lib/recommenders/models.ts';
import type { Recipe } from '../lib/recommenders/recommender.ts';
import { type RankingData, splitAt, type TimedRows } from './ranking-data.ts';
import { type Run, type RunOptions, type RunResult, run } from './ranking-run.ts';

const comparedMetrics = ['hitRate', 'ndcg', 'recall', 'mrr'] as const;
type ComparedMetric = (typeof comparedMetrics)[number];

/** The group that figures are shown of: all users, or those known to the training. */
export const mainGroup = ({ groups }: RunResult) => groups.all ?? groups.known;

export interface PathPoint {
  readonly value: number;
  readonly result: RunResult;
}

export const runPath = (
  recipe: Recipe,
  { parameter, values }: { readonly parameter: string; readonly values: readonly number[] },
  data: RankingData,
  options: RunOptions,
): PathPoint[] => {
  const { defaults } = kindOf(recipe.model);
  if (typeof defaults[parameter] !== 'number') {
    throw new Failure('invalid', {
      code: 'parameter-unknown',
      message: `${recipe.model} has no numeric parameter of this name.`,
      received: shown(parameter),
      action: `Use one of: ${Object.keys(defaults)
        .filter((name) => typeof defaults[name] === 'number')
        .join(', ')}.`,
    });
  }
  return values.map((value) => {
    const { result } = run({ ...recipe, params: { ...recipe.params, [parameter]: value } }, data, options);
    return { value, result };
  });
};

const barLength = 30;

export const shownPath = (parameter: string, points: readonly PathPoint[]): string => {
  const figures = points.map(({ value, result }) => {
    const { ndcg, trainNdcg, intervals } = mainGroup(result);
    return {
      value,
      test: ndcg,
      train: trainNdcg,
      low: intervals.ndcg?.low ?? 0,
      high: intervals.ndcg?.high ?? 0,
    };
  });
  const most = figures.reduce((max, { test, train }) => Math.max(max, test, train), 0);
  const best = figures.reduce((max, { test }) => Math.max(max, test), 0);
  const bar = (value: number): string => {
    const length = most === 0 ? 0 : Math.round((value / most) * barLength);
    return '█'.repeat(length).padEnd(barLength);
  };
  return [
    `${parameter.padStart(12)}  ${'train NDCG'.padEnd(barLength + 8)}  test NDCG (95% interval)`,
    ...figures.map(
      ({ value, test, train, low, high }) =>
        `${String(value).padStart(12)}  ${bar(train)} ${train.toFixed(4)}   ${bar(test)} ${test.toFixed(4)} ` +
        `(${low.toFixed(4)} … ${high.toFixed(4)})${test === best ? '  best' : ''}`,
    ),
  ].join('\n');
};

export interface Cuts {
  readonly cuts: readonly { readonly share: number; readonly result: RunResult }[];
  readonly summary: { readonly [metric in ComparedMetric]: { readonly mean: number; readonly sd: number } };
}

export const runCuts = (
  recipe: Recipe,
  rows: TimedRows,
  shares: readonly number[],
  options: RunOptions,
): Cuts => {
  const cuts = shares.map((share, place) => ({
    share,
    result: run(recipe, splitAt(rows, share, shares[place + 1] ?? 1), options).result,
  }));
  const summary = Object.fromEntries(
    comparedMetrics.map((metric) => [metric, meanAndSd(cuts.map(({ result }) => mainGroup(result)[metric]))]),
  ) as Cuts['summary'];
  return { cuts, summary };
};

const meanAndSd = (values: readonly number[]): { readonly mean: number; readonly sd: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
};

export const shownCuts = ({ cuts, summary }: Cuts): string =>
  [
    ...cuts.map(({ share, result }) => {
      const { ndcg, hitRate, customers, intervals } = mainGroup(result);
      const { low, high } = intervals.ndcg ?? { low: 0, high: 0 };
      return `trained on ${share}: NDCG ${ndcg.toFixed(4)} (${low.toFixed(4)} … ${high.toFixed(4)})  HR ${hitRate.toFixed(4)}  users ${customers}`;
    }),
    ...comparedMetrics.map(
      (metric) => `${metric}: mean ${summary[metric].mean.toFixed(4)}, sd ${summary[metric].sd.toFixed(4)}`,
    ),
  ].join('\n');

export type Differences = {
  readonly [group: string]: { readonly [metric in ComparedMetric]: PairedTest };
};

/** One − other, group by group. */
export const differencesOf = (one: Run, other: Run): Differences =>
  Object.fromEntries(
    [...one.measured].flatMap(([group, { columns }]) => {
      const others = other.measured.get(group)?.columns;
      return others === undefined
        ? []
        : [
            [
              group,
              Object.fromEntries(
                comparedMetrics.map((metric) => [
                  metric,
                  pairedTest(columns[metric], others[metric], seededRandom(`against/${group}`)),
                ]),
              ),
            ],
          ];
    }),
  ) as Differences;

export const shownDifferences = (differences: Differences): string =>
  Object.entries(differences)
    .map(([group, tests]) => {
      const shownTests = comparedMetrics.map((metric) => {
        const { mean, low, high, p } = tests[metric];
        return `${metric} ${mean.toFixed(4)} (${low.toFixed(4)} … ${high.toFixed(4)}; p ${p.toFixed(3)})`;
      });
      return `difference, ${group}: ${shownTests.join('  ')}`;
    })
    .join('\n');
