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
});
