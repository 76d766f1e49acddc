import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMovies, readUsers } from '../../bench/movielens-100k.ts';
import { type RankingData, readData, readTimed, splitAt } from '../../bench/ranking-data.ts';
import { readOptions } from '../../bench/ranking-options.ts';
import { tablesPage } from '../../bench/ranking-page.ts';
import { run } from '../../bench/ranking-run.ts';
import { differencesOf, runCuts, runPath, shownPath } from '../../bench/ranking-series.ts';
import { recipeOf } from '../../lib/recommenders/models.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-ranking-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const file = (lines: readonly string[]): string => {
  const path = join(folder, `file-${files++}`);
  writeFileSync(path, lines.join('\n'));
  return path;
};

const options = { k: 2, threads: 1, isQuiet: true };

/** Ten users took item `p`, five `q`, two `r`, and each an item of its own. */
const train = [
  ...Array.from({ length: 10 }, (_, user) => `u${user} p`),
  ...Array.from({ length: 5 }, (_, user) => `u${user} q`),
  'u0 r',
  'u1 r',
  ...Array.from({ length: 10 }, (_, user) => `u${user} own${user}`),
];

const twoFiles = (test: readonly string[], negatives?: readonly string[]): Promise<RankingData> =>
  readData({
    train: file(train),
    test: file(test),
    negatives: negatives && file(negatives),
    layout: undefined,
  });

