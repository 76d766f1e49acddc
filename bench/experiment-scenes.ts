// Simulated two-arm tests whose truth is known, one kind of metric each, analysed by the estimators that serve. Shared by
// the bench and by the seeded tests, which run fewer of them. A scene with effect 0 is an A/A test.
// Truths are of the population the customers are drawn from, except that effects are the same for every customer.

import type { Random } from '../lib/base/random.ts';
import { armMean, armRatio, meanEffect } from '../lib/experiments/arm-mean.ts';
import { cuped } from '../lib/experiments/cuped.ts';
import type { Effect } from '../lib/experiments/effect.ts';
import { estimateOf, proportionDifference } from '../lib/experiments/estimate.ts';
import { linAdjustment } from '../lib/experiments/lin.ts';
import { type Cell, robustMean, robustSum } from '../lib/experiments/lin-robust.ts';
import { scoreInterval } from '../lib/experiments/score-interval.ts';
import { type JointSums, jointSums } from '../lib/outcomes/joint-sums.ts';
import type { Moments } from '../lib/outcomes/summary.ts';
import {
  capOf,
  mergeHistograms,
  valueHistogram,
  winsorisedMoments,
} from '../lib/outcomes/value-histogram.ts';

export interface Sizes {
  readonly arm: number;
  readonly reference: number;
}

/** What a test said: the effect, its 95% interval, and the p-value of no effect. */
export interface Said {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly pValue: number;
}

export type Trial = (random: Random, sizes: Sizes, effect: number) => Said;

/** Share of buyers `base`, raised by `effect`; Newcombe's interval and the pooled test. */
export const shares =
  (base: number): Trial =>
  (random, { arm, reference }, effect) =>
    said(proportionDifference(buyers(random, arm, base + effect), buyers(random, reference, base)));

/** The same by Miettinen and Nurminen. */
export const scoredShares =
  (base: number): Trial =>
  (random, { arm, reference }, effect) => {
    const { difference, low, high, pValue } = scoreInterval(
      buyers(random, arm, base + effect),
      buyers(random, reference, base),
    );
    return { value: difference, low, high, pValue };
  };

export const spendShare = 0.1;
export const spendSigma = 1;
/** Mean of a customer's spending at scale 1. */
export const spendMean = spendShare * Math.exp(spendSigma ** 2 / 2);

/** One in ten buys, log-normally; the effect is on the mean, through the scale of what is bought. */
export const revenue: Trial = (random, { arm, reference }, effect) =>
  said(
    estimateOf(
      armMean(momentsOf(spending(random, arm, 1 + effect / spendMean))),
      armMean(momentsOf(spending(random, reference, 1))),
    ),
  );

/** The same winsorised at the 99th percentile of all buyers; only for A/A, since its truth moves with the cap. */
export const winsorisedRevenue: Trial = (random, { arm, reference }, effect) => {
  const treated = valueHistogram(spending(random, arm, 1 + effect / spendMean));
  const untreated = valueHistogram(spending(random, reference, 1));
  const cap = capOf(mergeHistograms(treated, untreated), 0.99);
  return said(
    estimateOf(armMean(winsorisedMoments(treated, cap)), armMean(winsorisedMoments(untreated, cap))),
  );
};

/** Value per order: customers differ in how many orders they make and in what they spend on one. */
export const ratio: Trial = (random, { arm, reference }, effect) => {
  const of = (count: number, mean: number): JointSums =>
    jointSums(
      ['value', 'orders'],
      rows(count, () => {
        let orders = 1;
        while (random.next() < 0.5) {
          orders++;
        }
        const level = mean + 3 * random.normal();
        return [orders * level + Math.sqrt(orders) * 2 * random.normal(), orders];
      }),
    );
  const treated = armRatio(of(arm, 10 + effect), 'value', 'orders');
  const untreated = armRatio(of(reference, 10), 'value', 'orders');
  return said(treated && untreated && meanEffect(treated, untreated));
};
/** Of a customer's part in the ratio: Var(value − 10·orders) ÷ E[orders]² with orders geometric, E = 2, E[orders²] = 6. */
export const ratioVariance = (9 * 6 + 4 * 2) / 4;

