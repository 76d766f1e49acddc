import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';

describe('analytics by DuckDB', () => {
  it('deletes the copies of one fetch when they are discarded, and no others', async () => {
    const store = createFakeObjectStore();
    await store.put('a/1.json', new TextEncoder().encode('{"n": 1}'), 'application/json');
    await store.put('b/2.json', new TextEncoder().encode('{"n": 2}'), 'application/json');
    await withDuckDb(async (analytics) => {
      const first = await analytics.fetch(store, await store.list('a/'), '.json');
      const second = await analytics.fetch(store, await store.list('b/'), '.json');
      await analytics.discard(first);
      const prefix = basename(first).split('*')[0];
      expect(readdirSync(dirname(first)).filter((name) => name.startsWith(prefix))).toEqual([]);
      const kept = await analytics.rows(`select n::double as n from read_json('${second}')`);
      expect(kept).toEqual([{ n: 2 }]);
    });
  });

  it('reads objects through the store, and leaves nothing on disk, whatever happens', async () => {
    const store = createFakeObjectStore();
    for (let index = 0; index < 40; index++) {
      await store.put(
        `numbers/${index}.json`,
        new TextEncoder().encode(`{"n": ${index}}`),
        'application/json',
      );
    }
    let folder = '';
    const sum = await withDuckDb(async (analytics) => {
      const glob = await analytics.fetch(store, await store.list('numbers/'), '.json');
      folder = dirname(glob);
      return analytics.rows(`select sum(n)::double as total from read_json('${glob}')`);
    });
    expect(sum).toEqual([{ total: 780 }]);
    expect(existsSync(folder)).toBe(false);
    await expect(
      withDuckDb(async (analytics) => {
        folder = dirname(await analytics.fetch(store, [], '.json'));
        await analytics.run('select * from nowhere');
      }),
    ).rejects.toThrow(/nowhere/);
    expect(existsSync(folder)).toBe(false);
  });

  it('gives columns of any length as numbers, nulls as NaN, and refuses what would lose digits', async () => {
    await withDuckDb(async (analytics) => {
      const [index, odd] = await analytics.numbers(
        'select i::double, case when i % 2 = 1 then i::double end from range(5000) t(i) order by i',
      );
      expect(index).toEqual(Float64Array.from({ length: 5_000 }, (_, i) => i));
      expect([...odd.subarray(0, 4)]).toEqual([Number.NaN, 1, Number.NaN, 3]);
      await expect(analytics.numbers('select 1::bigint')).rejects.toThrow(TypeError);
    });
  });

  it('writes Parquet that it reads again', async () => {
    const store = createFakeObjectStore();
    await withDuckDb(async (analytics) => {
      const bytes = await analytics.parquet("select 'ann' as customer, 1.5::double as value");
      await store.put('rows.parquet', bytes, 'application/vnd.apache.parquet');
      const glob = await analytics.fetch(store, await store.list('rows'), '.parquet');
      expect(await analytics.rows(`from read_parquet('${glob}')`)).toEqual([{ customer: 'ann', value: 1.5 }]);
    });
  });
});
