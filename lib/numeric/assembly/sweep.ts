// Inverse of a symmetric positive definite matrix in place, by the sweep operator over blocks of pivots (Goodnight 1979):
// with pivots K and the rest J,  A_KK → −A_KK⁻¹,  A_JK → W = A_JK A_KK⁻¹,  A_JJ → A_JJ − W A_KJ.  All swept: −A⁻¹.
// Cost: n³ / 2 multiply-adds, almost all of them in `sweepRest`.
// Layout: the lower triangle of 128 × 128 tiles, tile (I, J), I ≥ J, at I (I + 1) / 2 + J, row-major float32; of tiles on
// the diagonal only the lower triangle counts. Panels are packed for the 4 × 8 register tile: 4 (or 8) rows side by side.
// Blocks of pivots are inverted in float64. Every tile is updated by one thread in a fixed order.

import { madd, madd64 } from './simd';
import { takeChunk } from './threads';

export const side: usize = 128;
export const tileBytes: usize = side * side * 4;

@inline
export function tileAt(tiles: usize, row: usize, column: usize): usize {
  return tiles + ((row * (row + 1)) / 2 + column) * tileBytes;
}

/**
 * Inverts pivot block `pivot` by 128 sweeps in float64 and leaves it in `inverse` (packed by 8 rows) and, negative, in
 * its tile. `square`: 128 × 128 float64 of scratch. Returns the smallest pivot met; at or below `least` it stopped there.
 */
export function sweepPivots(tiles: usize, pivot: usize, least: f64, square: usize, inverse: usize): f64 {
  const tile = tileAt(tiles, pivot, pivot);
  for (let i: usize = 0; i < side; i++) {
    for (let j: usize = 0; j <= i; j++) {
      const value = <f64>f32.load(tile + (i * side + j) * 4);
      f64.store(square + (i * side + j) * 8, value);
      f64.store(square + (j * side + i) * 8, value);
    }
  }
  let smallest = Infinity;
  for (let k: usize = 0; k < side; k++) {
    const d = f64.load(square + (k * side + k) * 8);
    if (!(d > least)) return d;
    smallest = min(smallest, d);
    sweepOne(square, k, d);
  }
  for (let i: usize = 0; i < side; i++) {
    for (let j: usize = 0; j < side; j++) {
      const value = <f32>f64.load(square + (max(i, j) * side + min(i, j)) * 8);
      f32.store(tile + (i * side + j) * 4, value);
      f32.store(inverse + ((i >> 3) * side * 8 + j * 8 + (i & 7)) * 4, -value);
    }
  }
  return smallest;
}

function sweepOne(square: usize, k: usize, d: f64): void {
  const pivotRow = square + k * side * 8;
  for (let i: usize = 0; i < side; i++) {
    if (i == k) continue;
    const row = square + i * side * 8;
    const ratio = f64.load(row + k * 8) / d;
    const factor = f64x2.splat(-ratio);
    for (let j: usize = 0; j < side * 8; j += 16) {
      v128.store(row + j, madd64(factor, v128.load(pivotRow + j), v128.load(row + j)));
    }
    f64.store(row + k * 8, ratio);
  }
  for (let j: usize = 0; j < side; j++) {
    f64.store(pivotRow + j * 8, j == k ? -1 / d : f64.load(pivotRow + j * 8) / d);
  }
}

/**
 * For every block J but the pivots': packs P = A_JK by 8 rows into `rights`, computes W = P A_KK⁻¹, packs −W by 4 rows
 * into `lefts` and writes W in the place of A_JK. `scratch`: two tiles for each thread.
 */
export function sweepPanel(
  thread: usize,
  tiles: usize,
  blocks: usize,
  pivot: usize,
  inverse: usize,
  lefts: usize,
  rights: usize,
  scratch: usize,
): void {
  const left = scratch + thread * 2 * tileBytes;
  const product = left + tileBytes;
  for (let block = <usize>takeChunk(); block < blocks; block = <usize>takeChunk()) {
    if (block == pivot) continue;
    const below = block > pivot;
    const tile = below ? tileAt(tiles, block, pivot) : tileAt(tiles, pivot, block);
    if (below) {
      memory.copy(product, tile, tileBytes);
    } else {
      transposeTile(tile, product);
    }
    packRows(product, left, 1, 4);
    packRows(product, rights + block * tileBytes, 1, 8);
    memory.fill(product, 0, tileBytes);
    addProduct(product, left, inverse);
    packRows(product, lefts + block * tileBytes, -1, 4);
    if (below) {
      memory.copy(tile, product, tileBytes);
    } else {
      transposeTile(product, tile);
    }
  }
}

