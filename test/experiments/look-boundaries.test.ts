import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import type { Spending } from '../../lib/experiments/alpha-spending.ts';
import { criticalValues, crossedBy } from '../../lib/experiments/group-sequential.ts';
import { boundaryOf, lookPValue } from '../../lib/experiments/look-boundaries.ts';

const alpha = 0.05;
const spendings: readonly Spending[] = [
  { kind: 'obrien-fleming' },
  { kind: 'pocock' },
  { kind: 'hwang-shih-decani', gamma: -4 },
];
const [obrien] = spendings;

/** Critical values as they are found from look to look, the last one known to be the last. */
const asTheyCome = (fractions: readonly number[], spending: Spending): readonly number[] =>
  fractions.map(
    (_, look) =>
      boundaryOf(
        { fractions: fractions.slice(0, look + 1), isLast: look === fractions.length - 1, spending },
        alpha,
      ).critical,
  );

describe('the boundary of a look', () => {
  it('at the information planned is that of the plan', () => {
    const fractions = [0.25, 0.5, 0.75, 1];
    expect(asTheyCome(fractions, obrien)).toEqual(criticalValues(fractions, obrien, alpha));
  });

  it('errs in exactly 5% of all cases, however far the last look falls short of the plan or goes beyond it', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 19 }), { minLength: 0, maxLength: 3 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(...spendings),
        (interim, more, spending) => {
          const before = interim.toSorted((a, b) => a - b).map((part) => part / 20);
          const fractions = [...before, (before.at(-1) ?? 0) + more / 20];
          const crossed = crossedBy(fractions, asTheyCome(fractions, spending)).at(-1);
          expect(crossed).toBeCloseTo(alpha, 6);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('of a single look that is the last is the fixed test, whatever was planned', () => {
    for (const t of [0.2, 1, 3]) {
      const looks = { fractions: [t], isLast: true, spending: obrien };
      expect(boundaryOf(looks, alpha)).toEqual({ critical: expect.closeTo(1.959964, 5), spent: alpha });
      expect(lookPValue(2.5758293035489, looks)).toBeCloseTo(0.01, 6);
    }
  });

  it('decides nothing where nothing is new, and nothing once the plan was reached', () => {
    const at = (...fractions: number[]) => boundaryOf({ fractions, isLast: false, spending: obrien }, alpha);
    expect(at(0).critical).toBe(Infinity);
    expect(at(0.5, 0.5).critical).toBe(Infinity);
    expect(at(0.5, 1.2)).toMatchObject({ spent: alpha });
    expect(at(0.5, 1.2, 1.5).critical).toBe(Infinity);
    expect(lookPValue(9, { fractions: [0.5, 0.5], isLast: false, spending: obrien })).toBe(1);
  });

  it('of a last look without anything new spends what is left on the same customers', () => {
    // The same z twice is one look: that of a single last look at all of the error.
    const looks = { fractions: [0, 0.5, 0.5], isLast: true, spending: obrien };
    expect(boundaryOf(looks, alpha).critical).toBeCloseTo(1.959964, 5);
  });

  it('of a look beyond the plan goes by the correlation that the looks have', () => {
    const planned = boundaryOf({ fractions: [0.8, 1], isLast: true, spending: obrien }, alpha).critical;
    const beyond = boundaryOf({ fractions: [0.8, 1.6], isLast: true, spending: obrien }, alpha).critical;
    // The less two looks have in common, the more both together err at one critical value.
    expect(beyond).toBeGreaterThan(planned);
  });

  it('is reached exactly where the p-value of the look is at most alpha', () => {
    for (const fractions of [
      [0.3, 0.7],
      [0.3, 1.4],
    ]) {
      const looks = { fractions, isLast: true, spending: obrien };
      const { critical } = boundaryOf(looks, alpha);
      expect(lookPValue(critical + 1e-4, looks)).toBeLessThan(alpha);
      expect(lookPValue(critical - 1e-4, looks)).toBeGreaterThan(alpha);
    }
  });

  it('needs a fraction that is one', () => {
    expect(() => boundaryOf({ fractions: [-1], isLast: false, spending: obrien }, alpha)).toThrow(
      /from 0 on/,
    );
  });
});

describe('5,000 tests without an effect whose customers come as they like', () => {
  const runs = 5_000;
  const random = seededRandom('under- and over-running');
  /** Information at up to five looks, of a plan that was wrong by up to a half or a factor of two. */
  const paths = Array.from({ length: 40 }, () => {
    const count = 1 + Math.floor(random.next() * 5);
    const total = 0.5 + 1.5 * random.next();
    const parts = Array.from({ length: count }, () => 0.05 + random.next());
    const sum = parts.reduce((a, b) => a + b, 0);
    let at = 0;
    return parts.map((part) => {
      at += (part / sum) * total;
      return at;
    });
  });
  it.each(spendings.map((spending) => [spending.kind, spending] as const))(
    'err in 5% with the spending of %s',
    (_, spending) => {
      let wrong = 0;
      const prepared = paths.map((all) => {
        // A look beyond the plan is the last that decides.
        const beyond = all.findIndex((t) => t >= 1);
        const fractions = beyond < 0 ? all : all.slice(0, beyond + 1);
        return { fractions, criticals: asTheyCome(fractions, spending) };
      });
      for (let run = 0; run < runs; run++) {
        const { fractions, criticals } = prepared[run % prepared.length];
        let [score, before] = [0, 0];
        for (const [look, t] of fractions.entries()) {
          score += random.normal() * Math.sqrt(t - before);
          before = t;
          if (Math.abs(score) / Math.sqrt(t) >= criticals[look]) {
            wrong++;
            break;
          }
        }
      }
      // Binomial standard deviation of 5% in 5,000 runs: 0.31 points.
      expect(Math.abs(wrong / runs - alpha)).toBeLessThan(3 * 0.0031);
    },
  );
});
