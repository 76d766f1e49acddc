// The best n items for many vectors: inner products by 4 × 8 register tiles, the selection inside.
// Items are packed by eight in the order in which ties go: panels of stride × 8 floats, panel[k][lane], the last one padded
// with zeros. A score is summed over k = 0 … stride − 1 in order, in `topRows` as in `scorePanels`: the same bits.
// A panel is passed over where |vector| × its longest row cannot reach the least score that counts (Cauchy–Schwarz); its
// length comes with room for rounding, so the answer is the same as without.
// Positions in the packed order are called places. Of equal scores the lower place is the better.

import { madd } from './simd';
import { takeChunk } from './threads';

/** Vectors a thread scores at once: packed they stay in its first-level cache beside a panel. */
const chunkRows: usize = 64;

/** out[place] = item · vector for all panels. */
export function scorePanels(panels: usize, count: usize, stride: usize, vector: usize, out: usize): void {
  const bytes = stride * 32;
  let panel: usize = 0;
  for (; panel + 4 <= count; panel += 4) {
    let p = panels + panel * bytes;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    let s5 = s0;
    let s6 = s0;
    let s7 = s0;
    for (let v = vector, end = vector + stride * 4; v < end; v += 4, p += 32) {
      const a = v128.load_splat<f32>(v);
      s0 = madd(a, v128.load(p), s0);
      s1 = madd(a, v128.load(p, 16), s1);
      s2 = madd(a, v128.load(p + bytes), s2);
      s3 = madd(a, v128.load(p + bytes, 16), s3);
      s4 = madd(a, v128.load(p + 2 * bytes), s4);
      s5 = madd(a, v128.load(p + 2 * bytes, 16), s5);
      s6 = madd(a, v128.load(p + 3 * bytes), s6);
      s7 = madd(a, v128.load(p + 3 * bytes, 16), s7);
    }
    const to = out + panel * 32;
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    v128.store(to, s4, 64);
    v128.store(to, s5, 80);
    v128.store(to, s6, 96);
    v128.store(to, s7, 112);
  }
  for (; panel < count; panel++) {
    let p = panels + panel * bytes;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    for (let v = vector, end = vector + stride * 4; v < end; v += 4, p += 32) {
      const a = v128.load_splat<f32>(v);
      s0 = madd(a, v128.load(p), s0);
      s1 = madd(a, v128.load(p, 16), s1);
    }
    v128.store(out + panel * 32, s0);
    v128.store(out + panel * 32, s1, 16);
  }
}

/**
 * The best `n` places of each of `rows` vectors (row-major, rows × stride; room for a multiple of 64 rows), best first,
 * into places[row · n …] and scores[row · n …], their number into found[row]. Left out: excluded[excludedStart[row] …
 * excludedStart[row + 1] − 1], places ascending, and places of `items` and above.
 * lengths[panel]: of its longest row, rounded up. `scratch` for each thread: 64 × (stride + 3) floats.
 */
export function topRows(
  thread: usize,
  panels: usize,
  lengths: usize,
  items: i32,
  stride: usize,
  vectors: usize,
  rows: usize,
  n: i32,
  excludedStart: usize,
  excluded: usize,
  places: usize,
  scores: usize,
  found: usize,
  scratch: usize,
): void {
  const packed = scratch + thread * chunkRows * (stride + 3) * 4;
  const least = packed + chunkRows * stride * 4;
  const next = least + chunkRows * 4;
  const sizes = next + chunkRows * 4;
  const count = (<usize>items + 7) >> 3;
  for (let chunk = <usize>takeChunk(); chunk * chunkRows < rows; chunk = <usize>takeChunk()) {
    const first = chunk * chunkRows;
    packRows(vectors + first * stride * 4, stride, packed, sizes);
    for (let row: usize = 0; row < chunkRows; row++) {
      // Rows beyond the last take no place.
      const isRow = first + row < rows;
      f32.store(least + row * 4, isRow ? -Infinity : Infinity);
      i32.store(next + row * 4, isRow ? i32.load(excludedStart + (first + row) * 4) : 0);
      if (isRow) i32.store(found + (first + row) * 4, 0);
    }
    for (let panel: usize = 0; panel < count; panel++) {
      const p = panels + panel * stride * 32;
      const length = v128.load_splat<f32>(lengths + panel * 4);
      for (let row: usize = 0; row < chunkRows && first + row < rows; row += 4) {
        const most = f32x4.mul(v128.load(sizes + row * 4), length);
        if (i32x4.all_true(f32x4.le(most, v128.load(least + row * 4)))) continue;
        tile(
          p,
          packed + row * stride * 4,
          stride,
          least + row * 4,
          next + row * 4,
          first + row,
          <i32>panel * 8,
          items,
          n,
          excludedStart,
          excluded,
          places,
          scores,
          found,
        );
      }
    }
    for (let row = first; row < min(rows, first + chunkRows); row++) {
      const offset = row * <usize>n * 4;
      sortHeap(scores + offset, places + offset, i32.load(found + row * 4));
    }
  }
}

/** Rows of vectors four side by side, out[group][k][row], and the length of each. */
function packRows(from: usize, stride: usize, out: usize, sizes: usize): void {
  for (let row: usize = 0; row < chunkRows; row++) {
    let squares: f64 = 0;
    for (let k: usize = 0; k < stride; k++) {
      const value = <f64>f32.load(from + (row * stride + k) * 4);
      squares += value * value;
    }
    f32.store(sizes + row * 4, <f32>sqrt(squares));
  }
  for (let group: usize = 0; group < chunkRows; group += 4) {
    for (let k: usize = 0; k < stride; k++) {
      for (let row: usize = 0; row < 4; row++) {
        f32.store(out + (group * stride + k * 4 + row) * 4, f32.load(from + ((group + row) * stride + k) * 4));
      }
    }
  }
}

