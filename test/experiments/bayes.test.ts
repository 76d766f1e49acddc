import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { armMean } from '../../lib/experiments/arm-mean.ts';
import { bestMeans, effectPosterior } from '../../lib/experiments/bayes-means.ts';
import { bestShares } from '../../lib/experiments/bayes-shares.ts';
import { normalCdf } from '../../lib/numeric/distributions.ts';
import { integrate } from '../../lib/numeric/quadrature.ts';

const counts = fc
  .integer({ min: 1, max: 400 })
  .chain((count) => fc.record({ count: fc.constant(count), sum: fc.integer({ min: 0, max: count }) }));

describe('the best of several arms', () => {
  test('equal arms are equally likely to be best, however many', () => {
    for (const k of [2, 3, 7]) {
      for (const { chanceBest } of bestShares(Array.from({ length: k }, () => ({ count: 90, sum: 9 })))) {
        expect(chanceBest).toBeCloseTo(1 / k, 11);
      }
    }
  });

  test('chances sum to 1, and losses are at least the gaps of the means and agree with them', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 2, maxLength: 5 }), (arms) => {
        const best = bestShares(arms);
        expect(best.reduce((sum, { chanceBest }) => sum + chanceBest, 0)).toBeCloseTo(1, 9);
        const means = arms.map(({ count, sum }) => (sum + 1) / (count + 2));
        // E[max] is one number: mean + loss of every arm.
        const tops = best.map(({ expectedLoss }, i) => means[i] + expectedLoss);
        for (const [i, top] of tops.entries()) {
          expect(top).toBeCloseTo(tops[0], 9);
          expect(best[i].expectedLoss).toBeGreaterThanOrEqual(Math.max(...means) - means[i] - 1e-9);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('one arm with a single success against one with a single failure: 5/6 by hand', () => {
    // Beta(2, 1) against Beta(1, 2): P(B > A) = ∫ 2x · (1 − (1 − x)²) dx = 5/6.
    const [failed, succeeded] = bestShares([
      { count: 1, sum: 0 },
      { count: 1, sum: 1 },
    ]);
    expect(succeeded.chanceBest).toBeCloseTo(5 / 6, 14);
    expect(failed.chanceBest).toBeCloseTo(1 / 6, 14);
  });

  test('the exact sum for two arms and the quadrature agree, with prior or without', () => {
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const exact = bestShares([a, b]);
        // A third arm that never succeeds, with certainty, changes nothing but the way of computing.
        const [first, second] = bestShares([a, b, { count: 1e9, sum: 0 }], { alpha: 1, beta: 1 });
        if (a.sum + b.sum > 0 && a.count > 5 && b.count > 5) {
          expect(Math.abs(second.chanceBest - exact[1].chanceBest)).toBeLessThan(1e-6);
          expect(Math.abs(first.expectedLoss - exact[0].expectedLoss)).toBeLessThan(1e-6);
        }
        const near = bestShares([a, b], { alpha: 1 + 1e-9, beta: 1 });
        expect(Math.abs(near[1].chanceBest - exact[1].chanceBest)).toBeLessThan(1e-7);
      }),
      { numRuns: 40 },
    );
  });

  test('a first term below the smallest double does no harm: millions of customers', () => {
    const [a, b] = bestShares([
      { count: 2_000_000, sum: 400_000 },
      { count: 2_000_000, sum: 400_500 },
    ]);
    // The normal approximation: 500 ÷ √(2 · 2e6 · 0.2 · 0.8).
    expect(b.chanceBest).toBeCloseTo(normalCdf(500 / Math.sqrt(2 * 2e6 * 0.16)), 3);
    expect(a.chanceBest + b.chanceBest).toBeCloseTo(1, 12);
  });

  test('two normal means: the chance is that of their difference', () => {
    const arms = [
      armMean({ count: 100, sum: 100, sumSquares: 500 }),
      armMean({ count: 200, sum: 240, sumSquares: 900 }),
    ];
    const [, second] = bestMeans(arms);
    const error = Math.sqrt(arms.reduce((sum, { variance, count }) => sum + variance / count, 0));
    expect(second.chanceBest).toBeCloseTo(normalCdf(0.2 / error), 11);
    const posterior = effectPosterior({ value: 0.2, standardError: error });
    expect(second.expectedLoss).toBeCloseTo(posterior.loss.arm, 11);
    expect(posterior.loss.reference - posterior.loss.arm).toBeCloseTo(0.2, 12);
  });
});

test('what does not vary is refused, not answered with a number that means nothing', () => {
  expect(() => effectPosterior({ value: 1, standardError: 0 })).toThrow('received 0');
  expect(() => bestMeans([armMean({ count: 9, sum: 9, sumSquares: 9 })])).toThrow('standard deviation of 0');
  expect(() => bestShares([{ count: 1, sum: 0 }], { alpha: 0.5, beta: 0.5 })).toThrow('received 0.5');
});

test('the quadrature is exact for polynomials up to degree 31', () => {
  expect(integrate((x) => x ** 31, [0, 2])).toBeCloseTo(2 ** 32 / 32, 3);
  expect(integrate((x) => 32 * x ** 31, [0, 0.3, 1])).toBeCloseTo(1, 13);
  expect(integrate(Math.sin, [0, 1, 2, Math.PI])).toBeCloseTo(2, 14);
});
