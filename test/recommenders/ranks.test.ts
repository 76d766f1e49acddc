import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bestPlaces } from '../../lib/recommenders/ranking.ts';
import { placesOf, ranksOf } from '../../lib/recommenders/ranks.ts';

const input = fc.integer({ min: 1, max: 40 }).chain((items) =>
  fc.record({
    scores: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: items, maxLength: items }),
    allowed: fc.array(fc.boolean(), { minLength: items, maxLength: items }),
    relevant: fc.uniqueArray(fc.nat(items - 1), { maxLength: 10 }),
  }),
);

it('ranks are the positions in the full ranking, ties by popularity and what is not allowed left out', () => {
  fc.assert(
    fc.property(input, ({ scores, allowed, relevant }) => {
      // By place already: of equal scores the first is the more popular.
      const whole = bestPlaces(Float64Array.from(scores), scores.length, (place) => allowed[place]);
      const expected = [...whole].flatMap((item, place) => (relevant.includes(item) ? [place + 1] : []));
      const ranks = ranksOf(Float64Array.from(scores), Uint8Array.from(allowed, Number), relevant);
      expect([...ranks]).toEqual(expected);
    }),
  );
});

it('the place of an item is its position in the order', () => {
  expect([...placesOf(Int32Array.of(2, 0, 1))]).toEqual([1, 2, 0]);
});