/** Scores of four vectors by eight items; those above the least score of a full heap are offered to it. */
@inline
function tile(
  panel: usize,
  vectors: usize,
  stride: usize,
  least: usize,
  next: usize,
  row: usize,
  place: i32,
  items: i32,
  n: i32,
  excludedStart: usize,
  excluded: usize,
  places: usize,
  scores: usize,
  found: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let p = panel;
  for (let a = vectors, end = vectors + stride * 16; a < end; a += 16, p += 32) {
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
  const l0 = v128.load_splat<f32>(least);
  const l1 = v128.load_splat<f32>(least, 4);
  const l2 = v128.load_splat<f32>(least, 8);
  const l3 = v128.load_splat<f32>(least, 12);
  const above = v128.or(
    v128.or(
      v128.or(f32x4.gt(c00, l0), f32x4.gt(c01, l0)),
      v128.or(f32x4.gt(c10, l1), f32x4.gt(c11, l1)),
    ),
    v128.or(
      v128.or(f32x4.gt(c20, l2), f32x4.gt(c21, l2)),
      v128.or(f32x4.gt(c30, l3), f32x4.gt(c31, l3)),
    ),
  );
  if (!v128.any_true(above)) return;
  offer(c00, c01, least, next, row, place, items, n, excludedStart, excluded, places, scores, found);
  offer(c10, c11, least + 4, next + 4, row + 1, place, items, n, excludedStart, excluded, places, scores, found);
  offer(c20, c21, least + 8, next + 8, row + 2, place, items, n, excludedStart, excluded, places, scores, found);
  offer(c30, c31, least + 12, next + 12, row + 3, place, items, n, excludedStart, excluded, places, scores, found);
}

/** Eight scores of a row from `place` on: into its heap, unless they are too low or left out. */
function offer(
  low: v128,
  high: v128,
  least: usize,
  next: usize,
  row: usize,
  place: i32,
  items: i32,
  n: i32,
  excludedStart: usize,
  excluded: usize,
  places: usize,
  scores: usize,
  found: usize,
): void {
  const bound = v128.load_splat<f32>(least);
  let mask = i32x4.bitmask(f32x4.gt(low, bound)) | (i32x4.bitmask(f32x4.gt(high, bound)) << 4);
  if (mask == 0) return;
  const end = i32.load(excludedStart + (row + 1) * 4);
  const offset = row * <usize>n * 4;
  for (; mask != 0; mask &= mask - 1) {
    const bit = ctz(mask);
    const score = laneOf(bit < 4 ? low : high, bit & 3);
    const here = place + bit;
    if (!(score > f32.load(least)) || here >= items) continue;
    let skip = i32.load(next);
    while (skip < end && i32.load(excluded + (<usize>skip) * 4) < here) skip++;
    i32.store(next, skip);
    if (skip < end && i32.load(excluded + (<usize>skip) * 4) == here) continue;
    const size = i32.load(found + row * 4);
    if (size < n) {
      push(scores + offset, places + offset, size, score, here);
      i32.store(found + row * 4, size + 1);
    } else {
      replaceWorst(scores + offset, places + offset, n, score, here);
    }
    if (size >= n - 1) f32.store(least, f32.load(scores + offset));
  }
}

@inline
function laneOf(v: v128, lane: i32): f32 {
  if (lane == 0) return f32x4.extract_lane(v, 0);
  if (lane == 1) return f32x4.extract_lane(v, 1);
  if (lane == 2) return f32x4.extract_lane(v, 2);
  return f32x4.extract_lane(v, 3);
}

// A heap in two arrays, the worst on top: the lowest score, of equals the highest place.

@inline
function worse(scoreA: f32, placeA: i32, scoreB: f32, placeB: i32): bool {
  return scoreA < scoreB || (scoreA == scoreB && placeA > placeB);
}

function push(scores: usize, places: usize, size: i32, score: f32, place: i32): void {
  let child = <usize>size;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    const above = f32.load(scores + parent * 4);
    const placeAbove = i32.load(places + parent * 4);
    if (!worse(score, place, above, placeAbove)) break;
    f32.store(scores + child * 4, above);
    i32.store(places + child * 4, placeAbove);
    child = parent;
  }
  f32.store(scores + child * 4, score);
  i32.store(places + child * 4, place);
}

function replaceWorst(scores: usize, places: usize, size: i32, score: f32, place: i32): void {
  const count = <usize>size;
  let parent: usize = 0;
  for (let child: usize = 1; child < count; child = parent * 2 + 1) {
    let below = f32.load(scores + child * 4);
    let placeBelow = i32.load(places + child * 4);
    if (child + 1 < count) {
      const other = f32.load(scores + child * 4, 4);
      const placeOther = i32.load(places + child * 4, 4);
      if (worse(other, placeOther, below, placeBelow)) {
        below = other;
        placeBelow = placeOther;
        child++;
      }
    }
    if (!worse(below, placeBelow, score, place)) break;
    f32.store(scores + parent * 4, below);
    i32.store(places + parent * 4, placeBelow);
    parent = child;
  }
  f32.store(scores + parent * 4, score);
  i32.store(places + parent * 4, place);
}

/** The worst goes to the end again and again: best first. */
function sortHeap(scores: usize, places: usize, size: i32): void {
  for (let last = size - 1; last > 0; last--) {
    const score = f32.load(scores + (<usize>last) * 4);
    const place = i32.load(places + (<usize>last) * 4);
    const worst = f32.load(scores);
    const worstPlace = i32.load(places);
    replaceWorst(scores, places, last, score, place);
    f32.store(scores + (<usize>last) * 4, worst);
    i32.store(places + (<usize>last) * 4, worstPlace);
  }
}
