import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ArmMean, armRatio, meanEffect } from '../../lib/experiments/arm-mean.ts';
import { effectOf } from '../../lib/experiments/effect.ts';
import { deltaLift, fiellerLift, relativeLift } from '../../lib/experiments/relative-lift.ts';
import { scoreInterval } from '../../lib/experiments/score-interval.ts';
import { jointSums } from '../../lib/outcomes/joint-sums.ts';

const counts = fc
  .integer({ min: 1, max: 3_000 })
  .chain((count) => fc.record({ count: fc.constant(count), sum: fc.integer({ min: 0, max: count }) }));
const arm = (mean: number, variance: number, count = 1_000): ArmMean => ({
  count,
  mean,
  variance,
  degrees: count - 1,
});

describe('the score interval', () => {
  test('agrees with its test: 0 lies outside exactly where p < 0.05', () => {
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const { low, high, pValue } = scoreInterval(a, b);
        if (Math.abs(pValue - 0.05) > 1e-9) {
          expect(low > 0 || high < 0).toBe(pValue < 0.05);
        }
      }),
    );
  });

  test('swapping the arms, or successes and failures, turns it round', () => {
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const forth = scoreInterval(a, b);
        const back = scoreInterval(b, a);
        const failures = scoreInterval({ ...a, sum: a.count - a.sum }, { ...b, sum: b.count - b.sum });
        for (const turned of [back, failures]) {
          expect(forth.low).toBeCloseTo(-turned.high, 9);
          expect(forth.high).toBeCloseTo(-turned.low, 9);
          expect(forth.pValue).toBeCloseTo(turned.pValue, 9);
        }
        expect(forth.low).toBeLessThanOrEqual(forth.difference);
        expect(forth.high).toBeGreaterThanOrEqual(forth.difference);
      }),
    );
  });
});

describe('the relative lift', () => {
  test('is by the delta method from ten standard errors of the reference, by Fieller from three, and else withheld', () => {
    // Standard error of the reference: √(1000 ÷ 1000) = 1.
    for (const [mean, method] of [
      [12, deltaLift],
      [6, fiellerLift],
    ] as const) {
      const lift = method(arm(13, 1_000), arm(mean, 1_000));
      expect(relativeLift(arm(13, 1_000), arm(mean, 1_000))).toMatchObject({
        low: lift?.low,
        high: lift?.high,
      });
    }
    expect(relativeLift(arm(13, 1_000), arm(2.9, 1_000))).toBeNull();
    expect(relativeLift(arm(13, 1_000), arm(-12, 1_000))).toBeNull();
    // Nobody bought: −100% without any uncertainty would be claimed.
    expect(relativeLift(arm(0, 0), arm(12, 1_000))).toBeNull();
  });

  test('both ways agree where the reference is certain', () => {
    const [a, b] = [arm(110, 4_000), arm(100, 4_000)];
    const [delta, fieller] = [deltaLift(a, b), fiellerLift(a, b)];
    expect(Math.abs((fieller?.low ?? 0) - delta.low)).toBeLessThan(0.03 * (delta.high - delta.low));
    expect(Math.abs((fieller?.high ?? 0) - delta.high)).toBeLessThan(0.03 * (delta.high - delta.low));
  });

  test("Fieller's ends are the ratios that a t-test of arm − ratio × reference just does not refuse", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -5, max: 20, noNaN: true }),
        fc.double({ min: 4, max: 30, noNaN: true }),
        (m1, m0) => {
          const [a, b] = [arm(m1, 900), arm(m0, 1_100)];
          const t = meanEffect(a, b);
          const quantile = ((t?.high ?? 0) - (t?.value ?? 0)) / (t?.standardError ?? 1);
          const lift = fiellerLift(a, b);
          for (const end of [lift?.low, lift?.high]) {
            const ratio = (end ?? Number.NaN) + 1;
            expect(Math.abs(m1 - ratio * m0) / Math.sqrt(0.9 + ratio * ratio * 1.1)).toBeCloseTo(quantile, 6);
          }
        },
      ),
    );
  });
});

describe('an effect', () => {
  test('one-sided bounds carry the whole error on their side', () => {
    const [greater, less] = [
      effectOf(1, 1, Number.POSITIVE_INFINITY, { alternative: 'greater' }),
      effectOf(1, 1, Number.POSITIVE_INFINITY, { alternative: 'less' }),
    ];
    expect(greater.low).toBeCloseTo(1 - 1.6448536269514722, 12);
    expect(less.high).toBeCloseTo(1 + 1.6448536269514722, 12);
    expect(greater.pValue + less.pValue).toBeCloseTo(1, 14);
    const two = effectOf(1, 1, Number.POSITIVE_INFINITY, { error: 0.1 });
    expect(two.low).toBeCloseTo(greater.low, 12);
    expect(two.pValue).toBeCloseTo(2 * greater.pValue, 14);
  });
});

test('a ratio without a denominator has no mean', () => {
  expect(
    armRatio(
      jointSums(
        ['a', 'b'],
        [
          [1, 0],
          [2, 0],
        ],
      ),
      'a',
      'b',
    ),
  ).toBeUndefined();
});