/** A metric of variance 1 with one skewed covariate (a centred exponential) of correlation `rho`. */
export const cupedRows = (random: Random, count: number, rho: number, effect: number): JointSums =>
  jointSums(
    ['metric', 'before'],
    rows(count, () => {
      const before = -Math.log(1 - random.next()) - 1;
      return [effect + rho * before + Math.sqrt(1 - rho * rho) * random.normal(), before];
    }),
  );

export const cupedMetric =
  (rho: number): Trial =>
  (random, { arm, reference }, effect) => {
    const result = cuped(
      [cupedRows(random, arm, rho, effect), cupedRows(random, reference, rho, 0)],
      'metric',
      ['before'],
    );
    return said(result && meanEffect(result.arms[0], result.arms[1]));
  };

/** Three covariates, one of them yes or no; the spread grows with the first. HC2 by the second pass. */
export const lin: Trial = (random, { arm, reference }, effect) => {
  const covariates = ['score', 'spent', 'isNew'];
  const of = (count: number, shift: number) => {
    const all = rows(count, () => {
      const score = random.normal();
      const spent = Math.exp(0.5 * random.normal());
      const isNew = random.next() < 0.3 ? 1 : 0;
      const noise = (0.5 + 0.5 * Math.abs(score)) * random.normal();
      return [shift + score + 0.5 * spent - isNew + noise, score, spent, isNew];
    });
    return {
      sums: jointSums(['metric', ...covariates], all),
      cells: all.map(
        ([metric, ...x]): Cell => ({ covariates: x, count: 1, sum: metric, sumSquares: metric * metric }),
      ),
    };
  };
  const [treated, untreated] = [of(arm, effect), of(reference, 0)];
  const fits = linAdjustment([treated.sums, untreated.sums], 'metric', covariates);
  return said(
    fits &&
      meanEffect(
        robustMean(fits[0], robustSum(fits[0], treated.cells)),
        robustMean(fits[1], robustSum(fits[1], untreated.cells)),
      ),
  );
};

/** Relative lift of the revenue's mean, by the delta method or Fieller as the estimate chooses. Effect: relative. */
export const lift: Trial = (random, { arm, reference }, effect) => {
  const estimate = estimateOf(
    armMean(momentsOf(spending(random, arm, 1 + effect))),
    armMean(momentsOf(spending(random, reference, 1))),
  );
  return estimate?.relativeLift
    ? { ...estimate.relativeLift, pValue: estimate.pValue }
    : { value: Number.NaN, low: Number.NaN, high: Number.NaN, pValue: Number.NaN };
};

const said = (
  estimate:
    | Pick<Effect, 'value' | 'low' | 'high' | 'pValue'>
    | { readonly difference: number; readonly low: number; readonly high: number; readonly pValue: number }
    | undefined,
): Said => {
  if (estimate === undefined) {
    throw new Error('a simulated test gave no estimate: its sizes are too small');
  }
  const { low, high, pValue } = estimate;
  return { value: 'value' in estimate ? estimate.value : estimate.difference, low, high, pValue };
};

const buyers = (random: Random, count: number, share: number): Moments => {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += random.next() < share ? 1 : 0;
  }
  return { count, sum, sumSquares: sum };
};

const spending = (random: Random, count: number, scale: number): number[] =>
  rows(count, () => (random.next() < spendShare ? scale * Math.exp(spendSigma * random.normal()) : 0));

const momentsOf = (values: readonly number[]): Moments => {
  let [sum, sumSquares] = [0, 0];
  for (const value of values) {
    sum += value;
    sumSquares += value * value;
  }
  return { count: values.length, sum, sumSquares };
};

const rows = <T>(count: number, row: () => T): T[] => Array.from({ length: count }, row);
