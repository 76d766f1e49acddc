// The best n items for vectors, by inner products (assembly/top.ts): items are packed in the order in which ties go, and
// answers name places in that order. One vector (`scores`) and many (`topRows`) give the same float32 scores, bit for bit.
// Memory: items × stride floats packed; many rows take 8 × n bytes each beside their vectors.

import type { Kernels } from './kernels.ts';

const lanes = 8;
const chunkRows = 64;

/** Items × stride, packed in the kernels' memory. */
export interface PackedItems {
  readonly array: Float32Array;
  /** Of eight items each, the length of the longest row with room for rounding. */
  readonly lengths: Float32Array;
  readonly items: number;
  readonly stride: number;
}

export interface TopRows {
  readonly n: number;
  /** How many each row has, of n. */
  readonly found: Int32Array;
  /** Rows × n, best first. */
  readonly places: Int32Array;
  readonly scores: Float32Array;
}

/** Rows of ascending places to leave out: those of row r at start[r] … start[r + 1] − 1. */
export interface ExcludedPlaces {
  readonly start: Int32Array;
  readonly places: Int32Array;
}

/** The rows `order[0]`, `order[1]` … of `rows` (… × stride). */
export const packItems = (
  kernels: Kernels,
  rows: Float32Array,
  stride: number,
  order: Int32Array,
): PackedItems => {
  const panels = Math.ceil(order.length / lanes);
  const array = kernels.float32(panels * lanes * stride);
  const lengths = kernels.float32(panels);
  // A sum of products in float32 is off by at most stride × 2⁻²⁴ × |a| |b|, and the product of lengths by less than that.
  const room = 1 + stride * 2 ** -23 + 2 ** -20;
  for (let place = 0; place < order.length; place++) {
    const from = order[place] * stride;
    let to = (place - (place % lanes)) * stride + (place % lanes);
    let squares = 0;
    for (let k = 0; k < stride; k++, to += lanes) {
      const value = rows[from + k];
      array[to] = value;
      squares += value * value;
    }
    const panel = Math.floor(place / lanes);
    lengths[panel] = Math.max(lengths[panel], Math.sqrt(squares) * room);
  }
  return { array, lengths, items: order.length, stride };
};

/** Scores by place of one vector (stride floats in the kernels' memory) into `out` (a multiple of 8 places). */
export const scorePlaces = (
  kernels: Kernels,
  { array, items, stride }: PackedItems,
  vector: Float32Array,
  out: Float32Array,
): void => {
  const panels = Math.ceil(items / lanes);
  kernels.call.scorePanels(array.byteOffset, panels, stride, vector.byteOffset, out.byteOffset);
};

/** The best n of every vector (rows × stride) without its excluded places; by all threads. n at least 1. */
export const topRows = (
  kernels: Kernels,
  packed: PackedItems,
  vectors: Float32Array,
  n: number,
  excluded: ExcludedPlaces,
): TopRows => kernels.scoped(() => topRowsIn(kernels, packed, vectors, n, excluded));

const topRowsIn = (
  kernels: Kernels,
  { stride, items, array, lengths }: PackedItems,
  vectors: Float32Array,
  n: number,
  excluded: ExcludedPlaces,
): TopRows => {
  const rows = vectors.length / stride;
  const input = kernels.float32(Math.ceil(rows / chunkRows) * chunkRows * stride);
  input.set(vectors);
  const start = kernels.int32(rows + 1);
  start.set(excluded.start);
  const left = kernels.int32(excluded.places.length);
  left.set(excluded.places);
  const found = kernels.int32(rows);
  const places = kernels.int32(rows * n);
  const scores = kernels.float32(rows * n);
  const scratch = kernels.float32(kernels.threads * chunkRows * (stride + 3));
  kernels.run(
    'topRows',
    array.byteOffset,
    lengths.byteOffset,
    items,
    stride,
    input.byteOffset,
    rows,
    n,
    start.byteOffset,
    left.byteOffset,
    places.byteOffset,
    scores.byteOffset,
    found.byteOffset,
    scratch.byteOffset,
  );
  return { n, found: found.slice(), places: places.slice(), scores: scores.slice() };
};
