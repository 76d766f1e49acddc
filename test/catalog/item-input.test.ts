import { describe, expect, it } from 'vitest';
import { Failure } from '../../lib/base/errors.ts';
import { parseItem } from '../../lib/events/item-input.ts';

const nowMs = Date.UTC(2026, 2, 1);

const pathsOf = (body: unknown): string[] => {
  try {
    parseItem('a', body, nowMs);
  } catch (error) {
    if (error instanceof Failure) return (error.detail.problems ?? []).map((problem) => problem.path);
    throw error;
  }
  return [];
};

describe('an item', () => {
  it('takes the stated defaults where a field is left out', () => {
    expect(parseItem('a', { title: ' A ' }, nowMs)).toEqual({
      itemId: 'a',
      title: 'A',
      kind: 'item',
      category: [],
      tags: [],
      repurchase: { kind: 'once' },
      attributes: {},
      hidden: false,
      createdAt: '2026-03-01T00:00:00.000Z',
      updatedAt: '2026-03-01T00:00:00.000Z',
    });
  });

  it.each([
    ['a title of blanks', { title: ' ' }, 'title'],
    ['an unknown field', { title: 'A', colour: 'red' }, 'colour'],
    ['a price without its currency', { title: 'A', price: 1 }, 'currency'],
    ['a negative price', { title: 'A', price: -1, currency: 'USD' }, 'price'],
    ['a day that is not in the calendar', { title: 'A', publishedAt: '2026-02-30' }, 'publishedAt'],
    ['an instant without its zone', { title: 'A', publishedAt: '2026-02-03T10:00:00' }, 'publishedAt'],
    ['a language that is no tag', { title: 'A', language: 'Chinese!' }, 'language'],
    ['a renewal of zero days', { title: 'A', repurchase: 'renews:0' }, 'repurchase'],
    ['a renewal without days', { title: 'A', repurchase: { kind: 'renews' } }, 'repurchase'],
    ['attributes that are a list', { title: 'A', attributes: [1] }, 'attributes'],
    ['more than 16 KB', { title: 'A', attributes: { long: 'x'.repeat(17_000) } }, ''],
    ['a body that is a list', [], ''],
    ['a control character in its id', { itemId: 'a\u0001', title: 'A' }, 'itemId'],
    ['a control character in its series', { title: 'A', series: { id: 'a\tb', position: 1 } }, 'series.id'],
  ])('is refused for %s, and the field is named', (_, body, path) => {
    expect(pathsOf(body)).toEqual([path]);
  });

  it('must carry the id of its path when it carries one', () => {
    expect(() => parseItem('a', { itemId: 'b', title: 'A' }, nowMs)).toThrow('item-id-differs');
  });
});
