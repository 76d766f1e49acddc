import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { personExposuresADayMax, silentExposuresCountMin } from '../../lib/base/limits.ts';
import { type ExposureCell, foldExposures } from '../../lib/outcomes/exposures.ts';

const variants = [{ name: 'A' }, { name: 'B' }];
const cell = (who: string, variant: string, change: Partial<ExposureCell> = {}): ExposureCell => ({
  customerId: customerId(who),
  named: [variant],
  firstAtMs: 0,
  count: 1,
  mostADay: 1,
  isActive: true,
  ...change,
});
const fold = (cells: readonly ExposureCell[]) => foldExposures('e', variants, cells);

describe('exposures', () => {
  test('put a customer into the arm of the first, and count who met another as crossed there', () => {
    const { assigned, arms } = fold([
      cell('ann', 'B', { firstAtMs: 5 }),
      cell('ann', 'A', { firstAtMs: 3 }),
      cell('bob', 'B', { firstAtMs: 4 }),
    ]);
    expect(assigned.map(({ customerId: who, arm, assignedAtMs }) => [who, arm, assignedAtMs])).toEqual([
      ['ann', 'A', 3],
      ['bob', 'B', 4],
    ]);
    expect(arms).toEqual([
      { arm: 'A', exposed: 1, crossed: 1, programs: 0, silent: 0 },
      { arm: 'B', exposed: 1, crossed: 0, programs: 0, silent: 0 },
    ]);
  });

  test('of more than a person makes in a day leave the customer out of every arm', () => {
    const { assigned, arms } = fold([
      cell('fan', 'A', { count: 9_999, mostADay: personExposuresADayMax }),
      cell('crawler', 'A', { count: 400, mostADay: personExposuresADayMax + 1 }),
    ]);
    expect(assigned.map(({ customerId: who }) => who)).toEqual(['fan']);
    expect(arms[0]).toMatchObject({ exposed: 1, programs: 1 });
  });

  test('of somebody who did nothing else are told, if they are many, and count all the same', () => {
    const { assigned, arms } = fold([
      cell('a', 'A', { count: silentExposuresCountMin, isActive: false }),
      cell('b', 'A', { count: silentExposuresCountMin - 1, isActive: false }),
      cell('c', 'A', { count: silentExposuresCountMin, isActive: true }),
      // Two devices of one person: the one shopped.
      cell('d', 'A', { count: silentExposuresCountMin, isActive: false }),
      cell('d', 'A', { isActive: true }),
    ]);
    expect(assigned).toHaveLength(4);
    expect(arms[0]).toMatchObject({ exposed: 4, silent: 1 });
  });

  test('of a variant that is not in the definition put nobody anywhere, and are told by its name', () => {
    const { assigned, unknown } = fold([
      cell('ann', 'C'),
      cell('ann', 'C', { firstAtMs: 1 }),
      cell('bob', 'C'),
      cell('bob', 'A', { firstAtMs: 9 }),
      cell('cat', '', { named: [] }),
      cell('dan', '', { named: ['7', 'B'] }),
    ]);
    expect(assigned.map(({ customerId: who, arm }) => `${who} ${arm}`)).toEqual(['bob A', 'dan B']);
    expect(Object.fromEntries(unknown)).toEqual({ C: 2, '': 1 });
  });

  test('give the same arms in whatever order they come', () => {
    const cells = fc.array(
      fc.record({
        customerId: fc.constantFrom('a', 'b', 'c').map(customerId),
        named: fc.constantFrom(['A'], ['B'], ['C']),
        firstAtMs: fc.integer({ min: 0, max: 3 }),
        count: fc.integer({ min: 1, max: 40 }),
        mostADay: fc.integer({ min: 1, max: 400 }),
        isActive: fc.boolean(),
      }),
      { maxLength: 12 },
    );
    const sorted = (all: readonly ExposureCell[]) => {
      const { assigned, arms, unknown } = fold(all);
      return { arms, unknown, assigned: assigned.toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1)) };
    };
    fc.assert(
      fc.property(cells, (all) => {
        expect(sorted(all.toReversed())).toEqual(sorted(all));
      }),
      { seed: 5 },
    );
  });
});