/** A_IJ −= W_I P_J' for all tiles of the triangle outside the pivots' row and column. */
export function sweepRest(
  _thread: usize,
  tiles: usize,
  blocks: usize,
  pivot: usize,
  lefts: usize,
  rights: usize,
): void {
  const others = blocks - 1;
  const count = (others * (others + 1)) / 2;
  for (let chunk = <usize>takeChunk(); chunk < count; chunk = <usize>takeChunk()) {
    let row = <usize>((sqrt<f64>(8 * <f64>chunk + 1) - 1) / 2);
    while ((row * (row + 1)) / 2 > chunk) row--;
    while (((row + 1) * (row + 2)) / 2 <= chunk) row++;
    const column = chunk - (row * (row + 1)) / 2;
    const i = row + <usize>(row >= pivot);
    const j = column + <usize>(column >= pivot);
    addProduct(tileAt(tiles, i, j), lefts + i * tileBytes, rights + j * tileBytes);
  }
}

/** Rows of a tile, `width` of them side by side: out[panel][k][row in panel] = sign · tile[row][k]. */
@inline
function packRows(tile: usize, out: usize, sign: f32, width: usize): void {
  for (let panel: usize = 0; panel < side; panel += width) {
    for (let k: usize = 0; k < side; k++) {
      for (let row: usize = 0; row < width; row++) {
        f32.store(
          out + (panel * side + k * width + row) * 4,
          sign * f32.load(tile + ((panel + row) * side + k) * 4),
        );
      }
    }
  }
}

function transposeTile(from: usize, to: usize): void {
  for (let i: usize = 0; i < side; i++) {
    for (let j: usize = 0; j < side; j++) {
      f32.store(to + (j * side + i) * 4, f32.load(from + (i * side + j) * 4));
    }
  }
}

/** tile += L R', L packed by 4 rows, R by 8. */
function addProduct(tile: usize, left: usize, right: usize): void {
  const row = side * 4;
  for (let j: usize = 0; j < side; j += 8) {
    const b = right + j * side * 4;
    for (let i: usize = 0; i < side; i += 4) {
      let a = left + i * side * 4;
      let p = b;
      const c = tile + i * row + j * 4;
      let c00 = v128.load(c);
      let c01 = v128.load(c, 16);
      let c10 = v128.load(c + row);
      let c11 = v128.load(c + row, 16);
      let c20 = v128.load(c + 2 * row);
      let c21 = v128.load(c + 2 * row, 16);
      let c30 = v128.load(c + 3 * row);
      let c31 = v128.load(c + 3 * row, 16);
      for (const end = a + side * 16; a < end; a += 16, p += 32) {
        const b0 = v128.load(p);
        const b1 = v128.load(p, 16);
        const a0 = v128.load_splat<f32>(a);
        c00 = madd(a0, b0, c00);
        c01 = madd(a0, b1, c01);
        const a1 = v128.load_splat<f32>(a, 4);
        c10 = madd(a1, b0, c10);
        c11 = madd(a1, b1, c11);
        const a2 = v128.load_splat<f32>(a, 8);
        c20 = madd(a2, b0, c20);
        c21 = madd(a2, b1, c21);
        const a3 = v128.load_splat<f32>(a, 12);
        c30 = madd(a3, b0, c30);
        c31 = madd(a3, b1, c31);
      }
      v128.store(c, c00);
      v128.store(c, c01, 16);
      v128.store(c + row, c10);
      v128.store(c + row, c11, 16);
      v128.store(c + 2 * row, c20);
      v128.store(c + 2 * row, c21, 16);
      v128.store(c + 3 * row, c30);
      v128.store(c + 3 * row, c31, 16);
    }
  }
}
