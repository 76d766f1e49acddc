import { describe, expect, it } from 'vitest';
import { customerId, itemId, modelVersion } from '../../lib/base/ids.ts';
import type { InteractionType } from '../../lib/events/event.ts';
import { pairsOf } from '../../lib/recommenders/history.ts';
import { servingNeighbours } from '../../lib/recommenders/item-knn.ts';
import { customerLists } from '../../lib/recommenders/lists.ts';
import { createRecommender, modelNames, plainTools, recipeOf } from '../../lib/recommenders/models.ts';
import type { FoldInEvent, Recommender, RecommendOptions } from '../../lib/recommenders/recommender.ts';
import { decodeServing, encodeServing } from '../../lib/recommenders/serving.ts';
import { interactionsFrom } from '../dataset/interaction-rows.ts';
import { checkerboard, interactionsOf, itemOf } from './interactions.ts';

const size = 12;
const dayMs = 86_400_000;
const triples = checkerboard(size);
const types: readonly InteractionType[] = ['purchase', 'view', 'complete', 'cart'];
/** The checkerboard with times and kinds of behaviour, and an item that the catalogue does not know. */
const interactions = interactionsFrom([
  ...triples.map(([customer, item], row) => ({
    customerId: customerId(customer),
    itemId: itemId(item),
    value: 1 + (row % 3) / 2,
    atMs: row * dayMs,
    type: types[row % types.length],
  })),
  {
    customerId: customerId('c0'),
    itemId: itemId('outside the catalogue'),
    value: 1,
    atMs: 0,
    type: 'purchase',
  },
]);
const nowMs = triples.length * dayMs;
const items = [
  ...Array.from({ length: size }, (_, index) =>
    itemOf(`i${index}`, {
      hidden: index === 5,
      tags: [index % 2 === 0 ? 'even' : 'odd'],
      title: `Course ${index % 2 === 0 ? 'cooking' : 'coding'} ${index}`,
      repurchase: index === 8 ? { kind: 'consumable' } : { kind: 'once' },
    }),
  ),
  itemOf('never taken', { tags: ['odd'], title: 'Course coding' }),
];
const catalogue = new Map<string, (typeof items)[number]>(items.map((item) => [item.itemId, item]));
const features = new Map(interactions.customers.map((id, index) => [id, [`half=${index % 2}`]]));
const neighbours = servingNeighbours(pairsOf(interactions));
const origin = {
  modelVersion: modelVersion('v1'),
  trainedAtMs: 7,
  items,
  neighbours,
  interactionCounts: new Map([
    ['i3', 5],
    ['i4', 2],
  ]),
};

const histories: readonly (readonly FoldInEvent[])[] = [
  [],
  [{ itemId: itemId('i3'), value: 1, atMs: nowMs }],
  [1, 3, 7].map((index) => ({ itemId: itemId(`i${index}`), value: 1, atMs: nowMs + index * dayMs })),
  types.map((type, index) => ({
    itemId: itemId(`i${2 * index}`),
    value: 0.5 + index,
    atMs: nowMs - index * dayMs,
    type,
  })),
  [
    { itemId: itemId('i8'), value: 1, atMs: nowMs - 60 * dayMs, type: 'purchase' },
    { itemId: itemId('i8'), value: 1, atMs: nowMs - 30 * dayMs, type: 'purchase' },
    { itemId: itemId('never taken'), value: 0.15, atMs: nowMs, type: 'view' },
  ],
];

/** Factors trained elsewhere: two numbers an item, its parity and one of its own. */
const vectors = Float32Array.from({ length: size * 2 }, (_, place) =>
  place % 2 === 0 ? ((place / 2) % 2) - 0.5 : Math.sin(place),
);
const external = new Map([
  ['parity', { items: { ids: items.slice(0, size).map(({ itemId: id }) => id), size: 2, vectors } }],
]);

