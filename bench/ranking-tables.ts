// The table of all models on real data: `npm run bench -- tables --data DIR [--only NAME]…` runs the rows of
// ranking-rows.ts, each in a process of its own (its peak memory is the row's), keeps their results in
// bench/results/ranking.json and writes bench/results/ranking.md from it. With --only (a name or the beginning of
// several) other rows keep what was measured before; --write only writes the page anew.

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Failure, shown } from '../lib/base/errors.ts';
import { type StoredRow, type StoredRows, tablesPage } from './ranking-page.ts';
import { filesOf, type TableRow, tableRows } from './ranking-rows.ts';
import { type Cuts, mainGroup } from './ranking-series.ts';

const jsonPath = 'bench/results/ranking.json';
const pagePath = 'bench/results/ranking.md';
const resultBytesMax = 64 * 1024 * 1024;
const root = join(import.meta.dirname, '..');

export const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      only: { type: 'string', multiple: true },
      write: { type: 'boolean', default: false },
    },
  });
  let stored = readStored();
  if (!values.write) {
    if (values.data === undefined) {
      throw wrong(
        '--data DIR is needed: the folder that holds ml-1m-ncf, mooccubex and ml-100k.',
        args.join(' '),
      );
    }
    for (const row of chosenRows(values.only)) {
      console.log(row.name);
      stored = { ...stored, [row.name]: await measured(row, values.data) };
      writeFileSync(join(root, jsonPath), linePerRow(stored));
    }
  }
  writeFileSync(join(root, pagePath), tablesPage(stored));
  console.log(`written: ${pagePath}`);
};

const readStored = (): StoredRows => {
  const path = join(root, jsonPath);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as StoredRows) : {};
};

const chosenRows = (only: readonly string[] | undefined): readonly TableRow[] => {
  const rows = tableRows.filter(({ name }) => only?.some((one) => name.startsWith(one)) ?? true);
  if (rows.length === 0) {
    throw wrong('No row begins with this name.', (only ?? []).join(', '));
  }
  return rows;
};

const wrong = (message: string, received: string): Failure =>
  new Failure('invalid', {
    code: 'tables-options',
    message,
    received: shown(received),
    action: `Rows: ${tableRows.map(({ name }) => name).join(', ')}.`,
  });

const linePerRow = (stored: StoredRows): string =>
  `{\n${Object.entries(stored)
    .map(([name, row]) => `${JSON.stringify(name)}: ${JSON.stringify(row)}`)
    .join(',\n')}\n}\n`;

const measured = async (row: TableRow, folder: string): Promise<StoredRow> => {
  const { files, options, cuts } = filesOf(row.set);
  const args = [
    'ranking',
    ...Object.entries(files).flatMap(([name, path]) => [`--${name}`, join(folder, path)]),
    ...options,
    '--model',
    row.model,
    ...(row.params ? ['--params', JSON.stringify(row.params)] : []),
    '--json',
  ];
  const result = (await answer([...args, ...(cuts ? ['--per-user'] : [])])) as StoredRow['result'];
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'unknown'}`;
  const measuredOn = new Date().toISOString().slice(0, 10);
  if (cuts === undefined) {
    return { result, machine, measuredOn };
  }
  const rolling = (await answer([...args, '--share', cuts])) as Cuts;
  return { result, machine, measuredOn, cuts: cutsOf(rolling) };
};

const answer = async (args: readonly string[]): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'bench/main.ts'), ...args], {
    cwd: root,
    maxBuffer: resultBytesMax,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
};

const cutsOf = ({ cuts, summary }: Cuts): StoredRow['cuts'] => ({
  shares: cuts.map(({ share }) => share),
  ndcg: cuts.map(({ result }) => mainGroup(result).ndcg),
  ...summary.ndcg,
});
