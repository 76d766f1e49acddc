import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { fillSlots, slotTable } from '../../lib/recommendations/exploration.ts';

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** How often each item stood in the answer, and the propensity that was logged with it. */
const simulate = (ranked: string[], pool: string[], count: number, share: number, runsCount: number) => {
  const random = seededRandom(`${ranked.length}/${pool.length}/${count}/${share}`);
  const seen = new Map<string, { times: number; propensity: number }>();
  for (let run = 0; run < runsCount; run++) {
    for (const { item, propensity } of fillSlots(ranked, pool, count, share, random)) {
      const known = seen.get(item) ?? { times: 0, propensity };
      if (propensity !== known.propensity) throw new Error(`${item} was logged with two propensities`);
      seen.set(item, { times: known.times + 1, propensity });
    }
  }
  return seen;
};

describe('a logged propensity', () => {
  it.each([
    ['room on both sides', 10, 30, 10, 0.05],
    ['a high share', 10, 30, 10, 0.5],
    ['a pool smaller than the slots it may get', 10, 2, 10, 0.5],
    ['fewer ranked items than slots', 3, 20, 10, 0.2],
    ['too few items on both sides', 4, 3, 10, 0.3],
    ['a single slot', 1, 5, 1, 0.25],
    ['nothing ranked', 0, 8, 5, 0.1],
  ])('is how often the item stands in the answer: %s', (_, rankedCount, poolCount, count, share) => {
    const runsCount = 40_000;
    const ranked = names('r', rankedCount);
    const pool = names('p', poolCount);
    const seen = simulate(ranked, pool, count, share, runsCount);
    for (const { times, propensity } of seen.values()) {
      const deviation = Math.sqrt((propensity * (1 - propensity)) / runsCount);
      // 4.5 standard errors: with at most 40 items a case, wrong by chance less than once in 3,000 seeds.
      expect(Math.abs(times / runsCount - propensity)).toBeLessThanOrEqual(4.5 * deviation + 1e-12);
    }
  });

  it('has the value of the binomial: two slots at ε = 0.1', () => {
    const seen = simulate(['a', 'b'], ['x', 'y', 'z', 'w'], 2, 0.1, 2_000);
    expect(seen.get('a')?.propensity).toBeCloseTo(1 - 0.1 ** 2, 12);
    expect(seen.get('b')?.propensity).toBeCloseTo(0.9 ** 2, 12);
    expect(seen.get('x')?.propensity).toBeCloseTo(0.2 / 4, 12);
  });

  it('sums over all that could have stood there to the number of slots', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 30 }),
        fc.nat({ max: 30 }),
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0.01, max: 0.5, noNaN: true }),
        (rankedCount, poolCount, count, share) => {
          const ranked = names('r', rankedCount);
          const pool = names('p', poolCount);
          const possible = new Map<string, number>();
          const n = Math.min(count, rankedCount + poolCount);
          for (const force of [0, 1]) {
            // Draws that never and that always explore: together they reach every item's propensity but the unlucky.
            const next = () => (force === 0 ? 0.999999 : 0);
            const random = { ...seededRandom(1), next, int: () => 0 };
            for (const slot of fillSlots(ranked, pool, count, share, random))
              possible.set(slot.item, slot.propensity);
          }
          const shared = [...possible].find(([item]) => item.startsWith('p'))?.[1] ?? 0;
          const ofRanked = [...possible].filter(([item]) => item.startsWith('r'));
          const sum = ofRanked.reduce((total, [, propensity]) => total + propensity, 0) + shared * poolCount;
          expect(sum).toBeCloseTo(n, 9);
        },
      ),
    );
  });
});

describe('the slots', () => {
  it('hold ranked items in order, no item twice, and are as many as can be filled', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 20 }),
        fc.nat({ max: 20 }),
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        fc.integer(),
        (rankedCount, poolCount, count, share, seed) => {
          const slots = fillSlots(
            names('r', rankedCount),
            names('p', poolCount),
            count,
            share,
            seededRandom(seed),
          );
          expect(slots).toHaveLength(Math.min(count, rankedCount + poolCount));
          expect(new Set(slots.map(({ item }) => item)).size).toBe(slots.length);
          const ranked = slots.filter(({ explored }) => !explored).map(({ item }) => item);
          expect(ranked).toEqual(names('r', ranked.length));
          for (const { propensity } of slots) {
            expect(propensity).toBeGreaterThan(0);
            expect(propensity).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  it('are the ranked items with certainty when nothing is to be explored', () => {
    const slots = fillSlots(['a', 'b', 'c'], ['x'], 2, 0, seededRandom(1));
    expect(slots).toEqual([
      { item: 'a', propensity: 1, explored: false },
      { item: 'b', propensity: 1, explored: false },
    ]);
  });
});

describe('the table of who stands where', () => {
  const draws = fc
    .record({
      ranked: fc.nat({ max: 15 }),
      pool: fc.nat({ max: 15 }),
      count: fc.integer({ min: 1, max: 20 }),
      share: fc.double({ min: 0, max: 0.5, noNaN: true }),
    })
    .map(({ count, ...rest }) => ({ ...rest, slots: Math.min(count, rest.ranked + rest.pool) }));
  const sum = (values: Iterable<number>): number => [...values].reduce((total, each) => total + each, 0);

  it('fills every slot once, and gives each item its propensity', () => {
    fc.assert(
      fc.property(draws, fc.integer(), (given, seed) => {
        const table = slotTable(given);
        for (let slot = 0; slot < given.slots; slot++) {
          const column = sum(table.ranked.map((row) => row[slot])) + given.pool * table.pool[slot];
          expect(column).toBeCloseTo(1, 9);
        }
        const shown = fillSlots(
          names('r', given.ranked),
          names('p', given.pool),
          given.slots,
          given.share,
          seededRandom(seed),
        );
        for (const { item, propensity } of shown) {
          const row = item.startsWith('p') ? table.pool : table.ranked[Number(item.slice(1))];
          expect(sum(row)).toBeCloseTo(propensity, 9);
        }
      }),
    );
  });

  it('by hand: two slots at ε = 0.1, of a ranking of two and a pool of four', () => {
    const { ranked, pool } = slotTable({ slots: 2, share: 0.1, ranked: 2, pool: 4 });
    expect([...ranked[0]]).toEqual([0.9, expect.closeTo(0.1 * 0.9, 12)]);
    expect([...ranked[1]]).toEqual([0, expect.closeTo(0.9 * 0.9, 12)]);
    expect([...pool]).toEqual([0.025, expect.closeTo(0.025, 12)]);
  });
});
