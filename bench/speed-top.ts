// The best 100 items for all customers of a factor model, without what they have, against implicit's recommend():
// `npm run bench -- speed-top [--users 138000 --items 27000 --interactions 20000000] [--factors 64] [--n 100]
// [--threads 2] [--rounds 3] [--scratch FOLDER] [--json]`.
// implicit trains briefly and leaves its factors; both sides then score the same factors in turn, and what they find is
// compared. Ours is recommendAll as callers see it: ids and scores as objects, customer by customer. implicit gets
// batches of users and one BLAS thread beside its own two, as it recommends.

import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { threadedKernels } from '../lib/adapters/threads.ts';
import { customerId, itemId } from '../lib/base/ids.ts';
import type { Kernels } from '../lib/numeric/kernels.ts';
import type { SparseMatrix } from '../lib/numeric/sparse.ts';
import { descending } from '../lib/recommenders/ranking.ts';
import { type FactorModel, factorRecommendAll } from '../lib/recommenders/recommend-all.ts';
import { countOf } from './counts.ts';
import { median, type Python, startPython } from './python.ts';
import { readNpy, type SpeedSet, speedData } from './speed-data.ts';

export interface SpeedTopOptions extends SpeedSet {
  readonly factors: number;
  readonly n: number;
  readonly threads: number;
  readonly rounds: number;
  readonly scratch: string;
}

export interface SpeedTopRow {
  readonly row: string;
  readonly oursS: number;
  /** Undefined where implicit is not installed. */
  readonly implicitS?: number;
  /** implicit's time over ours. */
  readonly ratio?: number;
  readonly oursCpuS: number;
  readonly implicitCpuS?: number;
  /** Share of the first 100 customers' lists that both have in common. */
  readonly agreement?: number;
  readonly blas?: readonly string[];
}

interface Measured {
  readonly s: number;
  readonly cpuS: number;
  readonly first: readonly (readonly number[])[];
}

/** Users in one call of implicit's recommend: of those tried (512, 1,024, 4,096) the fastest. */
const implicitBatch = 4_096;

export const speedTop = async (options: SpeedTopOptions): Promise<SpeedTopRow> => {
  const { users, items, factors, n, threads, rounds, scratch } = options;
  const folder = speedData(options, scratch);
  const python = await startPython(
    join(import.meta.dirname, 'speed-top.py'),
    ['implicit', 'threadpoolctl'],
    [folder, folder, items, factors, n, threads, implicitBatch].map(String),
    { OPENBLAS_NUM_THREADS: '1' },
  );
  const trained = (await python?.ask('train')) as { readonly blas: readonly string[] } | undefined;
  const kernels = threadedKernels(threads);
  const model = factorModel(options, folder, python !== undefined);
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(recommendAll(model, kernels, n));
    await askRound(python, theirs);
  }
  kernels.close();
  python?.close();
  const [oursS, oursCpuS] = [median(ours.map(({ s }) => s)), median(ours.map(({ cpuS }) => cpuS))];
  const row = `top-${n} for ${users} customers × ${items} items, ${factors} factors, ${threads} threads`;
  if (theirs.length === 0) {
    return { row, oursS, oursCpuS };
  }
  const [implicitS, implicitCpuS] = [
    median(theirs.map(({ s }) => s)),
    median(theirs.map(({ cpuS }) => cpuS)),
  ];
  const agreement = overlap(ours[0].first, theirs[0].first);
  const ratio = implicitS / oursS;
  return { row, oursS, implicitS, ratio, oursCpuS, implicitCpuS, agreement, blas: trained?.blas };
};

const askRound = async (python: Python | undefined, theirs: Measured[]): Promise<void> => {
  if (python !== undefined) theirs.push((await python.ask('recommend')) as Measured);
};

const factorModel = (
  { users, items, factors }: SpeedTopOptions,
  folder: string,
  trained: boolean,
): FactorModel => {
  const rowStart = readNpy(join(folder, 'indptr.npy'));
  const columnIndex = readNpy(join(folder, 'indices.npy'));
  for (let user = 0; user < users; user++) columnIndex.subarray(rowStart[user], rowStart[user + 1]).sort();
  const popularity = new Float64Array(items);
  for (const item of columnIndex) popularity[item]++;
  const pairs: SparseMatrix = {
    rows: users,
    columns: items,
    rowStart,
    columnIndex,
    value: new Float32Array(0),
  };
  const read = (name: string, rows: number): Float32Array =>
    trained
      ? new Float32Array(new Uint8Array(readFileSync(join(folder, name))).buffer)
      : Float32Array.from({ length: rows * factors }, (_, place) => Math.sin(place * place));
  const vectors = read('users.f32', users);
  return {
    customers: Array.from({ length: users }, (_, user) => customerId(`${user}`)),
    pairs,
    items: {
      ids: Array.from({ length: items }, (_, item) => itemId(`${item}`)),
      indexOf: new Map(),
      order: descending(popularity),
    },
    factors: { items: read('items.f32', items), stride: factors, embed: () => {}, embedAll: () => vectors },
    historyOf: () => {
      throw new Error('speed-top: vectors are given');
    },
    recommend: () => {
      throw new Error('speed-top: all are answered in batches');
    },
  };
};

const recommendAll = (model: FactorModel, kernels: Kernels, n: number): Measured => {
  const startMs = performance.now();
  const before = process.cpuUsage();
  const first: number[][] = [];
  for (const [, scored] of factorRecommendAll(model, kernels, n, () => ({ excludeHistory: true }))) {
    if (first.length < 100) first.push(scored.map((one) => Number(one.itemId)));
  }
  const { user, system } = process.cpuUsage(before);
  return { s: (performance.now() - startMs) / 1000, cpuS: (user + system) / 1e6, first };
};

const overlap = (a: Measured['first'], b: Measured['first']): number => {
  const shares = a.map((list, row) => {
    const other = new Set(b[row]);
    return list.filter((item) => other.has(item)).length / list.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
};

export const main = async (args: readonly string[]): Promise<void> => {
  const number = (preset: string) => ({ type: 'string', default: preset }) as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      users: number('138000'),
      items: number('27000'),
      interactions: number('20000000'),
      factors: number('64'),
      n: number('100'),
      threads: number('2'),
      rounds: number('3'),
      scratch: { type: 'string', default: join(tmpdir(), 'reprise-speed') },
      json: { type: 'boolean', default: false },
    },
  });
  mkdirSync(values.scratch, { recursive: true });
  const row = await speedTop({
    users: countOf('users', values.users),
    items: countOf('items', values.items),
    interactions: countOf('interactions', values.interactions),
    factors: countOf('factors', values.factors),
    n: countOf('n', values.n),
    threads: countOf('threads', values.threads),
    rounds: countOf('rounds', values.rounds),
    scratch: values.scratch,
  });
  console.log(values.json ? JSON.stringify(row) : sentence(row));
};

const sentence = ({
  row,
  oursS,
  implicitS,
  ratio,
  oursCpuS,
  implicitCpuS,
  agreement,
  blas,
}: SpeedTopRow): string =>
  implicitS === undefined || ratio === undefined
    ? `${row}: ${oursS.toFixed(2)} s; implicit is not installed`
    : `${row}: ${oursS.toFixed(2)} s, implicit ${implicitS.toFixed(2)} s, ${ratio.toFixed(2)} times as fast ` +
      `(CPU ${oursCpuS.toFixed(1)} and ${implicitCpuS?.toFixed(1)} s; same items ${((agreement ?? 0) * 100).toFixed(1)}%; ` +
      `OpenBLAS ${blas?.join(', ')})`;