describe.each(modelNames)('serving %s', (name) => {
  const recipe = recipeOf(name, name === 'external' ? { folder: 'parity' } : {});
  const recommender = createRecommender(recipe, { ...plainTools, external });
  recommender.fit(interactions, catalogue, nowMs, features);
  const model = recommender.save();
  const serving = decodeServing(encodeServing(model, origin));
  const isVisible = (id: string) => id !== 'i5' && id !== 'outside the catalogue';

  it('folds in as the model does, among visible items only', () => {
    for (const history of histories) {
      for (const options of [{}, { features: ['half=1'] }] satisfies RecommendOptions[]) {
        const accept = (id: string) => id !== 'i9';
        expect(serving.foldIn(history, 20, { ...options, accept })).toEqual(
          recommender.foldIn(history, 20, { ...options, accept: (id) => isVisible(id) && accept(id) }),
        );
      }
    }
  });

  it('names as what an answer rests on an item of the history, or says that it cannot tell', () => {
    const shown = items.map((item) => item.itemId);
    for (const history of histories) {
      const named = serving.because(history);
      const own = history.map((event) => event.itemId);
      for (const id of shown) expect([...own, undefined]).toContain(named?.(id));
    }
    for (const customer of interactions.customers) {
      const named = recommender.because(customer, shown);
      const own = ownOf(customer);
      expect(named?.filter((id) => id !== undefined && !own.includes(id)) ?? []).toEqual([]);
    }
  });

  it('keeps the catalogue, the counts and its origin, and nothing of the customers’ histories', () => {
    expect(serving).toMatchObject({ modelVersion: 'v1', trainedAtMs: 7, items, interactionsTotal: 7 });
    expect(serving.interactionsCount(itemId('i3'))).toBe(5);
    expect(serving.interactionsCount(itemId('unheard-of'))).toBe(0);
    expect(serving.isPersonal).toBe(!['popularity', 'trending'].includes(name));
  });

  it('names every visible item in its popularity, never taken ones last', () => {
    const popular = serving.popularity.map((one) => one.itemId);
    expect(popular.toSorted()).toEqual(
      items
        .filter((item) => !item.hidden)
        .map((item) => item.itemId)
        .toSorted(),
    );
    expect(popular.at(-1)).toBe('never taken');
  });

  it('knows visible neighbours by behaviour, whatever the model is', () => {
    const similar = serving.similarItems(itemId('i3'), 3).map((one) => one.itemId);
    expect(similar).toHaveLength(3);
    expect(similar.every((id) => Number(id.slice(1)) % 2 === 1 && id !== 'i5' && id !== 'i3')).toBe(true);
    expect(serving.similarItems(itemId('never taken'), 3)).toEqual([]);
  });

  it('is the same from a part of a larger buffer, as files and responses give it', () => {
    const bytes = encodeServing(model, origin);
    const part = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    expect(decodeServing(part).foldIn(histories[2], 20)).toEqual(serving.foldIn(histories[2], 20));
  });

  it('is refused where the function could not hold it, with what was received', () => {
    expect(() => encodeServing(model, origin, 100)).toThrow(
      expect.objectContaining({
        detail: expect.objectContaining({
          code: 'serving-too-large',
          received: expect.stringContaining(name),
        }),
      }),
    );
  });

  it('publishes lists that are the model’s answers, without what is owned for good, hidden or unknown', () => {
    const lists = [...customerLists(recommender, interactions, catalogue, neighbours)];
    expect(lists.map(([customer]) => customer)).toEqual(interactions.customers);
    for (const [customer, list] of lists) {
      const own = ownOf(customer);
      const bought = ownOf(customer, 'purchase').filter((id) => id !== 'i8');
      const answer = recommender.recommend(customer, 100, {
        exclude: new Set(bought),
        accept: isVisible,
      });
      const said = answer.filter(({ itemId: id, score }) => score !== 0 || id !== 'never taken');
      expect(list.map((one) => one.itemId)).toEqual(said.map((one) => one.itemId));
      for (const { because, score, source } of list) {
        expect(because === undefined || own.includes(because)).toBe(true);
        expect(source).toBe(score === 0 ? 'popularity' : recommender.name);
      }
    }
  });
});

