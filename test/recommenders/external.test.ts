import { beforeEach, describe, expect, it } from 'vitest';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { externalFactorsCountMax } from '../../lib/base/model-limits.ts';
import { externalFolders } from '../../lib/recommenders/external.ts';
import { copyExternal, type ExternalFactors, loadExternal } from '../../lib/recommenders/external-factors.ts';
import { createRecommender, plainTools, recipeOf } from '../../lib/recommenders/models.ts';
import { parseNpy } from '../../lib/recommenders/npy.ts';
import type { Recipe } from '../../lib/recommenders/recommender.ts';
import { createFakeObjectStore, type FakeObjectStore } from '../fakes/object-store.ts';
import { interactionsOf, type Triple } from './interactions.ts';
import { npyOf } from './npy.ts';

const rows = [
  [1.5, -2, 3],
  [0.25, 0.001, 7],
];

describe('a .npy file', () => {
  it('that NumPy 2.4.6 wrote is read, float32 and float64', () => {
    const files = [
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAMA/AAAAwAAAQEAAAIA+bxKDOgAA4EA=',
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAD4PwAAAAAAAADAAAAAAAAACEAAAAAAAADQP/yp8dJNYlA/AAAAAAAAHEA=',
    ];
    for (const file of files) {
      const read = parseNpy(Uint8Array.from(Buffer.from(file, 'base64')), 'items.npy');
      expect(read).toMatchObject({ rows: 2, columns: 3 });
      expect([...read.values]).toEqual([...Float32Array.from(rows.flat())]);
    }
    // What the other tests write by hand is the same.
    expect(files).toEqual(
      [npyOf(rows), npyOf(rows, 'f8')].map((bytes) => Buffer.from(bytes).toString('base64')),
    );
  });

  it('of another layout is refused, and what is wrong with it is said', () => {
    const changed = (from: string, to: string): Uint8Array =>
      Buffer.from(Buffer.from(npyOf(rows)).toString('latin1').replace(from, to), 'latin1');
    const reading = (bytes: Uint8Array) => () => parseNpy(bytes, 'items.npy');
    expect(reading(changed('<f4', '<i4'))).toThrow(/items.npy holds no little-endian float32 or float64/);
    expect(reading(changed('False', 'True '))).toThrow(/not in C order/);
    expect(reading(changed('(2, 3)', '(6, )'))).toThrow(/not a matrix/);
    expect(reading(changed('(2, 3)', '(3, 3)'))).toThrow(/should hold 3 × 3 × 4 bytes/);
    expect(reading(npyOf(rows).subarray(0, 140))).toThrow(/should hold 2 × 3 × 4 bytes/);
    expect(reading(new Uint8Array(40))).toThrow(/does not begin as a .npy file does/);
  });
});

describe('the files of external factors', () => {
  let models: FakeObjectStore;
  beforeEach(() => {
    models = createFakeObjectStore();
  });

  const put = (files: { readonly [name: string]: Uint8Array | string }): Promise<unknown> =>
    Promise.all(
      Object.entries(files).map(([name, content]) =>
        models.put(
          `external/two-tower/${name}`,
          typeof content === 'string' ? Buffer.from(content) : content,
          'application/octet-stream',
        ),
      ),
    );
  const load = async (): Promise<ExternalFactors> => {
    await copyExternal('t', models);
    return loadExternal('t', 'two-tower', { models, withAnalytics: withDuckDb });
  };
  const parquetOf = (sql: string): Promise<Uint8Array> => withDuckDb((analytics) => analytics.parquet(sql));
  const expected = { ids: ['i1', '7'], size: 3, vectors: Float32Array.from(rows.flat()) };

  it('are read from .npy with ids as lines or as JSON, and from Parquet', async () => {
    await put({ 'items.npy': npyOf(rows), 'items.txt': 'i1\n7\n' });
    expect(await load()).toEqual({ items: expected });
    await put({ 'customers.npy': npyOf(rows, 'f8'), 'customers.json': '["i1", 7]' });
    expect(await load()).toEqual({ items: expected, customers: expected });
    await put({
      'items.parquet': await parquetOf(
        `select * from (values ('i1', [1.5, -2, 3]::float[]), ('7', [0.25, 0.001, 7]::float[])) as t(id, vector)`,
      ),
    });
    expect((await load()).items).toEqual(expected);
  });

  it('stay as they were when the training began', async () => {
    await put({ 'items.npy': npyOf(rows), 'items.txt': 'i1\n7' });
    expect(await copyExternal('t', models)).toEqual(['two-tower']);
    await put({ 'items.npy': npyOf([[1, 2]]), 'items.txt': 'i1' });
    expect((await loadExternal('t', 'two-tower', { models, withAnalytics: withDuckDb })).items).toEqual(
      expected,
    );
  });

  it('that do not fit together are refused, and what does not fit is said', async () => {
    await put({ 'items.npy': npyOf(rows) });
    await expect(load()).rejects.toThrow(/missing/);
    await put({ 'items.txt': 'i1\n7\ni3' });
    await expect(load()).rejects.toThrow(/two-tower\/items: as many ids as rows are needed/);
    await put({ 'items.txt': 'i1\ni1' });
    await expect(load()).rejects.toThrow(/every row needs an id of its own/);
    await put({ 'items.json': '{"i1": 1}' });
    await expect(load()).rejects.toThrow(/a list of ids is needed/);
    await put({ 'items.json': '["i1", "i2"]', 'items.npy': npyOf([[1], [Number.NaN]]) });
    await expect(load()).rejects.toThrow(/not a finite number/);
    await put({ 'items.npy': npyOf(rows), 'customers.npy': npyOf([[1, 2]]), 'customers.txt': 'ann' });
    await expect(load()).rejects.toThrow(/different lengths/);
    await put({ 'items.npy': npyOf([Array.from({ length: externalFactorsCountMax + 1 }, () => 0)]) });
    await put({ 'items.json': '["i1"]' });
    await expect(load()).rejects.toThrow(/at most 1024 numbers/);
  });

  it('of Parquet need their columns, and vectors of one length', async () => {
    await put({ 'items.parquet': await parquetOf(`select 'i1' as id, [1.0] as factors`) });
    await expect(load()).rejects.toThrow(/columns id and vector are needed/);
    await put({
      'items.parquet': await parquetOf(
        `select * from (values ('i1', [1.0]), ('i2', [1.0, 2.0])) as t(id, vector)`,
      ),
    });
    await expect(load()).rejects.toThrow(/vectors of one length are needed/);
  });

  it('need item vectors; other files and folders are not looked at', async () => {
    await put({ 'customers.npy': npyOf(rows), 'customers.txt': 'a\nb', 'readme.md': 'hello' });
    await models.put('external/loose.npy', npyOf(rows), 'application/octet-stream');
    expect(await copyExternal('t', models)).toEqual(['two-tower']);
    await expect(load()).rejects.toThrow(/no item vectors/);
  });
});

