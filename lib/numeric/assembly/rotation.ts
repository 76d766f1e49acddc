// Rows of a table times a square matrix, in place: four rows by eight columns held in registers.

import { madd } from './simd';
import { takeChunk } from './threads';

const chunkRows = 256;

/**
 * Parallel. Every row q of `table` (rows × size, size a multiple of 4) becomes q V. `matrix`: V, rows of `pitch` bytes,
 * pitch ≥ 4 × ⌈size / 8⌉ × 8. `scratch`: four rows a thread.
 */
export function rotateRows(
  thread: i32, table: usize, rows: i32, size: i32, matrix: usize, pitch: i32, scratch: usize,
): void {
  const bytes = (<usize>size) << 2;
  const copies = scratch + (<usize>thread) * (bytes << 2);
  const chunks = (rows + chunkRows - 1) / chunkRows;
  for (let chunk = takeChunk(); chunk < chunks; chunk = takeChunk()) {
    const end = min(rows, (chunk + 1) * chunkRows);
    for (let row = chunk * chunkRows; row < end; row += 4) {
      rotateFour(table + (<usize>row) * bytes, min(4, end - row), bytes, matrix, <usize>pitch, copies);
    }
  }
}

/** The places of rows that are not there hold what was there before, and are not written back. */
function rotateFour(target: usize, rows: i32, bytes: usize, matrix: usize, pitch: usize, copies: usize): void {
  memory.copy(copies, target, (<usize>rows) * bytes);
  const copy1 = copies + bytes;
  const copy2 = copy1 + bytes;
  const copy3 = copy2 + bytes;
  for (let j: usize = 0; j < bytes; j += 32) {
    let a0 = f32x4.splat(0);
    let a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    let line = matrix + j;
    for (let k: usize = 0; k < bytes; k += 4) {
      const va = v128.load(line);
      const vb = v128.load(line, 16);
      let s = v128.load32_splat(copies + k);
      a0 = madd(s, va, a0);
      b0 = madd(s, vb, b0);
      s = v128.load32_splat(copy1 + k);
      a1 = madd(s, va, a1);
      b1 = madd(s, vb, b1);
      s = v128.load32_splat(copy2 + k);
      a2 = madd(s, va, a2);
      b2 = madd(s, vb, b2);
      s = v128.load32_splat(copy3 + k);
      a3 = madd(s, va, a3);
      b3 = madd(s, vb, b3);
      line += pitch;
    }
    const isWide = j + 16 < bytes;
    storePair(target + j, a0, b0, isWide);
    if (rows > 1) storePair(target + bytes + j, a1, b1, isWide);
    if (rows > 2) storePair(target + 2 * bytes + j, a2, b2, isWide);
    if (rows > 3) storePair(target + 3 * bytes + j, a3, b3, isWide);
  }
}

@inline
function storePair(target: usize, a: v128, b: v128, isWide: bool): void {
  v128.store(target, a);
  if (isWide) v128.store(target, b, 16);
}
