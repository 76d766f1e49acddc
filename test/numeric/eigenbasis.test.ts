import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { threadedKernels } from '../../lib/adapters/threads.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { chained, eigenbasisOf, rotate } from '../../lib/numeric/eigenbasis.ts';
import { createKernels } from '../../lib/numeric/kernels.ts';

/** Symmetric, positive definite, its columns from `used` on zero but for a 1 on the diagonal. */
const gramOf = (size: number, used: number): { readonly gram: Float32Array; readonly pitch: number } => {
  const random = seededRandom(`gram ${size}`);
  const half = new Matrix(
    Array.from({ length: 2 * used }, () => Array.from({ length: used }, () => random.normal())),
  );
  const square = half.transpose().mmul(half);
  const pitch = Math.ceil(size / 8) * 8;
  const gram = new Float32Array(size * pitch);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      gram[i * pitch + j] = i < used && j < used ? square.get(i, j) : Number(i === j);
    }
  }
  return { gram, pitch };
};

describe('the eigenbasis', () => {
  it.each([
    [4, 3],
    [12, 12],
    [20, 18],
  ])('of %i columns makes the matrix diagonal and leaves padding in its place', (size, used) => {
    const { gram, pitch } = gramOf(size, used);
    const { values, vectors } = eigenbasisOf(gram, size, pitch);
    const v = Matrix.from1DArray(size, size, vectors);
    const g = new Matrix(
      Array.from({ length: size }, (_, row) => [...gram.subarray(row * pitch, row * pitch + size)]),
    );
    const difference = v
      .transpose()
      .mmul(g)
      .mmul(v)
      .sub(Matrix.diag([...values]));
    expect(difference.abs().max()).toBeLessThan(1e-4);
    for (let place = used; place < size; place++) {
      expect(v.getColumn(place)).toEqual(Array.from({ length: size }, (_, row) => Number(row === place)));
    }
  });

  it.each([1, 2])('turns the rows of a table, there and back, with %i threads', (threads) => {
    const kernels = threadedKernels(threads);
    for (const [rows, size] of [
      [1, 4],
      [515, 12],
      [1_030, 20],
    ]) {
      const { gram, pitch } = gramOf(size, size);
      const { vectors } = eigenbasisOf(gram, size, pitch);
      const random = seededRandom('table');
      const before = Float32Array.from({ length: rows * size }, () => random.normal());
      const table = kernels.float32(before.length);
      table.set(before);
      rotate(kernels, table, size, vectors);
      const expected = Matrix.from1DArray(rows, size, before)
        .mmul(Matrix.from1DArray(size, size, vectors))
        .to1DArray();
      expected.forEach((value, place) => {
        expect(table[place]).toBeCloseTo(value, 4);
      });
      rotate(kernels, table, size, vectors, true);
      before.forEach((value, place) => {
        expect(table[place]).toBeCloseTo(value, 4);
      });
    }
    kernels.close();
  });

  it('takes two rotations for one', () => {
    const kernels = createKernels();
    const [first, second] = [3, 4].map((used) => {
      const { gram, pitch } = gramOf(4, used);
      return eigenbasisOf(gram, 4, pitch).vectors;
    });
    const table = kernels.float32(8);
    table.set([1, 2, 3, 4, -1, 0, 2, 0.5]);
    const once = table.slice();
    rotate(kernels, table, 4, first);
    rotate(kernels, table, 4, second);
    const held = kernels.float32(8);
    held.set(once);
    rotate(kernels, held, 4, chained(first, second, 4));
    table.forEach((value, place) => {
      expect(held[place]).toBeCloseTo(value, 5);
    });
  });

  it('refuses what is not finite', () => {
    expect(() => eigenbasisOf(new Float32Array(32).fill(Number.NaN), 4, 8)).toThrow(RangeError);
  });
});
