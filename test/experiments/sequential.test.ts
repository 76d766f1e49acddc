import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { type Spending, spent } from '../../lib/experiments/alpha-spending.ts';
import {
  mixtureHalfWidth,
  mixtureRatio,
  sequenceHalfWidth,
  sequencePValue,
  tunedRho,
} from '../../lib/experiments/always-valid.ts';
import {
  criticalsSpending,
  criticalValues,
  crossedBy,
  pocockConstant,
  repeatedInterval,
  repeatedPValue,
} from '../../lib/experiments/group-sequential.ts';
import golden from '../golden/sequential.json' with { type: 'json' };

const alpha = 0.05;
const equally = (looks: number): number[] => Array.from({ length: looks }, (_, i) => (i + 1) / looks);
const obrien: Spending = { kind: 'obrien-fleming' };

describe('group-sequential boundaries', () => {
  it.each(golden.groupSequential.map((row) => [row.spending.kind, row.looks, row] as const))(
    'of %s with %i looks are those of the reference',
    (_, looks, { spending, criticals }) => {
      const found = criticalValues(equally(looks), spending as Spending, alpha);
      for (const [i, critical] of criticals.entries()) expect(found[i]).toBeCloseTo(critical, 3);
    },
  );

  it.each(golden.pocock)(
    'of Pocock with $looks looks are the constant of the reference',
    ({ looks, critical }) => {
      expect(pocockConstant(looks, alpha)).toBeCloseTo(critical, 4);
    },
  );

  it.each(golden.peeking)(
    'at 1.96 for each of $looks looks would err as often as the reference says',
    ({ looks, error }) => {
      const fractions = equally(looks);
      const criticals = fractions.map(() => 1.959963984540054);
      expect(crossedBy(fractions, criticals).at(-1)).toBeCloseTo(error, 5);
    },
  );

  const spendings: readonly Spending[] = [
    obrien,
    { kind: 'pocock' },
    { kind: 'hwang-shih-decani', gamma: -4 },
    { kind: 'hwang-shih-decani', gamma: 0 },
    { kind: 'hwang-shih-decani', gamma: 2 },
  ];

  it('spend exactly what the spending function allows, at looks of any spacing', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...spendings),
        (twentieths, spending) => {
          const fractions = twentieths.toSorted((a, b) => a - b).map((part) => part / 20);
          const crossed = crossedBy(fractions, criticalValues(fractions, spending, alpha));
          for (const [i, t] of fractions.entries()) {
            expect(crossed[i]).toBeCloseTo(spent(spending, t, alpha), 6);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it.each(spendings.map((spending) => [JSON.stringify(spending), spending] as const))(
    'spend nothing before the first information and alpha at the last, never less later: %s',
    (_, spending) => {
      const path = [0, 0.1, 0.3, 0.6, 0.9, 1, 1.2].map((t) => spent(spending, t, alpha));
      expect(path).toEqual(path.toSorted((a, b) => a - b));
      expect([path[0], path[5], path[6]]).toEqual([0, alpha, alpha]);
    },
  );

  it('with a single look are the fixed test', () => {
    expect(criticalValues([1], obrien, alpha)[0]).toBeCloseTo(1.959963984540054, 6);
    expect(repeatedPValue(2.5758293035489, [1], obrien)).toBeCloseTo(0.01, 6);
  });

  it('give a p-value below alpha exactly where the boundary is reached', () => {
    const fractions = [0.4, 0.7];
    const critical = criticalValues(fractions, obrien, alpha)[1];
    expect(repeatedPValue(critical, fractions, obrien)).toBeCloseTo(alpha, 5);
    expect(repeatedPValue(critical + 0.1, fractions, obrien)).toBeLessThan(alpha);
    expect(repeatedPValue(0.2, fractions, obrien)).toBe(1);
    expect(repeatedPValue(40, fractions, obrien)).toBe(1e-8);
  });

  it("give an interval as wide as the look's critical value, which leaves 0 out where the p-value is below alpha", () => {
    // Two equal looks, O'Brien–Fleming: 2.96259 and 1.96860 (reference), around 1 with standard error 0.5.
    const first = repeatedInterval(1, 0.5, [0.5], obrien, alpha);
    expect(first.low).toBeCloseTo(1 - 0.5 * 2.96259, 3);
    expect(first.high).toBeCloseTo(1 + 0.5 * 2.96259, 3);
    const second = repeatedInterval(1, 0.5, [0.5, 1], obrien, alpha);
    expect(second.low).toBeCloseTo(1 - 0.5 * 1.9686, 3);
    expect([first.low > 0, second.low > 0]).toEqual([false, true]);
    expect(repeatedPValue(2, [0.5], obrien)).toBeGreaterThan(alpha);
    expect(repeatedPValue(2, [0.5, 1], obrien)).toBeLessThan(alpha);
  });

  it('give no bounds where nothing may be spent yet, and none without a standard error', () => {
    expect(repeatedInterval(1, 0.5, [], obrien, alpha)).toEqual({ low: -Infinity, high: Infinity });
    expect(() => repeatedInterval(1, 0, [0.5], obrien, alpha)).toThrow(/standard error above 0/);
  });

  it('refuse information that does not grow', () => {
    expect(() => criticalValues([0.5, 0.5], obrien, alpha)).toThrow(/increase/);
    expect(() => criticalsSpending([Number.NaN], [0.01])).toThrow(/increase/);
  });

  it('have nothing left to spend beyond the planned information', () => {
    expect(criticalValues([0.5, 1, 1.1], obrien, alpha)[2]).toBe(Infinity);
  });

  it.each([
    ['an error that is none', () => criticalValues([1], obrien, 0), /error must lie between 0 and 1/],
    ['an error of more than 1', () => pocockConstant(3, 1.5), /received 1.5/],
    ['looks that cannot be counted', () => pocockConstant(0, alpha), /whole number from 1/],
    [
      'a gamma that is no number',
      () => criticalValues([1], { kind: 'hwang-shih-decani', gamma: Number.NaN }, alpha),
      /gamma/,
    ],
    [
      'a gamma beyond all use',
      () => spent({ kind: 'hwang-shih-decani', gamma: 1e3 }, 0.5, alpha),
      /received 1000/,
    ],
    ['critical values for other looks', () => crossedBy([0.5, 1], [2]), /each of 2 looks .* received 1/],
    ['a critical value of nothing', () => crossedBy([1], [0]), /above 0, received 0/],
    ['information that is no number', () => spent(obrien, Number.NaN, alpha), /NaN/],
    ['a z that is no number', () => repeatedPValue(Number.NaN, [1], obrien), /NaN/],
  ] as const)('refuse %s', (_, asked, message) => {
    expect(asked).toThrow(message);
  });
});

describe('always-valid intervals', () => {
  it.each([
    ['an error that is none', () => sequenceHalfWidth(10, 1, 0.1, 1), /error must lie/],
    ['no observations', () => tunedRho(0, alpha), /n above 0 .* received 0/],
    ['no variance', () => sequenceHalfWidth(10, 0, 0.1, alpha), /variance above 0/],
    ['a rho below 0', () => sequencePValue(1, 10, 1, -1), /rho above 0/],
    ['a mixture of no width', () => mixtureRatio(1, 10, 1, 0), /tauSquare above 0/],
    ['a variance without end', () => mixtureHalfWidth(10, Infinity, 1, alpha), /finite, received Infinity/],
  ] as const)('refuse %s', (_, asked, message) => {
    expect(asked).toThrow(message);
  });

  it('are as wide as the reference says, with rho tuned for its size', () => {
    expect(tunedRho(5_000, alpha)).toBeCloseTo(golden.sequence.rho_alpha05_N5000, 9);
    expect(tunedRho(1_000, alpha)).toBeCloseTo(golden.sequence.rho_alpha05_N1000, 9);
    for (const { n, N, s2, halfwidth } of golden.sequence.halfwidths) {
      expect(sequenceHalfWidth(n, s2, tunedRho(N, alpha), alpha)).toBeCloseTo(halfwidth, 9);
    }
  });

  it('of the mixture likelihood ratio agree with the reference', () => {
    for (const { n_pairs, diff, V, tau2, Lambda, ci95_halfwidth } of golden.mixture) {
      expect(mixtureRatio(diff, n_pairs, V, tau2) / Lambda).toBeCloseTo(1, 8);
      expect(mixtureHalfWidth(n_pairs, V, tau2, alpha)).toBeCloseTo(ci95_halfwidth, 9);
    }
  });

  it.each(golden.growthbook.map((row, i) => [i, row] as const))(
    'around a relative lift are those of GrowthBook, case %i',
    (_, { a, b, a_prop, b_prop, N, expected, ci, p }) => {
      const arms = [
        [a, a_prop],
        [b, b_prop],
      ].map(([sums, share]) => momentsOf(sums as Sums | undefined, share as number[] | undefined));
      const [reference, arm] = arms;
      const lift = arm.mean / reference.mean - 1;
      const squared =
        arm.squared / reference.mean ** 2 + (reference.squared * arm.mean ** 2) / reference.mean ** 4;
      const n = reference.n + arm.n;
      const half = sequenceHalfWidth(n, squared * n, tunedRho(N, alpha), alpha);
      expect(lift).toBeCloseTo(expected, 5);
      expect(lift - half).toBeCloseTo(ci[0], 4);
      expect(lift + half).toBeCloseTo(ci[1], 4);
      expect(sequencePValue(lift, n, squared * n, tunedRho(N, alpha))).toBeCloseTo(p, 5);
    },
  );

  it('leave 0 out exactly where the p-value is below alpha', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 2, noNaN: true }),
        fc.integer({ min: 50, max: 1e6 }),
        (difference, n) => {
          const rho = tunedRho(5_000, alpha);
          const half = sequenceHalfWidth(n, 1, rho, alpha);
          fc.pre(Math.abs(difference - half) > 1e-9);
          expect(sequencePValue(difference, n, 1, rho) < alpha).toBe(difference > half);
        },
      ),
    );
  });
});

