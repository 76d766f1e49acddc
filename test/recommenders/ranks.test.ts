import fc from 'fast-check';
import { expect, it } from 'vitest';
import { descending, topItems } from '../../lib/recommenders/ranking.ts';
import { placesOf, ranksOf } from '../../lib/recommenders/ranks.ts';

const input = fc.integer({ min: 1, max: 40 }).chain((items) =>
  fc.record({
    scores: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: items, maxLength: items }),
    popularity: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: items, maxLength: items }),
    allowed: fc.array(fc.boolean(), { minLength: items, maxLength: items }),
    relevant: fc.uniqueArray(fc.nat(items - 1), { maxLength: 10 }),
  }),
);

it('ranks are the positions in the full ranking, ties by popularity and what is not allowed left out', () => {
  fc.assert(
    fc.property(input, ({ scores, popularity, allowed, relevant }) => {
      const order = descending(popularity);
      const whole = topItems(Float64Array.from(scores), order, scores.length, (item) => allowed[item]);
      const expected = whole.flatMap((item, place) => (relevant.includes(item) ? [place + 1] : []));
      const ranks = ranksOf(
        {
          scores: Float64Array.from(scores),
          placeOf: placesOf(order),
          allowed: Uint8Array.from(allowed, Number),
        },
        relevant,
      );
      expect([...ranks]).toEqual(expected);
    }),
  );
});
