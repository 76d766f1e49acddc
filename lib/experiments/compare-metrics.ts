// Every metric of the plan in every arm, and each treated arm against the reference, from the arms' joint sums.
// p-values: Holm over the arms of the primary metric, Benjamini–Hochberg over all arms of all secondary metrics;
// guardrails as they are, since a guard is to speak up. Nothing is compared where the test cannot be believed.

import type { MetricChoice } from '../assignment/metric-plan.ts';
import { covariates } from '../outcomes/before.ts';
import type { RunOutcomes } from '../outcomes/collect.ts';
import { columnMean, type JointSums } from '../outcomes/joint-sums.ts';
import { cappedRevenue, type Metric, metricOf } from '../outcomes/metrics.ts';
import { armRatio } from './arm-mean.ts';
import { compareAdjusted, compareArms, outlooksOf } from './compare-arms.ts';
import type { Design } from './design.ts';
import { benjaminiHochberg, holm } from './multiplicity.ts';
import { noEstimate } from './no-estimate.ts';
import type { Comparison, MetricResult, MetricRole, NoEstimate } from './result.ts';

/** `blocked`: why no comparison of this test is shown. */
export const compareMetrics = (
  design: Design,
  outcomes: RunOutcomes,
  blocked: NoEstimate | undefined,
): readonly MetricResult[] => {
  const { primary, secondary, guardrails } = design.metrics;
  const measure = (choices: readonly MetricChoice[], role: MetricRole): readonly MetricResult[] =>
    choices.map((choice) => compareMetric(metricOf(choice, design.metrics), role, design, outcomes, blocked));
  return [
    ...adjustTogether(measure([primary], 'primary'), holm),
    ...adjustTogether(measure(secondary, 'secondary'), benjaminiHochberg),
    ...adjustTogether(measure(guardrails, 'guardrail'), (pValues) => pValues),
  ];
};

/** The arms' values without any comparison, and why. */
export const withheld = (result: MetricResult, blocked: NoEstimate): MetricResult => ({
  ...result,
  comparisons: result.comparisons.map(({ arm, reference }) => ({
    arm,
    reference,
    estimate: blocked,
    adjustedPValue: null,
  })),
});

export const compareMetric = (
  metric: Metric,
  role: MetricRole,
  design: Design,
  outcomes: RunOutcomes,
  blocked: NoEstimate | undefined,
): MetricResult => {
  const { name, kind, unit, better, column } = metric;
  const unstated = obstacleOf(metric, outcomes);
  const { revenueCap } = outcomes;
  return {
    metric: name,
    role,
    kind,
    unit,
    better,
    ...(column === cappedRevenue && revenueCap !== undefined && { cappedAt: revenueCap }),
    arms: design.arms.map((arm) => {
      const sums = outcomes.sums.get(arm.name);
      const value = sums === undefined || unstated !== undefined ? null : valueIn(sums, metric);
      return { arm: arm.name, value, customers: sums?.count ?? 0 };
    }),
    comparisons: withOutlook(
      metric,
      outcomes,
      comparedArms(design).map((pair) => {
        const obstacle = blocked ?? unstated;
        return obstacle === undefined
          ? compareFully(metric, pair, design, outcomes)
          : { ...pair, estimate: obstacle, adjustedPValue: null };
      }),
    ),
  };
};

/** Only where every arm has an estimate: the best of some arms says nothing of the others. */
const withOutlook = (
  metric: Metric,
  { sums }: RunOutcomes,
  comparisons: readonly Comparison[],
): readonly Comparison[] => {
  const names = [
    ...comparisons.map(({ arm }) => arm),
    ...comparisons.slice(0, 1).map(({ reference }) => reference),
  ];
  const arms = names.flatMap((name) => sums.get(name) ?? []);
  const isWhole =
    comparisons.every(({ estimate }) => estimate.kind === 'estimate') && arms.length === names.length;
  const outlooks = isWhole && arms.length > 1 ? outlooksOf(metric, arms) : undefined;
  return outlooks === undefined
    ? comparisons
    : comparisons.map((comparison, i) => ({ ...comparison, bayes: outlooks[i] }));
};

interface Pair {
  readonly arm: string;
  readonly reference: string;
}

export const comparedArms = ({ arms, reference }: Design): readonly Pair[] =>
  reference === undefined
    ? []
    : arms.filter(({ treated }) => treated).map(({ name }) => ({ arm: name, reference }));

/** Why the metric means nothing here, in any arm. */
export const obstacleOf = ({ name, unit }: Metric, outcomes: RunOutcomes): NoEstimate | undefined => {
  if (unit === 'money' && outcomes.currencies.length > 1) {
    return noEstimate('several-currencies');
  }
  const isUnknown = [...outcomes.arms.values()].some(({ ordersOfUnknownCost }) => ordersOfUnknownCost > 0);
  return name === 'margin' && isUnknown ? noEstimate('costs-unknown') : undefined;
};

const compareFully = (metric: Metric, pair: Pair, { metrics }: Design, { sums }: RunOutcomes): Comparison => {
  const [arm, reference] = [sums.get(pair.arm), sums.get(pair.reference)];
  const estimate = compareArms(metric, arm, reference);
  if (estimate.kind === 'no-estimate' || arm === undefined || reference === undefined) {
    return { ...pair, estimate, adjustedPValue: null };
  }
  const adjusted = compareAdjusted(metric, arm, reference, estimate, {
    method: metrics.adjustment,
    covariates,
  });
  return {
    ...pair,
    estimate,
    ...(adjusted !== undefined && { adjusted }),
    adjustedPValue: null,
  };
};

const valueIn = (sums: JointSums, { column, denominator }: Metric): number | null => {
  if (sums.count === 0) return null;
  return denominator === undefined
    ? columnMean(sums, column)
    : (armRatio(sums, column, denominator)?.mean ?? null);
};

type Adjust = (pValues: readonly number[]) => readonly number[];

/** The comparisons of all these results are one family. */
export const adjustTogether = <R extends { readonly comparisons: readonly Comparison[] }>(
  results: readonly R[],
  adjust: Adjust,
): readonly R[] => {
  const pValues = results.flatMap(({ comparisons }) =>
    comparisons.flatMap(({ estimate }) => (estimate.kind === 'estimate' ? [estimate.pValue] : [])),
  );
  const adjusted = [...adjust(pValues)];
  return results.map((result) => ({
    ...result,
    comparisons: result.comparisons.map((comparison) => ({
      ...comparison,
      adjustedPValue: comparison.estimate.kind === 'estimate' ? (adjusted.shift() ?? null) : null,
    })),
  }));
};
