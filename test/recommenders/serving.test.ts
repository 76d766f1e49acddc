import { describe, expect, it } from 'vitest';
import { customerId, itemId, modelVersion } from '../../lib/base/ids.ts';
import { pairsOf } from '../../lib/recommenders/history.ts';
import { servingNeighbours } from '../../lib/recommenders/item-knn.ts';
import { customerLists } from '../../lib/recommenders/lists.ts';
import { createRecommender, defaultCandidates } from '../../lib/recommenders/models.ts';
import { decodeServing, encodeServing } from '../../lib/recommenders/serving.ts';
import { checkerboard, interactionsOf, itemOf } from './interactions.ts';

const size = 12;
const triples = checkerboard(size);
const interactions = interactionsOf([...triples, ['c0', 'outside the catalogue']]);
const items = [
  ...Array.from({ length: size }, (_, index) => itemOf(`i${index}`, { hidden: index === 5 })),
  itemOf('never taken'),
];
const catalogue = new Map<string, (typeof items)[number]>(items.map((item) => [item.itemId, item]));
const neighbours = servingNeighbours(pairsOf(interactions));

describe.each(defaultCandidates)('serving $name', ({ recipe }) => {
  const recommender = createRecommender(recipe);
  recommender.fit(interactions, catalogue, 0);
  const serving = decodeServing(
    encodeServing(recommender.save(), {
      modelVersion: modelVersion('v1'),
      trainedAtMs: 7,
      items,
      neighbours,
      interactionCounts: new Map([['i3', 5]]),
    }),
  );

  it('folds in as the model does, among visible items only', () => {
    const events = [1, 3, 7].map((index) => ({ itemId: itemId(`i${index}`), value: 1, atMs: 0 }));
    const accept = (id: string) => id !== 'i9';
    const visible = (id: string) => id !== 'i5' && id !== 'outside the catalogue' && id !== 'i9';
    expect(serving.foldIn(events, 4, { accept })).toEqual(recommender.foldIn(events, 4, { accept: visible }));
  });

  it('keeps the catalogue, the counts and its origin', () => {
    expect(serving).toMatchObject({ modelVersion: 'v1', trainedAtMs: 7, items });
    expect(serving.interactionsCount(itemId('i3'))).toBe(5);
    expect(serving.interactionsCount(itemId('unheard-of'))).toBe(0);
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
});

describe('published lists', () => {
  const [, cosine] = defaultCandidates;
  const recommender = createRecommender(cosine.recipe);
  recommender.fit(interactions, catalogue, 0);
  const lists = new Map(customerLists(recommender, interactions, catalogue, neighbours));

  it('are one for every customer with a history', () => {
    expect([...lists.keys()]).toEqual(interactions.customers);
  });

  it('never name what is owned for good, hidden, or outside the catalogue', () => {
    for (const [customer, list] of lists) {
      const own = triples.filter(([other]) => other === customer).map(([, item]) => item);
      const listed = list.map((one): string => one.itemId);
      expect(
        listed.filter((id) => own.includes(id) || id === 'i5' || id === 'outside the catalogue'),
      ).toEqual([]);
    }
  });

  it('name what may be bought again although it is owned', () => {
    const renewing = new Map(catalogue).set('i2', itemOf('i2', { repurchase: { kind: 'consumable' } }));
    const [, list] = [...customerLists(recommender, interactions, renewing, neighbours)][0];
    expect(list.map((one) => one.itemId)).toContain('i2');
  });

  it('say which model and which item of the history speak for an item, and fill up with popularity', () => {
    const list = lists.get(customerId('c1')) ?? [];
    expect(list[0]).toMatchObject({ itemId: 'i1', source: 'item-knn' });
    expect(triples.some(([customer, item]) => customer === 'c1' && item === list[0].because)).toBe(true);
    const filled = list.filter((one) => one.source === 'popularity');
    expect(filled.map((one) => Number(one.itemId.slice(1)) % 2)).toEqual(filled.map(() => 0));
    expect(filled.every((one) => one.because === undefined && one.score === 0)).toBe(true);
    expect(filled.length).toBe(6);
  });
});
