import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { createRecommender, loadRecommender, recipeOf } from '../../lib/recommenders/models.ts';
import type { Recipe, Recommender } from '../../lib/recommenders/recommender.ts';
import { interactionsOf, itemOf, type Triple } from './interactions.ts';

const day = 86_400_000;

/** A customer who takes these, one a day from day 0. */
const path = (customer: string, items: readonly string[]): Triple[] =>
  items.map((item, step): Triple => [customer, item, 1, step * day]);

const fitted = (
  triples: readonly Triple[],
  params: Recipe['params'] = {},
  model = 'sequence',
  catalogue: Parameters<Recommender['fit']>[1] = new Map(),
): Recommender => {
  const recommender = createRecommender(recipeOf(model, params));
  recommender.fit(interactionsOf(triples), catalogue, 10 * day);
  return recommender;
};

const afterPath = (recommender: Recommender, items: readonly string[]) =>
  recommender.foldIn(
    items.map((item, step) => ({ itemId: itemId(item), value: 1, atMs: step * day })),
    10,
    { exclude: new Set(items) },
  );

describe('sequence', () => {
  // Whoever takes x last goes on to `end-of-x`, whoever takes y last to `end-of-y`; everybody takes both.
  const triples = Array.from({ length: 20 }, (_, n) =>
    n % 2 === 0 ? path(`c${n}`, ['y', 'x', 'end-of-x']) : path(`c${n}`, ['x', 'y', 'end-of-y']),
  ).flat();

  it('tells what follows by order, where a model without order gives both histories the same answer', () => {
    const recommender = fitted(triples);
    expect(afterPath(recommender, ['y', 'x'])[0].itemId).toBe('end-of-x');
    expect(afterPath(recommender, ['x', 'y'])[0].itemId).toBe('end-of-y');
    const orderless = fitted(triples, {}, 'item-knn');
    expect(afterPath(orderless, ['y', 'x'])).toEqual(afterPath(orderless, ['x', 'y']));
  });

  it('is the share of transitions, fading by steps and days, as computed by hand', () => {
    const params = { stepDecay: 0.5, gapHalfLifeDays: 2, smoothing: 1, seriesTransitions: 0 };
    const recommender = fitted(path('a', ['p', 'q', 'r']), params);
    const fade = 2 ** -0.5; // one day
    // T_pq = fade, T_pr = 0.5 · fade², T_qr = fade.
    const total = fade + 0.5 * fade ** 2 + 1;
    const scores = (items: readonly string[]) =>
      new Map(afterPath(recommender, items).map((one) => [String(one.itemId), one.score]));
    expect(scores(['p']).get('q')).toBeCloseTo(fade / total, 6);
    expect(scores(['p']).get('r')).toBeCloseTo((0.5 * fade ** 2) / total, 6);
    // The latest counts in full, the one before by step and day.
    expect(scores(['p', 'q']).get('r')).toBeCloseTo(
      fade / (fade + 1) + 0.5 * fade * ((0.5 * fade ** 2) / total),
      6,
    );
  });

  it('sees no order within one moment, and nothing backwards', () => {
    const basket: Triple[] = [
      ['a', 'left', 1, 0],
      ['a', 'right', 1, 0],
      ['a', 'later', 1, day],
    ];
    const recommender = fitted(basket);
    const following = (item: string) =>
      recommender
        .similarItems(itemId(item), 5)
        .filter(({ score }) => score > 0)
        .map((one) => one.itemId);
    expect(following('left')).toEqual(['later']);
    expect(following('right')).toEqual(['later']);
    expect(following('later')).toEqual([]);
  });

  it('forgets what lies further back than its window or its last steps', () => {
    const long = path('a', ['first', 'm1', 'm2', 'm3', 'last']);
    const near = fitted(long, { window: 2 });
    expect(near.similarItems(itemId('first'), 9).filter(({ score }) => score > 0)).toHaveLength(2);
    const brief = fitted(triples, { last: 1 });
    expect(afterPath(brief, ['y', 'x'])).toEqual(
      fitted(triples, { last: 1 }).foldIn([{ itemId: itemId('x'), value: 1, atMs: day }], 10, {
        exclude: new Set(['x', 'y']),
      }),
    );
  });

  it('offers the next part of a series that nobody went on with yet', () => {
    const part = (position: number) => itemOf(`part${position}`, { series: { id: 's', position } });
    const catalogue = new Map([part(3), part(1), part(2)].map((item) => [String(item.itemId), item]));
    const recommender = fitted(path('a', ['part1', 'other']), {}, 'sequence', catalogue);
    expect(recommender.foldIn([{ itemId: itemId('part1'), value: 1, atMs: 0 }], 1)[0].itemId).toBe('part2');
    expect(recommender.foldIn([{ itemId: itemId('part2'), value: 1, atMs: 0 }], 1)[0].itemId).toBe('part3');
  });

  it('takes an edition of the same part for no next part: both lead to both editions of the next', () => {
    const part = (id: string, position: number) => itemOf(id, { series: { id: 's', position } });
    const parts = [part('one', 1), part('one-zh', 1), part('two', 2), part('two-zh', 2)];
    const catalogue = new Map(parts.map((item) => [String(item.itemId), item]));
    const recommender = fitted(path('a', ['other', 'another']), {}, 'sequence', catalogue);
    for (const first of ['one', 'one-zh']) {
      const answer = recommender.foldIn([{ itemId: itemId(first), value: 1, atMs: 0 }], 10);
      const next = answer.filter(({ score }) => score > 0).map(({ itemId: id }) => id);
      expect(next.toSorted()).toEqual(['two', 'two-zh']);
    }
  });

  it('answers a customer of the training as their events folded in, and the same when loaded', () => {
    const recommender = fitted(triples);
    const loaded = loadRecommender(recommender.save());
    const folded = recommender.foldIn(
      path('c0', ['y', 'x', 'end-of-x']).map(([, item, value = 1, atMs = 0]) => ({
        itemId: itemId(item),
        value,
        atMs,
      })),
      5,
    );
    expect(recommender.recommend(customerId('c0'), 5)).toEqual(folded);
    expect(loaded.recommend(customerId('c0'), 5)).toEqual(folded);
  });

  it('names the step that speaks for an item', () => {
    expect(fitted(triples).because(customerId('c1'), [itemId('end-of-x')])).toEqual(['x']);
  });

  it('refuses parameters that are out of range', () => {
    expect(() => fitted(triples, { stepDecay: 1.1 })).toThrow(/sequence: stepDecay .*received 1.1/);
    expect(() => fitted(triples, { window: 0.5 })).toThrow(/sequence: window/);
  });
});
