// Scores of factor models for one history, by the kernels: item factors stay packed in memory from answer to answer.
// Scores are float32 by place (position in popularity order), the same bits as recommendAll's (recommend-all.ts).
// One memory with one thread serves all models of a process; when it is full, all of them are packed anew as they are
// asked. Cost of packing: one pass over the factors.

import { residentFactorsBytesMax } from '../base/model-limits.ts';
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

/** `order`: the model's items from most to least popular, always the same for the same factors. */
export interface FactorScores {
  /** The scores of a history, by place. */
  ofHistory(factors: Factors, order: Int32Array, history: History): Float32Array;
  /** Cosine of an item and every item over the first columns, by place; 0 where one of both is zero. */
  likeness(factors: Factors, columns: number, order: Int32Array, item: number): Float32Array;
}

/** A memory of its own that holds so many bytes of factors. */
export const createFactorScores = (bytesMax: number): FactorScores => {
  let memory: { readonly kernels: Kernels; readonly start: number } | undefined;
  /** Counts how often the memory was emptied: what was packed before is gone. */
  let filling = 0;
  const residents = new WeakMap<Factors, Resident>();
  const memoryOf = () => {
    if (memory === undefined) {
      const kernels = createKernels();
      memory = { kernels, start: kernels.mark() };
    }
    return memory;
  };
  const residentOf = (factors: Factors, order: Int32Array): Resident => {
    const known = residents.get(factors);
    if (known !== undefined && known.filling === filling) {
      return known;
    }
    const { kernels, start } = memoryOf();
    if (kernels.mark() - start + factors.items.byteLength > bytesMax) {
      kernels.release(start);
      filling++;
    }
    const packed = packItems(kernels, factors.items, factors.stride, order);
    const vector = kernels.float32(factors.stride);
    const scores = kernels.float32(packed.array.length / factors.stride);
    const resident = { filling, packed, vector, scores };
    residents.set(factors, resident);
    return resident;
  };
  const scoresOf = ({ packed, vector, scores }: Resident): Float32Array => {
    scorePlaces(memoryOf().kernels, packed, vector, scores);
    return scores.slice(0, packed.items);
  };
  return {
    ofHistory: (factors, order, history) => {
      const resident = residentOf(factors, order);
      factors.embed(history, resident.vector);
      return scoresOf(resident);
    },
    likeness: (factors, columns, order, item) => {
      const resident = residentOf(factors, order);
      const { items, stride } = factors;
      resident.lengths ??= Float32Array.from(order, (other) => lengthOf(items, other * stride, columns));
      resident.vector.fill(0);
      resident.vector.set(items.subarray(item * stride, item * stride + columns));
      const scores = scoresOf(resident);
      const own = lengthOf(items, item * stride, columns);
      for (let place = 0; place < scores.length; place++) {
        const scale = own * resident.lengths[place];
        scores[place] = scale > 0 ? scores[place] / scale : 0;
      }
      return scores;
    },
  };
};

/** Of the whole process. */
export const factorScores = createFactorScores(residentFactorsBytesMax);

const lengthOf = (rows: Float32Array, from: number, columns: number): number => {
  let squares = 0;
  for (let k = from; k < from + columns; k++) {
    squares += rows[k] ** 2;
  }
  return Math.sqrt(squares);
};
