// Implicit-feedback matrix factorisation by alternating least squares (Hu, Koren & Volinsky 2008), with the loss,
// unobserved weight α0 and frequency-scaled regularisation of Rendle, Krichene, Zhang & Koren 2021 (eqs. 2–5):
//   Σ_observed w_ui (1 − x_u·y_i)² + α0 Σ_all (x_u·y_i)² + Σ_u λ_u|x_u|² + Σ_i λ_i|y_i|²,  λ_u = λ (Σ_i w_ui + α0 n)^ν
// Solved by conjugate gradients (Takács, Pilászy & Tikk 2011) or exactly, in the kernels. A history is folded in by one
// exact half step on fixed items, α0 Y'Y being part of the model. Shapes: factors rows × d float32.
// Cost of an epoch: entries × 2 d a step (cg, exact), or entries × d² / 2 + (customers + items) × d³ / 6 (cholesky).

import { factorsCountMax } from '../base/model-limits.ts';
import { halfStep, scaledGramian, scratchFloats, solveInFloat64 } from '../numeric/half-step.ts';
import { createKernels, type Kernels } from '../numeric/kernels.ts';
import { explainFoldIn } from './als-explain.ts';
import { fitItemFactors, strideOf } from './als-fit.ts';
import { customerSide, ridgeOf } from './als-sides.ts';
import { float32 } from './artifact.ts';
import type { Factors, History, ModelKind, Params, Scorer } from './model.ts';
import { paramsReader } from './params.ts';

export interface AlsSettings {
  /** d. Default 32. */
  readonly factors: number;
  /** Epochs. Default 8. */
  readonly iterations: number;
  /** λ. Default 0.01. */
  readonly regularization: number;
  /** α0, weight of every pair towards zero. Default 0.3. */
  readonly unobservedWeight: number;
  /** ν, exponent of the frequency in the regularisation. Default 1. */
  readonly frequencyExponent: number;
  /** σ: items start as normal numbers of deviation σ / √d. Default 0.1. */
  readonly initScale: number;
  /**
   * Default cg. Both others are exact: cholesky decomposes every row's matrix, exact takes preconditioned conjugate
   * gradient steps until a relative error of 1e-5, far cheaper unless α0 is small beside the weights.
   */
  readonly solver: 'cg' | 'exact' | 'cholesky';
  /** Conjugate gradient steps of one half step, from the solution of the epoch before; 2 come as near. Default 3. */
  readonly steps: number;
  /** Default 1. */
  readonly seed: number;
}

export const als: ModelKind = {
  defaults: {
    factors: 32,
    iterations: 8,
    regularization: 0.01,
    unobservedWeight: 0.3,
    frequencyExponent: 1,
    initScale: 0.1,
    solver: 'cg',
    steps: 3,
    seed: 1,
  },
  fit: ({ pairs, tools }, params) => {
    const settings = settingsOf(params);
    const kernels = tools.kernels();
    const items = fitItemFactors(kernels, pairs, settings, (epoch, loss) =>
      tools.progress({ model: 'als', epoch, epochs: settings.iterations, loss }),
    );
    return scorer(items, gramianOf(kernels, items, settings), settings);
  },
  load: (artifact, params) =>
    scorer(float32(artifact, 'itemFactors'), float32(artifact, 'gramian'), settingsOf(params)),
};

/** α0 Y'Y, rows padded to a multiple of 8. */
const gramianOf = (kernels: Kernels, items: Float32Array, settings: AlsSettings): Float32Array =>
  kernels.scoped(() => {
    const held = kernels.float32(items.length);
    held.set(items);
    return scaledGramian(kernels, held, strideOf(settings), settings.unobservedWeight);
  });