function ownOf(customer: string, type?: InteractionType): string[] {
  const rows = triples.map(([other, item], row) => ({ other, item, type: types[row % types.length] }));
  const own = rows.filter((row) => row.other === customer && (type === undefined || row.type === type));
  return [...own.map((row): string => row.item), ...(customer === 'c0' ? ['outside the catalogue'] : [])];
}

describe('published lists', () => {
  const fitted = (): Recommender => {
    const recommender = createRecommender(recipeOf('item-knn'));
    recommender.fit(plain, catalogue, 0);
    return recommender;
  };
  const plain = interactionsOf([...triples, ['c0', 'outside the catalogue']]);
  const near = servingNeighbours(pairsOf(plain));
  const lists = new Map(customerLists(fitted(), plain, catalogue, near));

  it('say how many of the customers most alike bought an item where the model goes by them, from three on', () => {
    const recommender = createRecommender(recipeOf('user-knn'));
    recommender.fit(plain, catalogue, 0);
    const [, list] = [...customerLists(recommender, plain, catalogue, near)][1];
    // c1 misses i1 of its parity; c3, c5, c7, c9 and c11 have it. Items of the other parity nobody alike has.
    expect(list[0]).toMatchObject({ itemId: 'i1', source: 'user-knn', boughtByAlike: 5 });
    expect(list[0]).not.toHaveProperty('because');
    expect(list.slice(1).filter(({ boughtByAlike }) => boughtByAlike !== undefined)).toEqual([]);
    // Not where comparing each customer with each would take too long.
    const [, unnamed] = [...customerLists(recommender, plain, catalogue, near, 11)][1];
    expect(unnamed[0].itemId).toBe('i1');
    expect(unnamed[0]).not.toHaveProperty('boughtByAlike');
    const few = interactionsOf([
      ['me', 'i2'],
      ['twin', 'i2'],
      ['twin', 'i4'],
    ]);
    recommender.fit(few, catalogue, 0);
    const [, ofMe] = [...customerLists(recommender, few, catalogue, servingNeighbours(pairsOf(few)))][0];
    expect(ofMe[0]).toEqual(expect.objectContaining({ itemId: 'i4', source: 'user-knn' }));
    expect(ofMe[0]).not.toHaveProperty('boughtByAlike');
  });

  it('of a model that cannot tell name the nearest item of the history, and are silent of one that can', () => {
    const telling = fitted();
    const silent = { ...telling, because: () => undefined };
    const [, list] = [...customerLists(silent, plain, catalogue, near)][1];
    expect(list[0].itemId).toBe('i1');
    expect(triples.some(([customer, item]) => customer === 'c1' && item === list[0].because)).toBe(true);
    for (const [, own] of lists) expect(own.filter(({ because }) => because !== undefined)).toEqual([]);
  });

  it('name what may be bought again although it is owned', () => {
    const renewing = new Map(catalogue).set('i2', itemOf('i2', { repurchase: { kind: 'consumable' } }));
    const [, list] = [...customerLists(fitted(), plain, renewing, near)][0];
    expect(list.map((one) => one.itemId)).toContain('i2');
  });

  it('say which model speaks for an item, and fill up with popularity', () => {
    const list = lists.get(customerId('c1')) ?? [];
    expect(list[0]).toMatchObject({ itemId: 'i1', source: 'item-knn' });
    const filled = list.filter((one) => one.source === 'popularity');
    expect(filled.map((one) => Number(one.itemId.slice(1)) % 2)).toEqual(filled.map(() => 0));
    expect(filled.every((one) => one.because === undefined && one.score === 0)).toBe(true);
    expect(filled.length).toBe(6);
  });
});
