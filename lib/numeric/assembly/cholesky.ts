// Cholesky decomposition A = U' U of a symmetric positive definite matrix and the solution of A x = b, float32.
// Only the upper triangle of A is read; U takes its place (elements below the diagonal mean nothing). A is row-major
// with rows of `pitch` bytes; columns are a multiple of 4, and `bytes` is 4 × columns.

import { updateTile } from './gramian';
import { lanesSum, lanesSums, nmadd } from './simd';

/** Four rows at a time: less what the rows above take, then among themselves. False if A is not positive definite. */
export function decompose(matrix: usize, bytes: usize, pitch: usize, inverses: usize): bool {
  for (let k: usize = 0; k < bytes; k += 16) {
    const panel = matrix + (k >> 2) * pitch;
    for (let j: usize = k & ~31; j < bytes; j += 32) {
      subtractTile(matrix + k, matrix + j, <i32>(k >> 2), pitch, panel + j);
    }
    for (let i: usize = 0; i < 4; i++) {
      const row = panel + i * pitch;
      const pivot = load<f32>(row + k + (i << 2));
      if (!(pivot > 0) || pivot == Infinity) {
        return false;
      }
      const inverse: f32 = 1 / sqrt<f32>(pivot);
      store<f32>(inverses + k + (i << 2), inverse);
      const scale = f32x4.splat(inverse);
      for (let j = k; j < bytes; j += 16) {
        v128.store(row + j, f32x4.mul(v128.load(row + j), scale));
      }
      for (let below = i + 1; below < 4; below++) {
        const factor = v128.load32_splat(row + k + (below << 2));
        const target = panel + below * pitch;
        for (let j = k; j < bytes; j += 16) {
          v128.store(target + j, nmadd(factor, v128.load(row + j), v128.load(target + j)));
        }
      }
    }
  }
  return true;
}

/** tile (4 × 8) −= Σ of outer products of the first `count` rows at `left` (4 places) and `right` (8 places). */
function subtractTile(left: usize, right: usize, count: i32, pitch: usize, tile: usize): void {
  updateTile(left, right, count, pitch, tile, pitch, true);
}

/** U' y = b: `vector` holds b and then y. Returns y · y, which is b · x. */
export function solveForward(matrix: usize, bytes: usize, pitch: usize, inverses: usize, vector: usize): f32 {
  let squares = f32x4.splat(0);
  for (let k: usize = 0; k < bytes; k += 16) {
    const u0 = matrix + (k >> 2) * pitch;
    const u1 = u0 + pitch;
    const u2 = u1 + pitch;
    const u3 = u2 + pitch;
    const y0 = load<f32>(vector + k) * load<f32>(inverses + k);
    const y1 = (load<f32>(vector + k, 4) - load<f32>(u0 + k, 4) * y0) * load<f32>(inverses + k, 4);
    const y2 =
      (load<f32>(vector + k, 8) - load<f32>(u0 + k, 8) * y0 - load<f32>(u1 + k, 8) * y1) *
      load<f32>(inverses + k, 8);
    const y3 =
      (load<f32>(vector + k, 12) - load<f32>(u0 + k, 12) * y0 - load<f32>(u1 + k, 12) * y1 -
        load<f32>(u2 + k, 12) * y2) *
      load<f32>(inverses + k, 12);
    const s0 = f32x4.splat(y0);
    const s1 = f32x4.splat(y1);
    const s2 = f32x4.splat(y2);
    const s3 = f32x4.splat(y3);
    const y = f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(s0, 1, y1), 2, y2), 3, y3);
    v128.store(vector + k, y);
    squares = f32x4.add(squares, f32x4.mul(y, y));
    for (let j = k + 16; j < bytes; j += 16) {
      let rest = nmadd(s0, v128.load(u0 + j), v128.load(vector + j));
      rest = nmadd(s1, v128.load(u1 + j), rest);
      rest = nmadd(s2, v128.load(u2 + j), rest);
      v128.store(vector + j, nmadd(s3, v128.load(u3 + j), rest));
    }
  }
  return lanesSum(squares);
}

/** U x = y: `vector` holds y and then x. */
export function solveBackward(matrix: usize, bytes: usize, pitch: usize, inverses: usize, vector: usize): void {
  for (let end = bytes; end > 0; end -= 16) {
    const k = end - 16;
    const u0 = matrix + (k >> 2) * pitch;
    const u1 = u0 + pitch;
    const u2 = u1 + pitch;
    const u3 = u2 + pitch;
    let a0 = f32x4.splat(0);
    let a1 = a0, a2 = a0, a3 = a0;
    for (let j = end; j < bytes; j += 16) {
      const x = v128.load(vector + j);
      a0 = nmadd(v128.load(u0 + j), x, a0);
      a1 = nmadd(v128.load(u1 + j), x, a1);
      a2 = nmadd(v128.load(u2 + j), x, a2);
      a3 = nmadd(v128.load(u3 + j), x, a3);
    }
    const y = f32x4.add(v128.load(vector + k), lanesSums(a0, a1, a2, a3));
    const x3 = f32x4.extract_lane(y, 3) * load<f32>(inverses + k, 12);
    const x2 = (f32x4.extract_lane(y, 2) - load<f32>(u2 + k, 12) * x3) * load<f32>(inverses + k, 8);
    const x1 =
      (f32x4.extract_lane(y, 1) - load<f32>(u1 + k, 12) * x3 - load<f32>(u1 + k, 8) * x2) *
      load<f32>(inverses + k, 4);
    const x0 =
      (f32x4.extract_lane(y, 0) - load<f32>(u0 + k, 12) * x3 - load<f32>(u0 + k, 8) * x2 -
        load<f32>(u0 + k, 4) * x1) *
      load<f32>(inverses + k);
    store<f32>(vector + k, x0);
    store<f32>(vector + k, x1, 4);
    store<f32>(vector + k, x2, 8);
    store<f32>(vector + k, x3, 12);
  }
}
