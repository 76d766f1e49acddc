import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../lib/base/errors.ts';
import { itemsImportCountMax, itemsImportProblemsCountMax } from '../../lib/base/limits.ts';
import { parseItems } from '../../lib/events/item-import.ts';

const nowMs = Date.UTC(2026, 2, 1);
const csv = (...lines: string[]) => parseItems('text/csv; charset=utf-8', lines.join('\n'), nowMs);
const ndjson = (...lines: string[]) => parseItems('application/x-ndjson', lines.join('\n'), nowMs);

const failureOf = (act: () => unknown): Failure => {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('a bulk file', () => {
  it('reads every column of a CSV, lists separated by a bar, quotes, and fields of your own', () => {
    const [item] = csv(
      'itemId,title,kind,category,tags,level,seriesId,seriesPosition,author,language,price,currency,publishedAt,repurchase,hidden,attributes.age',
      'c1,"Python, from zero",course,Data | Python,new|video,beginner,py,1,Li,zh-cn,99.5,CNY,2026-01-05,renews:30,false,18+',
    );
    expect(item).toEqual({
      itemId: 'c1',
      title: 'Python, from zero',
      kind: 'course',
      category: ['Data', 'Python'],
      tags: ['new', 'video'],
      level: 'beginner',
      series: { id: 'py', position: 1 },
      author: 'Li',
      language: 'zh-CN',
      price: 99.5,
      currency: 'CNY',
      publishedAt: '2026-01-05T00:00:00.000Z',
      repurchase: { kind: 'renews', days: 30 },
      attributes: { age: '18+' },
      hidden: false,
      createdAt: '2026-03-01T00:00:00.000Z',
      updatedAt: '2026-03-01T00:00:00.000Z',
    });
  });

  it('names every bad line with field, value and remedy, and keeps nothing', () => {
    const failure = failureOf(() =>
      csv(
        'itemId,title,price,currency,repurchase',
        'a,Good,1,USD,once',
        'b,Bad price,cheap,USD,once',
        'c,,2,USD,weekly',
        'd,Too,many,fields,once,here',
        'a,Again,3,USD,once',
      ),
    );
    expect(failure.kind).toBe('invalid');
    const problems = failure.detail.problems ?? [];
    expect(problems.map((problem) => problem.path)).toEqual([
      'line 3, price',
      'line 4, title',
      'line 4, repurchase',
      'line 5',
      'line 6, itemId',
    ]);
    expect(problems[0].message).toContain('received cheap');
    expect(problems[2].message).toContain('renews:30');
    expect(problems[2].message).toContain('received weekly');
    expect(problems[4].message).toContain('line 2');
  });

  it('with bad lines without end counts them all and names as many as an answer holds', () => {
    const bad = Array.from({ length: itemsImportProblemsCountMax }, () => ',');
    const { detail } = failureOf(() => csv('itemId,title', ...bad));
    expect(detail.message).toContain(`${itemsImportProblemsCountMax * 2} problems`);
    expect(detail.problems).toHaveLength(itemsImportProblemsCountMax);
    expect(detail.action).toContain(`The first ${itemsImportProblemsCountMax}`);
  });

  it('refuses an unknown column and a missing one before reading any line', () => {
    const problems = failureOf(() => csv('itemId,titel', 'a,b')).detail.problems ?? [];
    expect(problems.map((problem) => problem.path)).toEqual(['line 1, titel', 'line 1, title']);
  });

  it('counts lines of a file with blank lines and a byte order mark as an editor does', () => {
    const failure = failureOf(() => csv('\uFEFFitemId,title,hidden', '', 'a,A,perhaps'));
    expect(failure.detail.problems?.[0].path).toBe('line 3, hidden');
  });

  it('names the line on which a quote is broken', () => {
    const failure = failureOf(() => csv('itemId,title', 'a,A', 'b,"B" C'));
    expect(failure.detail.problems?.[0].path).toBe('line 3');
  });

  it('reads NDJSON with the fields of a PUT, and names a line that is no JSON', () => {
    const [item] = ndjson('{"itemId":"a","title":"A","repurchase":{"kind":"expires","days":365}}', '');
    expect(item.repurchase).toEqual({ kind: 'expires', days: 365 });
    const failure = failureOf(() =>
      ndjson('{"itemId":"a","title":"A"}', '{"itemId":', '{"itemId":"b","title":3}'),
    );
    expect(failure.detail.problems?.map((problem) => problem.path)).toEqual(['line 2', 'line 3, title']);
  });

  it('reads the same item from CSV and from NDJSON', () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9",;' -]{0,20}[a-z]$/).map((text) => text.trim());
    fc.assert(
      fc.property(word, word, fc.double({ min: 0, max: 1e6, noNaN: true }), (title, tag, price) => {
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const fromCsv = csv(
          'itemId,title,tags,price,currency',
          `i,${quote(title)},${quote(tag)},${price},EUR`,
        );
        const fromJson = ndjson(JSON.stringify({ itemId: 'i', title, tags: [tag], price, currency: 'EUR' }));
        expect(fromCsv).toEqual(fromJson);
      }),
    );
  });

  it('refuses another content type and one item more than the maximum', () => {
    expect(failureOf(() => parseItems('application/json', '[]', nowMs)).detail.code).toBe(
      'import-content-type',
    );
    const lines = Array.from({ length: itemsImportCountMax + 1 }, (_, index) => `${index},t`);
    expect(failureOf(() => csv('itemId,title', ...lines)).kind).toBe('too-large');
    expect(csv('itemId,title', ...lines.slice(1))).toHaveLength(itemsImportCountMax);
  });
});
