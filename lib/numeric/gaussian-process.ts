// Regression by a Gaussian process with a Matérn 5/2 kernel, a length scale per dimension, and noise
// (Rasmussen & Williams 2006: posterior eqs. 2.23–2.26 and algorithm 2.1, kernel eq. 4.17, log evidence eq. 5.8).
//   k(a, b) = σ² (1 + √5 r + 5 r²/3) e^(−√5 r),  r² = Σ_d ((a_d − b_d) / ℓ_d)²
// Shapes: points n × d, one value a point. Cost of a fit: n³ / 6 for each of some hundred evidences; meant for n ≤ 200.

import { CholeskyDecomposition, Matrix } from 'ml-matrix';

type Point = readonly number[];

export interface GaussianProcessSettings {
  /** ℓ, one per dimension. */
  readonly lengthScales: readonly number[];
  /** σ². */
  readonly signalVariance: number;
  /** Variance of the values around the function. */
  readonly noiseVariance: number;
  /** What is expected far from every point. */
  readonly mean: number;
}

export interface GaussianProcess {
  readonly settings: GaussianProcessSettings;
  /** ln p(values | points). */
  readonly logEvidence: number;
  /** Of the function at `point`, without the noise of one more value. */
  predict(point: Point): { readonly mean: number; readonly sd: number };
}

export const gaussianProcess = (
  points: readonly Point[],
  values: readonly number[],
  settings: GaussianProcessSettings,
): GaussianProcess => {
  const { lengthScales, signalVariance, noiseVariance, mean } = settings;
  const decomposition = decomposed(points, lengthScales, noiseVariance / signalVariance);
  const residual = Matrix.columnVector(values.map((value) => value - mean));
  const weights = decomposition.solve(residual);
  const lower = decomposition.lowerTriangularMatrix;
  const fit = dot(residual, weights) / signalVariance;
  return {
    settings,
    logEvidence:
      -0.5 * fit -
      halfLogDeterminant(lower) -
      (points.length / 2) * (Math.log(signalVariance) + Math.log(2 * Math.PI)),
    predict: (point) => {
      const similar = points.map((other) => matern(point, other, lengthScales));
      const explained = forwardSolved(lower, similar).reduce((sum, value) => sum + value * value, 0);
      return {
        mean: mean + similar.reduce((sum, value, row) => sum + value * weights.get(row, 0), 0),
        sd: Math.sqrt(signalVariance * Math.max(0, 1 - explained)),
      };
    },
  };
};

/**
 * The process whose evidence is highest, times log-normal priors on length scales (median 0.5, for points in the unit
 * cube) and on the noise's share (median 1%); σ² and the mean follow in closed form. By pattern search: the same
 * input gives the same process.
 */
export const fittedGaussianProcess = (
  points: readonly Point[],
  values: readonly number[],
): GaussianProcess => {
  const dimensions = points[0]?.length ?? 0;
  const prior = [...Array.from({ length: dimensions }, () => Math.log(0.5)), Math.log(0.01)];
  const spread = [...Array.from({ length: dimensions }, () => 1), 2];
  const loss = (logs: readonly number[]): number => {
    const evidence = profiled(points, values, logs)?.logEvidence ?? Number.NEGATIVE_INFINITY;
    return logs.reduce((sum, log, i) => sum + ((log - prior[i]) / spread[i]) ** 2 / 2, -evidence);
  };
  const process = profiled(points, values, patternSearch(loss, prior));
  if (process === undefined) {
    throw new RangeError(
      `gaussian-process: no fit to ${points.length} points; are all values finite numbers?`,
    );
  }
  return process;
};

/** With the mean and σ² that fit best given the rest: generalised least squares, and the mean squared residual. */
const profiled = (
  points: readonly Point[],
  values: readonly number[],
  logs: readonly number[],
): GaussianProcess | undefined => {
  const lengthScales = logs.slice(0, -1).map(Math.exp);
  const noiseShare = Math.exp(logs[logs.length - 1]);
  const decomposition = decomposed(points, lengthScales, noiseShare);
  const ones = Matrix.ones(points.length, 1);
  const target = Matrix.columnVector(values);
  const solvedOnes = decomposition.solve(ones);
  const mean = dot(solvedOnes, target) / dot(solvedOnes, ones);
  const residual = Matrix.columnVector(values.map((value) => value - mean));
  const signalVariance = Math.max(dot(residual, decomposition.solve(residual)) / values.length, 1e-12);
  if (!Number.isFinite(signalVariance) || !Number.isFinite(mean)) {
    return undefined;
  }
  return gaussianProcess(points, values, {
    lengthScales,
    signalVariance,
    noiseVariance: noiseShare * signalVariance,
    mean,
  });
};

/** Coordinate by coordinate, with steps that halve when none helps. */
const patternSearch = (
  loss: (at: readonly number[]) => number,
  start: readonly number[],
): readonly number[] => {
  let best = start;
  let least = loss(start);
  for (let step = 1; step > 0.1; ) {
    const before = least;
    for (let i = 0; i < start.length; i++) {
      for (const change of [step, -step]) {
        const tried = best.with(i, best[i] + change);
        const found = loss(tried);
        if (found < least) {
          best = tried;
          least = found;
        }
      }
    }
    step = least < before ? step : step / 2;
  }
  return best;
};

const sqrt5 = Math.sqrt(5);

/** With variance 1. */
const matern = (a: Point, b: Point, lengthScales: readonly number[]): number => {
  const scaled = sqrt5 * Math.hypot(...lengthScales.map((scale, d) => (a[d] - b[d]) / scale));
  return (1 + scaled + (scaled * scaled) / 3) * Math.exp(-scaled);
};

/** Of the correlations plus the noise's share; a little is always added, for points that lie on each other. */
const decomposed = (
  points: readonly Point[],
  lengthScales: readonly number[],
  noiseShare: number,
): CholeskyDecomposition => {
  const system = new Matrix(points.length, points.length);
  points.forEach((point, row) => {
    for (let column = 0; column <= row; column++) {
      const similar = matern(point, points[column], lengthScales);
      system.set(row, column, similar);
      system.set(column, row, similar);
    }
    system.set(row, row, 1 + noiseShare + 1e-10);
  });
  const decomposition = new CholeskyDecomposition(system);
  if (!decomposition.isPositiveDefinite()) {
    throw new RangeError(
      `gaussian-process: the ${points.length} points give no positive definite kernel matrix`,
    );
  }
  return decomposition;
};

const dot = (a: Matrix, b: Matrix): number => {
  let sum = 0;
  for (let row = 0; row < a.rows; row++) {
    sum += a.get(row, 0) * b.get(row, 0);
  }
  return sum;
};

const halfLogDeterminant = (lower: Matrix): number =>
  lower.diagonal().reduce((sum, entry) => sum + Math.log(entry), 0);

/** L x = right for a lower triangular L. */
const forwardSolved = (lower: Matrix, right: readonly number[]): readonly number[] => {
  const solution: number[] = [];
  right.forEach((value, row) => {
    let rest = value;
    for (let column = 0; column < row; column++) {
      rest -= lower.get(row, column) * solution[column];
    }
    solution.push(rest / lower.get(row, row));
  });
  return solution;
};