describe('a look every day for 30 days at an A/A test of 1,000 runs', () => {
  const [runs, days, perDay] = [1_000, 30, 100];
  const random = seededRandom('daily looks');
  const fractions = equally(days);
  const boundary = criticalValues(fractions, obrien, alpha);
  const rho = tunedRho((days * perDay) / 2, alpha);
  const wrong = { naive: 0, boundary: 0, sequence: 0 };
  for (let run = 0; run < runs; run++) {
    let sum = 0;
    const isWrong = { naive: false, boundary: false, sequence: false };
    for (let day = 1; day <= days; day++) {
      sum += random.normal() * Math.sqrt(perDay);
      const n = day * perDay;
      const z = Math.abs(sum) / Math.sqrt(n);
      isWrong.naive ||= z > 1.96;
      isWrong.boundary ||= z >= boundary[day - 1];
      isWrong.sequence ||= Math.abs(sum / n) > sequenceHalfWidth(n, 1, rho, alpha);
    }
    for (const kind of ['naive', 'boundary', 'sequence'] as const) wrong[kind] += isWrong[kind] ? 1 : 0;
  }
  // Binomial standard deviation of 5% in 1,000 runs: 0.7 points.
  it('errs at most as often as promised, where the naive test errs several times as often', () => {
    expect(wrong.naive / runs).toBeGreaterThan(0.14);
    expect(wrong.boundary / runs).toBeLessThan(0.05 + 3 * 0.007);
    expect(wrong.sequence / runs).toBeLessThan(0.05 + 3 * 0.007);
  });
});

interface Sums {
  readonly n: number;
  readonly sum: number;
  readonly sumsq: number;
}

const momentsOf = (sums: Sums | undefined, share: readonly number[] | undefined) => {
  if (sums !== undefined) {
    const { n, sum, sumsq } = sums;
    return { n, mean: sum / n, squared: (sumsq - (sum * sum) / n) / (n - 1) / n };
  }
  const [count, n] = share ?? [0, 0];
  const p = count / n;
  return { n, mean: p, squared: (p * (1 - p)) / n };
};
