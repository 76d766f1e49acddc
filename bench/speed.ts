// Training speed against Python's implicit, in the same run: `npm run bench -- speed [--users 138000 --items 27000
// --interactions 20000000] [--factors 32,64,128] [--cholesky 64] [--exact 64] [--threads 2] [--repetitions 5] [--scratch FOLDER]
// [--json]`. Both sides read the same files, run in a process of their own, and take epochs in turn; the first epoch of
// each is left out. Same dimensions, threads, float32, three conjugate gradient steps; exact (ours: conjugate gradient
// steps until a relative error of 1e-5) stands beside implicit's Cholesky, its only exact solver. OpenBLAS has one thread, since
// implicit brings its own. Also top-100 for all customers (speed-top.ts) and EASE (speed-ease.ts).
// Without --json the table is also written to bench/results/speed.md.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { startLineProcess } from './line-process.ts';
import { median, startPython } from './python.ts';
import { type SpeedSet, speedData } from './speed-data.ts';
import { type SpeedEaseRow, speedEase } from './speed-ease.ts';
import { type SpeedTopRow, speedTop } from './speed-top.ts';

interface Options extends SpeedSet {
  readonly factors: readonly number[];
  readonly cholesky: readonly number[];
  readonly exact: readonly number[];
  readonly threads: number;
  readonly repetitions: number;
  readonly scratch: string;
}

interface Epoch {
  readonly s: number;
  readonly cpuS: number;
}

interface Side {
  /** Medians of an epoch. */
  readonly s: number;
  readonly cpuS: number;
  readonly peakMiB: number;
}

type Solver = 'cg' | 'cholesky' | 'exact';

interface EpochRow {
  readonly solver: Solver;
  readonly factors: number;
  readonly ours: Side;
  /** Absent where implicit is not installed. */
  readonly implicit?: Side;
  /** implicit's time over ours: of the medians, and the least and largest of the rounds. */
  readonly ratio?: { readonly median: number; readonly low: number; readonly high: number };
  readonly blas?: readonly string[];
}

export const main = async (args: readonly string[]): Promise<void> => {
  const { json, ...options } = readOptions(args);
  const loadBefore = loadavg()[0];
  mkdirSync(options.scratch, { recursive: true });
  const folder = speedData(options, options.scratch);
  const configurations = [
    ...options.factors.map((factors) => ({ solver: 'cg', factors }) as const),
    ...options.cholesky.map((factors) => ({ solver: 'cholesky', factors }) as const),
    ...options.exact.map((factors) => ({ solver: 'exact', factors }) as const),
  ];
  const epochs: EpochRow[] = [];
  for (const { solver, factors } of configurations) {
    const row = await epochRow(folder, options, solver, factors);
    epochs.push(row);
    console.error(epochLine(row));
  }
  const rounds = Math.min(3, options.repetitions);
  const top = await speedTop({ ...options, factors: 64, n: 100, rounds });
  const easeSet = { users: 6_040, items: 3_700, interactions: 1_000_000 };
  const ease = await speedEase({ ...easeSet, threads: options.threads, rounds, scratch: options.scratch });
  if (json) {
    console.log(JSON.stringify({ ...options, epochs, top, ease }));
    return;
  }
  const page = pageOf(options, epochs, top, ease, loadBefore);
  writeFileSync(join(import.meta.dirname, 'results', 'speed.md'), page);
  console.log(page);
};

const epochRow = async (
  folder: string,
  { items, threads, repetitions, scratch }: Options,
  solver: Solver,
  factors: number,
): Promise<EpochRow> => {
  const args = [folder, items, factors, solver, threads].map(String);
  const script = join(import.meta.dirname, 'speed-als.py');
  const python = await startPython(script, ['implicit', 'threadpoolctl'], args, {
    OPENBLAS_NUM_THREADS: '1',
  });
  const own = startLineProcess(process.execPath, [await bundled(scratch), ...args], process.env);
  const theirs: Epoch[] = [];
  const ours: Epoch[] = [];
  for (let round = 0; round <= repetitions; round++) {
    if (python !== undefined) theirs.push((await python.ask('epoch')) as Epoch);
    ours.push((await own.ask('epoch')) as Epoch);
  }
  const ourEnd = (await own.ask('end')) as { readonly peakMiB: number };
  own.close();
  const row = { solver, factors, ours: sideOf(ours, ourEnd.peakMiB) };
  if (python === undefined) {
    return row;
  }
  const theirEnd = (await python.ask('end')) as {
    readonly peakMiB: number;
    readonly blas: readonly string[];
  };
  python.close();
  const implicit = sideOf(theirs, theirEnd.peakMiB);
  const ratios = theirs.slice(1).map(({ s }, round) => s / ours[round + 1].s);
  const ratio = { median: implicit.s / row.ours.s, low: Math.min(...ratios), high: Math.max(...ratios) };
  return { ...row, implicit, ratio, blas: theirEnd.blas };
};

/** As the functions run: JavaScript, without the memory that reading TypeScript takes. */
const bundled = async (scratch: string): Promise<string> => {
  const outfile = join(scratch, 'speed-als.mjs');
  const entry = new URL('./speed-als.ts', import.meta.url).pathname;
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm' });
  return outfile;
};

