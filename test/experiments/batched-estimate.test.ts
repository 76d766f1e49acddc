import { describe, expect, test } from 'vitest';
import { banditRun, weightedThompson } from '../../bench/bandit-scenes.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { type BatchPair, batchedDifference, batchedShare } from '../../lib/experiments/batched-estimate.ts';
import { proportionDifference, wilsonInterval } from '../../lib/experiments/estimate.ts';

describe('the batched estimate', () => {
  const one: BatchPair = { arm: { count: 400, sum: 60 }, reference: { count: 500, sum: 50 } };

  test('of one batch is its plain difference, with the p-value of the pooled z test', () => {
    const estimate = batchedDifference([one]);
    expect(estimate?.difference).toBeCloseTo(0.05, 10);
    const [a, b] = [one.arm, one.reference].map(({ count, sum }) => ({ count, sum, sumSquares: sum }));
    const ordinary = proportionDifference(a, b);
    expect(estimate?.pValue).toBeCloseTo(ordinary?.pValue ?? 0, 12);
    expect(estimate?.low).toBeCloseTo(ordinary?.low ?? 0, 2);
    expect(estimate?.high).toBeCloseTo(ordinary?.high ?? 0, 2);
    expect(estimate?.batchesCount).toBe(1);
  });

  test('of two batches weighs each by one over its error', () => {
    const estimate = batchedDifference([
      { arm: { count: 400, sum: 76 }, reference: { count: 100, sum: 11 } },
      { arm: { count: 100, sum: 24 }, reference: { count: 400, sum: 39 } },
    ]);
    const difference = estimate?.difference ?? 0;
    // 150 buyers of 1,000, half of them in the arm: shares 0.15 ± Δ/2.
    const [p, q] = [0.15 + difference / 2, 0.15 - difference / 2];
    const [pp, qq] = [p * (1 - p), q * (1 - q)];
    const [e1, e2] = [Math.sqrt(pp / 400 + qq / 100), Math.sqrt(pp / 100 + qq / 400)];
    expect(difference).toBeCloseTo(((0.19 - 0.11) / e1 + (0.24 - 0.0975) / e2) / (1 / e1 + 1 / e2), 10);
    // Under no difference both errors are √(0.15 · 0.85 (1/400 + 1/100)).
    const score = (0.08 + 0.1425) / Math.sqrt(0.1275 * 0.0125) / Math.SQRT2;
    expect(score).toBeGreaterThan(1.96);
    expect(estimate?.pValue).toBeLessThan(0.05);
    expect(estimate?.low).toBeGreaterThan(0);
  });

  test('its interval leaves out no difference exactly when its p-value is below 5%', () => {
    for (let sum = 40; sum <= 80; sum++) {
      const estimate = batchedDifference([
        { arm: { count: 400, sum }, reference: { count: 500, sum: 60 } },
        { arm: { count: 900, sum: 90 }, reference: { count: 300, sum: 29 } },
      ]);
      const leavesOut = estimate !== undefined && (estimate.low > 0 || estimate.high < 0);
      expect(leavesOut).toBe((estimate?.pValue ?? 1) < 0.05);
    }
  });

  test('is none without customers in both arms, or where nobody or everybody bought', () => {
    const arms = (sum: number) => ({ arm: { count: 40, sum }, reference: { count: 50, sum: sum && 50 } });
    expect(batchedDifference([])).toBeUndefined();
    expect(
      batchedDifference([{ arm: { count: 0, sum: 0 }, reference: { count: 9, sum: 3 } }]),
    ).toBeUndefined();
    expect(batchedDifference([arms(0)])).toBeUndefined();
    expect(batchedDifference([arms(40)])).toBeUndefined();
    expect(batchedShare([])).toBeUndefined();
  });

  test('of one arm weighs batches by the root of their customers', () => {
    const share = batchedShare([
      { count: 400, sum: 40 },
      { count: 100, sum: 30 },
    ]);
    const value = (20 * 0.1 + 10 * 0.3) / 30;
    expect(share?.value).toBeCloseTo(value, 12);
    const [low, high] = wilsonInterval(value * 450, 450, 1.959963984540054);
    expect(share?.low).toBeCloseTo(low, 12);
    expect(share?.high).toBeCloseTo(high, 12);
  });
});

test('on two equal arms under Thompson sampling the batched test errs in about 5% of campaigns', () => {
  const repetitions = 200;
  let wrong = 0;
  for (let i = 0; i < repetitions; i++) {
    const setting = { shares: [0.1, 0.1], customers: 1_500, batch: 300 };
    const { batches } = banditRun(setting, weightedThompson(0.1), seededRandom(`equal arms ${i}`));
    const estimate = batchedDifference(batches.map(([arm, reference]) => ({ arm, reference })));
    wrong += (estimate?.pValue ?? 1) < 0.05 ? 1 : 0;
  }
  const margin = 4 * Math.sqrt((0.05 * 0.95) / repetitions);
  expect(Math.abs(wrong / repetitions - 0.05)).toBeLessThan(margin);
});
