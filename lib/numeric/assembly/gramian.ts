// Sums of outer products Σ q q' over rows q, upper triangle, in tiles of 4 × 8 held in registers.
// Rows lie `bytes` apart; matrices are row-major with rows of `pitch` bytes, pitch ≥ 4 × ⌈columns / 8⌉ × 8: the tiles
// on the diagonal and at the right edge also write elements that mean nothing (rows are followed by 16 readable bytes).

import { takeChunk } from './threads';
import { madd, nmadd } from './simd';

/** matrix += Σ q q' over `count` rows from `rows`. */
export function addOuterProducts(rows: usize, count: i32, bytes: usize, matrix: usize, pitch: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    for (let j: usize = i & ~31; j < bytes; j += 32) {
      addTile(rows + i, rows + j, count, bytes, matrix + (i >> 2) * pitch + j, pitch);
    }
  }
}

function addTile(left: usize, right: usize, count: i32, bytes: usize, tile: usize, pitch: usize): void {
  updateTile(left, right, count, bytes, tile, pitch, false);
}

/** tile (4 × 8) ± Σ of outer products of 4 places at `left` and 8 at `right`, in `count` rows that lie `bytes` apart. */
@inline
export function updateTile(
  left: usize, right: usize, count: i32, bytes: usize, tile: usize, pitch: usize, isLess: bool,
): void {
  const tile1 = tile + pitch;
  const tile2 = tile1 + pitch;
  const tile3 = tile2 + pitch;
  let a0 = v128.load(tile), b0 = v128.load(tile, 16);
  let a1 = v128.load(tile1), b1 = v128.load(tile1, 16);
  let a2 = v128.load(tile2), b2 = v128.load(tile2, 16);
  let a3 = v128.load(tile3), b3 = v128.load(tile3, 16);
  for (let row = 0; row < count; row++) {
    const va = v128.load(right);
    const vb = v128.load(right, 16);
    let s = v128.load32_splat(left);
    a0 = isLess ? nmadd(s, va, a0) : madd(s, va, a0);
    b0 = isLess ? nmadd(s, vb, b0) : madd(s, vb, b0);
    s = v128.load32_splat(left, 4);
    a1 = isLess ? nmadd(s, va, a1) : madd(s, va, a1);
    b1 = isLess ? nmadd(s, vb, b1) : madd(s, vb, b1);
    s = v128.load32_splat(left, 8);
    a2 = isLess ? nmadd(s, va, a2) : madd(s, va, a2);
    b2 = isLess ? nmadd(s, vb, b2) : madd(s, vb, b2);
    s = v128.load32_splat(left, 12);
    a3 = isLess ? nmadd(s, va, a3) : madd(s, va, a3);
    b3 = isLess ? nmadd(s, vb, b3) : madd(s, vb, b3);
    left += bytes;
    right += bytes;
  }
  v128.store(tile, a0); v128.store(tile, b0, 16);
  v128.store(tile1, a1); v128.store(tile1, b1, 16);
  v128.store(tile2, a2); v128.store(tile2, b2, 16);
  v128.store(tile3, a3); v128.store(tile3, b3, 16);
}

/** Rows of one part: what stays in the cache while all tiles pass over it. */
const blockRows = 64;

/**
 * Parallel. Part p of `parts` (matrices of pitch × columns, zero before) = Σ q q' over rows p × partRows … of `rows`.
 * The parts, added in their order, do not depend on the threads.
 */
export function gramianParts(
  thread: i32, rows: usize, count: i32, columns: i32, partRows: i32, parts: usize, pitch: i32,
): void {
  const bytes = (<usize>columns) << 2;
  const partsCount = (count + partRows - 1) / partRows;
  for (let part = takeChunk(); part < partsCount; part = takeChunk()) {
    const matrix = parts + (<usize>part) * (<usize>pitch) * (<usize>columns);
    const end = min(count, (part + 1) * partRows);
    for (let row = part * partRows; row < end; row += blockRows) {
      addOuterProducts(rows + (<usize>row) * bytes, min(blockRows, end - row), bytes, matrix, <usize>pitch);
    }
  }
}
