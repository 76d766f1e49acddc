import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { createRecommender, recipeOf } from '../../lib/recommenders/models.ts';
import type { Recipe } from '../../lib/recommenders/recommender.ts';
import { interactionsOf, itemOf, type Triple } from './interactions.ts';

const day = 86_400_000;
/** One event every `step` days over so many days before day 0. */
const steady = (item: string, step: number, days: number): Triple[] =>
  Array.from({ length: days / step }, (_, n): Triple => [`${item}${n}`, item, 1, -n * step * day]);

const scores = (triples: readonly Triple[], params: Recipe['params'] = {}): ReadonlyMap<string, number> => {
  const recommender = createRecommender(recipeOf('trending', params));
  recommender.fit(interactionsOf(triples), new Map([['untouched', itemOf('untouched')]]), 0);
  return new Map(
    recommender.recommend(customerId('x'), 10).map((one) => [String(one.itemId), one.score] as const),
  );
};

describe('trending', () => {
  it('is what the halved sums say', () => {
    // Half-lives 1 and 2 days: a: r = 1, l = 1; b, two days old: r = 1/4, l = 1/2; R / L = 1.25 / 1.5.
    const found = scores(
      [
        ['u', 'a', 1, 0],
        ['v', 'b', 1, -2 * day],
      ],
      { recentHalfLifeDays: 1, longHalfLifeDays: 2, smoothing: 1 },
    );
    const share = 1.25 / 1.5;
    expect(found.get('a')).toBeCloseTo(2 / (share + 1), 12);
    expect(found.get('b')).toBeCloseTo(1.25 / (share / 2 + 1), 12);
    expect(found.get('untouched')).toBe(0);
  });

  it('puts a rising item before a far more popular steady one, and that before a falling one', () => {
    const rising = Array.from({ length: 30 }, (_, n): Triple => [`r${n}`, 'rising', 1, -(n % 5) * day]);
    const falling = Array.from(
      { length: 600 },
      (_, n): Triple => [`f${n}`, 'falling', 1, -(100 + (n % 60)) * day],
    );
    const order = [...scores([...steady('steady', 0.25, 200), ...rising, ...falling]).keys()];
    expect(order.slice(0, 3)).toEqual(['rising', 'steady', 'falling']);
  });

  it('believes one event little: a burst of many counts for more', () => {
    const burst = Array.from({ length: 30 }, (_, n): Triple => [`b${n}`, 'burst', 1, 0]);
    const found = scores([...steady('steady', 1, 200), ...burst, ['one', 'single', 1, 0]]);
    const [single, many] = [found.get('single') ?? 0, found.get('burst') ?? 0];
    expect(many).toBeGreaterThan(single);
    expect(single).toBeLessThan(1.2);
  });

  it('refuses a longer past that is not longer', () => {
    expect(() => scores([['u', 'a']], { recentHalfLifeDays: 30, longHalfLifeDays: 30 })).toThrow(
      /trending: longHalfLifeDays .*received 30/,
    );
  });
});
