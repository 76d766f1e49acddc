import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { meanDifference, proportionDifference } from '../../lib/experiments/estimate.ts';
import { checkSampleRatio } from '../../lib/experiments/sample-ratio.ts';
import { hypergeometricAtMost } from '../../lib/numeric/distributions.ts';
import { emptySummary, type Moments, mergeSummaries, variance } from '../../lib/outcomes/summary.ts';
import golden from '../golden/experiments.json' with { type: 'json' };

const moments = ({ n, sum, sumsq }: { n: number; sum: number; sumsq: number }): Moments => ({
  count: n,
  sum,
  sumSquares: sumsq,
});
const share = (count: number, of: number): Moments => ({ count: of, sum: count, sumSquares: count });
const armsByName: { readonly [name: string]: (typeof golden.arms)['Mens E-Mail'] } = golden.arms;
const armOf = (name: string, measure: string): Moments => {
  const found = Object.entries(armsByName[name]).find(([key]) => key === measure)?.[1];
  if (found === undefined) {
    throw new Error(`the golden file has no ${measure}`);
  }
  return moments(found);
};
const relative = (got: number | undefined, expected: number, tolerance = 1e-6): void => {
  expect(got).toBeDefined();
  expect(Math.abs((got ?? Number.NaN) - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected));
};

describe('means (Welch)', () => {
  test.each(golden.ate)("Hillstrom's $arm against $reference on $measure", (row) => {
    const estimate = meanDifference(armOf(row.arm, row.measure), armOf(row.reference, row.measure));
    relative(estimate?.difference, row.diff);
    relative(estimate?.low, row.ci[0]);
    relative(estimate?.high, row.ci[1]);
    relative(estimate?.pValue, row.p);
    relative(estimate?.relativeLift?.value, row.rel);
  });

  test("GrowthBook's vectors for the absolute and the relative difference, to five decimals", () => {
    const { absolute, relative: lift } = golden.growthbook;
    const estimate = meanDifference(moments(absolute.b), moments(absolute.a));
    expect(estimate?.difference).toBeCloseTo(absolute.expected, 5);
    expect(estimate?.low).toBeCloseTo(absolute.ci[0], 5);
    expect(estimate?.high).toBeCloseTo(absolute.ci[1], 5);
    expect(estimate?.pValue).toBeCloseTo(absolute.p, 5);
    expect(estimate?.relativeLift?.value).toBeCloseTo(lift.expected, 5);
  });

  test('two arms in which nothing varies give no estimate rather than p = 1', () => {
    expect(meanDifference(share(0, 100), share(0, 100))).toBeUndefined();
  });
});

describe('proportions (Newcombe)', () => {
  test.each(golden.newcombe)("Newcombe's example $x1/$n1 against $x2/$n2", ({ x1, n1, x2, n2, ci }) => {
    const estimate = proportionDifference(share(x1, n1), share(x2, n2));
    if (x1 + x2 === 0) {
      expect(estimate).toBeUndefined();
      return;
    }
    expect(estimate?.low).toBeCloseTo(ci[0], 12);
    expect(estimate?.high).toBeCloseTo(ci[1], 12);
  });

  test.each(golden.proportions)("Hillstrom's $arm on $measure", (row) => {
    const estimate = proportionDifference(armOf(row.arm, row.measure), armOf(row.reference, row.measure));
    relative(estimate?.low, row.newcombe_ci[0]);
    relative(estimate?.high, row.newcombe_ci[1]);
    relative(estimate?.pValue, row.p);
  });

  test('swapping the arms turns the interval round', () => {
    const counts = fc
      .integer({ min: 1, max: 5_000 })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));
    fc.assert(
      fc.property(counts, counts, ([x1, n1], [x2, n2]) => {
        const forth = proportionDifference(share(x1, n1), share(x2, n2));
        const back = proportionDifference(share(x2, n2), share(x1, n1));
        expect(forth === undefined).toBe(back === undefined);
        if (forth !== undefined && back !== undefined) {
          expect(forth.low).toBeCloseTo(-back.high, 12);
          expect(forth.high).toBeCloseTo(-back.low, 12);
          expect(forth.low).toBeGreaterThanOrEqual(-1 - 1e-12);
          expect(forth.low).toBeLessThanOrEqual(forth.difference);
          expect(forth.high).toBeGreaterThanOrEqual(forth.difference);
        }
      }),
    );
  });

  test('a relative lift is withheld where the reference cannot be told from 0', () => {
    expect(proportionDifference(share(20, 1000), share(4, 1000))?.relativeLift).toBeNull();
    expect(proportionDifference(share(120, 1000), share(100, 1000))?.relativeLift?.value).toBeCloseTo(
      0.2,
      12,
    );
  });
});

describe('sample ratio', () => {
  test.each(golden.sampleRatio)('$observed at $weights', ({ observed, weights, p }) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const shares = weights.map((weight) => weight / total);
    const check = checkSampleRatio(observed.map(String), shares, observed);
    relative(check.pValue ?? undefined, p, 1e-9);
    expect(check.ok).toBe(p >= 0.001);
  });

  test('customers in an arm that is given nobody are a mismatch', () => {
    const check = checkSampleRatio(['A', 'B', 'C'], [0.5, 0.5, 0], [500, 500, 1]);
    expect(check.ok).toBe(false);
  });

  test('one arm, or nobody, cannot be checked and says so', () => {
    expect(checkSampleRatio(['A'], [1], [10]).pValue).toBeNull();
    expect(checkSampleRatio(['A', 'B'], [0.5, 0.5], [0, 0])).toMatchObject({ pValue: null, ok: true });
  });
});

describe('exact tails', () => {
  test.each(golden.hypergeometric)(
    'hypergeometric P(X ≤ %d), %d drawn, %d marked of %d',
    (x, n, marked, total, p) => {
      relative(hypergeometricAtMost(x, n, marked, total), p, 1e-10);
    },
  );
});

describe('summaries', () => {
  const customer = fc.record({ revenue: fc.integer({ min: 0, max: 100_000 }), sent: fc.boolean() });
  const summary = (rows: readonly { revenue: number; sent: boolean }[]) =>
    rows.reduce(
      (sum, { revenue, sent }) =>
        mergeSummaries(sum, {
          ...emptySummary,
          customers: 1,
          conversions: revenue > 0 ? 1 : 0,
          revenueSum: revenue,
          revenueSumSquares: revenue * revenue,
          sent: sent ? 1 : 0,
        }),
      emptySummary,
    );

  test('summaries of parts merge to the summary of the whole, in whole money units exactly', () => {
    fc.assert(
      fc.property(fc.array(customer), fc.array(customer), (a, b) => {
        expect(mergeSummaries(summary(a), summary(b))).toEqual(summary([...a, ...b]));
      }),
    );
  });

  test('the variance is that of the values themselves', () => {
    const values = [3, 0, 0, 12, 5];
    const mean = 4;
    const direct = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4;
    expect(variance({ count: 5, sum: 20, sumSquares: 178 })).toBeCloseTo(direct, 12);
  });
});
