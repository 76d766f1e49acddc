// Scores of all items for one vector, and what they need. Pointers are byte offsets, 16-byte aligned; sizes are in
// floats. Rows are padded to `stride` floats (a multiple of 4) with zeros.

import { lanesSum, madd } from './simd';

/** out[row] = items[row] · vector for rows from … to − 1. */
export function scoreRows(items: usize, stride: i32, from: i32, to: i32, vector: usize, out: usize): void {
  for (let row = from; row < to; row++) {
    const base = items + (<usize>row) * (<usize>stride) * 4;
    let sum = f32x4.splat(0);
    for (let i = 0; i < stride; i += 4) {
      sum = madd(v128.load(base + (<usize>i) * 4), v128.load(vector + (<usize>i) * 4), sum);
    }
    f32.store(out + (<usize>row) * 4, lanesSum(sum));
  }
}
