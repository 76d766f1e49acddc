// Solves small systems of a covariance matrix S (size × size) after scaling it to correlations, by Cholesky (ml-matrix).
// Undefined where a column does not vary or is explained by those before it to all but 1e-10 of its variance (the square
// of Cholesky's diagonal is 1 − R²): its coefficient would be rounding. Dimensionless inside; units are the caller's.

import { CholeskyDecomposition, Matrix } from 'ml-matrix';

const unexplainedMin = 1e-10;

export interface CovarianceSolver {
  /** S⁻¹ right. */
  readonly solve: (right: readonly number[]) => number[];
}

export const covarianceSolver = (
  covariances: readonly (readonly number[])[],
): CovarianceSolver | undefined => {
  const scales = covariances.map((row, i) => Math.sqrt(row[i]));
  if (scales.length === 0 || scales.some((scale) => !(scale > 0))) {
    return scales.length === 0 ? { solve: () => [] } : undefined;
  }
  const correlations = Matrix.zeros(scales.length, scales.length);
  for (const [i, row] of covariances.entries()) {
    for (const [j, value] of row.entries()) {
      correlations.set(i, j, i === j ? 1 : value / (scales[i] * scales[j]));
    }
  }
  const decomposition = new CholeskyDecomposition(correlations);
  const unexplained = decomposition.lowerTriangularMatrix.diagonal().map((value) => value * value);
  if (!decomposition.isPositiveDefinite() || Math.min(...unexplained) < unexplainedMin) {
    return undefined;
  }
  return {
    solve: (right) => {
      const scaled = Matrix.columnVector(right.map((value, i) => value / scales[i]));
      return decomposition
        .solve(scaled)
        .getColumn(0)
        .map((value, i) => value / scales[i]);
    },
  };
};

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    sum += a[i] * b[i];
  }
  return sum;
};
