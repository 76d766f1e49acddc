import { describe, expect, it } from 'vitest';
import { itemId } from '../../lib/base/ids.ts';
import { rankCandidates } from '../../lib/recommendations/ranking.ts';
import { forYou } from '../../lib/recommendations/reason.ts';

const list = (source: string, tier: number, weight: number, ids: string[]) => ({
  source,
  tier,
  weight,
  items: ids.map((id) => ({ itemId: itemId(id), reason: () => forYou })),
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
