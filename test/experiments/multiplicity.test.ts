import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  benjaminiHochberg,
  benjaminiYekutieli,
  bonferroni,
  holm,
  hommel,
} from '../../lib/experiments/multiplicity.ts';

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 7 });

/** Closed testing by its definition: every set that holds a hypothesis is tested, and the largest p stands. */
const closed = (ps: readonly number[], local: (set: readonly number[]) => number): number[] =>
  ps.map((_, i) => {
    let worst = 0;
    for (let set = 1; set < 2 ** ps.length; set++) {
      if ((set >> i) & 1) {
        worst = Math.max(worst, local(ps.filter((__, j) => (set >> j) & 1)));
      }
    }
    return worst;
  });
const simes = (set: readonly number[]): number =>
  Math.min(...[...set].sort((a, b) => a - b).map((p, i) => (set.length * p) / (i + 1)));

test('Holm is the closed test of Bonferroni and Hommel that of Simes', () => {
  fc.assert(
    fc.property(pValues, (ps) => {
      const byBonferroni = closed(ps, (set) => Math.min(1, set.length * Math.min(...set)));
      const bySimes = closed(ps, simes);
      for (const i of ps.keys()) {
        expect(holm(ps)[i]).toBeCloseTo(byBonferroni[i], 12);
        expect(hommel(ps)[i]).toBeCloseTo(bySimes[i], 12);
      }
    }),
  );
});

test('no adjustment lowers a p-value, and the stronger ones stay below the plainer ones', () => {
  fc.assert(
    fc.property(pValues, (ps) => {
      const [b, h, m] = [bonferroni(ps), holm(ps), hommel(ps)];
      const [bh, by] = [benjaminiHochberg(ps), benjaminiYekutieli(ps)];
      for (const [i, p] of ps.entries()) {
        const chain = [p, bh[i], m[i], h[i], b[i], 1];
        for (const [step, value] of chain.slice(1).entries()) {
          expect(value).toBeGreaterThanOrEqual(chain[step] - 1e-12);
        }
        expect(by[i]).toBeGreaterThanOrEqual(bh[i] - 1e-12);
      }
    }),
  );
});

test('one comparison needs no adjustment', () => {
  for (const adjust of [bonferroni, holm, hommel, benjaminiHochberg, benjaminiYekutieli]) {
    expect(adjust([0.03])).toEqual([0.03]);
    expect(adjust([])).toEqual([]);
  }
});