describe('bench ranking', () => {
  it('ranks everything that a user has not, and counts items and users that the training does not know', async () => {
    const data = await twoFiles(['u9 q', 'u8 r', 'u9 unheard-of', 'nobody p']);
    const { result, measured } = run(recipeOf('popularity'), data, options);
    expect(result.protocol).toBe('full ranking');
    expect(result.train).toEqual({ users: 10, items: 13, rows: 27 });
    // Without a catalogue nothing is known of how alike items are.
    expect(result.groups.all.diversity).toBeUndefined();
    // u9 is shown q, r: one of two found. u8 q, r. Nobody p, q.
    expect([...(measured.get('all')?.columns.recall ?? [])]).toEqual([1 / 2, 1, 1]);
    expect([...(measured.get('all')?.columns.mrr ?? [])]).toEqual([1, 1 / 2, 1]);
    expect(result.groups.all).toMatchObject({ customers: 3, hitRate: 1 });
    expect(result.groups.all.intervals.hitRate).toEqual({ low: 1, high: 1 });
  });

  it('ranks a test item that stands among its own negatives once', async () => {
    const data = await twoFiles(['u9 r'], ['(u9,r)\tp\tr\tr']);
    const { result, measured } = run(recipeOf('popularity'), data, options);
    expect(result.protocol).toBe('sampled negatives');
    // Two candidates, p (owned, but listed) and r: r is second, and nothing is below it.
    expect(measured.get('all')?.columns.mrr[0]).toBe(1 / 2);
    expect(measured.get('all')?.columns.auc[0]).toBe(0);
  });

  it('splits one file at an instant and reports what is cold apart', async () => {
    const before = 'a x 1 100,a y 1 101,b x 1 102,c x 1 103,c z 1 104,b y 1 105,d y 1 106,a z 1 107';
    const after = 'b y 1 110,a new 1 111,e x 1 112,c y 1 113';
    const rows = `${before},${after}`.split(',');
    const data = splitAt(await readTimed(file(rows), undefined), 8 / 12);
    expect(data.splitMs).toBe(110_000);
    expect(data.train.value.length).toBe(8);
    const { groups, protocol } = run(recipeOf('popularity'), data, options).result;
    expect(protocol).toBe('split by time, full ranking');
    // b took y again: it is owned and cannot be found. c takes y: found. a takes what nobody knew, e is nobody.
    expect(groups.known).toMatchObject({ customers: 2, recall: 1 / 2 });
    expect(groups.coldItems).toMatchObject({ customers: 1, recall: 0 });
    expect(groups.coldCustomers).toMatchObject({ customers: 1, recall: 1 });
  });

  it('tests each of several instants until the next', async () => {
    const rows = Array.from({ length: 300 }, (_, row) => `u${row % 7} i${(row * row) % 11} 1 ${row + 1}`);
    const { cuts, summary } = runCuts(
      recipeOf('popularity'),
      await readTimed(file(rows), undefined),
      [0.5, 0.7],
      options,
    );
    expect(cuts.map(({ result }) => result.train.rows)).toEqual([150, 210]);
    const figures = cuts.map(({ result }) => result.groups.known.ndcg);
    expect(summary.ndcg.mean).toBeCloseTo((figures[0] + figures[1]) / 2, 12);
    expect(summary.ndcg.sd).toBeCloseTo(Math.abs(figures[0] - figures[1]) / Math.SQRT2, 12);
  });

  it('follows a parameter, and refuses one that the model has not', async () => {
    const data = await twoFiles(['u9 q', 'u8 r']);
    const points = runPath(
      recipeOf('popularity'),
      { parameter: 'halfLifeDays', values: [1, 30] },
      data,
      options,
    );
    expect(points.map(({ result }) => result.recipe.params.halfLifeDays)).toEqual([1, 30]);
    expect(shownPath('halfLifeDays', points).split('\n')).toHaveLength(3);
    expect(() => runPath(recipeOf('popularity'), { parameter: 'depth', values: [1] }, data, options)).toThrow(
      /no numeric parameter/,
    );
  });

  it('compares two models on the same users', async () => {
    const data = await twoFiles(['u9 q', 'u8 r']);
    const one = run(recipeOf('popularity'), data, options);
    expect(differencesOf(one, one).all.ndcg).toEqual({ mean: 0, low: 0, high: 0, p: 1 });
  });

  it.each([
    [['--train', 'a'], /--train FILE and --model NAME are needed/],
    [['--train', 'a', '--model', 'als'], /Either --test FILE or --split time/],
    [['--train', 'a', '--model', 'als', '--test', 'b', '--k', '0'], /--k is a whole number/],
    [['--train', 'a', '--model', 'als', '--test', 'b', '--params', '[1]'], /Parameters are a JSON object/],
    [['--train', 'a', '--model', 'als', '--split', 'time', '--share', '1.2'], /--share is between 0 and 1/],
    [['--train', 'a', '--model', 'als', '--split', 'time', '--path', 'x'], /--path is NAME=VALUE/],
    [
      ['--train', 'a', '--model', 'als', '--split', 'time', '--share', '0.6,0.8', '--against', 'ease'],
      /--against needs one split/,
    ],
    [['--train', 'a', '--model', 'als', '--test', 'b', '--per-user'], /--per-user needs --json/],
    [['--train', 'a', '--model', 'oracle', '--test', 'b'], /There is no model of this name/],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});

describe('the page of results', () => {
  it('has each row with its intervals, the published figure, and the command that makes it', async () => {
    const { result } = run(recipeOf('popularity'), await twoFiles(['u9 q']), options);
    const page = tablesPage({ 'ml-1m popularity': { result, machine: '2 cores', measuredOn: '2026-01-01' } });
    expect(page).toContain(
      '| ml-1m popularity | 1.0000 (1.0000 … 1.0000) | 1.0000 (1.0000 … 1.0000) | .4535 / .2543 |',
    );
    expect(page).toContain('--train DIR/ml-1m-ncf/ml-1m.train.pairs.gz');
    expect(page).toContain('- ml-1m popularity: `--model popularity`');
    expect(page).not.toContain('mooccubex popularity');
  });
});

describe('items and users of MovieLens-100K', () => {
  it('become a catalogue with genres as tags, and features of users', async () => {
    const flags = Array.from({ length: 19 }, (_, place) => (place === 1 || place === 5 ? 1 : 0)).join('|');
    const movies = await readMovies(file([`7|A Film (1995)|01-Jan-1995||http://x|${flags}`]));
    expect(movies.get('7')).toMatchObject({ title: 'A Film (1995)', tags: ['Action', 'Comedy'] });
    const users = await readUsers(file(['1|24|M|technician|85711']));
    expect(users.get('1')).toEqual(['age=18', 'gender=M', 'occupation=technician']);
    await expect(readMovies(file(['7|A Film']))).rejects.toThrow(/line 1: An item has 24 fields/);
    await expect(readUsers(file(['7|young|M|x|1']))).rejects.toThrow(/line 1: A user has/);
  });
});
