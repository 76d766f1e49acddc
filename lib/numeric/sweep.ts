// The inverse of a large symmetric positive definite matrix in the kernels' memory (assembly/sweep.ts says how).
// Layout: the lower triangle in tiles of 128 × 128, row-major float32, of a size rounded up with a diagonal.
// Limits: float32, so the condition number should stay under some 10⁵; a pivot below half of the smallest that the
// matrix can have says that rounding has taken over, and throws.

import type { Kernels } from './kernels.ts';

const side = 128;
const tileLength = side * side;

export interface Tiles {
  readonly size: number;
  readonly blocks: number;
  readonly array: Float32Array;
}

/** A zero matrix. */
export const tilesFor = (kernels: Kernels, size: number): Tiles => {
  const blocks = Math.ceil(size / side);
  return { size, blocks, array: kernels.float32((tileLength * blocks * (blocks + 1)) / 2) };
};

/** Where the entry of a row and a column ≤ row lies. */
export const placeIn = (row: number, column: number): number => {
  const [i, j] = [Math.floor(row / side), Math.floor(column / side)];
  return ((i * (i + 1)) / 2 + j) * tileLength + (row % side) * side + (column % side);
};

/** Replaces the matrix by −(its inverse). `least`: a lower bound of its eigenvalues, such as the ridge added to it. */
export const sweepAll = (kernels: Kernels, tiles: Tiles, least: number): void =>
  kernels.scoped(() => sweepIn(kernels, tiles, least));

const sweepIn = (kernels: Kernels, { size, blocks, array }: Tiles, least: number): void => {
  for (let row = size; row < blocks * side; row++) {
    array[placeIn(row, row)] = least;
  }
  const square = kernels.float64(tileLength).byteOffset;
  const inverse = kernels.float32(tileLength).byteOffset;
  const lefts = kernels.float32(tileLength * blocks).byteOffset;
  const rights = kernels.float32(tileLength * blocks).byteOffset;
  const scratch = kernels.float32(tileLength * 2 * kernels.threads).byteOffset;
  const tiles = array.byteOffset;
  for (let pivot = 0; pivot < blocks; pivot++) {
    const smallest = kernels.call.sweepPivots(tiles, pivot, least / 2, square, inverse);
    if (!(smallest > least / 2)) {
      throw new RangeError(
        `sweep: a pivot of ${smallest} where none can be below ${least}: too ill-conditioned for float32; raise the regularization`,
      );
    }
    kernels.run('sweepPanel', tiles, blocks, pivot, inverse, lefts, rights, scratch);
    kernels.run('sweepRest', tiles, blocks, pivot, lefts, rights);
  }
};
