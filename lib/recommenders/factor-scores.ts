// Scores of factor models for one history, by the kernels: item factors stay packed in memory from answer to answer.
// Scores are float32 by place (position in popularity order), the same bits as recommendAll's (recommend-all.ts).
// One memory with one thread serves all models of a process; when it is full, all of them are packed anew as they are
// asked. Packing costs about 20 ms for 100,000 items × 64.

import { residentFactorsBytesMax } from '../base/limits.ts';
import { createKernels, type Kernels } from '../numeric/kernels.ts';
import { type PackedItems, packItems, scorePlaces } from '../numeric/top-rows.ts';
import type { Factors, History } from './model.ts';

interface Resident {
  readonly filling: number;
  readonly packed: PackedItems;
  readonly vector: Float32Array;
  readonly scores: Float32Array;
  /** Length of every item's row by place, over the columns that likeness goes by. */
  lengths?: Float32Array;
}

let kernels: Kernels | undefined;
/** Counts how often the memory was emptied: what was packed before is gone. */
let filling = 0;
let start = 0;
const residents = new WeakMap<Factors, Resident>();

/** The scores of a history, by place. `order`: the model's items from most to least popular, always the same. */
export const factorScores = (factors: Factors, order: Int32Array, history: History): Float32Array => {
  const resident = residentOf(factors, order);
  factors.embed(history, resident.vector);
  return scoresOf(resident, order.length);
};

/** Cosine of an item and every item, by place; 0 where one of both is zero. */
export const likenessScores = (
  factors: Factors,
  columns: number,
  order: Int32Array,
  item: number,
): Float32Array => {
  const resident = residentOf(factors, order);
  const { items, stride } = factors;
  resident.lengths ??= Float32Array.from(order, (other) => lengthOf(items, other * stride, columns));
  resident.vector.fill(0);
  resident.vector.set(items.subarray(item * stride, item * stride + columns));
  const own = lengthOf(items, item * stride, columns);
  const { lengths } = resident;
  return scoresOf(resident, order.length).map((score, place) =>
    own > 0 && lengths[place] > 0 ? score / (own * lengths[place]) : 0,
  );
};

const scoresOf = ({ packed, vector, scores }: Resident, items: number): Float32Array => {
  kernels ??= createKernels();
  scorePlaces(kernels, packed, vector, scores);
  return scores.slice(0, items);
};

const lengthOf = (rows: Float32Array, from: number, columns: number): number => {
  let squares = 0;
  for (let k = from; k < from + columns; k++) {
    squares += rows[k] ** 2;
  }
  return Math.sqrt(squares);
};

const residentOf = (factors: Factors, order: Int32Array): Resident => {
  const known = residents.get(factors);
  if (known !== undefined && known.filling === filling) {
    return known;
  }
  if (kernels === undefined) {
    kernels = createKernels();
    start = kernels.mark();
  }
  const { items, stride } = factors;
  if (kernels.mark() - start + items.byteLength > residentFactorsBytesMax) {
    kernels.release(start);
    filling++;
  }
  const packed = packItems(kernels, items, stride, order);
  const resident: Resident = {
    filling,
    packed,
    vector: kernels.float32(stride),
    scores: kernels.float32(packed.array.length / stride),
  };
  residents.set(factors, resident);
  return resident;
};
