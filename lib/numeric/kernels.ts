// The hot loops of the models, compiled to WebAssembly (lib/numeric/assembly), with their memory and their threads.
// One Kernels is one shared memory of at most 4 GiB; arrays in it are views of JavaScript and pointers of the kernels at
// once. A parallel kernel is called by every thread with the same arguments after its thread's number, takes chunks of
// work with an atomic counter, and writes results that do not depend on who took which chunk: any number of threads
// gives the same bits. (Relaxed SIMD, where the machine has it, rounds otherwise than plain SIMD.)
// Layout below `heapStart`: control words (int32) at 0, arguments of the running kernel (float64) at `argumentsAt`.

import { plain, relaxed } from './kernels-binary.ts';

/** What the binaries export, as JavaScript sees it: numbers in, a number or nothing out. */
export interface KernelFunctions {
  /** assembly/als.ts: what the rows that follow share, and one of them, exactly. */
  alsPrepare(table: number, size: number, base: number, scratch: number, packedRows: number): void;
  /** Returns the row's part of the loss. */
  alsRowExactly(
    columns: number,
    weights: number,
    weight: number,
    count: number,
    ridge: number,
    row: number,
  ): number;
  /** assembly/top.ts */
  scorePanels(panels: number, count: number, stride: number, vector: number, out: number): void;
  /** assembly/sweep.ts */
  sweepPivots(tiles: number, pivot: number, least: number, square: number, inverse: number): number;
  /** Pairwise ranking losses by stochastic gradient (assembly/pairwise.ts): what to work on, then passes over it. */
  pairwisePairs(start: number, item: number, weight: number, visits: number, zeros: number): void;
  pairwiseItems(start: number, feature: number, weight: number, table: number, squares: number): void;
  pairwiseHistory(table: number, squares: number, stride: number, bias: number, space: number): void;
  pairwiseCustomers(start: number, feature: number, weight: number, table: number, squares: number): void;
  pairwiseLoss(
    warp: number,
    among: number,
    amongCount: number,
    draws: number,
    learningRate: number,
    decayOfItems: number,
    decayOfCustomers: number,
    coldPermille: number,
  ): void;
  pairwiseSeed(high: number, low: number): void;
  /** Returns the summed loss. */
  pairwisePass(order: number, count: number): number;
}

/** Kernels that every thread calls: (thread, …arguments). */
interface ParallelFunctions {
  /** Every thread writes its number plus one into its place: for tests of the threads. */
  mark(thread: number, out: number): void;
  /** assembly/als.ts */
  alsHalfStep(
    thread: number,
    rowStart: number,
    columns: number,
    weights: number,
    weight: number,
    ridges: number,
    rows: number,
    table: number,
    out: number,
    size: number,
    base: number,
    isDiagonal: number,
    steps: number,
    tolerance: number,
    scratch: number,
    scratchBytes: number,
    packedRows: number,
    chunks: number,
    chunkCost: number,
    rowCost: number,
    sums: number,
  ): void;
  /** assembly/gramian.ts */
  gramianParts(
    thread: number,
    rows: number,
    count: number,
    columns: number,
    partRows: number,
    parts: number,
    pitch: number,
  ): void;
  /** assembly/rotation.ts */
  rotateRows(
    thread: number,
    table: number,
    rows: number,
    size: number,
    matrix: number,
    pitch: number,
    scratch: number,
  ): void;
  /** assembly/ease.ts */
  gramTiles(
    thread: number,
    tiles: number,
    items: number,
    rowStart: number,
    rowColumn: number,
    rowValue: number,
    itemStart: number,
    itemColumn: number,
    itemValue: number,
    scratch: number,
  ): void;
  largestWeights(
    thread: number,
    tiles: number,
    items: number,
    kept: number,
    rows: number,
    values: number,
    scratch: number,
  ): void;
  /** assembly/sweep.ts */
  sweepPanel(
    thread: number,
    tiles: number,
    blocks: number,
    pivot: number,
    inverse: number,
    lefts: number,
    rights: number,
    scratch: number,
  ): void;
  sweepRest(
    thread: number,
    tiles: number,
    blocks: number,
    pivot: number,
    lefts: number,
    rights: number,
  ): void;
  /** assembly/top.ts */
  topRows(
    thread: number,
    panels: number,
    lengths: number,
    items: number,
    stride: number,
    vectors: number,
    rows: number,
    n: number,
    excludedStart: number,
    excluded: number,
    places: number,
    scores: number,
    found: number,
    scratch: number,
  ): void;
}

