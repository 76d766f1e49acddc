// Our side of bench/speed.ts, in a process of its own: one epoch of iALS a line, and at the end what it took of memory.
// The interactions are read from the files into the kernels' memory; weights are ones, as implicit's.
// Usage: speed-als.ts FOLDER ITEMS FACTORS cg|exact|cholesky THREADS

import { closeSync, fstatSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { threadedKernels } from '../lib/adapters/threads.ts';
import type { Kernels } from '../lib/numeric/kernels.ts';
import { fitItemFactors } from '../lib/recommenders/als-fit.ts';

const [folder, items, factors, solver, threads] = process.argv.slice(2);

const main = (): void => {
  const kernels = threadedKernels(Number(threads));
  const rowStart = readInto(kernels, 'indptr.npy');
  const columnIndex = readInto(kernels, 'indices.npy');
  const pairs = {
    rows: rowStart.length - 1,
    columns: Number(items),
    rowStart,
    columnIndex,
    value: new Float32Array(columnIndex.length).fill(1),
  };
  const settings = {
    factors: Number(factors),
    iterations: 1_000,
    regularization: 0.01,
    unobservedWeight: 1,
    frequencyExponent: 0,
    initScale: 0.1,
    solver: solver === 'cg' || solver === 'exact' ? solver : 'cholesky',
    steps: 3,
    seed: 1,
  } as const;
  let startMs = 0;
  let before = process.cpuUsage();
  const awaitEpoch = (): void => {
    for (let word = readWord(); word !== 'epoch'; word = readWord()) {
      if (word === '') process.exit();
      answer({ peakMiB: peakMiB(), threads: kernels.threads });
    }
    before = process.cpuUsage();
    startMs = performance.now();
  };
  awaitEpoch();
  fitItemFactors(kernels, pairs, settings, (_, loss) => {
    const { user, system } = process.cpuUsage(before);
    answer({ s: (performance.now() - startMs) / 1000, cpuS: (user + system) / 1e6, loss });
    awaitEpoch();
  });
};

/** An .npy file of int32, without a copy beside it. */
const readInto = (kernels: Kernels, name: string): Int32Array => {
  const file = openSync(join(folder, name), 'r');
  const head = new Uint8Array(10);
  readSync(file, head, 0, 10, 0);
  const start = 10 + head[8] + 256 * head[9];
  const array = kernels.int32((fstatSync(file).size - start) / 4);
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let done = 0; done < bytes.length; ) {
    done += readSync(file, bytes, done, bytes.length - done, start + done);
  }
  closeSync(file);
  return array;
};

/** The next line of standard input, waited for; empty at its end. */
const readWord = (): string => {
  const byte = new Uint8Array(1);
  let word = '';
  while (readSync(0, byte, 0, 1, null) > 0 && byte[0] !== 10) {
    word += String.fromCharCode(byte[0]);
  }
  return word;
};

const answer = (measured: object): void => {
  writeSync(1, `${JSON.stringify(measured)}\n`);
};

/** Of this process alone: getrusage would count the parent's memory before exec. */
const peakMiB = (): number =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;

main();