/** Without the first epoch: ours prepares the data and compiles in it. */
const sideOf = (epochs: readonly Epoch[], peakMiB: number): Side => ({
  s: median(epochs.slice(1).map(({ s }) => s)),
  cpuS: median(epochs.slice(1).map(({ cpuS }) => cpuS)),
  peakMiB,
});

const names: Readonly<Record<Solver, string>> = {
  cg: 'conjugate gradient',
  cholesky: 'Cholesky',
  exact: 'to a relative error of 1e-5, against implicit’s Cholesky',
};

const nameOf = ({ solver, factors }: EpochRow): string => `${names[solver]}, ${factors}`;

const epochLine = (row: EpochRow): string =>
  `${nameOf(row)}: ${row.ours.s.toFixed(2)} s` +
  (row.implicit === undefined || row.ratio === undefined
    ? '; implicit is not installed'
    : `, implicit ${row.implicit.s.toFixed(2)} s: ${row.ratio.median.toFixed(2)} times as fast`);

const pageOf = (
  { users, items, interactions, threads, repetitions }: Options,
  epochs: readonly EpochRow[],
  top: SpeedTopRow,
  ease: SpeedEaseRow,
  loadBefore: number,
): string => {
  const blas = [...new Set(epochs.flatMap((row) => row.blas ?? []))].join(', ');
  return [
    '# Training speed against implicit',
    '',
    `Synthetic set (bench/speed-data.ts): ${users.toLocaleString('en')} users × ${items.toLocaleString('en')} items, ` +
      `${interactions.toLocaleString('en')} interactions with latent structure and skewed popularity. ${threads} threads ` +
      `on ${cpus()[0]?.model.trim()} (${cpus().length} cores), ${process.version}, float32 on both sides. Seconds an epoch ` +
      `are medians of ${repetitions}, the sides taking turns; the ratio is implicit's time over ours, with the least and ` +
      'the largest of the rounds. Peak memory is that of each side’s process, interpreter included.',
    '',
    'Made by `npm run bench -- speed`.',
    '',
    '| epoch | ours, s | CPU, s | implicit, s | CPU, s | times as fast | ours, MiB | implicit, MiB | ratio |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...epochs.map(tableRow),
    '',
    `OpenBLAS as implicit found it: ${blas === '' ? 'implicit is not installed' : blas}. Load average of the machine: ` +
      `${loadBefore.toFixed(1)} before, ${loadavg()[0].toFixed(1)} after; above ${cpus().length} other work took its share.`,
    '',
    '| | ours, s | other, s | |',
    '| --- | --- | --- | --- |',
    `| ${top.row} | ${top.oursS.toFixed(2)} | ${top.implicitS?.toFixed(2) ?? 'not installed'} | ` +
      `${top.ratio === undefined ? '' : `${top.ratio.toFixed(2)} times as fast as implicit’s recommend`} |`,
    ...easeLines(ease),
    '',
  ].join('\n');
};

/** Ours is the whole training; LAPACK's ways only invert. */
const easeLines = ({ row, oursS, lapack }: SpeedEaseRow): readonly string[] =>
  lapack === undefined
    ? [`| ${row} | ${oursS.toFixed(2)} | not installed | |`]
    : lapack.map(
        ({ way, s }) =>
          `| ${row} | ${oursS.toFixed(2)} | ${s.toFixed(2)} | ${(oursS / s).toFixed(2)} of the time of ${way} |`,
      );

const tableRow = (row: EpochRow): string => {
  const { ours, implicit, ratio } = row;
  const own = [nameOf(row), ours.s.toFixed(2), ours.cpuS.toFixed(2)];
  if (implicit === undefined || ratio === undefined) {
    return `| ${[...own, 'not installed', '', '', ours.peakMiB.toFixed(0), '', ''].join(' | ')} |`;
  }
  const { median: middle, low, high } = ratio;
  const cells = [
    ...own,
    implicit.s.toFixed(2),
    implicit.cpuS.toFixed(2),
    `**${middle.toFixed(2)}** (${low.toFixed(2)}–${high.toFixed(2)})`,
    ours.peakMiB.toFixed(0),
    implicit.peakMiB.toFixed(0),
    (ours.peakMiB / implicit.peakMiB).toFixed(2),
  ];
  return `| ${cells.join(' | ')} |`;
};

const readOptions = (args: readonly string[]): Options & { readonly json: boolean } => {
  const text = (preset: string) => ({ type: 'string', default: preset }) as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      users: text('138000'),
      items: text('27000'),
      interactions: text('20000000'),
      factors: text('32,64,128'),
      cholesky: text('64'),
      exact: text('64'),
      threads: text('2'),
      repetitions: text('5'),
      scratch: text(join(tmpdir(), 'reprise-speed')),
      json: { type: 'boolean', default: false },
    },
  });
  const numbers = (list: string): number[] =>
    list
      .split(',')
      .filter((one) => one !== '')
      .map(Number);
  const options = {
    users: Number(values.users),
    items: Number(values.items),
    interactions: Number(values.interactions),
    factors: numbers(values.factors),
    cholesky: numbers(values.cholesky),
    exact: numbers(values.exact),
    threads: Number(values.threads),
    repetitions: Number(values.repetitions),
    scratch: values.scratch,
    json: values.json,
  };
  for (const value of Object.values(options).flat()) {
    if (typeof value === 'number' && !(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`speed: counts are whole numbers of at least 1, received ${args.join(' ')}`);
    }
  }
  return options;
};
