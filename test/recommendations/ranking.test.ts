import { describe, expect, it } from 'vitest';
import { itemId } from '../../lib/base/ids.ts';
import { diversify, similarity } from '../../lib/recommendations/diversity.ts';
import { rankCandidates } from '../../lib/recommendations/ranking.ts';
import { forYou } from '../../lib/recommendations/reason.ts';
import { catalogItem } from '../fakes/serving-model.ts';

const list = (source: string, tier: number, weight: number, ids: string[]) => ({
  source,
  tier,
  weight,
  items: ids.map((id) => ({ itemId: itemId(id), reason: forYou })),
});

describe('rank fusion', () => {
  it('adds weight / (60 + rank) over the lists, as Cormack 2009 has it', () => {
    const ranked = rankCandidates([list('one', 1, 1, ['a', 'b', 'c']), list('two', 1, 2, ['c', 'a'])]);
    expect(ranked.map(({ itemId: id, score, source }) => [id, score, source])).toEqual([
      ['c', 1 / 63 + 2 / 61, 'two'],
      ['a', 1 / 61 + 2 / 62, 'two'],
      ['b', 1 / 62, 'one'],
    ]);
  });

  it('keeps tiers apart whatever the scores, and names the source of the better tier', () => {
    const ranked = rankCandidates([
      list('fill', 2, 1, ['z', 'a']),
      list('context', 0, 0.01, ['a']),
      list('own', 1, 1, ['b']),
    ]);
    expect(ranked.map(({ itemId: id, source }) => [id, source])).toEqual([
      ['a', 'context'],
      ['b', 'own'],
      ['z', 'fill'],
    ]);
  });
});

describe('diversity', () => {
  const like = { category: ['Data'], author: 'Li', series: { id: 's', position: 1 } };
  const items = new Map(
    [
      catalogItem('a', 0, like),
      catalogItem('b', 0, { ...like, series: { id: 's', position: 2 } }),
      catalogItem('c', 0, { category: ['Cooking'] }),
    ].map((item) => [item.itemId, item]),
  );
  const scored = (scores: { [id: string]: number }, tier = 1) =>
    Object.entries(scores).map(([id, score]) => ({
      itemId: itemId(id),
      tier,
      score,
      source: 's',
      reason: forYou,
    }));
  const orderOf = (scores: { [id: string]: number }) =>
    diversify(scored(scores), 3, (id) => items.get(id)).map(({ itemId: id }) => id);

  it('puts a different item before one that is the same in category, author and series, until it is a quarter worse', () => {
    // 0.8 × 1 − 0.2 × 1 = 0.6 = 0.8 × 0.75: the balance is at 0.75.
    expect(orderOf({ a: 1, b: 1, c: 0.76 })).toEqual(['a', 'c', 'b']);
    expect(orderOf({ a: 1, b: 1, c: 0.74 })).toEqual(['a', 'b', 'c']);
  });

  it('never brings an item of a later tier forward', () => {
    const ranked = [...scored({ a: 1, b: 0.5 }, 0), ...scored({ c: 9 }, 1)];
    expect(diversify(ranked, 3, (id) => items.get(id)).map(({ itemId: id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('measures likeness from 0 to 1 by category path, author and series', () => {
    const one = catalogItem('x', 0, { category: ['Data', 'SQL'], author: 'Li' });
    const two = catalogItem('y', 0, { category: ['Data', 'Python'], author: 'Li' });
    expect(similarity(one, two)).toBe(0.5 * 0.5 + 0.25);
    expect(similarity(catalogItem('x', 0), catalogItem('y', 0))).toBe(0);
  });
});
