// Seeded simulations of what the intervals, tests and alarms promise. Bounds are binomial: four standard deviations
// around the promise, so that a right implementation fails one test in 16,000 seeds, and the seeds are fixed.

import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../lib/base/random.ts';
import { meanDifference, proportionDifference } from '../../lib/experiments/estimate.ts';
import { checkSampleRatio } from '../../lib/experiments/sample-ratio.ts';
import { logGamma } from '../../lib/numeric/special-functions.ts';
import type { Moments } from '../../lib/outcomes/summary.ts';

const runs = 2_000;
const bounds = (share: number): readonly [number, number] => {
  const margin = 4 * Math.sqrt((share * (1 - share)) / runs);
  return [share - margin, share + margin];
};

const successes = (random: Random, count: number, p: number): number => {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += random.next() < p ? 1 : 0;
  }
  return sum;
};
const draw = (random: Random, count: number, p: number): Moments => {
  const sum = successes(random, count, p);
  return { count, sum, sumSquares: sum };
};

describe('proportions', () => {
  test.each([
    { p1: 0.08, n1: 600, p2: 0.08, n2: 600 },
    { p1: 0.12, n1: 800, p2: 0.08, n2: 200 },
    { p1: 0.02, n1: 300, p2: 0.01, n2: 300 },
    { p1: 0.5, n1: 60, p2: 0.35, n2: 60 },
  ])(
    'the 95% interval covers $p1 − $p2 with $n1 and $n2 customers about 95% of the time',
    ({ p1, n1, p2, n2 }) => {
      const random = seededRandom(`coverage ${p1} ${n1} ${p2} ${n2}`);
      let covered = 0;
      for (let run = 0; run < runs; run++) {
        const estimate = proportionDifference(draw(random, n1, p1), draw(random, n2, p2));
        covered += estimate !== undefined && estimate.low <= p1 - p2 && p1 - p2 <= estimate.high ? 1 : 0;
      }
      // Newcombe 1998 finds the mean coverage of method 10 between 0.95 and 0.96, more for rare events.
      const [low] = bounds(0.95);
      expect(covered / runs).toBeGreaterThan(low);
      expect(covered / runs).toBeLessThan(0.985);
    },
  );

  test.each([
    { p1: 0.16, p2: 0.12, count: 600 },
    { p1: 0.134, p2: 0.12, count: 600 },
    { p1: 0.094, p2: 0.081, count: 900 },
  ])(
    'summed over every outcome, the interval covers $p1 − $p2 in 95.0% of the cases',
    ({ p1, p2, count }) => {
      const likely = (p: number): readonly { readonly sum: number; readonly chance: number }[] => {
        const logFactorial = (n: number): number => logGamma(n + 1);
        return Array.from({ length: count + 1 }, (_, sum) => ({
          sum,
          chance: Math.exp(
            logFactorial(count) -
              logFactorial(sum) -
              logFactorial(count - sum) +
              sum * Math.log(p) +
              (count - sum) * Math.log1p(-p),
          ),
        })).filter(({ chance }) => chance > 1e-7);
      };
      let covered = 0;
      for (const a of likely(p1)) {
        for (const b of likely(p2)) {
          const estimate = proportionDifference(
            { count, sum: a.sum, sumSquares: a.sum },
            { count, sum: b.sum, sumSquares: b.sum },
          );
          const covers = estimate !== undefined && estimate.low <= p1 - p2 && p1 - p2 <= estimate.high;
          covered += covers ? a.chance * b.chance : 0;
        }
      }
      expect(covered).toBeGreaterThan(0.9495);
      expect(covered).toBeLessThan(0.9515);
    },
  );

  test('of A/A tests about 5% look significant, and no more', () => {
    const random = seededRandom('a/a');
    let found = 0;
    let excluded = 0;
    for (let run = 0; run < runs; run++) {
      const estimate = proportionDifference(draw(random, 500, 0.1), draw(random, 500, 0.1));
      found += estimate !== undefined && estimate.pValue < 0.05 ? 1 : 0;
      excluded += estimate !== undefined && (estimate.low > 0 || estimate.high < 0) ? 1 : 0;
    }
    const [low, high] = bounds(0.05);
    for (const count of [found, excluded]) {
      expect(count / runs).toBeGreaterThan(low);
      expect(count / runs).toBeLessThan(high);
    }
  });
});

test('the interval of revenue per customer covers the true difference of skewed spending about 95% of the time', () => {
  const random = seededRandom('revenue');
  // One in five buys, spending log-normally: mean exp(σ²/2) = e^0.32 in units of the median.
  const spend = (scale: number): number =>
    random.next() < 0.2 ? scale * Math.exp(0.8 * random.normal()) : 0;
  const sample = (count: number, scale: number): Moments => {
    let [sum, sumSquares] = [0, 0];
    for (let i = 0; i < count; i++) {
      const value = spend(scale);
      sum += value;
      sumSquares += value * value;
    }
    return { count, sum, sumSquares };
  };
  const truth = 0.2 * Math.exp(0.32) * (30 - 25);
  let covered = 0;
  for (let run = 0; run < runs; run++) {
    const estimate = meanDifference(sample(400, 30), sample(400, 25));
    covered += estimate !== undefined && estimate.low <= truth && truth <= estimate.high ? 1 : 0;
  }
  const [low, high] = bounds(0.95);
  expect(covered / runs).toBeGreaterThan(low);
  expect(covered / runs).toBeLessThan(high);
});

test('the sample-ratio alarm stays silent on sound assignment and sounds when one arm loses a fifth', () => {
  const random = seededRandom('srm');
  let falseAlarms = 0;
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    const treated = successes(random, 2_000, 0.5);
    falseAlarms += checkSampleRatio(['A', 'holdout'], [0.5, 0.5], [treated, 2_000 - treated]).ok ? 0 : 1;
    const kept = Math.round(treated * 0.8);
    alarms += checkSampleRatio(['A', 'holdout'], [0.5, 0.5], [kept, 2_000 - treated]).ok ? 0 : 1;
  }
  // Promised 0.1%: 2 of 2,000 expected; Poisson(2) exceeds 8 once in 4,000.
  expect(falseAlarms).toBeLessThanOrEqual(8);
  expect(alarms / runs).toBeGreaterThan(0.9);
});
