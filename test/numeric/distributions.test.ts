import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  binomialAtLeast,
  chiSquareSurvival,
  normalCdf,
  normalQuantile,
  normalSurvival,
  studentCdf,
  studentQuantile,
  studentSurvival,
} from '../../lib/numeric/distributions.ts';
import {
  betaRegularised,
  erfc,
  gammaLower,
  gammaUpper,
  logBeta,
  logGamma,
} from '../../lib/numeric/special-functions.ts';
import golden from '../golden/distributions.json' with { type: 'json' };

const within = (got: number, expected: number): void => {
  expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-11 * Math.max(Math.abs(expected), 1e-290));
};

describe('special functions and distributions agree with 40-digit arithmetic', () => {
  const functions: [string, (...args: number[]) => number, number[][]][] = [
    ['logGamma', logGamma, golden.logGamma],
    ['logBeta', logBeta, golden.logBeta],
    ['erfc', erfc, golden.erfc],
    ['gammaUpper', gammaUpper, golden.gammaUpper],
    ['betaRegularised', (x, a, b) => betaRegularised(x, a, b), golden.betaRegularised],
    ['normalSurvival', normalSurvival, golden.normalSurvival],
    ['normalQuantile', normalQuantile, golden.normalQuantile],
    ['studentSurvival', studentSurvival, golden.studentSurvival],
    ['studentQuantile', studentQuantile, golden.studentQuantile],
    ['chiSquareSurvival', chiSquareSurvival, golden.chiSquareSurvival],
    ['binomialAtLeast', binomialAtLeast, golden.binomialAtLeast],
  ];
  for (const [name, compute, rows] of functions) {
    test.each(rows.map((row) => ({ args: row.slice(0, -1), expected: row[row.length - 1] })))(
      `${name}($args) is $expected`,
      ({ args, expected }) => {
        within(compute(...args), expected);
      },
    );
  }
});

describe('what holds for every argument', () => {
  test('cdf and survival sum to 1, and quantiles invert them', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
        fc.double({ min: 0.8, max: 5e4, noNaN: true }),
        (p, df) => {
          expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 12);
          expect(studentCdf(studentQuantile(p, df), df)).toBeCloseTo(p, 11);
          const t = studentQuantile(p, df);
          expect(studentCdf(t, df) + studentSurvival(t, df)).toBeCloseTo(1, 12);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('the incomplete beta function is symmetric and the two gamma tails sum to 1', () => {
    const positive = fc.double({ min: 0.05, max: 400, noNaN: true });
    fc.assert(
      fc.property(positive, positive, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, x) => {
        expect(betaRegularised(x, a, b)).toBeCloseTo(1 - betaRegularised(1 - x, b, a, x), 10);
        expect(gammaLower(a, b) + gammaUpper(a, b)).toBeCloseTo(1, 12);
      }),
    );
  });

  test('arguments outside the domain throw', () => {
    expect(() => logGamma(0)).toThrow(RangeError);
    expect(() => betaRegularised(1.5, 1, 1)).toThrow(RangeError);
    expect(() => normalQuantile(1)).toThrow(RangeError);
  });
});
