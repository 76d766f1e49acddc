import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ItemId, itemId, modelVersion } from '../../lib/base/ids.ts';

import { answer, catalogue, found, item, list, longAgo, nowMs, state, trainedAtMs } from './scene.ts';

describe('a reason', () => {
  it('names the item of the history that contributed most, weighed as in training', () => {
    const looks = state([
      ['view', 'sql-1', nowMs - 5_000],
      ['view', 'cooking', nowMs - 4_000],
    ]);
    expect(found({ record: { state: looks } }, 'python').reason).toMatchObject({
      code: 'because-you-viewed',
      itemId: 'sql-1',
    });
    // 0.2 × 1 for the purchase against 0.9 × 0.15 for the look.
    const bought = state([['view', 'sql-1', nowMs - 5_000]], { cooking: { purchasedAtMs: nowMs - 4_000 } });
    expect(found({ record: { state: bought } }, 'python').reason).toMatchObject({
      code: 'because-you-bought',
      itemId: 'cooking',
    });
  });

  it('of the published list is kept only when the named item is in this history, and with what was done to it', () => {
    const published = list(['python', 'sql-1'], ['tea', 'cooking']);
    const record = { ...published, state: state([['complete', 'sql-1', longAgo]]) };
    expect(found({ record }, 'python').reason).toMatchObject({
      code: 'because-you-finished',
      itemId: 'sql-1',
    });
    expect(found({ record }, 'tea').reason.code).toBe('for-you');
  });

  it('never names a purchase that was refunded or an impression', () => {
    const refunded = { 'sql-1': { purchasedAtMs: nowMs - 9_000, refundedAtMs: nowMs - 8_000 } };
    const record = {
      ...list(['python', 'sql-1']),
      state: state([['impression', 'sql-1', nowMs - 1_000]], refunded),
    };
    expect(found({ record }, 'python').reason.code).toBe('for-you');
  });

  it('is the model’s own where it can tell: the item of the whole history that adds most to the score', () => {
    const looks = state([
      ['view', 'sql-1', trainedAtMs - 5_000],
      ['view', 'cooking', trainedAtMs + 1],
    ]);
    const record = { ...list(['python']), state: looks };
    expect(found({ record, serving: { explains: true } }, 'python').reason).toMatchObject({
      code: 'because-you-viewed',
      itemId: 'sql-1',
    });
    const nothing = { ...list(['club']), state: looks };
    expect(found({ record: nothing, serving: { explains: true } }, 'club').reason.code).toBe('for-you');
  });

  it('that is the item itself says what was done with it', () => {
    const again = { serving: { explains: true, neighbours: { tea: { tea: 1 }, python: { python: 1 } } } };
    const bought = { ...list(['tea']), state: state([], { tea: { purchasedAtMs: longAgo } }) };
    expect(found({ ...again, record: bought }, 'tea').reason).toMatchObject({
      code: 'bought-before',
      itemId: 'tea',
      text: { en: 'You bought this before', 'zh-CN': '您曾购买过' },
    });
    const viewed = { ...list(['python']), state: state([['view', 'python', longAgo]]) };
    expect(found({ ...again, record: viewed }, 'python').reason.code).toBe('viewed-before');
  });

  it('names an item of the history, and none of the history adds more', () => {
    const ids = catalogue.map(({ itemId: id }) => id);
    const share = fc.integer({ min: 0, max: 9 });
    const row = fc.array(share, { minLength: ids.length, maxLength: ids.length });
    const matrix = fc.array(row, { minLength: ids.length, maxLength: ids.length });
    fc.assert(
      fc.property(
        matrix,
        fc.subarray(ids),
        fc.subarray(ids),
        fc.boolean(),
        (given, viewed, owned, explains) => {
          const similar = Object.fromEntries(
            ids.map((id, from) => [id, Object.fromEntries(ids.map((other, to) => [other, given[from][to]]))]),
          );
          const behaviour = state(
            viewed.map((id, index) => ['view', id, trainedAtMs - 20 + index] as const),
            Object.fromEntries(owned.map((id) => [id, { purchasedAtMs: longAgo }])),
          );
          const record = { ...list(...ids.map((id) => [id] as const)), state: behaviour };
          const weight = (id: ItemId) => (viewed.includes(id) ? 0.15 : 0) + (owned.includes(id) ? 1 : 0);
          const adds = (own: ItemId, shown: ItemId) => weight(own) * (similar[own]?.[shown] ?? 0);
          for (const shown of answer({ record, serving: { explains, neighbours: similar } }).items) {
            const { code, itemId: named } = shown.reason;
            if (!/^because|before$/.test(code) || named === undefined) continue;
            expect(weight(named)).toBeGreaterThan(0);
            const most = Math.max(...ids.map((own) => adds(own, shown.itemId)));
            expect(adds(named, shown.itemId)).toBeCloseTo(most, 12);
            expect(code.includes('bought')).toBe(owned.includes(named));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is how many learners like this one bought it, where the published list says so', () => {
    const items = [{ itemId: itemId('python'), score: 1, source: 'user-knn', boughtByAlike: 7 }];
    const record = { list: { modelVersion: modelVersion('v1'), items } };
    expect(found({ record }, 'python').reason).toEqual({
      code: 'learners-like-you',
      text: { en: '7 learners like you bought this', 'zh-CN': '7 位与您相似的学员购买了它' },
    });
  });

  it('says popular only of the best fifth of the catalogue', () => {
    const many = Array.from({ length: 100 }, (_, index) => item(`i${index}`));
    const { items } = answer({ query: { limit: '30' }, serving: { items: many } });
    expect(items.map(({ reason }) => reason.code)).toEqual([
      ...Array.from({ length: 20 }, () => 'popular'),
      ...Array.from({ length: 10 }, () => 'from-catalogue'),
    ]);
  });
});
