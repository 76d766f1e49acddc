import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { createRecommender, loadRecommender, recipeOf } from '../../lib/recommenders/models.ts';
import type { Recipe, Recommender } from '../../lib/recommenders/recommender.ts';
import { basketsOf, decayedFrequencies, frequencies } from '../../lib/recommenders/repetition-baskets.ts';
import { interactionsOf, type Triple } from './interactions.ts';

const day = 86_400_000;
const basket = (customer: string, at: number, items: readonly string[]): Triple[] =>
  items.map((item) => [customer, item, 1, at * day]);

const fitted = (triples: readonly Triple[], params: Recipe['params']): Recommender => {
  const recommender = createRecommender(recipeOf('repetition', params));
  recommender.fit(interactionsOf(triples), new Map(), 100 * day);
  return recommender;
};
const answer = (recommender: Recommender, customer: string, n = 9) =>
  recommender.recommend(customerId(customer), n).map((one) => [String(one.itemId), one.score] as const);

describe('baskets', () => {
  const events = {
    items: Int32Array.of(0, 1, 0, 2, 0),
    atMs: Float64Array.of(1, 1, 1, 2, 3),
    types: Uint8Array.of(8, 8, 8, 1, 8),
    values: new Float32Array(5).fill(1),
  };

  it('are what was taken at one moment, each item once', () => {
    expect(basketsOf(events, false)).toEqual([new Set([0, 1]), new Set([2]), new Set([0])]);
  });

  it('hold only what was bought where that is asked for', () => {
    expect(basketsOf(events, true)).toEqual([new Set([0, 1]), new Set([0])]);
    expect(frequencies(basketsOf(events, true))).toEqual(
      new Map([
        [0, 2],
        [1, 1],
      ]),
    );
  });

  it('fade within groups and by groups, as computed by hand', () => {
    // Five baskets in groups of 2: (first) (second, third) (fourth, fifth); r_b = 0.5, r_g = 0.1.
    const baskets = [0, 1, 2, 3, 0].map((item) => new Set([item]));
    const weights = decayedFrequencies(baskets, { groupSize: 2, basketDecay: 0.5, groupDecay: 0.1 });
    const expected = [
      [0, (0.01 * 1) / 1 / 3 + (1 * 1) / 2 / 3],
      [1, (0.1 * 0.5) / 2 / 3],
      [2, (0.1 * 1) / 2 / 3],
      [3, (1 * 0.5) / 2 / 3],
    ] as const;
    expect(weights.size).toBe(4);
    for (const [item, weight] of expected) {
      expect(weights.get(item)).toBeCloseTo(weight, 12);
    }
  });
});

describe('repetition by frequency', () => {
  const triples = [
    ...basket('a', 1, ['milk', 'pen']),
    ...basket('a', 2, ['milk']),
    ...basket('b', 3, ['bread', 'salt']),
    ...basket('c', 4, ['bread']),
  ];

  it('answers what the customer takes most, then what all take', () => {
    expect(answer(fitted(triples, { method: 'frequency' }), 'a')).toEqual([
      ['milk', 2],
      ['pen', 1],
      ['bread', 0],
      ['salt', 0],
    ]);
  });
});

describe('TIFU-KNN', () => {
  const params = {
    method: 'tifu-knn',
    neighbours: 2,
    personalShare: 0.6,
    groupSize: 7,
    basketDecay: 1,
    groupDecay: 1,
  };
  const triples = [
    ...basket('a', 1, ['x', 'y']),
    ...basket('twin', 1, ['x', 'y', 'z']),
    ...basket('far', 1, ['p', 'q', 'r', 's']),
    ...basket('near', 1, ['w']),
  ];

  it('blends the customer with the nearest by Euclidean distance, themselves included', () => {
    // Distances² from a = (x, y): a 0, twin 1, near 3, far 6.
    const scores = new Map(answer(fitted(triples, params), 'a'));
    expect(scores.get('x')).toBeCloseTo(0.6 + 0.4, 6);
    expect(scores.get('z')).toBeCloseTo(0.4 / 2, 6);
    expect(scores.get('w')).toBe(0);
  });

  it('takes a short history with nothing in common for nearer than a long one', () => {
    const scores = new Map(answer(fitted(triples, { ...params, neighbours: 3 }), 'a'));
    expect(scores.get('w')).toBeCloseTo(0.4 / 3, 6);
    expect(scores.get('p')).toBe(0);
  });

  it('finds the withheld item of a checkerboard of customers', () => {
    const board = Array.from({ length: 20 }, (_, customer) =>
      basket(
        `c${customer}`,
        1,
        Array.from({ length: 20 }, (__, item) => item)
          .filter((item) => item !== customer && item % 2 === customer % 2)
          .map((item) => `i${item}`),
      ),
    ).flat();
    const recommender = fitted(board, { ...params, neighbours: 10 });
    for (let customer = 0; customer < 20; customer++) {
      const own = new Set(board.filter(([one]) => one === `c${customer}`).map(([, item]) => item));
      const [first] = recommender.recommend(customerId(`c${customer}`), 1, { exclude: own });
      expect(first.itemId).toBe(`i${customer}`);
    }
  });

  it('is the same when loaded, and says that an item was taken before', () => {
    const recommender = fitted(triples, params);
    const loaded = loadRecommender(recommender.save());
    expect(answer(loaded, 'a')).toEqual(answer(recommender, 'a'));
    expect(recommender.because(customerId('a'), [itemId('x'), itemId('z')])).toEqual(['x', undefined]);
  });

  it('refuses parameters that are out of range', () => {
    expect(() => fitted(triples, { personalShare: 2 })).toThrow(/repetition: personalShare .*received 2/);
    expect(() => fitted(triples, { method: 'tifu' })).toThrow(/frequency or tifu-knn/);
  });
});