describe('external factors', () => {
  const items = { ids: ['i1', 'i2', 'i3'], size: 2, vectors: Float32Array.from([1, 0, 0.6, 0.8, 0, 2]) };
  const customers = { ids: ['ann', 'gone'], size: 2, vectors: Float32Array.from([0, 1, 5, 5]) };
  const triples: readonly Triple[] = [
    ['ann', 'i1'],
    ['bob', 'i1', 3],
    ['bob', 'i3'],
    ['bob', 'i9'],
  ];
  const fitted = (factors: ExternalFactors, params: Recipe['params'] = {}) => {
    const recipe = recipeOf('external', { folder: 'f', ...params });
    const recommender = createRecommender(recipe, { ...plainTools, external: new Map([['f', factors]]) });
    recommender.fit(interactionsOf(triples), new Map(), 0);
    return recommender;
  };
  const scoresOf = (answer: readonly { readonly itemId: string; readonly score: number }[]) =>
    Object.fromEntries(answer.map(({ itemId: id, score }) => [id, Number(score.toFixed(6))]));

  it('score by the inner product of given vectors', () => {
    const recommender = fitted({ items, customers });
    expect(scoresOf(recommender.recommend(customerId('ann'), 5))).toEqual({ i1: 0, i9: 0, i3: 2 });
  });

  it('take a customer without a vector as the weighted mean of the history', () => {
    const recommender = fitted({ items, customers }, { foldIn: 'mean' });
    // (3 · (1, 0) + 1 · (0, 2) + 1 · 0) / 5
    expect(scoresOf(recommender.recommend(customerId('bob'), 5))).toEqual({ i1: 0.6, i3: 0.8, i9: 0 });
  });

  it('or as the ridge regression on the history that the formula gives by hand', () => {
    const recommender = fitted({ items }, { unobservedWeight: 0.5, regularization: 0.3 });
    // Items i1 (1, 0), i3 (0, 2), i9 zero: Q'Q = diag(1, 4), m = 5 / 3; bob: diag(3 + 0.5 + 0.5, 4 + 2 + 0.5) x = (3, 2).
    expect(scoresOf(recommender.recommend(customerId('bob'), 5))).toEqual({
      i1: 0.75,
      i3: Number((4 / 6.5).toFixed(6)),
      i9: 0,
    });
  });

  it('find similar items by cosine and similar customers among the given', () => {
    const all = { ids: ['i1', 'i9', 'i3'], size: 2, vectors: Float32Array.from([1, 0, 3, 4, 0, 2]) };
    const both = { ids: ['ann', 'bob'], size: 2, vectors: Float32Array.from([1, 0, 1, 1]) };
    const recommender = fitted({ items: all, customers: both });
    expect(scoresOf(recommender.similarItems(itemId('i1'), 3))).toEqual({ i9: 0.6, i3: 0 });
    expect(recommender.similarCustomers(customerId('ann'), 3)[0].score).toBeCloseTo(Math.SQRT1_2, 6);
  });

  it('are refused when they are not there or know no item', () => {
    expect(() => fitted({ items: { ...items, ids: ['x', 'y', 'z'] } })).toThrow(/external-ids-unknown/);
    const recommender = createRecommender(recipeOf('external'));
    expect(() => recommender.fit(interactionsOf(triples), new Map(), 0)).toThrow(/external-missing/);
    expect(() => fitted({ items }, { foldIn: 'median' })).toThrow(/foldIn must be mean or ridge/);
    expect(() => fitted({ items }, { regularization: 0 })).toThrow(/regularization/);
    expect(() => fitted({ items }, { folder: '' })).toThrow(/folder must be a name/);
  });

  it('are found in recipes within recipes', () => {
    expect(externalFolders(recipeOf('als'))).toEqual([]);
    expect(externalFolders(recipeOf('external', { folder: 'a' }))).toEqual(['a']);
    const models = ['als', 'external', { model: 'external', params: { folder: 'b' } }];
    expect(externalFolders({ model: 'hybrid', params: { models } })).toEqual(['default', 'b']);
  });
});
