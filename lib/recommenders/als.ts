// Implicit-feedback matrix factorisation by alternating least squares (Hu, Koren & Volinsky 2008), with the loss,
// unobserved weight α0 and frequency-scaled regularisation of Rendle, Krichene, Zhang & Koren 2021 (eqs. 2–5):
//   Σ_observed w_ui (1 − x_u·y_i)² + α0 Σ_all (x_u·y_i)² + Σ_u λ_u|x_u|² + Σ_i λ_i|y_i|²,  λ_u = λ (Σ_i w_ui + α0 n)^ν
// Shapes: factors rows × d (float32, sums in float64). A history is folded in by one exact half step on fixed items.
// Cost of an iteration: entries × d² + (customers + items) × d³ / 3. Divergence and NaN throw.

import { seededRandom } from '../base/random.ts';
import { allFinite, choleskySolver, gramian, mirrorLower, type SymmetricSolve } from '../numeric/matrix.ts';
import { type SparseMatrix, transpose } from '../numeric/sparse.ts';
import { float32 } from './artifact.ts';
import type { ModelKind, Params, Scorer } from './model.ts';

export interface AlsSettings {
  /** d. Default 32. */
  readonly factors: number;
  /** Default 8. */
  readonly iterations: number;
  /** λ. Default 0.01. */
  readonly regularization: number;
  /** α0, weight of every pair towards zero. Default 0.3. */
  readonly unobservedWeight: number;
  /** ν, exponent of the frequency in the regularisation. Default 1. */
  readonly frequencyExponent: number;
  /** Default 1. */
  readonly seed: number;
}

export const alsWith = (solver: (size: number) => SymmetricSolve): ModelKind => ({
  defaults: {
    factors: 32,
    iterations: 8,
    regularization: 0.01,
    unobservedWeight: 0.3,
    frequencyExponent: 1,
    seed: 1,
  },
  fit: ({ pairs }, params) => {
    const settings = settingsOf(params);
    const solve = solver(settings.factors);
    return scorer(itemFactors(pairs, settings, solve), settings, solve);
  },
  load: (artifact, params) => {
    const settings = settingsOf(params);
    return scorer(float32(artifact, 'itemFactors'), settings, solver(settings.factors));
  },
});

export const als: ModelKind = alsWith(choleskySolver);

const itemFactors = (pairs: SparseMatrix, settings: AlsSettings, solve: SymmetricSolve): Float32Array => {
  const { factors: size, iterations, seed } = settings;
  const random = seededRandom(`als/${seed}`);
  const spread = 0.1 / Math.sqrt(size);
  const items = Float32Array.from({ length: pairs.columns * size }, () => random.normal() * spread);
  const customers = new Float32Array(pairs.rows * size);
  const byItem = transpose(pairs);
  for (let iteration = 0; iteration < iterations; iteration++) {
    solveRows(pairs, items, customers, settings, solve);
    solveRows(byItem, customers, items, settings, solve);
  }
  if (!allFinite(items)) {
    throw new RangeError('als: diverged; raise the regularization');
  }
  return items;
};

/** One half step: every row of `out` (rows × d) by its entries in `matrix` and the fixed side (columns × d). */
const solveRows = (
  matrix: SparseMatrix,
  fixed: Float32Array,
  out: Float32Array,
  settings: AlsSettings,
  solve: SymmetricSolve,
): void => {
  const step = halfStep(fixed, settings, solve);
  for (let row = 0; row < matrix.rows; row++) {
    const from = matrix.rowStart[row];
    const to = matrix.rowStart[row + 1];
    const solution = step(matrix.columnIndex.subarray(from, to), matrix.value.subarray(from, to));
    out.set(solution, row * settings.factors);
  }
};

/**
 * Solves (Σ w q q' + α0 Q'Q + λ_u I) x = Σ w q for one row; Q'Q is computed once per fixed side.
 * The returned array is used again by the next call.
 */
