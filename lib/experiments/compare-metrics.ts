// Every metric of the plan in every arm, and each treated arm against the reference, from the arms' joint sums.
// Shares: Newcombe's interval; means and ratios: Welch (estimate.ts). p-values: Holm over the arms of the primary metric,
// Benjamini–Hochberg over all arms of all secondary metrics; guardrails as they are, since a guard is to speak up.
// Nothing is compared where the test cannot be believed, or a side is too small or too uneventful to be normal.

import { estimateCustomersCountMin, revenueBuyersCountMin } from '../base/limits.ts';
import type { RunOutcomes } from '../outcomes/collect.ts';
import { columnMean, columnMoments, type JointSums } from '../outcomes/joint-sums.ts';
import { type Metric, type MetricChoice, metricOf } from '../outcomes/metrics.ts';
import { armRatio } from './arm-mean.ts';
import type { Design } from './design.ts';
import { estimateOf, meanDifference, proportionDifference } from './estimate.ts';
import { benjaminiHochberg, holm } from './multiplicity.ts';
import { noEstimate } from './no-estimate.ts';
import type { Estimate, MetricResult, MetricRole, NoEstimate } from './result.ts';

/** `blocked`: why no comparison of this test is shown. */
export const compareMetrics = (
  design: Design,
  outcomes: RunOutcomes,
  blocked: NoEstimate | undefined,
): readonly MetricResult[] => {
  const { primary, secondary, guardrails } = design.metrics;
  const measure = (choices: readonly MetricChoice[], role: MetricRole): readonly MetricResult[] =>
    choices.map((choice) => compareMetric(metricOf(choice), role, design, outcomes, blocked));
  return [
    ...adjustTogether(measure([primary], 'primary'), holm),
    ...adjustTogether(measure(secondary, 'secondary'), benjaminiHochberg),
    ...adjustTogether(measure(guardrails, 'guardrail'), (pValues) => [...pValues]),
  ];
};

export const compareMetric = (
  metric: Metric,
  role: MetricRole,
  { arms, reference }: Design,
  outcomes: RunOutcomes,
  blocked: NoEstimate | undefined,
): MetricResult => {
  const unstated = obstacleOf(metric, outcomes);
  const { name, kind, unit, better } = metric;
  const sumsOf = (arm: string): JointSums | undefined => outcomes.sums.get(arm);
  return {
    metric: name,
    role,
    kind,
    unit,
    better,
    arms: arms.map((arm) => {
      const sums = sumsOf(arm.name);
      const value = sums === undefined || unstated !== undefined ? null : meanOf(sums, metric);
      return { arm: arm.name, value, customers: sums?.count ?? 0 };
    }),
    comparisons:
      reference === undefined
        ? []
        : arms
            .filter(({ treated }) => treated)
            .map(({ name: arm }) => ({
              arm,
              reference,
              estimate: blocked ?? unstated ?? compareArms(metric, sumsOf(arm), sumsOf(reference)),
              adjustedPValue: null,
            })),
  };
};

/** Why the metric means nothing here, in any arm. */
const obstacleOf = ({ name, unit }: Metric, outcomes: RunOutcomes): NoEstimate | undefined => {
  if (unit === 'money' && outcomes.currencies.length > 1) {
    return noEstimate('several-currencies');
  }
  const isUnknown = [...outcomes.arms.values()].some(({ ordersOfUnknownCost }) => ordersOfUnknownCost > 0);
  return name === 'margin' && isUnknown ? noEstimate('costs-unknown') : undefined;
};

const meanOf = (sums: JointSums, { column, denominator }: Metric): number | null => {
  if (sums.count === 0) return null;
  return denominator === undefined
    ? columnMean(sums, column)
    : (armRatio(sums, column, denominator)?.mean ?? null);
};

export const compareArms = (
  { kind, column, denominator }: Metric,
  arm: JointSums | undefined,
  reference: JointSums | undefined,
): Estimate | NoEstimate => {
  if (
    arm === undefined ||
    reference === undefined ||
    Math.min(arm.count, reference.count) < estimateCustomersCountMin
  ) {
    return noEstimate('arm-too-small');
  }
  if (kind === 'share') {
    const estimate = proportionDifference(columnMoments(arm, column), columnMoments(reference, column));
    return estimate ?? noEstimate('no-variance');
  }
  if (Math.min(buyersOf(arm), buyersOf(reference)) < revenueBuyersCountMin) {
    return noEstimate('too-few-conversions');
  }
  if (denominator === undefined) {
    const estimate = meanDifference(columnMoments(arm, column), columnMoments(reference, column));
    return estimate ?? noEstimate('no-variance');
  }
  const [ratio, against] = [armRatio(arm, column, denominator), armRatio(reference, column, denominator)];
  const estimate = ratio && against && estimateOf(ratio, against);
  return estimate ?? noEstimate('no-variance');
};

/** `repurchase` is among the columns of every test: what means rest on. */
const buyersOf = (sums: JointSums): number => columnMoments(sums, 'repurchase').sum;

/** The comparisons of all these metrics are one family. */
const adjustTogether = (
  results: readonly MetricResult[],
  adjust: (pValues: readonly number[]) => readonly number[],
): readonly MetricResult[] => {
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