type ArgumentsOf<Name extends ParallelKernel> =
  Parameters<ParallelFunctions[Name]> extends [number, ...infer Rest extends number[]] ? Rest : never;

export type ParallelKernel = keyof ParallelFunctions;

export interface Kernels {
  /** Threads at work in a parallel kernel, this one included. */
  readonly threads: number;
  readonly call: KernelFunctions;
  /** Runs a parallel kernel on all threads and returns, or throws what one met, when all are done. */
  run<Name extends ParallelKernel>(kernel: Name, ...args: ArgumentsOf<Name>): void;
  /** Zeroed arrays in the kernels' memory, 64-byte aligned; `byteOffset` is the pointer. Throws RangeError when full. */
  float32(length: number): Float32Array;
  float64(length: number): Float64Array;
  int32(length: number): Int32Array;
  /** Whether the array lies in this memory, so that its `byteOffset` is a pointer. */
  owns(array: Float32Array | Float64Array | Int32Array): boolean;
  /** Everything allocated from now on is given back by release(mark); its views must not be used any more. */
  mark(): number;
  release(mark: number): void;
  /** Runs `work` and gives back what was allocated meanwhile, also when it throws. */
  scoped<T>(work: () => T): T;
  /** Ends the threads. */
  close(): void;
}

/** Starts `count` threads that run `source` (CommonJS) with `data`; what it returns ends them. */
export type StartThreads = (count: number, source: string, data: object) => () => void;

export interface KernelOptions {
  /** Default 1. */
  readonly threads?: number;
  /** Needed for more than one thread (lib/adapters/threads.ts). */
  readonly startThreads?: StartThreads;
  /** Default: relaxed where this machine has it. */
  readonly simd?: Simd;
}

export const control = {
  generation: 0,
  done: 1,
  ready: 2,
  active: 3,
  kernel: 4,
  arguments: 5,
  trapped: 6,
  next: 7,
} as const;
const controlWords = 16;
const argumentsAt = 64;
const argumentsCountMax = 32;
const heapStart = 64 * 1024;
const pageBytes = 64 * 1024;
const memoryPagesMax = 65_536;
const alignment = 64;
const threadStartMs = 10_000;

type Simd = 'relaxed' | 'plain';

const compiled = new Map<Simd, WebAssembly.Module>();

const kernelModule = (simd: Simd): WebAssembly.Module => {
  const module = compiled.get(simd) ?? new WebAssembly.Module(bytesOf(simd === 'plain' ? plain : relaxed));
  compiled.set(simd, module);
  return module;
};

const bestSimd = (): Simd =>
  compiled.has('relaxed') || WebAssembly.validate(bytesOf(relaxed)) ? 'relaxed' : 'plain';

const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));

