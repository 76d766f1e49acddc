// Threads for the kernels (lib/numeric/kernels.ts): workers of Node that hold nothing but the kernels' memory.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { createKernels, type Kernels, type StartThreads } from '../numeric/kernels.ts';

const startWorkers: StartThreads = (count, source, data) => {
  const workers = Array.from({ length: count }, () => {
    const worker = new Worker(source, { eval: true, workerData: data, execArgv: [] });
    // A thread waits for work without end; it must not keep the process alive.
    worker.unref();
    return worker;
  });
  return () => {
    for (const worker of workers) void worker.terminate();
  };
};

/** Default: as many threads as this process may use cores. */
export const threadedKernels = (threads = availableParallelism()): Kernels =>
  createKernels({ threads, startThreads: startWorkers });
