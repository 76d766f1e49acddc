// One suite that every model passes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import type { Tools } from '../../lib/recommenders/model.ts';
import {
  createRecommender,
  loadRecommender,
  modelNames,
  plainTools,
  recipeOf,
} from '../../lib/recommenders/models.ts';
import type { Recipe, Recommender, Scored } from '../../lib/recommenders/recommender.ts';
import { checkerboard, interactionsOf, itemOf, type Triple } from './interactions.ts';

const size = 40;

/** Factors trained elsewhere: two numbers an item, by its parity and by its own; under another name the same. */
const names = Array.from({ length: size }, (_, item) => `i${item}`);
const withFactors: Tools = {
  ...plainTools,
  external: new Map([
    [
      'parity',
      {
        items: {
          ids: [...names, ...names.map((name) => `renamed-${name}`)],
          size: 2,
          vectors: Float32Array.from({ length: size * 4 }, (_, place) =>
            place % 2 === 0 ? ((place / 2) % 2) - 0.5 : Math.sin((place - 1) % (size * 2)),
          ),
        },
      },
    ],
  ]),
};

/** A recipe or more of every model. */
const subjects: readonly { readonly name: string; readonly recipe: Recipe; readonly tools?: Tools }[] = [
  { name: 'popularity', recipe: recipeOf('popularity') },
  { name: 'trending', recipe: recipeOf('trending') },
  { name: 'item-knn by cosine', recipe: recipeOf('item-knn') },
  { name: 'item-knn by Jaccard', recipe: recipeOf('item-knn', { similarity: 'jaccard' }) },
  { name: 'item-knn by BM25', recipe: recipeOf('item-knn', { weighting: 'bm25' }) },
  { name: 'item-knn by Pearson', recipe: recipeOf('item-knn', { similarity: 'pearson' }) },
  { name: 'user-knn', recipe: recipeOf('user-knn') },
  { name: 'cross-occurrence', recipe: recipeOf('cross-occurrence') },
  { name: 'sequence', recipe: recipeOf('sequence') },
  { name: 'repetition by frequency', recipe: recipeOf('repetition', { method: 'frequency' }) },
  { name: 'repetition by TIFU-KNN', recipe: recipeOf('repetition') },
  { name: 'als', recipe: recipeOf('als') },
  { name: 'ease', recipe: recipeOf('ease', { regularization: 5 }) },
  { name: 'warp', recipe: recipeOf('warp') },
  { name: 'bpr', recipe: recipeOf('bpr') },
  { name: 'content', recipe: recipeOf('content') },
  { name: 'external', recipe: recipeOf('external', { folder: 'parity' }), tools: withFactors },
  { name: 'hybrid of als, item-knn and popularity', recipe: recipeOf('hybrid') },
  {
    name: 'hybrid of als and ease',
    recipe: recipeOf('hybrid', { models: ['als', { model: 'ease', params: { regularization: 5 } }] }),
  },
];
it('the suite has every model', () => {
  expect(new Set(subjects.map(({ recipe }) => recipe.model))).toEqual(new Set(modelNames));
});

/** What does not go by who took what together: these have known answers of their own in their tests. */
const notCollaborative = ['popularity', 'trending', 'sequence', 'repetition', 'content', 'external'];
const collaborative = subjects.filter(({ recipe }) => !notCollaborative.includes(recipe.model));

/** Random baskets of 30 customers over 12 items. */
const baskets = fc
  .uniqueArray(fc.tuple(fc.nat(29), fc.nat(11), fc.integer({ min: 1, max: 5 })), {
    minLength: 20,
    maxLength: 150,
    selector: ([customer, item]) => `${customer} ${item}`,
  })
  .map((cells) => cells.map(([customer, item, value]): Triple => [`c${customer}`, `i${item}`, value]));

