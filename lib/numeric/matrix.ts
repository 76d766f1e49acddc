// Small dense kernels over row-major typed arrays: Gramian and the solution of symmetric positive definite systems.
// Shapes: factors rows × size; Gramian and systems size × size. Sums are kept in float64.
// The solver is a value (SymmetricSolve, one for each size), so that a faster kernel can take its place.

import { CholeskyDecomposition, Matrix } from 'ml-matrix';

/**
 * Solves A x = b for a symmetric positive definite A (size × size, row-major, both triangles filled), x into `out`.
 * Throws RangeError when A is not positive definite.
 */
export type SymmetricSolve = (system: Float64Array, right: Float64Array, out: Float64Array) => void;

/** By Cholesky decomposition (ml-matrix) of systems of one size; its matrices are used again by every call. */
export const choleskySolver = (size: number): SymmetricSolve => {
  const matrix = new Matrix(size, size);
  const column = new Matrix(size, 1);
  return (system, right, out) => {
    for (let i = 0; i < size; i++) {
      column.set(i, 0, right[i]);
      for (let j = 0; j < size; j++) {
        matrix.set(i, j, system[i * size + j]);
      }
    }
    const decomposition = new CholeskyDecomposition(matrix);
    if (!decomposition.isPositiveDefinite()) {
      throw new RangeError(`matrix: a ${size} × ${size} system is not positive definite`);
    }
    const solution = decomposition.solve(column);
    for (let i = 0; i < size; i++) {
      out[i] = solution.get(i, 0);
    }
  };
};

/** F' F of `factors` (rows × size), both triangles filled. */
export const gramian = (factors: Float32Array, size: number): Float64Array => {
  const gram = new Float64Array(size * size);
  for (let start = 0; start < factors.length; start += size) {
    for (let i = 0; i < size; i++) {
      const left = factors[start + i];
      for (let j = 0; j <= i; j++) {
        gram[i * size + j] += left * factors[start + j];
      }
    }
  }
  mirrorLower(gram, size);
  return gram;
};

/** Copies the lower triangle into the upper. */
export const mirrorLower = (matrix: Float64Array, size: number): void => {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      matrix[j * size + i] = matrix[i * size + j];
    }
  }
};

export const allFinite = (values: Float32Array | Float64Array): boolean => {
  for (const value of values) {
    if (!Number.isFinite(value)) {
      return false;
    }
  }
  return true;
};
