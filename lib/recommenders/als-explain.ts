// What each item of a history adds to an item's score in ALS (Hu, Koren & Volinsky 2008, eq. 7): with the fold-in's system
//   W = α0 Y'Y + Σ_j w_j y_j y_j' + ridge I,   ŷ_i = y_i' x = Σ_j w_j · (W⁻¹ y_i)' y_j
// One Cholesky decomposition a history, at the first item asked, and one solution an item. float64.
// Shapes: items × size float32; `gram` is α0 Y'Y with rows of `pitch`. Cost: history × size² / 2 + size³ / 6, once, then
// size² + history × size for each item asked.

import type { History, Scorer } from './model.ts';

export interface FoldInSystem {
  readonly items: Float32Array;
  readonly size: number;
  readonly gram: Float32Array;
  readonly pitch: number;
  readonly ridgeOf: (weights: Float32Array) => number;
}

export const explainFoldIn =
  (system: FoldInSystem): NonNullable<Scorer['explain']> =>
  (history) => {
    const { items, size } = system;
    const solution = new Float64Array(size);
    let lower: Float64Array | undefined;
    return (item, out) => {
      lower ??= decomposed(system, history);
      solution.set(items.subarray(item * size, (item + 1) * size));
      solve(lower, solution);
      history.items.forEach((own, place) => {
        let sum = 0;
        for (let k = 0; k < size; k++) sum += solution[k] * items[own * size + k];
        out[place] = history.weights[place] * sum;
      });
    };
  };

/** L of W = L L', lower triangle, size × size. */
const decomposed = (
  { items, size, gram, pitch, ridgeOf }: FoldInSystem,
  { items: columns, weights }: History,
): Float64Array => {
  const lower = new Float64Array(size * size);
  const ridge = ridgeOf(weights);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      lower[i * size + j] = gram[i * pitch + j] + (i === j ? ridge : 0);
    }
  }
  columns.forEach((item, place) => {
    const at = item * size;
    for (let i = 0; i < size; i++) {
      const left = weights[place] * items[at + i];
      for (let j = 0; j <= i; j++) lower[i * size + j] += left * items[at + j];
    }
  });
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      let sum = lower[i * size + j];
      for (let k = 0; k < j; k++) sum -= lower[i * size + k] * lower[j * size + k];
      if (i === j && !(sum > 0)) {
        throw new RangeError(`als: the fold-in's ${size} × ${size} system is not positive definite`);
      }
      lower[i * size + j] = i === j ? Math.sqrt(sum) : sum / lower[j * size + j];
    }
  }
  return lower;
};

/** W⁻¹ y in the place of y. */
const solve = (lower: Float64Array, y: Float64Array): void => {
  const size = y.length;
  for (let i = 0; i < size; i++) {
    let sum = y[i];
    for (let k = 0; k < i; k++) sum -= lower[i * size + k] * y[k];
    y[i] = sum / lower[i * size + i];
  }
  for (let i = size - 1; i >= 0; i--) {
    y[i] /= lower[i * size + i];
    for (let k = 0; k < i; k++) y[k] -= lower[i * size + k] * y[i];
  }
};