describe.each(subjects)('$name', ({ recipe, tools }) => {
  /** A hybrid fits each of its models twice: what they hold to is tried with each of them alone. */
  const runs = (count: number): number => (recipe.model === 'hybrid' ? count / 5 : count);
  const fitted = (triples: readonly Triple[]): Recommender => {
    const recommender = createRecommender(recipe, tools);
    recommender.fit(interactionsOf(triples), new Map(), 0);
    return recommender;
  };

  it('gives the same answers when trained again', () => {
    const answers = () => {
      const recommender = fitted(checkerboard(size));
      return [recommender.recommend(customerId('c3'), 10), recommender.similarItems(itemId('i4'), 5)];
    };
    expect(answers()).toEqual(answers());
  });

  it('answers best first, at most n, never what is excluded, only what is accepted', () => {
    fc.assert(
      fc.property(baskets, fc.integer({ min: 1, max: 14 }), (triples, n) => {
        const recommender = fitted(triples);
        const exclude = new Set(['i1', 'i5']);
        const answer = recommender.recommend(customerId('c1'), n, { exclude, accept: (id) => id !== 'i2' });
        expect(answer.length).toBeLessThanOrEqual(n);
        expect(new Set(answer.map((one) => one.itemId)).size).toBe(answer.length);
        expect(answer.some(({ itemId: id }) => exclude.has(id) || id === 'i2')).toBe(false);
        expect(answer.map((one) => one.score)).toEqual(
          answer.map((one) => one.score).toSorted((a, b) => b - a),
        );
      }),
      { numRuns: runs(30) },
    );
  });

  it('answers a few as the beginning of many', () => {
    fc.assert(
      fc.property(baskets, fc.integer({ min: 1, max: 12 }), (triples, n) => {
        const recommender = fitted(triples);
        const all = recommender.recommend(customerId('c2'), 1_000);
        expect(recommender.recommend(customerId('c2'), n)).toEqual(all.slice(0, n));
      }),
      { numRuns: runs(30) },
    );
  });

  it('scores every item, by place, as it recommends', () => {
    const recommender = fitted([...checkerboard(size), ['new', 'i33'], ['newer', 'i33'], ['newest', 'i7']]);
    const { ids, order } = recommender.rankedItems();
    const ranked = Array.from(order, (item) => ids[item]);
    expect(ranked.slice(0, 2)).toEqual(['i33', 'i7']);
    const customers = [customerId('c3'), customerId('nobody'), customerId('c4')];
    let row = 0;
    for (const scores of recommender.scoreEach(customers)) {
      const answer = recommender.recommend(customers[row++], ids.length);
      expect(answer.map(({ itemId: id }) => scores[ranked.indexOf(id)])).toEqual(
        answer.map(({ score }) => score),
      );
    }
    expect(row).toBe(3);
  });

  it('gives an unknown customer, and an empty history, the most popular', () => {
    const recommender = fitted([...checkerboard(10), ['new', 'i3'], ['newer', 'i3'], ['newest', 'i7']]);
    const popular = ['i3', 'i7'];
    expect(recommender.recommend(customerId('nobody'), 2).map((one) => one.itemId)).toEqual(popular);
    expect(recommender.foldIn([], 2).map((one) => one.itemId)).toEqual(popular);
  });

  it('folds in a customer’s own history to the same answer', () => {
    fc.assert(
      fc.property(baskets, (triples) => {
        const recommender = fitted(triples);
        const [customer] = triples[0];
        const own = triples
          .filter(([other]) => other === customer)
          .map(([, item, value = 1]) => ({ itemId: itemId(item), value, atMs: 0 }));
        const folded = recommender.foldIn(own, 12);
        const stored = recommender.recommend(customerId(customer), 12);
        expect(folded.map((one) => one.itemId)).toEqual(stored.map((one) => one.itemId));
        folded.forEach(({ score }, place) => {
          expect(score).toBeCloseTo(stored[place].score, 9);
        });
      }),
      { numRuns: runs(20) },
    );
  });

  it('knows items by what is done with them, not by their names', () => {
    fc.assert(
      fc.property(baskets, (triples) => {
        const renamed = (item: string): string => `renamed-${item}`;
        const plain = fitted(triples).recommend(customerId('c0'), 12);
        const other = fitted(
          triples.map(([customer, item, value]): Triple => [customer, renamed(item), value]),
        ).recommend(customerId('c0'), 12);
        expect(other).toEqual(plain.map((one) => ({ ...one, itemId: renamed(one.itemId) })));
      }),
      { numRuns: runs(20) },
    );
  });

  it('answers all customers as one by one', () => {
    fc.assert(
      fc.property(baskets, fc.integer({ min: 0, max: 14 }), fc.boolean(), (triples, n, isOne) => {
        const recommender = fitted(triples);
        const accept = (id: string) => id !== 'i2';
        const optionsOf = (id: string) => ({
          exclude: new Set([`i${id.length}`, `i${id.slice(1)}`, 'unheard-of']),
          excludeHistory: id.endsWith('1'),
          ...(isOne && { accept }),
          ...(!isOne && id.endsWith('2') && { accept: (item: string) => item !== 'i7' }),
        });
        const all = [...recommender.recommendAll(n, optionsOf)];
        expect(all.map(([id]) => id)).toEqual([...new Set(triples.map(([customer]) => customer))]);
        for (const [id, answer] of all) {
          expect(answer).toEqual(recommender.recommend(id, n, optionsOf(id)));
        }
      }),
      { numRuns: runs(20) },
    );
  });

  it('leaves out the history when asked to', () => {
    fc.assert(
      fc.property(baskets, (triples) => {
        const recommender = fitted(triples);
        const [customer] = triples[0];
        const own = triples.filter(([other]) => other === customer).map(([, item]) => item);
        const options = { excludeHistory: true };
        const expected = recommender.recommend(customerId(customer), 12, { exclude: new Set(own) });
        expect(recommender.recommend(customerId(customer), 12, options)).toEqual(expected);
        const events = own.map((item) => ({ itemId: itemId(item), value: 1, atMs: 0 }));
        expect(recommender.foldIn(events, 12, options).some((one) => own.includes(one.itemId))).toBe(false);
      }),
      { numRuns: runs(10) },
    );
  });

  it('names other customers of the training as similar, best first', () => {
    fc.assert(
      fc.property(baskets, fc.integer({ min: 1, max: 40 }), (triples, n) => {
        const recommender = fitted(triples);
        const [[customer]] = triples;
        const similar = recommender.similarCustomers(customerId(customer), n);
        const known = new Set(triples.map(([other]) => other));
        expect(similar.length).toBeLessThanOrEqual(Math.min(n, known.size - 1));
        expect(similar.every(({ customerId: id }) => known.has(id) && id !== customer)).toBe(true);
        const scores = similar.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        expect(recommender.similarCustomers(customerId('nobody'), n)).toEqual([]);
      }),
      { numRuns: runs(10) },
    );
  });

  it('is the same after it is saved and loaded', () => {
    const recommender = fitted(checkerboard(12));
    const loaded = loadRecommender(recommender.save());
    expect(loaded.name).toBe(recommender.name);
    expect(loaded.recommend(customerId('c5'), 12)).toEqual(recommender.recommend(customerId('c5'), 12));
    expect(loaded.similarItems(itemId('i2'), 5)).toEqual(recommender.similarItems(itemId('i2'), 5));
    const history = [{ itemId: itemId('i2'), value: 1, atMs: 0 }];
    expect(loaded.foldIn(history, 12)).toEqual(recommender.foldIn(history, 12));
    expect([...loaded.recommendAll(3)]).toEqual([...recommender.recommendAll(3)]);
    expect(loaded.similarCustomers(customerId('c5'), 5)).toEqual(
      recommender.similarCustomers(customerId('c5'), 5),
    );
    const asked = [itemId('i1'), itemId('i2')];
    expect(loaded.because(customerId('c5'), asked)).toEqual(recommender.because(customerId('c5'), asked));
    expect(loaded.save()).toEqual(recommender.save());
  });

  it('never calls an item similar to itself, and knows nothing of unknown ones', () => {
    const recommender = fitted(checkerboard(12));
    expect(recommender.similarItems(itemId('i2'), 100).map((one) => one.itemId)).not.toContain('i2');
    expect(recommender.similarItems(itemId('unheard-of'), 5)).toEqual([]);
    expect(recommender.foldIn([{ itemId: itemId('unheard-of'), value: 1, atMs: 0 }], 3)).toEqual(
      recommender.foldIn([], 3),
    );
  });

  it('answers the same whatever is asked in between, two models side by side', () => {
    const recommender = fitted([...checkerboard(12), ['new', 'i3']]);
    const other = fitted(checkerboard(10));
    const one = [{ itemId: itemId('i2'), value: 1, atMs: 0 }];
    const two = [{ itemId: itemId('i3'), value: 2, atMs: 5 }, ...one];
    const first = [recommender.foldIn(one, 12), recommender.recommend(customerId('c5'), 12)];
    recommender.foldIn(two, 12);
    recommender.foldIn([], 12);
    other.foldIn(two, 12);
    recommender.similarItems(itemId('i4'), 12);
    recommender.similarCustomers(customerId('c4'), 12);
    recommender.because(customerId('c4'), [itemId('i1'), itemId('i6')]);
    other.because(customerId('c4'), [itemId('i1'), itemId('i6')]);
    expect([recommender.foldIn(one, 12), recommender.recommend(customerId('c5'), 12)]).toEqual(first);
  });

  it('goes by what it knows when a history also has an item that nobody took', () => {
    const recommender = createRecommender(recipe, tools);
    recommender.fit(interactionsOf(checkerboard(12)), new Map([['untouched', itemOf('untouched')]]), 0);
    const known = [{ itemId: itemId('i2'), value: 1, atMs: 0 }];
    const isPersonal = (answer: readonly Scored[]) => {
      expect(answer).toHaveLength(13);
      expect(answer.every(({ score }) => Number.isFinite(score))).toBe(true);
      const plain = new Map(recommender.foldIn([], 13).map(({ itemId: id, score }) => [id, score]));
      return answer.some(({ itemId: id, score }) => score !== plain.get(id));
    };
    const both = [...known, { itemId: itemId('untouched'), value: 1, atMs: 0 }];
    expect(isPersonal(recommender.foldIn(both, 13))).toBe(isPersonal(recommender.foldIn(known, 13)));
  });

  it('refuses values that are no numbers, and answers before training', () => {
    expect(() => fitted([['c1', 'i1', Number.NaN]])).toThrow(RangeError);
    expect(() => createRecommender(recipe, tools).recommend(customerId('c1'), 1)).toThrow(/fit/);
  });
});

describe.each(collaborative)('$name on a checkerboard', ({ recipe }) => {
  const triples = checkerboard(size);
  const recommender = createRecommender(recipe);
  recommender.fit(interactionsOf(triples), new Map(), 0);

  it('finds the one item withheld from each customer', () => {
    for (let customer = 0; customer < size; customer++) {
      const own = new Set(triples.filter(([other]) => other === `c${customer}`).map(([, item]) => item));
      const [first] = recommender.recommend(customerId(`c${customer}`), 1, { exclude: own });
      expect(first.itemId).toBe(`i${customer}`);
    }
  });

  it('calls only items of the same parity most similar', () => {
    const similar = recommender.similarItems(itemId('i7'), size / 2 - 1);
    expect(similar.every(({ itemId: id }) => Number(id.slice(1)) % 2 === 1)).toBe(true);
  });

  it('calls only customers of the same parity most similar', () => {
    const similar = recommender.similarCustomers(customerId('c7'), size / 2 - 1);
    expect(similar).toHaveLength(size / 2 - 1);
    expect(similar.every(({ customerId: id }) => Number(id.slice(1)) % 2 === 1)).toBe(true);
  });
});
