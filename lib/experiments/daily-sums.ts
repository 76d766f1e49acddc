// The data behind the estimates: for each day of assignment, arm and metric the customers whose window is over and what
// their values, and the squares of these, add up to. Rows of any days add up to those of the whole, and from the whole of
// two arms the plain estimate can be made by hand: means Σx ÷ n, variances (Σx² − (Σx)² ÷ n) ÷ (n − 1). A ratio is Σx ÷ Σy,
// its variance by the delta method from Σy, Σy² and Σxy. Units: the metric's; days UTC.

import { columnMoments, type JointSums, productSum } from '../outcomes/joint-sums.ts';
import type { Measured } from '../outcomes/measurement.ts';
import { type Metric, metricOf } from '../outcomes/metrics.ts';
import type { Design } from './design.ts';

export interface DailySums {
  /** ISO date. */
  readonly day: string;
  readonly arm: string;
  readonly metric: string;
  readonly kind: Metric['kind'];
  readonly customers: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Of ratios: of what stands below the line, and Σ of both multiplied. */
  readonly denominator?: { readonly sum: number; readonly sumSquares: number; readonly sumProducts: number };
}

/** By day, arms in the design's order: whatever order the events were read in. */
export const dailySums = (
  { days }: Pick<Measured, 'days'>,
  { arms, metrics: plan }: Pick<Design, 'arms' | 'metrics'>,
): readonly DailySums[] => {
  const metrics = [plan.primary, ...plan.secondary, ...plan.guardrails].map((choice) =>
    metricOf(choice, plan),
  );
  const names = arms.map(({ name }) => name);
  return [...days]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([day, byArm]) =>
      [...byArm]
        .toSorted(([a], [b]) => names.indexOf(a) - names.indexOf(b))
        .flatMap(([arm, sums]) => metrics.map((metric) => ({ day, arm, ...sumsOf(metric, sums) }))),
    );
};

const sumsOf = (
  { name, kind, column, denominator }: Metric,
  sums: JointSums,
): Omit<DailySums, 'day' | 'arm'> => {
  const { count, sum, sumSquares } = columnMoments(sums, column);
  const below = denominator === undefined ? undefined : columnMoments(sums, denominator);
  return {
    metric: name,
    kind,
    customers: count,
    sum,
    sumSquares,
    ...(below !== undefined &&
      denominator !== undefined && {
        denominator: {
          sum: below.sum,
          sumSquares: below.sumSquares,
          sumProducts: productSum(sums, column, denominator),
        },
      }),
  };
};