export const createKernels = ({
  threads = 1,
  startThreads,
  simd = bestSimd(),
}: KernelOptions = {}): Kernels => {
  if (!Number.isInteger(threads) || threads < 1 || (threads > 1 && startThreads === undefined)) {
    throw new RangeError(
      `kernels: threads must be a whole number from 1, and 1 without startThreads; received ${threads}`,
    );
  }
  const memory = new WebAssembly.Memory({
    initial: heapStart / pageBytes,
    maximum: memoryPagesMax,
    shared: true,
  });
  const module = kernelModule(simd);
  const call = new WebAssembly.Instance<KernelFunctions & ParallelFunctions>(module, { env: { memory } })
    .exports;
  const words = new Int32Array(memory.buffer, 0, controlWords);
  const values = new Float64Array(memory.buffer, argumentsAt, argumentsCountMax);
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  const helpers = threads - 1;
  const stop =
    helpers > 0 ? startThreads?.(helpers, threadSource, { module, memory, names, control }) : undefined;
  if (helpers > 0) {
    awaitThreads(words, helpers);
  }
  // Growing gives the memory a new buffer; arrays keep the one they were made with.
  const buffers = new WeakSet<ArrayBufferLike>();
  let top = heapStart;
  const allocate = (bytes: number): number => {
    const start = Math.ceil(top / alignment) * alignment;
    const end = start + bytes;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) {
      grow(memory, Math.ceil(missing / pageBytes), bytes);
    }
    top = end;
    return start;
  };
  const zeroed = <T extends Float32Array | Float64Array | Int32Array>(
    kind: new (buffer: SharedArrayBuffer, byteOffset: number, length: number) => T,
    bytes: number,
    length: number,
  ): T => {
    const start = allocate(bytes * length);
    // After the allocation: growing gives the memory a new buffer.
    const array = new kind(memory.buffer, start, length);
    buffers.add(array.buffer);
    array.fill(0);
    return array;
  };
  const release = (mark: number): void => {
    top = mark;
  };
  return {
    threads: 1 + words[control.active],
    call,
    run: (kernel, ...args) => {
      words[control.kernel] = names.indexOf(kernel);
      words[control.arguments] = args.length;
      values.set(args);
      words[control.next] = 0;
      words[control.done] = 0;
      words[control.trapped] = 0;
      Atomics.add(words, control.generation, 1);
      Atomics.notify(words, control.generation);
      const here: (thread: number, ...args: number[]) => void = call[kernel];
      try {
        here(0, ...args);
      } finally {
        // Also after a trap here: what the next run writes would reach threads that are still at this one.
        awaitDone(words);
      }
      if (words[control.trapped] !== 0) {
        throw new Error(`kernels: ${kernel} failed in a thread; run it with one thread to see where`);
      }
    },
    float32: (length) => zeroed(Float32Array, 4, length),
    float64: (length) => zeroed(Float64Array, 8, length),
    int32: (length) => zeroed(Int32Array, 4, length),
    owns: ({ buffer }) => buffers.has(buffer),
    mark: () => top,
    release,
    scoped: (work) => {
      const mark = top;
      try {
        return work();
      } finally {
        release(mark);
      }
    },
    close: () => {
      words[control.kernel] = -1;
      Atomics.add(words, control.generation, 1);
      Atomics.notify(words, control.generation);
      stop?.();
    },
  };
};

const grow = (memory: WebAssembly.Memory, pages: number, bytes: number): void => {
  const held = memory.buffer.byteLength;
  try {
    memory.grow(pages);
  } catch (error) {
    throw new RangeError(
      `kernels: no room for ${bytes} bytes beside ${held} (a memory holds ${memoryPagesMax * pageBytes}, if the ` +
        'machine has as many); take fewer factors, items or interactions, or a machine with more memory',
      { cause: error },
    );
  }
};

const awaitDone = (words: Int32Array): void => {
  for (let done = Atomics.load(words, control.done); done < words[control.active]; ) {
    Atomics.wait(words, control.done, done);
    done = Atomics.load(words, control.done);
  }
};

/** Threads that are not there after ten seconds never take part. */
const awaitThreads = (words: Int32Array, helpers: number): void => {
  for (let ready = Atomics.load(words, control.ready); ready < helpers; ) {
    if (Atomics.wait(words, control.ready, ready, threadStartMs) === 'timed-out') {
      break;
    }
    ready = Atomics.load(words, control.ready);
  }
  Atomics.store(words, control.active, Atomics.load(words, control.ready));
};

/**
 * A thread: waits for the next kernel, runs it, says that it is done. The generation it saw last begins at 0, as in a new
 * memory: read after saying `ready`, it could be that of the first kernel already, which would wait for it without end.
 */
const threadSource = `
const { module, memory, names, control } = require('node:worker_threads').workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const words = new Int32Array(memory.buffer, 0, ${controlWords});
const values = new Float64Array(memory.buffer, ${argumentsAt}, ${argumentsCountMax});
const thread = Atomics.add(words, control.ready, 1) + 1;
let seen = 0;
Atomics.notify(words, control.ready);
for (;;) {
  Atomics.wait(words, control.generation, seen);
  const generation = Atomics.load(words, control.generation);
  if (generation === seen) continue;
  seen = generation;
  if (words[control.kernel] < 0) break;
  if (thread > Atomics.load(words, control.active)) continue;
  try {
    exports[names[words[control.kernel]]](thread, ...values.subarray(0, words[control.arguments]));
  } catch {
    words[control.trapped] = 1;
  }
  Atomics.add(words, control.done, 1);
  Atomics.notify(words, control.done);
}
`;
