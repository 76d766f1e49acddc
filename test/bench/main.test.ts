import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '../../bench/main.ts');

const called = (...args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    execFile(process.execPath, [main, ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });

describe('npm run bench', () => {
  it('without a name lists every bench with what it measures', async () => {
    const { code, out } = await called();
    expect(code).toBe(0);
    expect(out).toContain('ranking         Accuracy, time and memory of one model');
    expect(out).toContain('tables  ');
  });

  it('says with --help how a bench is called', async () => {
    const { code, out } = await called('tune', '--help');
    expect(code).toBe(0);
    expect(out).toContain('--trials 25');
  });

  it('tells what was asked wrongly in a sentence, without a stack', async () => {
    const parameters = [
      'ranking',
      '--train',
      main,
      '--test',
      main,
      '--layout',
      'lists',
      '--model',
      'item-knn',
    ];
    for (const [args, said] of [
      [['nonsense'], 'no bench named "nonsense"'],
      [['speed', '--nonsense'], "Unknown option '--nonsense'"],
      [['speed-top', '--users', 'many'], '--users is a whole number from 1, received many'],
      [['latency', '--items', '0'], '--items is a whole number from 1, received 0'],
      [['next-basket', '--train', 'gone.json', '--test', 'gone.json'], 'no such file'],
      [['cold-start'], '--data DIR is needed'],
      [
        [...parameters, '--params', '{"neighbours":-1}'],
        'neighbours must be a number of at least 1, received -1',
      ],
      [[...parameters, '--params', '{"neighbors":5}'], 'neighbours'],
      [['ranking', '--train', 'gone.csv', '--split', 'time', '--model', 'als'], 'There is no such file.'],
    ] as const) {
      const { code, err } = await called(...args);
      expect(err).toContain(said);
      expect(err).not.toMatch(/^ {4}at /m);
      expect(code).toBe(2);
    }
  });
});
