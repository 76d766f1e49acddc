// What a look may say of the primary metric, however many looks there were. By a group-sequential rule each treated arm
// has its boundary at the information of the look (look-boundaries.ts): matured customers of both arms, harmonic, ÷ those
// planned. Several arms share the error (Bonferroni). Interval and p-value are the repeated ones (Jennison & Turnbull,
// JRSS B 51, 1989), so that they may be read at every look. Too little new since the last look is no look: it spends
// nothing. The test is over at its end, at the plan, where an arm is shown to be better, or every arm to be worse.

import type { SpendingChoice } from '../assignment/decision-rule.ts';
import { lookFractionMin } from '../base/limits.ts';
import { normalQuantile } from '../numeric/distributions.ts';
import type { RunOutcomes } from '../outcomes/collect.ts';
import type { Spending } from './alpha-spending.ts';
import type { Design } from './design.ts';
import { alpha } from './effect.ts';
import { boundaryOf, type Looks, lookPValue } from './look-boundaries.ts';
import type {
  Comparison,
  Estimate,
  MetricResult,
  SequentialArm,
  SequentialLook,
  TestResult,
} from './result.ts';

export interface LookAt {
  /** 1, 2, … */
  readonly look: number;
  readonly final: boolean;
  readonly asOf: string;
  /** The result of the look before this one; absent for the first. */
  readonly earlier?: Pick<TestResult, 'sequential'>;
}

export interface Judged {
  readonly arms: readonly SequentialArm[];
  /** The test is over with this look. */
  readonly ends: boolean;
}

/** Undefined where the test is decided once, at its end, or nothing is known of how many customers were to come. */
export const judgeLook = (
  { decision, arms, reference }: Design,
  { comparisons, better }: Pick<MetricResult, 'comparisons' | 'better'>,
  outcomes: Pick<RunOutcomes, 'sums'>,
  at: LookAt,
): Judged | undefined => {
  if (decision?.kind !== 'group-sequential' || reference === undefined || comparisons.length === 0) {
    return undefined;
  }
  const shareOf = (arm: string): number => arms.find(({ name }) => name === arm)?.share ?? 0;
  const countOf = (arm: string): number => outcomes.sums.get(arm)?.count ?? 0;
  const planned = decision.plannedCustomers ?? sumOf(arms.map(({ name }) => countOf(name)));
  const fractions = comparisons.map(({ arm }) =>
    planned === 0
      ? 0
      : harmonic(countOf(arm), countOf(reference)) /
        harmonic(planned * shareOf(arm), planned * shareOf(reference)),
  );
  const isLast = at.final || Math.max(...fractions) >= 1;
  const judged = comparisons.map((comparison, i) =>
    judgeArm(comparison, fractions[i], {
      at,
      isLast,
      spending: spendingOf(decision.spending),
      error: alpha / comparisons.length,
    }),
  );
  const sign = better === 'higher' ? 1 : -1;
  const shown = judged.map(({ looks }) => crossingOf(looks.at(-1), at.look) * sign);
  return { arms: judged, ends: isLast || shown.some((one) => one > 0) || shown.every((one) => one < 0) };
};

interface Rule {
  readonly at: LookAt;
  readonly isLast: boolean;
  readonly spending: Spending;
  /** Of this arm alone. */
  readonly error: number;
}

const judgeArm = (
  { arm, reference, estimate }: Comparison,
  informationFraction: number,
  { at, isLast, spending, error }: Rule,
): SequentialArm => {
  const before = at.earlier?.sequential?.arms.find((one) => one.arm === arm)?.looks ?? [];
  const isNew = informationFraction - (before.at(-1)?.informationFraction ?? 0) >= lookFractionMin;
  const untaken = { arm, reference, informationFraction, looks: before, boundary: null, crossed: false };
  if (estimate.kind === 'no-estimate' || !(isNew || isLast)) {
    return { ...untaken, repeatedInterval: null, adjustedPValue: null };
  }
  const looks: Looks = {
    fractions: [...before.map((one) => one.informationFraction), informationFraction],
    isLast,
    spending,
  };
  const { critical, spent } = boundaryOf(looks, error);
  const z = zOf(estimate);
  const interval = critical === Infinity ? null : widened(estimate, critical);
  // Both, for the interval of a share is Newcombe's and the test the pooled one.
  const crossed = interval !== null && Math.abs(z) >= critical && interval.low * interval.high > 0;
  const { look, asOf } = at;
  const boundary = interval === null ? null : critical;
  return {
    ...untaken,
    looks: [...before, { look, asOf, informationFraction, z, boundary, spent, crossed }],
    boundary,
    crossed,
    repeatedInterval: interval,
    adjustedPValue: interval === null ? null : Math.min(1, (alpha / error) * lookPValue(z, looks)),
  };
};

/** The metric as it may be read at this look: repeated intervals and p-values in place of those of a single look. */
export const readAtLook = (metric: MetricResult, judged: Judged | undefined): MetricResult =>
  judged === undefined
    ? metric
    : {
        ...metric,
        comparisons: metric.comparisons.map((comparison) => {
          const { estimate, adjusted } = comparison;
          const arm = judged.arms.find((one) => one.arm === comparison.arm);
          if (estimate.kind === 'no-estimate' || arm === undefined) return comparison;
          const { repeatedInterval, boundary, adjustedPValue } = arm;
          return boundary === null || repeatedInterval === null
            ? { ...comparison, adjustedPValue: 1 }
            : {
                ...comparison,
                estimate: { ...estimate, ...repeatedInterval, relativeLift: liftAt(estimate, boundary) },
                // Beside the plain one, so as wide: or the same look would show an effect in one of them by its rule alone.
                ...(adjusted?.kind === 'estimate' && {
                  adjusted: {
                    ...adjusted,
                    ...widened(adjusted, boundary),
                    relativeLift: liftAt(adjusted, boundary),
                  },
                }),
                adjustedPValue,
              };
        }),
      };

const liftAt = ({ relativeLift }: Estimate, critical: number): Estimate['relativeLift'] =>
  relativeLift && { value: relativeLift.value, ...widenedAround(relativeLift.value, relativeLift, critical) };

const widened = (estimate: Estimate, critical: number) =>
  widenedAround(estimate.difference, estimate, critical);

/** Each side of a 95% interval, as it would be at another critical value. */
const widenedAround = (
  value: number,
  { low, high }: { readonly low: number; readonly high: number },
  critical: number,
): { readonly low: number; readonly high: number } => ({
  low: value - (value - low) * (critical / z975),
  high: value + (high - value) * (critical / z975),
});

const z975 = normalQuantile(1 - alpha / 2);

/** Of the test that gave the p-value: the pooled one of shares. */
const zOf = ({ difference, pValue, standardError }: Estimate): number =>
  pValue > 1e-300 ? -Math.sign(difference) * normalQuantile(pValue / 2) : difference / standardError;

/** 1: above the reference, −1: below; 0: not shown, or not at this look. */
const crossingOf = (last: SequentialLook | undefined, look: number): number =>
  last !== undefined && last.look === look && last.crossed ? Math.sign(last.z) : 0;

export const spendingOf = (choice: SpendingChoice): Spending =>
  typeof choice === 'string'
    ? { kind: choice }
    : { kind: 'hwang-shih-decani', gamma: choice['hwang-shih-decani'] };

const harmonic = (a: number, b: number): number => (a > 0 && b > 0 ? 1 / (1 / a + 1 / b) : 0);

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
