// What each item of a history adds to an item's score in ALS (Hu, Koren & Volinsky 2008, eq. 7): with the fold-in's system
//   W = α0 Y'Y + Σ_j w_j y_j y_j' + ridge I,   ŷ_i = y_i' x = Σ_j w_j · y_i' W⁻¹ y_j
// By W = L L' a summand is w_j (L⁻¹ y_i) · (L⁻¹ y_j): one decomposition a history, one substitution an item. float64.
// Shapes: items × size float32; `gram` is α0 Y'Y with rows of `pitch`. Cost: history × size² + size³ / 6, once, then
// size² / 2 + history × size for each item asked.

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
    const rowOf = (item: number): Float32Array => items.subarray(item * size, (item + 1) * size);
    const lower = decomposed(system, history);
    const own = Array.from(history.items, (item) => substituted(lower, rowOf(item)));
    return (item, out) => {
      const asked = substituted(lower, rowOf(item));
      own.forEach((row, place) => {
        out[place] = history.weights[place] * dot(asked, row, size);
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

/** L⁻¹ y. */
const substituted = (lower: Float64Array, row: Float32Array): Float64Array => {
  const size = row.length;
  const solution = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = row[i];
    for (let k = 0; k < i; k++) sum -= lower[i * size + k] * solution[k];
    solution[i] = sum / lower[i * size + i];
  }
  return solution;
};

const dot = (a: Float64Array, b: Float64Array, size: number): number => {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += a[i] * b[i];
  return sum;
};
