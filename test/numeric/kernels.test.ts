import { describe, expect, it } from 'vitest';
import { threadedKernels } from '../../lib/adapters/threads.ts';
import { createKernels } from '../../lib/numeric/kernels.ts';

describe('the kernels', () => {
  it('give zeroed, aligned memory again after a release', () => {
    const kernels = createKernels();
    const mark = kernels.mark();
    const first = kernels.float32(1_000_000);
    first.fill(7);
    kernels.release(mark);
    const second = kernels.float64(1_000);
    expect(second.byteOffset % 64).toBe(0);
    expect(second.byteOffset).toBe(first.byteOffset);
    expect(second.every((value) => value === 0)).toBe(true);
    kernels.close();
  });

  it('start as many threads as they are told', () => {
    const kernels = threadedKernels(3);
    expect(kernels.threads).toBe(3);
    const seen = kernels.int32(4);
    for (let round = 0; round < 100; round++) {
      seen.fill(0);
      kernels.run('mark', seen.byteOffset);
      expect([...seen]).toEqual([1, 2, 3, 0]);
    }
    kernels.close();
  });

  it('give back what work allocated that threw', () => {
    const kernels = createKernels();
    const before = kernels.mark();
    const fails = () =>
      kernels.scoped(() => {
        kernels.float32(1_000);
        throw new RangeError('diverged');
      });
    expect(fails).toThrow('diverged');
    expect(kernels.mark()).toBe(before);
    expect(kernels.scoped(() => kernels.float32(1_000).length)).toBe(1_000);
    expect(kernels.mark()).toBe(before);
  });

  it('refuse more bytes than a memory can have, and go on with what they hold', () => {
    const kernels = createKernels();
    const held = kernels.float32(4).fill(3);
    expect(() => kernels.float64(2 ** 29)).toThrow(/no room for 4294967296 bytes beside 131072/);
    expect([...held, ...kernels.float32(4)]).toEqual([3, 3, 3, 3, 0, 0, 0, 0]);
  });

  it('refuse a number of threads that they cannot have', () => {
    expect(() => createKernels({ threads: 2 })).toThrow(/1 without startThreads; received 2/);
    expect(() => threadedKernels(0)).toThrow(/received 0/);
    expect(() => threadedKernels(1.5)).toThrow(/received 1.5/);
  });

  it('say when a kernel failed in one of the threads, and run the next one', () => {
    const kernels = threadedKernels(4);
    // Ends with the memory: the place of the first thread is the last there is.
    const seen = kernels.int32(16_384);
    const last = seen.byteOffset + seen.byteLength - 4;
    const beyond = seen.byteOffset + seen.byteLength;
    for (let round = 0; round < 50; round++) {
      expect(() => kernels.run('mark', last)).toThrow(/mark failed in a thread/);
      expect(() => kernels.run('mark', beyond)).toThrow(/out of bounds/);
      seen.fill(0);
      kernels.run('mark', seen.byteOffset);
      expect([...seen.subarray(0, 5)]).toEqual([1, 2, 3, 4, 0]);
    }
    kernels.close();
  });

  it('lose no thread over thousands of kernels that end at once', () => {
    for (let start = 0; start < 5; start++) {
      const kernels = threadedKernels(4);
      const seen = kernels.int32(4);
      let sum = 0;
      for (let round = 0; round < 1_000; round++) {
        kernels.run('mark', seen.byteOffset);
        sum += seen[0] + seen[1] + seen[2] + seen[3];
        seen.fill(0);
      }
      kernels.close();
      expect(sum).toBe(10_000);
    }
  });
});
