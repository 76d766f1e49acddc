import { inverse, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { threadedKernels } from '../../lib/adapters/threads.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { createKernels, type Kernels } from '../../lib/numeric/kernels.ts';
import { placeIn, sweepAll, tilesFor } from '../../lib/numeric/sweep.ts';

const ridge = 2;

/** F F' / size + ridge · I, F of normal numbers. */
const positiveDefinite = (size: number): Matrix => {
  const random = seededRandom(`sweep/${size}`);
  const factor = new Matrix(
    Array.from({ length: size }, () => Array.from({ length: size }, () => random.normal())),
  );
  return factor.mmul(factor.transpose()).div(size).add(Matrix.eye(size).mul(ridge));
};

const sweptBy = (kernels: Kernels, matrix: Matrix) => {
  const tiles = tilesFor(kernels, matrix.rows);
  for (let row = 0; row < matrix.rows; row++) {
    for (let column = 0; column <= row; column++) {
      tiles.array[placeIn(row, column)] = matrix.get(row, column);
    }
  }
  sweepAll(kernels, tiles, ridge);
  return tiles;
};

describe('the sweep over all pivots', () => {
  it.each([1, 5, 127, 128, 129, 300])(
    'gives minus the inverse of a matrix of %i rows that ml-matrix gives',
    (size) => {
      const matrix = positiveDefinite(size);
      const expected = inverse(matrix);
      const kernels = createKernels();
      const { array } = sweptBy(kernels, matrix);
      let worst = 0;
      for (let row = 0; row < size; row++) {
        for (let column = 0; column <= row; column++) {
          worst = Math.max(worst, Math.abs(array[placeIn(row, column)] + expected.get(row, column)));
        }
      }
      expect(worst).toBeLessThan(1e-6);
      kernels.close();
    },
  );

  it('gives the same bits with one, two and four threads', () => {
    const matrix = positiveDefinite(400);
    const [one, two, four] = [1, 2, 4].map((threads) => {
      const kernels = threadedKernels(threads);
      const bits = new Uint32Array(sweptBy(kernels, matrix).array.slice().buffer);
      kernels.close();
      return bits;
    });
    expect(two).toEqual(one);
    expect(four).toEqual(one);
  });

  it('refuses a matrix that is not positive definite, or hardly so', () => {
    const kernels = createKernels();
    expect(() =>
      sweptBy(
        kernels,
        new Matrix([
          [3, 4],
          [4, 3],
        ]),
      ),
    ).toThrow(/raise the regularization/);
    expect(() =>
      sweptBy(
        kernels,
        new Matrix([
          [1e9, 1e9],
          [1e9, 1e9],
        ]),
      ),
    ).toThrow(RangeError);
    expect(() => sweptBy(kernels, new Matrix([[Number.NaN]]))).toThrow(RangeError);
    kernels.close();
  });
});
