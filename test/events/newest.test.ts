import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Floor } from '../../lib/events/customer.ts';
import { latestByKey, type Newest, newestWithin } from '../../lib/events/newest.ts';

const bounds = { countMax: 4, bytesMax: 12, bytesOf: ({ key }: Floor) => key.length };

const taken = (known: Newest<Floor>, entries: readonly Floor[]): Newest<Floor> =>
  newestWithin(latestByKey([...known.kept, ...entries], () => '').values(), known.floor, bounds);

const empty: Newest<Floor> = { kept: [] };

describe('the newest within bounds', () => {
  it('stops at the first that does not fit, and what stands below it does not come back', () => {
    const a = { key: 'aaaaaa', atMs: 3 };
    const tooLarge = { key: 'xxxxxxx', atMs: 2 };
    const small = { key: 'y', atMs: 1 };
    const first = taken(empty, [a, tooLarge, small]);
    expect(first).toEqual({ kept: [a], floor: tooLarge });
    expect(taken(first, [small])).toEqual(first);
  });

  it('keeps at most the count, newest first, ties by key', () => {
    const entries = ['e', 'd', 'c', 'b', 'a'].map((key) => ({ key, atMs: 1 }));
    expect(taken(empty, entries).kept.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives one answer for a set of entries, however they arrive', () => {
    const entry = fc.record({
      key: fc.constantFrom('a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff', 'ggggggg'),
      atMs: fc.integer({ min: 0, max: 6 }),
    });
    const sets = fc
      .array(entry, { maxLength: 12 })
      .chain((all) =>
        fc.tuple(
          fc.constant(all),
          fc.shuffledSubarray(all, { minLength: all.length }),
          fc.shuffledSubarray(all),
          fc.integer({ min: 1, max: 3 }),
        ),
      );
    fc.assert(
      fc.property(sets, ([all, shuffled, repeated, size]) => {
        const arriving = [...shuffled, ...repeated];
        let known = empty;
        for (let from = 0; from < arriving.length; from += size) {
          known = taken(known, arriving.slice(from, from + size));
        }
        expect(known).toEqual(taken(empty, all));
      }),
      { numRuns: 2_000 },
    );
  });
});
