import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIds } from '../../bench/interaction-file.ts';
import { type Layout, readInteractions } from '../../bench/read-interactions.ts';
import { readNegatives } from '../../bench/read-negatives.ts';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const file = (content: string | Uint8Array, ending = ''): string => {
  const path = join(folder, `file-${files++}${ending}`);
  writeFileSync(path, content);
  return path;
};

/** Rows as [user, item, value, time in ms]. */
const rowsOf = async (path: string, layout?: Layout) => {
  const ids = createIds();
  const { user, item, value, atMs } = await readInteractions(path, ids, layout);
  return [...user].map((index, row) => [
    ids.users.ids[index],
    ids.items.ids[item[row]],
    value[row],
    atMs[row],
  ]);
};

describe('files of interactions', () => {
  const expected = [
    ['196', '242', 3, 881_250_949_000],
    ['u1', 'a b', 1.5, 891_717_742_000],
    ['196', '07', 1, 0],
  ];

  it.each([
    ['tabs', '196\t242\t3\t881250949\nu1\ta b\t1.5\t891717742\n196\t07\n'],
    ['commas', '196,242,3,881250949\r\nu1,"a b",1.5,1998-04-04T19:22:22Z\r\n196,07,,'],
    [
      'a header in another order',
      'timestamp,rating,movieId,userId\n881250949000,3,242,196\n891717742,1.50,a b,u1\n,,07,196\n',
    ],
    ['double colons', '196::242::3::881250949\nu1::a b::1.5::891717742\n196::07\n'],
  ])('with %s', async (_, text) => {
    expect(await rowsOf(file(text))).toEqual(expected);
  });

  it('of lists without the last item of each line', async () => {
    const rows = await rowsOf(file('1 10 20 30\n2 20 40\n3 10\n'), 'cut-lists');
    expect(rows).toEqual([
      ['1', '10', 1, 0],
      ['1', '20', 1, 0],
      ['2', '20', 1, 0],
    ]);
  });

  it('packed by gzip, longer than one piece of the stream', async () => {
    const lines = Array.from({ length: 200_000 }, (_, row) => `${row % 1_000}\t${row}\t1\t${row}`);
    const rows = await rowsOf(file(gzipSync(lines.join('\n')), '.gz'));
    expect(rows.length).toBe(200_000);
    expect(rows[123_456]).toEqual(['456', '123456', 1, 123_456_000]);
  });

  it('a line per user, an item listed twice once', async () => {
    const text = '0 6 14 5 10 6\n7 853\n8 1 2 3\n';
    expect(await rowsOf(file(text))).toEqual([
      ...['6', '14', '5', '10'].map((item) => ['0', item, 1, 0]),
      ['7', '853', 1, 0],
      ...['1', '2', '3'].map((item) => ['8', item, 1, 0]),
    ]);
    // Three fields could be a value: --layout says what it is.
    expect(await rowsOf(file('8 1 2\n'), 'lists')).toEqual([
      ['8', '1', 1, 0],
      ['8', '2', 1, 0],
    ]);
    expect(await rowsOf(file('8 1 2\n'))).toEqual([['8', '1', 2, 0]]);
  });

  it('in Parquet, by names or places, with numbers or timestamps', async () => {
    const parquet = (sql: string) =>
      withDuckDb(async (analytics) => file(await analytics.parquet(sql), '.parquet'));
    const byName = await parquet(
      "select * from (values (881250949, 3, 242, 'x'), (0, 1, 7, 'y')) as t(timestamp, rating, item_id, user_id)",
    );
    expect(await rowsOf(byName)).toEqual([
      ['x', '242', 3, 881_250_949_000],
      ['y', '7', 1, 0],
    ]);
    const byPlace = await parquet(
      "select 'x' as a, 'i' as b, 2.5 as c, timestamp '1998-04-04 19:22:22' as d",
    );
    expect(await rowsOf(byPlace)).toEqual([['x', 'i', 2.5, 891_717_742_000]]);
  });

  it('are shared indexes: the same id is the same user in every file', async () => {
    const ids = createIds();
    await readInteractions(file('a\t1\nb\t2\n'), ids);
    const { user, item } = await readInteractions(file('b\t1\nc\t9\n'), ids);
    expect([[...user], [...item]]).toEqual([
      [1, 2],
      [0, 2],
    ]);
    expect([ids.users.find('b'), ids.items.find('9'), ids.items.find('8'), ids.users.find('z')]).toEqual([
      1, 2, -1, -1,
    ]);
  });

  it.each([
    ['u1\ti1\nu2\n', /line 2: A line needs a user and an item/],
    ['u1\ti1\t1\nu2\ti2\tmany\n', /line 2: A value is a number above 0/],
    ['u1\ti1\t0\n', /line 1: A value is a number above 0/],
    ['u1\ti1\t1\tyesterday\n', /line 1: A time is in seconds or milliseconds/],
    ['user,item\n,i1\n', /line 2: A line needs a user and an item/],
  ])('are refused with the line that is malformed: %j', async (text, message) => {
    await expect(rowsOf(file(text))).rejects.toThrow(message);
  });

  it('without a row are refused, whatever was asked of them', async () => {
    await expect(rowsOf(file(''))).rejects.toThrow(/The file holds no interactions/);
    await expect(rowsOf(file('user,item,value,time\n'))).rejects.toThrow(/The file holds no interactions/);
  });

  it('that do not exist, or are no gzip, are said by name', async () => {
    await expect(rowsOf(join(folder, 'none.tsv'))).rejects.toThrow(/There is no such file/);
    await expect(rowsOf(join(folder, 'none.parquet'))).rejects.toThrow(/There is no such file/);
    await expect(rowsOf(file('u1\ti1\n', '.gz'))).rejects.toThrow(/cannot be read/);
  });
});

describe('negatives', () => {
  it('are lines as NCF published them, or lists', async () => {
    const ids = createIds();
    const negatives = await readNegatives(file('(0,25)\t1064\t174\n7 1 2 3\n'), ids);
    const shown = [...negatives].map(([user, items]) => [
      ids.users.ids[user],
      [...items].map((item) => ids.items.ids[item]),
    ]);
    expect(shown).toEqual([
      ['0', ['1064', '174']],
      ['7', ['1', '2', '3']],
    ]);
    await expect(readNegatives(file('(0,25)\n'), ids)).rejects.toThrow(/line 1: A line needs a user/);
  });
});
