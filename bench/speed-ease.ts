// EASE against LAPACK: `npm run bench -- speed-ease [--users 6040 --items 3700 --interactions 1000000] [--threads 2]
// [--rounds 3] [--scratch FOLDER] [--json]`.
// Ours is the whole training (Gramian, inverse, kept weights); LAPACK's time is the inverse of X'X + λI alone, by the ways
// that numpy and scipy offer, their rounds and ours in turn. The weights are compared with those of the float64 inverse.

import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { threadedKernels } from '../lib/adapters/threads.ts';
import { customerId, itemId } from '../lib/base/ids.ts';
import type { Interactions } from '../lib/dataset/interaction.ts';
import { createRecommender, plainTools, recipeOf } from '../lib/recommenders/models.ts';
import { countOf } from './counts.ts';
import { median, startPython } from './python.ts';
import { readNpy, type SpeedSet, speedData } from './speed-data.ts';

export interface SpeedEaseOptions extends SpeedSet {
  readonly threads: number;
  readonly rounds: number;
  readonly scratch: string;
}

export interface SpeedEaseRow {
  readonly row: string;
  readonly oursS: number;
  readonly oursCpuS: number;
  /** Undefined where scipy is not installed. */
  readonly lapack?: readonly { readonly way: string; readonly s: number; readonly cpuS: number }[];
  /** Our time over that of LAPACK's Cholesky inverse in float32. */
  readonly ratio?: number;
  /** The largest difference of a weight from the float64 inverse's, among those towards one item. */
  readonly differenceMax?: number;
  readonly blas?: readonly string[];
}

interface Took {
  readonly s: number;
  readonly cpuS: number;
}

const regularization = 500;
const ways = ['potrf+potri float32', 'potrf+potri float64', 'numpy inv float32', 'numpy inv float64'];

export const speedEase = async (options: SpeedEaseOptions): Promise<SpeedEaseRow> => {
  const { users, items, interactions, threads, rounds, scratch } = options;
  const folder = speedData(options, scratch);
  const python = await startPython(
    join(import.meta.dirname, 'speed-ease.py'),
    ['scipy', 'threadpoolctl'],
    [folder, `${items}`, `${regularization}`],
    { OPENBLAS_NUM_THREADS: `${threads}` },
  );
  const kernels = threadedKernels(threads);
  const tools = { ...plainTools, kernels: () => kernels };
  const recommender = createRecommender(
    recipeOf('ease', { regularization, frequencyExponent: 0, customerExponent: 0, neighbours: items }),
    tools,
  );
  const data = interactionsIn(folder, options);
  const ours: Took[] = [];
  const theirs: Took[][] = ways.map(() => []);
  for (let round = 0; round < rounds; round++) {
    ours.push(timed(() => recommender.fit(data, new Map(), 0)));
    for (const [place, way] of ways.entries()) {
      if (python !== undefined) theirs[place].push((await python.ask(way)) as Took);
    }
  }
  const row = `EASE, ${users} customers × ${items} items, ${interactions} interactions, ${threads} threads`;
  const [oursS, oursCpuS] = medians(ours);
  kernels.close();
  if (python === undefined) {
    return { row, oursS, oursCpuS };
  }
  const checked = (await python.ask('check')) as { readonly blas: string[]; readonly column: number[] };
  python.close();
  const lapack = ways.map((way, place) => {
    const [s, cpuS] = medians(theirs[place]);
    return { way, s, cpuS };
  });
  const differences = checked.column.slice(1).map((weight, place) => {
    const scored = recommender.similarItems(itemId(`${place + 1}`), items);
    return Math.abs((scored.find((one) => one.itemId === '0')?.score ?? Number.NaN) - weight);
  });
  const differenceMax = Math.max(...differences);
  return { row, oursS, oursCpuS, lapack, ratio: oursS / lapack[0].s, differenceMax, blas: checked.blas };
};

const medians = (took: readonly Took[]): readonly [number, number] => [
  median(took.map(({ s }) => s)),
  median(took.map(({ cpuS }) => cpuS)),
];

const timed = (run: () => void): Took => {
  const startMs = performance.now();
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return { s: (performance.now() - startMs) / 1000, cpuS: (user + system) / 1e6 };
};

const interactionsIn = (folder: string, { users, items }: SpeedSet): Interactions => {
  const rowStart = readNpy(join(folder, 'indptr.npy'));
  const itemIndex = readNpy(join(folder, 'indices.npy'));
  const customerIndex = new Int32Array(itemIndex.length);
  for (let user = 0; user < users; user++) customerIndex.fill(user, rowStart[user], rowStart[user + 1]);
  return {
    customers: Array.from({ length: users }, (_, user) => customerId(`${user}`)),
    items: Array.from({ length: items }, (_, item) => itemId(`${item}`)),
    customerIndex,
    itemIndex,
    value: new Float32Array(itemIndex.length).fill(1),
    atMs: new Float64Array(itemIndex.length),
    type: new Uint8Array(itemIndex.length),
  };
};

export const main = async (args: readonly string[]): Promise<void> => {
  const number = (preset: string) => ({ type: 'string', default: preset }) as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      users: number('6040'),
      items: number('3700'),
      interactions: number('1000000'),
      threads: number('2'),
      rounds: number('3'),
      scratch: { type: 'string', default: join(tmpdir(), 'reprise-speed') },
      json: { type: 'boolean', default: false },
    },
  });
  mkdirSync(values.scratch, { recursive: true });
  const row = await speedEase({
    users: countOf('users', values.users),
    items: countOf('items', values.items),
    interactions: countOf('interactions', values.interactions),
    threads: countOf('threads', values.threads),
    rounds: countOf('rounds', values.rounds),
    scratch: values.scratch,
  });
  console.log(values.json ? JSON.stringify(row) : text(row));
};

const text = ({ row, oursS, oursCpuS, lapack, differenceMax, blas }: SpeedEaseRow): string => {
  const own = `${row}: ${oursS.toFixed(2)} s (CPU ${oursCpuS.toFixed(1)} s)`;
  if (lapack === undefined) {
    return `${own}; scipy is not installed`;
  }
  const lines = lapack.map(
    ({ way, s, cpuS }) =>
      `  ${way.padEnd(20)} ${s.toFixed(2)} s (CPU ${cpuS.toFixed(1)} s): ours takes ${(oursS / s).toFixed(2)} of it`,
  );
  const check = `  largest difference of a weight: ${differenceMax?.toExponential(1)}; OpenBLAS ${blas?.join(', ')}`;
  return [own, ...lines, check].join('\n');
};
