// Smaller seeded runs of bench/experiments.ts: p-values without an effect are uniform, intervals cover, planned power is
// had, and CUPED saves 1 − ρ². Bounds are binomial: four standard deviations around the promise.

import { describe, expect, test } from 'vitest';
import {
  cupedMetric,
  cupedRows,
  lift,
  lin,
  ratio,
  ratioVariance,
  revenue,
  scoredShares,
  shares,
  spendMean,
  type Trial,
  winsorisedRevenue,
} from '../../bench/experiment-scenes.ts';
import { uniformPValue } from '../../bench/kolmogorov.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { armMean, squaredError } from '../../lib/experiments/arm-mean.ts';
import { cuped } from '../../lib/experiments/cuped.ts';
import { customersNeeded, reducedBaseline } from '../../lib/experiments/power.ts';
import { columnMoments } from '../../lib/outcomes/joint-sums.ts';

const runs = 400;
const simulate = (name: string, trial: Trial, arm: number, reference: number, effect: number) => {
  const random = seededRandom(`scene ${name}`);
  return Array.from({ length: runs }, () => trial(random, { arm, reference }, effect));
};
const within = (found: number, share: number): void => {
  expect(Math.abs(found / runs - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / runs));
};

describe('without an effect p-values are uniform', () => {
  test.each([
    ['share', shares(0.2), 2_000, 2_000],
    ['share by its score', scoredShares(0.2), 2_000, 2_000],
    ['revenue', revenue, 2_000, 2_000],
    ['revenue, winsorised', winsorisedRevenue, 2_000, 2_000],
    ['ratio', ratio, 300, 300],
    ['CUPED', cupedMetric(0.6), 200, 200],
    ['Lin', lin, 150, 100],
  ] as const)('%s', (name, trial, arm, reference) => {
    const pValues = simulate(name, trial, arm, reference, 0).map(({ pValue }) => pValue);
    within(pValues.filter((p) => p < 0.05).length, 0.05);
    // Seven tests at once.
    expect(uniformPValue(pValues)).toBeGreaterThan(0.01 / 7);
  });
});

describe('the 95% interval covers the truth', () => {
  test.each([
    ['a rare share by its score', scoredShares(0.01), 1_000, 1_000, 0.01],
    ['revenue', revenue, 2_000, 2_000, 0.2 * spendMean],
    ['relative lift', lift, 2_000, 2_000, 0.2],
    ['ratio', ratio, 300, 300, 0.5],
    ['CUPED', cupedMetric(0.6), 200, 200, 0.2],
    ['Lin', lin, 150, 100, 0.2],
  ] as const)('%s', (name, trial, arm, reference, effect) => {
    const said = simulate(`coverage ${name}`, trial, arm, reference, effect);
    within(said.filter(({ low, high }) => low <= effect && effect <= high).length, 0.95);
  });
});

describe('a test of the size planned finds the effect in four of five', () => {
  test.each([
    ['share', shares(0.1), customersNeeded({ kind: 'share', share: 0.1 }, 0.03), 0.03],
    [
      'share with a small holdout',
      shares(0.2),
      customersNeeded({ kind: 'share', share: 0.2 }, -0.06, { ratio: 4 }),
      -0.06,
    ],
    ['ratio', ratio, customersNeeded({ kind: 'mean', variance: ratioVariance }, 1), 1],
    ['CUPED', cupedMetric(0.6), customersNeeded(reducedBaseline(1, 0.6), 0.2), 0.2],
  ] as const)('%s', (name, trial, sizes, effect) => {
    const said = simulate(`power ${name}`, trial, Math.ceil(sizes.arm), Math.ceil(sizes.reference), effect);
    within(said.filter(({ pValue }) => pValue < 0.05).length, 0.8);
  });
});

test('CUPED leaves 1 − ρ² of the variance, and no bias', () => {
  for (const rho of [0.3, 0.8]) {
    const random = seededRandom(`scene cuped ${rho}`);
    let [left, sum, squares] = [0, 0, 0];
    for (let run = 0; run < runs; run++) {
      const arms = [cupedRows(random, 200, rho, 0.5), cupedRows(random, 200, rho, 0)];
      const adjusted = cuped(arms, 'metric', ['before'])?.arms ?? [];
      const error = (of: typeof adjusted): number => of.reduce((total, one) => total + squaredError(one), 0);
      left += error(adjusted) / error(arms.map((arm) => armMean(columnMoments(arm, 'metric')))) / runs;
      const difference = adjusted[0].mean - adjusted[1].mean - 0.5;
      sum += difference;
      squares += difference * difference;
    }
    expect(Math.abs(left - (1 - rho * rho))).toBeLessThan(0.01);
    expect(Math.abs(sum / Math.sqrt(squares))).toBeLessThan(4);
    // The spread of the estimates is the one promised: χ² with 400 degrees, four standard deviations.
    expect(Math.abs(squares / runs / ((2 * (1 - rho * rho)) / 200) - 1)).toBeLessThan(
      4 * Math.sqrt(2 / runs),
    );
  }
});

test('the Kolmogorov–Smirnov test knows its own table: λ of 1.358 is p = 0.05, of 1.628 p = 0.01', () => {
  const n = 10_000;
  const shifted = (lambda: number): number => {
    const distance = lambda / (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n));
    // The lowest share D of the values moved up by D: the empirical distribution lags by D at D.
    return uniformPValue(Array.from({ length: n }, (_, i) => Math.max((i + 0.5) / n, distance - 0.5 / n)));
  };
  expect(uniformPValue(Array.from({ length: n }, (_, i) => (i + 0.5) / n))).toBe(1);
  expect(Math.abs(shifted(1.3581) - 0.05)).toBeLessThan(0.003);
  expect(Math.abs(shifted(1.6276) - 0.01)).toBeLessThan(0.001);
});
