// What EASE needs beside the inverse (sweep.ts): the Gramian X'X of sparse customers × items, and from the swept tiles
// S = −P, P = (X'X + λI)⁻¹, the weights B_ij = S_ij / −S_jj, the largest of each column.
// Sparse matrices are compressed rows, columns ascending: rowStart and columnIndex int32, values float32. A row of the
// Gramian is summed by one thread in the order of its customers.

import { side, tileAt } from './sweep';
import { takeChunk } from './threads';

const rowsOfChunk: i32 = 8;

@inline
function int(array: usize, place: i32): i32 {
  return i32.load(array + (<usize>place) * 4);
}

@inline
function entryAt(tiles: usize, row: i32, column: i32): usize {
  const r = <usize>row;
  const c = <usize>column;
  return tileAt(tiles, r / side, c / side) + ((r % side) * side + (c % side)) * 4;
}

/** tiles = X'X, rows of X by customer (`row*`) and by item (`item*`). `scratch`: a float per item for each thread. */
export function gramTiles(
  thread: usize,
  tiles: usize,
  items: i32,
  rowStart: usize,
  rowColumn: usize,
  rowValue: usize,
  itemStart: usize,
  itemColumn: usize,
  itemValue: usize,
  scratch: usize,
): void {
  const sums = scratch + thread * <usize>items * 4;
  // From the last item, whose row is longest, to the first.
  for (let to = items - takeChunk() * rowsOfChunk; to > 0; to = items - takeChunk() * rowsOfChunk) {
    for (let item = max(0, to - rowsOfChunk); item < to; item++) {
      memory.fill(sums, 0, (<usize>item + 1) * 4);
      for (let entry = int(itemStart, item), end = int(itemStart, item + 1); entry < end; entry++) {
        const customer = int(itemColumn, entry);
        const weight = f32.load(itemValue + (<usize>entry) * 4);
        for (let other = int(rowStart, customer); ; other++) {
          const column = int(rowColumn, other);
          const sum = sums + (<usize>column) * 4;
          f32.store(sum, f32.load(sum) + weight * f32.load(rowValue + (<usize>other) * 4));
          if (column == item) break;
        }
      }
      for (let column = 0; column <= item; column += <i32>side) {
        const length = min(<usize>(item + 1 - column), side);
        memory.copy(entryAt(tiles, item, column), sums + (<usize>column) * 4, length * 4);
      }
    }
  }
}

/**
 * The `kept` largest |B_ij| of every column j without the diagonal, rows i ascending, into rows[j · kept …] and
 * values[j · kept …]; of equals those of the lower rows. kept < items. `scratch`: nine floats per item for each thread.
 */
export function largestWeights(
  thread: usize,
  tiles: usize,
  items: i32,
  kept: i32,
  rows: usize,
  values: usize,
  scratch: usize,
): void {
  const bytes = <usize>items * 4;
  const sizes = scratch + thread * bytes * <usize>(rowsOfChunk + 1);
  const weights = sizes + bytes;
  for (let chunk = takeChunk(); chunk * rowsOfChunk < items; chunk = takeChunk()) {
    const first = chunk * rowsOfChunk;
    const count = min(items - first, rowsOfChunk);
    gatherColumns(tiles, items, first, count, weights);
    for (let j = first; j < first + count; j++) {
      const own = weights + (<usize>(j - first)) * bytes;
      const scale = f32x4.splat(-1 / f32.load(own + (<usize>j) * 4));
      const end = bytes & ~15;
      for (let at: usize = 0; at < end; at += 16) {
        const weight = f32x4.mul(v128.load(own + at), scale);
        v128.store(own + at, weight);
        v128.store(sizes + at, f32x4.abs(weight));
      }
      for (let at = end; at < bytes; at += 4) {
        const weight = f32.load(own + at) * f32x4.extract_lane(scale, 0);
        f32.store(own + at, weight);
        f32.store(sizes + at, abs(weight));
      }
      // The diagonal stands below every size, so that the items − 1 others are before it.
      f32.store(sizes + (<usize>j) * 4, -1);
      const place = (<usize>j) * (<usize>kept) * 4;
      keepLargest(own, items, j, partition(sizes, items, kept), kept, rows + place, values + place);
    }
  }
}

/** Columns first … first + count − 1 of the symmetric matrix, one after the other; they lie in one column of tiles. */
function gatherColumns(tiles: usize, items: i32, first: i32, count: i32, out: usize): void {
  const bytes = <usize>items * 4;
  for (let j = 0; j < count; j++) {
    const column = out + (<usize>j) * bytes;
    // Above the diagonal the column is a row of the lower triangle.
    for (let i = 0; i <= first + j; i += <i32>side) {
      const length = min(<usize>(first + j + 1 - i), side);
      memory.copy(column + (<usize>i) * 4, entryAt(tiles, first + j, i), length * 4);
    }
  }
  for (let i = first + 1; i < items; i++) {
    const row = entryAt(tiles, i, first);
    for (let j = 0; j < min(count, i - first); j++) {
      f32.store(out + (<usize>j) * bytes + (<usize>i) * 4, f32.load(row + (<usize>j) * 4));
    }
  }
}

/** Those above `most` (the largest left out), then those equal to it until `kept` are there; in the order of rows. */
function keepLargest(
  weights: usize,
  items: i32,
  j: i32,
  most: f32,
  kept: i32,
  rows: usize,
  values: usize,
): void {
  let equal = kept;
  for (let i = 0; i < items; i++) {
    equal -= <i32>(i != j && abs(f32.load(weights + (<usize>i) * 4)) > most);
  }
  for (let i = 0, place: usize = 0; i < items; i++) {
    const weight = f32.load(weights + (<usize>i) * 4);
    if (i == j || abs(weight) < most) continue;
    if (abs(weight) == most) {
      if (equal == 0) continue;
      equal--;
    }
    i32.store(rows + place, i);
    f32.store(values + place, weight);
    place += 4;
  }
}

/** The value that stands at `place` (from 0) when the `count` floats are sorted from largest to smallest (Hoare's find). */
function partition(array: usize, count: i32, place: i32): f32 {
  let from = 0;
  let to = count - 1;
  while (from < to) {
    const pivot = f32.load(array + (<usize>((from + to) >> 1)) * 4);
    let i = from;
    let j = to;
    while (i <= j) {
      while (f32.load(array + (<usize>i) * 4) > pivot) i++;
      while (f32.load(array + (<usize>j) * 4) < pivot) j--;
      if (i <= j) {
        const a = f32.load(array + (<usize>i) * 4);
        f32.store(array + (<usize>i) * 4, f32.load(array + (<usize>j) * 4));
        f32.store(array + (<usize>j) * 4, a);
        i++;
        j--;
      }
    }
    if (place <= j) to = j;
    else if (place >= i) from = i;
    else break;
  }
  return f32.load(array + (<usize>place) * 4);
}
