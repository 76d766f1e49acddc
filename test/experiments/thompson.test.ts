import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BanditSetting,
  banditRun,
  drawnThompson,
  fixedShares,
  totals,
} from '../../bench/bandit-scenes.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { proportionDifference } from '../../lib/experiments/estimate.ts';
import type { ShareCount } from '../../lib/experiments/score-interval.ts';
import { thompsonWeights } from '../../lib/experiments/thompson.ts';
import golden from '../golden/bandit.json' with { type: 'json' };

const moments = ({ count, sum }: ShareCount) => ({ count, sum, sumSquares: sum });
const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const errorOf = (values: readonly number[]): number => {
  const mean = meanOf(values);
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
};

describe('weights of a batch', () => {
  test('are each arm’s probability to be the best', () => {
    // Uniform priors, no buyer of one and one of one: Beta(1, 2) against Beta(2, 1); P = ∫ 2(1 − x) x² dx = 1/6.
    expect(
      thompsonWeights(
        [
          { count: 1, sum: 0 },
          { count: 1, sum: 1 },
        ],
        0,
      ),
    ).toEqual([0.166667, 0.833333]);
    // Beta(1, 1) three times.
    expect(thompsonWeights(Array(3).fill({ count: 0, sum: 0 }), 0)).toEqual([0.333334, 0.333333, 0.333333]);
    expect(thompsonWeights([{ count: 10, sum: 3 }], 0.5)).toEqual([1]);
  });

  test('are as often as a draw from the posteriors names the arm', () => {
    const known = [
      { count: 400, sum: 22 },
      { count: 600, sum: 38 },
      { count: 900, sum: 66 },
    ];
    const draw = drawnThompson(known, seededRandom('draws'));
    const counts = [0, 0, 0];
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      counts[draw()]++;
    }
    thompsonWeights(known, 0).forEach((weight, arm) => {
      const error = Math.sqrt((weight * (1 - weight)) / draws);
      expect(Math.abs(counts[arm] / draws - weight)).toBeLessThan(4 * error);
    });
  });

  test('keep to the floor: the arms above it give what those below lack, in proportion', () => {
    const lost = { count: 2_000, sum: 20 };
    const weights = thompsonWeights([lost, { count: 500, sum: 60 }, { count: 500, sum: 60 }], 0.05);
    expect(weights).toEqual([0.05, 0.475, 0.475]);
    expect(thompsonWeights([lost, { count: 2_000, sum: 200 }], 0.1)).toEqual([0.1, 0.9]);
    expect(thompsonWeights([lost, lost, { count: 2_000, sum: 200 }], 1 / 3)).toEqual([
      0.333333, 0.333333, 0.333334,
    ]);
  });

  test('sum to one in whole millionths, none below the floor, whatever the outcomes', () => {
    const arm = fc.nat(3_000).chain((count) => fc.record({ count: fc.constant(count), sum: fc.nat(count) }));
    fc.assert(
      fc.property(
        fc.array(arm, { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 10, max: 250 }),
        (arms, thousandths) => {
          const floor = thousandths / 1000;
          const weights = thompsonWeights(arms, floor);
          expect(weights.reduce((sum, weight) => sum + Math.round(weight * 1e6), 0)).toBe(1e6);
          expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
          expect(Math.min(...weights)).toBeGreaterThanOrEqual(floor - 1e-12);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a floor that the arms have no room for is refused', () => {
    expect(() => thompsonWeights(Array(3).fill({ count: 0, sum: 0 }), 0.4)).toThrow('1 ÷ 3 arms');
  });
});

describe('the golden vectors of Thompson sampling', () => {
  const repetitions = 100;
  test.each(golden.thompson)('$customers customers of $shares in batches of $batch', (vector) => {
    const setting: BanditSetting = vector;
    const random = seededRandom(`thompson ${vector.shares.join()} ${vector.batch}`);
    const runs = Array.from({ length: repetitions }, () => banditRun(setting, drawnThompson, random));
    const regrets = runs.map(({ regret }) => regret);
    expect(Math.abs(meanOf(regrets) - vector.meanRegret)).toBeLessThanOrEqual(
      3 * Math.hypot(errorOf(regrets), vector.standardError),
    );
    const best = vector.shares.lastIndexOf(Math.max(...vector.shares));
    const shares = runs.map((run) => totals(run)[best].count / vector.customers);
    const sharesError = errorOf(shares) * Math.hypot(1, Math.sqrt(repetitions / vector.repetitions));
    expect(Math.abs(meanOf(shares) - vector.shareBest)).toBeLessThan(3 * sharesError);
    vector.shares.forEach((share, arm) => {
      const biases = runs.map((run) => totals(run)[arm].sum / Math.max(1, totals(run)[arm].count) - share);
      const error = errorOf(biases) * Math.hypot(1, Math.sqrt(repetitions / vector.repetitions));
      expect(Math.abs(meanOf(biases) - vector.naiveMeanBias[arm])).toBeLessThan(3 * error);
    });
  });

  test('the ordinary test calls two equal arms different too often, as it does not with fixed shares', () => {
    const { repetitions: runs, fixed, thompson } = golden.aaFalsePositiveRate;
    const setting = { shares: [0.1, 0.1], customers: 2_000, batch: 1 };
    const rate = (policy: typeof fixedShares): number => {
      const random = seededRandom(`false positives ${policy === fixedShares}`);
      const found = Array.from({ length: runs }, () => {
        const [a, b] = totals(banditRun(setting, policy, random)).map(moments);
        return (proportionDifference(a, b)?.pValue ?? 1) < 0.05 ? 1 : 0;
      });
      return meanOf(found);
    };
    const margin = (share: number): number => 3 * Math.sqrt((2 * share * (1 - share)) / runs);
    expect(Math.abs(rate(fixedShares) - fixed)).toBeLessThan(margin(fixed));
    const wrong = rate(drawnThompson);
    expect(Math.abs(wrong - thompson)).toBeLessThan(margin(thompson));
    expect(wrong).toBeGreaterThan(0.07);
  });
});
