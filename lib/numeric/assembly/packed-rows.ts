// Rows packed by eight, so that products with them read memory in order and from one pointer: a block holds, for every
// group of four columns, that group of each of its eight rows. Element (row r, column c) of a block stands at byte
// 128 ⌊c / 4⌋ + 16 r + 4 (c mod 4). A row takes `bytes` (4 × columns, a multiple of 16), a block 8 × `bytes`.

import { lanesSums, madd } from './simd';

/**
 * Reads one number of every cache line of `count` rows of `table`: their misses overlap, far more of them than while the
 * rows are copied.
 */
export function touchRows(table: usize, columns: usize, count: i32, bytes: usize): void {
  for (const end = columns + ((<usize>count) << 2); columns < end; columns += 4) {
    let line = table + <usize>load<i32>(columns) * bytes;
    for (const last = line + bytes; line < last; line += 64) {
      load<i32>(line);
    }
  }
}

/**
 * Gathers four rows of `table` into `block`, the rows' numbers at `columns`, a cache line of each at a time: their
 * misses overlap.
 */
export function packFour(table: usize, columns: usize, bytes: usize, block: usize): void {
  let a = table + <usize>load<i32>(columns) * bytes;
  let b = table + <usize>load<i32>(columns, 4) * bytes;
  let c = table + <usize>load<i32>(columns, 8) * bytes;
  let d = table + <usize>load<i32>(columns, 12) * bytes;
  const end = a + bytes;
  for (const lines = a + (bytes & ~63); a < lines; block += 256) {
    copyLine(a, block);
    copyLine(b, block + 16);
    copyLine(c, block + 32);
    copyLine(d, block + 48);
    a += 64; b += 64; c += 64; d += 64;
  }
  for (; a < end; block += 64) {
    v128.store(block, v128.load(a));
    v128.store(block, v128.load(b), 16);
    v128.store(block, v128.load(c), 32);
    v128.store(block, v128.load(d), 48);
    a += 16; b += 16; c += 16; d += 16;
  }
}

@inline
function copyLine(source: usize, target: usize): void {
  const s0 = v128.load(source), s1 = v128.load(source, 16), s2 = v128.load(source, 32), s3 = v128.load(source, 48);
  v128.store(target, s0);
  v128.store(target, s1, 64);
  v128.store(target, s2, 128);
  v128.store(target, s3, 192);
}

/** As packFour; returns w (1 − q · vector) for the four rows q, w at `weights`, on the way. */
export function packFourAlong(
  table: usize, columns: usize, bytes: usize, block: usize, vector: usize, weights: usize,
): v128 {
  let a = table + <usize>load<i32>(columns) * bytes;
  let b = table + <usize>load<i32>(columns, 4) * bytes;
  let c = table + <usize>load<i32>(columns, 8) * bytes;
  let d = table + <usize>load<i32>(columns, 12) * bytes;
  let a0 = f32x4.splat(0);
  let a1 = a0, a2 = a0, a3 = a0;
  for (const end = vector + bytes; vector < end; vector += 16) {
    const v = v128.load(vector);
    const q0 = v128.load(a), q1 = v128.load(b), q2 = v128.load(c), q3 = v128.load(d);
    a0 = madd(q0, v, a0);
    a1 = madd(q1, v, a1);
    a2 = madd(q2, v, a2);
    a3 = madd(q3, v, a3);
    v128.store(block, q0);
    v128.store(block, q1, 16);
    v128.store(block, q2, 32);
    v128.store(block, q3, 48);
    a += 16; b += 16; c += 16; d += 16;
    block += 64;
  }
  return f32x4.mul(v128.load(weights), f32x4.sub(f32x4.splat(1), lanesSums(a0, a1, a2, a3)));
}

/** The last block of a row: `count` (1 … 4) rows, zeros in the places left over. */
export function packPart(table: usize, columns: usize, count: i32, bytes: usize, block: usize): void {
  for (let row = 0; row < 4; row++) {
    let target = block + ((<usize>row) << 4);
    if (row < count) {
      let source = table + <usize>load<i32>(columns + ((<usize>row) << 2)) * bytes;
      for (const end = source + bytes; source < end; source += 16) {
        v128.store(target, v128.load(source));
        target += 64;
      }
    } else {
      for (const end = target + (bytes << 2); target < end; target += 64) {
        v128.store(target, f32x4.splat(0));
      }
    }
  }
}

/** out (8 floats) = scale × vector's own eight places at `own` − block × vector. */
export function blockResidual(block: usize, bytes: usize, vector: usize, own: usize, scale: v128, out: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  for (const end = vector + bytes; vector < end; vector += 16) {
    const v = v128.load(vector);
    a0 = madd(v128.load(block), v, a0);
    a1 = madd(v128.load(block, 16), v, a1);
    a2 = madd(v128.load(block, 32), v, a2);
    a3 = madd(v128.load(block, 48), v, a3);
    a4 = madd(v128.load(block, 64), v, a4);
    a5 = madd(v128.load(block, 80), v, a5);
    a6 = madd(v128.load(block, 96), v, a6);
    a7 = madd(v128.load(block, 112), v, a7);
    block += 128;
  }
  v128.store(out, f32x4.sub(f32x4.mul(scale, v128.load(own)), lanesSums(a0, a1, a2, a3)));
  v128.store(out, f32x4.sub(f32x4.mul(scale, v128.load(own, 16)), lanesSums(a4, a5, a6, a7)), 16);
}

