// The eigenbasis of a symmetric matrix G = V diag(g) V', and tables of rows turned into it: q becomes q V.
// In it a product with G is a product with d numbers. Decomposed in float64 by ml-matrix; V is float32 in the kernels.
// A column without other elements than its diagonal is an eigenvector already and stays in its place: padding stays zero.

import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Kernels } from './kernels.ts';
import { allFinite } from './matrix.ts';

export interface Eigenbasis {
  /** g, in the order of the columns of V. */
  readonly values: Float64Array;
  /** V, size × size by rows. */
  readonly vectors: Float64Array;
}

/** Of the first `size` columns of `gram`, rows of `pitch`. Throws RangeError for what is not finite. */
export const eigenbasisOf = (gram: Float32Array, size: number, pitch: number): Eigenbasis => {
  if (!allFinite(gram)) {
    throw new RangeError('eigenbasis: the matrix holds numbers beyond float32');
  }
  const isAlone = (column: number): boolean =>
    gram.subarray(column * pitch, column * pitch + size).every((value, row) => row === column || value === 0);
  const values = new Float64Array(size);
  const vectors = new Float64Array(size * size);
  const coupled: number[] = [];
  for (let column = 0; column < size; column++) {
    if (isAlone(column)) {
      values[column] = gram[column * pitch + column];
      vectors[column * size + column] = 1;
    } else {
      coupled.push(column);
    }
  }
  if (coupled.length > 0) {
    const system = new Matrix(coupled.map((row) => coupled.map((column) => gram[row * pitch + column])));
    const found = new EigenvalueDecomposition(system, { assumeSymmetric: true });
    coupled.forEach((column, place) => {
      // Rounding can put the least ones below 0.
      values[column] = Math.max(0, found.realEigenvalues[place]);
      coupled.forEach((row, i) => {
        vectors[row * size + column] = found.eigenvectorMatrix.get(i, place);
      });
    });
  }
  return { values, vectors };
};

/** Every row q of `table` (rows × size, in the kernels' memory) becomes q V, or q V' where it `isBack`. */
export const rotate = (
  kernels: Kernels,
  table: Float32Array,
  size: number,
  vectors: Float64Array,
  isBack = false,
): void =>
  kernels.scoped(() => {
    const pitch = Math.ceil(size / 8) * 8;
    const matrix = kernels.float32(size * pitch);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        matrix[i * pitch + j] = isBack ? vectors[j * size + i] : vectors[i * size + j];
      }
    }
    const scratch = kernels.float32(4 * size * kernels.threads);
    kernels.run(
      'rotateRows',
      table.byteOffset,
      table.length / size,
      size,
      matrix.byteOffset,
      pitch * 4,
      scratch.byteOffset,
    );
  });

/** The rotation `first` and then `second`. */
export const chained = (first: Float64Array, second: Float64Array, size: number): Float64Array =>
  Float64Array.from(
    Matrix.from1DArray(size, size, first)
      .mmul(Matrix.from1DArray(size, size, second))
      .to1DArray(),
  );