const halfStep = (fixed: Float32Array, settings: AlsSettings, solve: SymmetricSolve) => {
  const { factors: size, regularization, unobservedWeight, frequencyExponent } = settings;
  const base = gramian(fixed, size).map((entry) => entry * unobservedWeight);
  const unobservedMass = (unobservedWeight * fixed.length) / size;
  const system = new Float64Array(size * size);
  const right = new Float64Array(size);
  const solution = new Float64Array(size);
  return (columns: Int32Array, weights: Float32Array): Float64Array => {
    solution.fill(0);
    if (columns.length === 0) {
      return solution;
    }
    system.set(base);
    right.fill(0);
    let mass = unobservedMass;
    for (let entry = 0; entry < columns.length; entry += 4) {
      addOuterProducts(
        system,
        right,
        fixed,
        columns.subarray(entry, entry + 4),
        weights.subarray(entry, entry + 4),
      );
    }
    for (const weight of weights) {
      mass += weight;
    }
    const ridge = regularization * mass ** frequencyExponent;
    for (let i = 0; i < size; i++) {
      system[i * size + i] += ridge;
    }
    mirrorLower(system, size);
    solve(system, right, solution);
    return solution;
  };
};

/**
 * system += Σ w q q' (lower triangle), right += Σ w q over at most four rows q of `factors`: four at a time need a
 * quarter of the passes over `system`. Missing ones count with weight 0.
 */
const addOuterProducts = (
  system: Float64Array,
  right: Float64Array,
  factors: Float32Array,
  rows: Int32Array,
  weights: Float32Array,
): void => {
  const size = right.length;
  const [a, b, c, d] = [0, 1, 2, 3].map((place) => (rows[place] ?? 0) * size);
  const [wa, wb, wc, wd] = [0, 1, 2, 3].map((place) => weights[place] ?? 0);
  for (let i = 0; i < size; i++) {
    const fa = wa * factors[a + i];
    const fb = wb * factors[b + i];
    const fc = wc * factors[c + i];
    const fd = wd * factors[d + i];
    right[i] += fa + fb + fc + fd;
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      system[row + j] +=
        fa * factors[a + j] + fb * factors[b + j] + fc * factors[c + j] + fd * factors[d + j];
    }
  }
};

const scorer = (items: Float32Array, settings: AlsSettings, solve: SymmetricSolve): Scorer => {
  const size = settings.factors;
  const step = halfStep(items, settings, solve);
  const multiply = (vector: Float64Array | Float32Array, out: Float64Array): void => {
    for (let item = 0; item < out.length; item++) {
      let sum = 0;
      for (let i = 0; i < size; i++) {
        sum += items[item * size + i] * vector[i];
      }
      out[item] = sum;
    }
  };
  return {
    scoreHistory: ({ items: columns, weights }, out) => {
      if (columns.length > 0) {
        multiply(step(columns, weights), out);
      }
    },
    scoreSimilar: (item, out) => {
      multiply(items.subarray(item * size, (item + 1) * size), out);
      const own = Math.sqrt(out[item]);
      for (let other = 0; other < out.length; other++) {
        const length = Math.hypot(...items.subarray(other * size, (other + 1) * size));
        out[other] = own > 0 && length > 0 ? out[other] / (own * length) : 0;
      }
    },
    arrays: { itemFactors: items },
  };
};

const settingsOf = (params: Params): AlsSettings => {
  const number = (name: keyof AlsSettings, min: number): number => {
    const value = params[name];
    if (typeof value !== 'number' || !(value >= min) || !Number.isFinite(value)) {
      throw new RangeError(
        `als: ${name} must be a number of at least ${min}, received ${JSON.stringify(value)}`,
      );
    }
    return value;
  };
  return {
    factors: number('factors', 1),
    iterations: number('iterations', 1),
    regularization: number('regularization', 0),
    unobservedWeight: number('unobservedWeight', 0),
    frequencyExponent: number('frequencyExponent', 0),
    seed: number('seed', 0),
  };
};