/** w (q · vector)² for the four rows q of `block`, w at `weights`. */
export function blockSquares(block: usize, bytes: usize, vector: usize, weights: usize): v128 {
  const products = blockProducts(block, bytes, vector);
  return f32x4.mul(f32x4.mul(v128.load(weights), products), products);
}

/** As blockSquares, of two blocks that follow each other, added up: twice the sums hide the latency of one. */
export function twoBlocksSquares(block: usize, bytes: usize, vector: usize, weights: usize): v128 {
  let a0 = f32x4.splat(0);
  let a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  let next = block + (bytes << 2);
  for (const end = vector + bytes; vector < end; vector += 16) {
    const v = v128.load(vector);
    a0 = madd(v128.load(block), v, a0);
    a1 = madd(v128.load(block, 16), v, a1);
    a2 = madd(v128.load(block, 32), v, a2);
    a3 = madd(v128.load(block, 48), v, a3);
    a4 = madd(v128.load(next), v, a4);
    a5 = madd(v128.load(next, 16), v, a5);
    a6 = madd(v128.load(next, 32), v, a6);
    a7 = madd(v128.load(next, 48), v, a7);
    block += 64;
    next += 64;
  }
  const first = lanesSums(a0, a1, a2, a3);
  const second = lanesSums(a4, a5, a6, a7);
  return madd(
    f32x4.mul(v128.load(weights), first), first, f32x4.mul(f32x4.mul(v128.load(weights, 16), second), second),
  );
}

@inline
function blockProducts(block: usize, bytes: usize, vector: usize): v128 {
  let a0 = f32x4.splat(0);
  let a1 = a0, a2 = a0, a3 = a0;
  for (const end = vector + bytes; vector < end; vector += 16) {
    const v = v128.load(vector);
    a0 = madd(v128.load(block), v, a0);
    a1 = madd(v128.load(block, 16), v, a1);
    a2 = madd(v128.load(block, 32), v, a2);
    a3 = madd(v128.load(block, 48), v, a3);
    block += 64;
  }
  return lanesSums(a0, a1, a2, a3);
}

/** w (target − q · vector) for the four rows q of `block`, w at `weights`. */
export function blockCoefficients(block: usize, bytes: usize, vector: usize, weights: usize, target: v128): v128 {
  return f32x4.mul(v128.load(weights), f32x4.sub(target, blockProducts(block, bytes, vector)));
}

/**
 * out += Σ c q over the rows q of `block`; returns the coefficients of the block that follows it. The sums of the one
 * and the products of the other alternate, so that neither waits for the other's latency.
 */
export function addBlock(
  block: usize, bytes: usize, coefficients: v128, vector: usize, weights: usize, target: v128, out: usize,
): v128 {
  const c0 = v128.shuffle<f32>(coefficients, coefficients, 0, 0, 0, 0);
  const c1 = v128.shuffle<f32>(coefficients, coefficients, 1, 1, 1, 1);
  const c2 = v128.shuffle<f32>(coefficients, coefficients, 2, 2, 2, 2);
  const c3 = v128.shuffle<f32>(coefficients, coefficients, 3, 3, 3, 3);
  let a0 = f32x4.splat(0);
  let a1 = a0, a2 = a0, a3 = a0;
  let next = block + (bytes << 2);
  for (const end = vector + bytes; vector < end; vector += 16) {
    const v = v128.load(vector);
    a0 = madd(v128.load(next), v, a0);
    a1 = madd(v128.load(next, 16), v, a1);
    a2 = madd(v128.load(next, 32), v, a2);
    a3 = madd(v128.load(next, 48), v, a3);
    let sum = v128.load(out);
    sum = madd(v128.load(block), c0, sum);
    sum = madd(v128.load(block, 16), c1, sum);
    sum = madd(v128.load(block, 32), c2, sum);
    sum = madd(v128.load(block, 48), c3, sum);
    v128.store(out, sum);
    block += 64;
    next += 64;
    out += 16;
  }
  return f32x4.mul(v128.load(weights), f32x4.sub(target, lanesSums(a0, a1, a2, a3)));
}

/** out += Σ c q over the rows q of `block`. */
export function addLastBlock(block: usize, bytes: usize, coefficients: v128, out: usize): void {
  const c0 = v128.shuffle<f32>(coefficients, coefficients, 0, 0, 0, 0);
  const c1 = v128.shuffle<f32>(coefficients, coefficients, 1, 1, 1, 1);
  const c2 = v128.shuffle<f32>(coefficients, coefficients, 2, 2, 2, 2);
  const c3 = v128.shuffle<f32>(coefficients, coefficients, 3, 3, 3, 3);
  for (const end = out + bytes; out < end; out += 16) {
    let sum = v128.load(out);
    sum = madd(v128.load(block), c0, sum);
    sum = madd(v128.load(block, 16), c1, sum);
    sum = madd(v128.load(block, 32), c2, sum);
    sum = madd(v128.load(block, 48), c3, sum);
    v128.store(out, sum);
    block += 64;
  }
}