const scorer = (items: Float32Array, gramian: Float32Array, settings: AlsSettings): Scorer => {
  const stride = strideOf(settings);
  const embed = embedding(items, gramian, settings);
  const vector = new Float32Array(stride);
  const multiply = (out: Float64Array): void => {
    for (let item = 0; item < out.length; item++) {
      let sum = 0;
      for (let k = 0; k < stride; k++) {
        sum += items[item * stride + k] * vector[k];
      }
      out[item] = sum;
    }
  };
  return {
    factors: {
      items,
      stride,
      likenessColumns: stride,
      embed,
      embedAll: (kernels, pairs) => {
        const vectors = kernels.float32(pairs.rows * stride);
        kernels.scoped(() => {
          const held = kernels.float32(items.length);
          held.set(items);
          const side = customerSide(kernels, pairs, settings);
          const { unobservedWeight } = settings;
          halfStep(kernels, side, held, vectors, { size: stride, unobservedWeight, steps: 0 });
        });
        return vectors;
      },
    },
    scoreHistory: (history, out) => {
      embed(history, vector);
      multiply(out);
    },
    scoreSimilar: (item, out) => {
      vector.set(items.subarray(item * stride, (item + 1) * stride));
      multiply(out);
      const own = Math.sqrt(out[item]);
      for (let other = 0; other < out.length; other++) {
        const length = Math.hypot(...items.subarray(other * stride, (other + 1) * stride));
        out[other] = own > 0 && length > 0 ? out[other] / (own * length) : 0;
      }
    },
    explain: explainFoldIn({
      items,
      size: stride,
      gram: gramian,
      pitch: gramian.length / stride,
      ridgeOf: (weights) => ridgeOf(massOf(weights), items.length / stride, settings),
    }),
    arrays: { itemFactors: items, gramian },
  };
};

/** One thread's kernels for single histories, whatever the model. */
let foldInKernels: Kernels | undefined;

/** The exact half step for one history: its items' rows are copied into the kernels' memory. */
const embedding = (items: Float32Array, gramian: Float32Array, settings: AlsSettings): Factors['embed'] => {
  const size = strideOf(settings);
  const itemsCount = items.length / size;
  return ({ items: columns, weights }: History, out) => {
    out.fill(0);
    if (columns.length === 0) {
      return;
    }
    foldInKernels ??= createKernels();
    const kernels = foldInKernels;
    kernels.scoped(() => {
      const table = kernels.float32(columns.length * size);
      const places = kernels.int32(columns.length);
      columns.forEach((item, place) => {
        table.set(items.subarray(item * size, (item + 1) * size), place * size);
        places[place] = place;
      });
      const own = kernels.float32(columns.length);
      own.set(weights);
      const base = kernels.float32(gramian.length);
      base.set(gramian);
      const row = kernels.float32(size);
      const scratch = kernels.float32(scratchFloats(size, 0));
      // As float32, as in embedAll.
      const ridge = Math.fround(ridgeOf(massOf(weights), itemsCount, settings));
      kernels.call.alsPrepare(table.byteOffset, size, base.byteOffset, scratch.byteOffset, 0);
      kernels.call.alsRowExactly(places.byteOffset, own.byteOffset, 0, columns.length, ridge, row.byteOffset);
      out.set(Number.isNaN(row[0]) ? solveInFloat64(columns, weights, ridge, items, gramian, size).x : row);
    });
  };
};

const massOf = (weights: Float32Array): number => {
  let mass = 0;
  for (const weight of weights) mass += weight;
  return mass;
};

const settingsOf = (params: Params): AlsSettings => {
  const { number, whole, oneOf } = paramsReader('als', params);
  return {
    factors: whole('factors', 1, factorsCountMax),
    iterations: whole('iterations', 1),
    regularization: number('regularization', 0),
    unobservedWeight: number('unobservedWeight', 0),
    frequencyExponent: number('frequencyExponent', 0),
    initScale: number('initScale', 0),
    solver: oneOf('solver', ['cg', 'exact', 'cholesky']),
    steps: whole('steps', 1),
    seed: number('seed', 0),
  };
};
