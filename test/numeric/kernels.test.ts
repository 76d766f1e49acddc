import { describe, expect, it } from 'vitest';
import { threadedKernels } from '../../lib/adapters/threads.ts';
import { createKernels } from '../../lib/numeric/kernels.ts';

describe('the kernels', () => {
  it('score rows as the sum of products says', () => {
    const kernels = createKernels();
    const items = kernels.float32(3 * 8);
    const vector = kernels.float32(8);
    const out = kernels.float32(3);
    items.set([1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, 0, 0, 0]);
    vector.set([1, 10, 100, 1_000, 10_000]);
    kernels.call.scoreRows(items.byteOffset, 8, 0, 3, vector.byteOffset, out.byteOffset);
    expect([...out]).toEqual([54_321, 0, -11_111]);
    kernels.close();
  });

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
