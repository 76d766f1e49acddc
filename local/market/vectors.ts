// Directions of taste: unit vectors in R^8, and how learners and items come by theirs.

import type { Random } from '../../lib/base/random.ts';

export type Vector = readonly number[];

const tasteSize = 8;

export const dot = (a: Vector, b: Vector): number =>
  a.reduce((sum, value, index) => sum + value * b[index], 0);

export const unit = (vector: Vector): Vector => {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
};

/** Uniform on the sphere. */
export const direction = (random: Random): Vector =>
  unit(Array.from({ length: tasteSize }, () => random.normal()));

/** The unit vector along the sum of wᵢ·vᵢ. */
export const along = (parts: readonly (readonly [weight: number, vector: Vector])[]): Vector =>
  unit(Array.from({ length: tasteSize }, (_, index) => parts.reduce((sum, [w, v]) => sum + w * v[index], 0)));

/** A learner's taste: near two items drawn from the catalogue, the first counting more; length 1.6. */
export const mixed = (random: Random, vectors: readonly Vector[]): Vector => {
  const main = vectors[random.int(vectors.length)];
  const other = vectors[random.int(vectors.length)];
  return along([
    [1, main],
    [0.6, other],
    [0.25, direction(random)],
  ]).map((value) => value * 1.6);
};
