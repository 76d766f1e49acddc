import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { pairsOf } from '../../lib/recommenders/history.ts';
import { createRecommender, recipeOf } from '../../lib/recommenders/models.ts';
import type { Recipe } from '../../lib/recommenders/recommender.ts';
import { learnersLikeYou } from '../../lib/recommenders/similar-customers.ts';
import { latestRows } from '../../lib/recommenders/user-knn-rows.ts';
import { interactionsOf, type Triple } from './interactions.ts';

const triples: readonly Triple[] = [
  ['me', 'a'],
  ['me', 'b'],
  ['twin', 'a'],
  ['twin', 'b'],
  ['twin', 'c', 2],
  ['half', 'b'],
  ['half', 'd'],
  ['stranger', 'e'],
];
const plain = { neighbours: 10, threshold: 0, shrinkage: 0, amplification: 1, weighting: 'none' };

const fitted = (params: Recipe['params'], rows = triples) => {
  const recommender = createRecommender(recipeOf('user-knn', { ...plain, ...params }));
  recommender.fit(interactionsOf(rows), new Map(), 0);
  return recommender;
};
const scores = (params: Recipe['params'], rows = triples): Record<string, number> =>
  Object.fromEntries(
    fitted(params, rows)
      .recommend(customerId('me'), 10)
      .filter(({ score }) => score > 0)
      .map(({ itemId: id, score }) => [String(id), score]),
  );

describe('user-knn', () => {
  it('adds up what the nearest took, by their cosine', () => {
    // me = (1, 1), twin = (1, 1, 2), half = (1, 1) with b in common.
    const twin = 2 / Math.sqrt(2 * 6);
    const half = 1 / Math.sqrt(2 * 2);
    expect(scores({})).toEqual({
      a: expect.closeTo(1 + twin, 6) as number,
      b: expect.closeTo(1 + twin + half, 6) as number,
      c: expect.closeTo(2 * twin, 6) as number,
      d: expect.closeTo(half, 6) as number,
    });
  });

  it('leaves out customers at or below the threshold, and all but the nearest', () => {
    expect(scores({ threshold: 0.5 })).not.toHaveProperty('d');
    expect(scores({ threshold: 0.49 })).toHaveProperty('d');
    expect(scores({ neighbours: 2 })).not.toHaveProperty('d');
  });

  it('shrinks similarities by what is in common, and amplifies them', () => {
    const half = 0.5;
    expect(scores({ shrinkage: 3 }).d).toBeCloseTo((half * 1) / (1 + 3), 6);
    expect(scores({ amplification: 2 }).d).toBeCloseTo(half ** 2, 6);
  });

  it('takes a rare item in common for more than a popular one', () => {
    const rows: readonly Triple[] = [
      ['me', 'popular'],
      ['me', 'rare'],
      ['popularly', 'popular'],
      ['popularly', 'x'],
      ['rarely', 'rare'],
      ['rarely', 'y'],
      ...Array.from({ length: 20 }, (_, n): Triple => [`other${n}`, 'popular']),
    ];
    const { x, y } = scores({ weighting: 'idf', neighbours: 100 }, rows);
    expect(y).toBeGreaterThan(2 * x);
    const unweighted = scores({ weighting: 'none', neighbours: 100 }, rows);
    expect(unweighted.y).toBeCloseTo(unweighted.x, 6);
  });

  it('says which item of the history an answer rests on', () => {
    const recommender = fitted({});
    expect(recommender.because(customerId('me'), [itemId('d')])).toEqual(['b']);
  });

  it('refuses what is out of range', () => {
    expect(() => fitted({ neighbours: 0 })).toThrow(/user-knn: neighbours .*received 0/);
    expect(() => fitted({ weighting: 'tf' })).toThrow(/none or idf/);
  });
});

describe('the customers kept to compare with', () => {
  const interactions = interactionsOf([
    ['old', 'a', 1, 1],
    ['new', 'a', 1, 9],
    ['new', 'b', 1, 1],
    ['middle', 'c', 1, 5],
    ['middle', 'a', 1, 2],
  ]);
  const pairs = pairsOf(interactions);

  it('are all where they fit', () => {
    expect(latestRows(pairs, interactions, 5)).toBe(pairs);
  });

  it('are otherwise whole rows of the latest active ones', () => {
    const kept = latestRows(pairs, interactions, 4);
    expect(kept.rows).toBe(2);
    expect([...kept.columnIndex]).toEqual([0, 1, 0, 2]);
    expect(latestRows(pairs, interactions, 3).rows).toBe(1);
  });
});

describe('learners like you', () => {
  it('took what this customer has not: each item with how many of the nearest have it', () => {
    const rows: readonly Triple[] = [...triples, ['third', 'a'], ['third', 'c']];
    const interactions = interactionsOf(rows);
    const like = learnersLikeYou(fitted({}, rows), interactions);
    const { customers, items } = like(customerId('me'), { nearest: 3, threshold: 0.1, n: 5 });
    expect(customers.map((one) => one.customerId)).toEqual(['twin', 'half', 'third']);
    expect(items.map(({ itemId: id, takenBy, nearest }) => [id, takenBy, nearest])).toEqual([
      ['c', 2, 3],
      ['d', 1, 3],
    ]);
    expect(items[0].score).toBeCloseTo(2 / Math.sqrt(12) + 1 / 2, 6);
  });

  it('are none of a customer whom nobody knows', () => {
    const like = learnersLikeYou(fitted({}), interactionsOf(triples));
    expect(like(customerId('nobody'), { nearest: 3, threshold: 0, n: 5 })).toEqual({
      customers: [],
      items: [],
    });
  });
});
