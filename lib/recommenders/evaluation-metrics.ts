// What an evaluation says of one model: means over customers with their 95% bootstrap intervals, figures of all lists
// together (coverage, Gini), and the means by how active the customers were in training.
// Input: one number per customer and metric (measure.ts); NaN where a customer has none.

import { seededRandom } from '../base/random.ts';
import { meanIntervals } from '../numeric/bootstrap.ts';
import { giniOf } from './list-metrics.ts';
import { type ColumnName, columnNames, type Measured } from './measure.ts';
import type { RankingMetrics } from './metrics.ts';

export interface EvaluationMetrics extends RankingMetrics {
  readonly k: number;
  readonly customers: number;
  /** Absent when every visible item was relevant or excluded. */
  readonly auc?: number;
  /** Recall of what the customer had not taken before; absent when all was taken again. */
  readonly recallNew?: number;
  /** Share of the visible catalogue that stands in at least one list. */
  readonly coverage: number;
  /** Gini coefficient of how often the visible items are listed: 0 all alike, towards 1 few get all. */
  readonly gini: number;
  /** 1 − Jaccard similarity of categories and tags, mean over the pairs of a list; absent without a catalogue. */
  readonly diversity?: number;
  /** Mean −log2 of the items' shares of training interactions, in bits. */
  readonly novelty: number;
  /** Share of the list that is relevant and that popularity would not have listed. */
  readonly serendipity: number;
  /** NDCG of the customers' own training items when nothing is excluded: fit, not accuracy. */
  readonly trainNdcg: number;
  /** 95%, of the means above. */
  readonly intervals: { readonly [metric in ColumnName]?: { readonly low: number; readonly high: number } };
  /** Thirds of the test customers by their training interactions. */
  readonly byActivity: readonly ActivityGroup[];
}

export interface ActivityGroup {
  readonly interactionsMin: number;
  readonly interactionsMax: number;
  readonly customers: number;
  readonly ndcg: number;
  readonly recall: number;
  readonly hitRate: number;
}

/** Everything but k and the number of customers. `activity`: training interactions of each case. */
export const summaryOf = (
  { columns, exposures }: Measured,
  allowed: Uint8Array,
  activity: Float64Array,
): Omit<EvaluationMetrics, 'k' | 'customers'> => {
  const intervals = meanIntervals(
    columnNames.map((name) => columns[name]),
    seededRandom('evaluation/intervals'),
  );
  const found = columnNames
    .map((name, place) => [name, intervals[place]] as const)
    .filter(([, { mean }]) => !Number.isNaN(mean));
  const means = new Map(found.map(([name, { mean }]) => [name, mean]));
  const of = (name: ColumnName): number => means.get(name) ?? 0;
  const [auc, recallNew] = [means.get('auc'), means.get('recallNew')];
  const diversity = means.get('diversity');
  const visible = exposures.filter((_, item) => allowed[item] === 1);
  return {
    precision: of('precision'),
    recall: of('recall'),
    f1: of('f1'),
    hitRate: of('hitRate'),
    ndcg: of('ndcg'),
    map: of('map'),
    mrr: of('mrr'),
    ...(auc !== undefined && { auc }),
    ...(recallNew !== undefined && { recallNew }),
    coverage: visible.length === 0 ? 0 : visible.filter((times) => times > 0).length / visible.length,
    gini: giniOf(visible),
    ...(diversity !== undefined && { diversity }),
    novelty: of('novelty'),
    serendipity: of('serendipity'),
    trainNdcg: of('trainNdcg'),
    intervals: Object.fromEntries(found.map(([name, { low, high }]) => [name, { low, high }])),
    byActivity: activityGroups(columns, activity),
  };
};

/** Thirds of the cases by activity; of equal activity all are in one group, so thirds may differ in size. */
const activityGroups = (columns: Measured['columns'], activity: Float64Array): ActivityGroup[] => {
  const sorted = activity.toSorted();
  const bound = (share: number): number => sorted[Math.floor(share * sorted.length)];
  const groupOf = (count: number): number => (count < bound(1 / 3) ? 0 : count < bound(2 / 3) ? 1 : 2);
  return [0, 1, 2]
    .map((group) => [...activity.keys()].filter((row) => groupOf(activity[row]) === group))
    .filter((rows) => rows.length > 0)
    .map((rows) => {
      const mean = (column: Float64Array): number =>
        rows.reduce((sum, row) => sum + column[row], 0) / rows.length;
      const counts = rows.map((row) => activity[row]);
      return {
        interactionsMin: counts.reduce((least, count) => Math.min(least, count)),
        interactionsMax: counts.reduce((most, count) => Math.max(most, count)),
        customers: rows.length,
        ndcg: mean(columns.ndcg),
        recall: mean(columns.recall),
        hitRate: mean(columns.hitRate),
      };
    });
};
