// One half step of alternating least squares on the kernels (assembly/als.ts): every row x of `out` solves
//   (Σ w q q' + α0 Q'Q + ridge I) x = Σ w q
// over its entries (weight w, row q of the fixed side Q): exactly by Cholesky, or from the x of before by conjugate gradient
// steps, a few or to a relative error; preconditioned in the eigenbasis of Q'Q, where α0 Q'Q + ridge I is diagonal.
// Shapes: rows × size float32, size a multiple of 4, all in the kernels' memory.
// Q'Q is summed in float32 over parts of fixed size and in float64 over the parts, in their order, so that a result does
// not depend on the number of threads. Rows that float32 cannot decompose are solved again in float64 by ml-matrix.

import { packedRowsBytesMax } from '../base/model-limits.ts';
import { eigenbasisOf, rotate } from './eigenbasis.ts';
import type { Kernels } from './kernels.ts';
import { allFinite, choleskySolver, mirrorLower } from './matrix.ts';

/** One direction of the interactions; all arrays in the kernels' memory. */
export interface Side {
  readonly rows: number;
  readonly rowStart: Int32Array;
  readonly columns: Int32Array;
  /** One number where all weights are the same. */
  readonly weights: Float32Array | number;
  readonly ridges: Float32Array;
}

export interface HalfStepOptions {
  readonly size: number;
  /** α0. */
  readonly unobservedWeight: number;
  /** Conjugate gradient steps; 0 for the exact solution. */
  readonly steps: number;
  /**
   * Turns `fixed` and `out` into the eigenbasis of Q'Q, where they are left (`rotation` of the result): the gradients are
   * preconditioned there. Default false.
   */
  readonly inEigenbasis?: boolean;
  /** In the eigenbasis: steps until this relative error, and by Cholesky the rows that `steps` do not suffice for. */
  readonly tolerance?: number;
}

export interface HalfStepLoss {
  /** Σ over the rows of what they minimise: Σ w (1 − q·x)² + α0 Σ_all (q·x)² + ridge |x|². */
  readonly rows: number;
  /** The part Σ ridge |x|² of it. */
  readonly ridges: number;
  /** V, size × size, in the eigenbasis: the rows q and x before are q V and x V after. */
  readonly rotation?: Float64Array;
}

/** Entries (a row counts as size / 2) of one chunk of work, and the most chunks; neither depends on the threads. */
const chunkCostMin = 8_192;
const chunksCountMax = 4_096;

export const halfStep = (
  kernels: Kernels,
  side: Side,
  fixed: Float32Array,
  out: Float32Array,
  options: HalfStepOptions,
): HalfStepLoss => kernels.scoped(() => halfStepIn(kernels, side, fixed, out, options));

const halfStepIn = (
  kernels: Kernels,
  side: Side,
  fixed: Float32Array,
  out: Float32Array,
  options: HalfStepOptions,
): HalfStepLoss => {
  const { size, unobservedWeight, steps, inEigenbasis = false, tolerance = 0 } = options;
  const { rows, rowStart, columns, weights, ridges } = side;
  const base = kernels.float32((eightfold(size) + 1) * eightfold(size));
  const gram = scaledGramian(kernels, fixed, size, unobservedWeight);
  const rotation = inEigenbasis ? turnToEigenbasis(kernels, gram, size, fixed, out) : undefined;
  if (rotation !== undefined) {
    diagonalBase(gram, size, base);
  } else if (steps > 0) {
    packBase(gram, size, base);
  } else {
    base.set(gram);
  }
  const packedRows = steps > 0 ? packedRowsFor(side, size) : 0;
  const floats = scratchFloats(size, packedRows);
  const scratch = kernels.float32(floats * kernels.threads);
  const rowCost = Math.ceil(size / 2);
  const cost = columns.length + rows * rowCost;
  const chunkCost = Math.max(chunkCostMin, cost / chunksCountMax);
  const chunks = Math.max(1, Math.ceil(cost / chunkCost));
  const sums = kernels.float64(4 * chunks);
  const uniform = typeof weights === 'number';
  kernels.run(
    'alsHalfStep',
    rowStart.byteOffset,
    columns.byteOffset,
    uniform ? 0 : weights.byteOffset,
    uniform ? weights : 0,
    ridges.byteOffset,
    rows,
    fixed.byteOffset,
    out.byteOffset,
    size,
    base.byteOffset,
    Number(inEigenbasis),
    steps,
    tolerance,
    scratch.byteOffset,
    floats * 4,
    packedRows,
    chunks,
    chunkCost,
    rowCost,
    sums.byteOffset,
  );
  const loss = { rows: everyFourth(sums, 0), ridges: everyFourth(sums, 1), rotation };
  const failed = everyFourth(sums, 2);
  if (failed > 0) {
    if (steps > 0 && tolerance === 0) {
      throw new RangeError(`half step: ${failed} of ${rows} rows came out as NaN`);
    }
    const again = solveAgain(side, fixed, out, gram, size);
    return { rows: loss.rows + again.rows, ridges: loss.ridges + again.ridges, rotation };
  }
  return loss;
};

/** Turns both tables, and `gram` into the diagonal matrix that it is there; returns V. */
const turnToEigenbasis = (
  kernels: Kernels,
  gram: Float32Array,
  size: number,
  fixed: Float32Array,
  out: Float32Array,
): Float64Array => {
  const pitch = eightfold(size);
  const { values, vectors } = eigenbasisOf(gram, size, pitch);
  rotate(kernels, fixed, size, vectors);
  rotate(kernels, out, size, vectors);
  gram.fill(0);
  values.forEach((value, place) => {
    gram[place * pitch + place] = value;
  });
  return vectors;
};

/** The matrix, and after it its diagonal, padded with ones: it divides. */
const diagonalBase = (gram: Float32Array, size: number, base: Float32Array): void => {
  const pitch = eightfold(size);
  base.set(gram);
  base.fill(1, size * pitch, (size + 1) * pitch);
  for (let place = 0; place < size; place++) {
    base[size * pitch + place] = gram[place * pitch + place];
  }
};

/** α0 Q'Q of the rows of `fixed`, both triangles, rows of ⌈size / 8⌉ × 8 floats. */
export const scaledGramian = (
  kernels: Kernels,
  fixed: Float32Array,
  size: number,
  unobservedWeight: number,
): Float32Array => kernels.scoped(() => gramianIn(kernels, fixed, size, unobservedWeight));

const gramianIn = (
  kernels: Kernels,
  fixed: Float32Array,
  size: number,
  unobservedWeight: number,
): Float32Array => {
  const rows = fixed.length / size;
  const pitch = eightfold(size);
  const partRows = Math.max(4_096, Math.ceil(rows / 64));
  const partsCount = Math.ceil(rows / partRows);
  const parts = kernels.float32(partsCount * size * pitch);
  kernels.run('gramianParts', fixed.byteOffset, rows, size, partRows, parts.byteOffset, pitch * 4);
  const gram = new Float32Array(size * pitch);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      let sum = 0;
      for (let place = i * pitch + j; place < parts.length; place += size * pitch) {
        sum += parts[place];
      }
      // A column of zeros (padding) would leave a system without ridge undetermined there; its x is 0.
      const entry = i === j && sum === 0 ? 1 : unobservedWeight * sum;
      gram[i * pitch + j] = entry;
      gram[j * pitch + i] = entry;
    }
  }
  return gram;
};

/** Scratch of one thread for rows of which at most `packedRows` entries are kept packed. */
export const scratchFloats = (size: number, packedRows: number): number => {
  const gradients = 5 * eightfold(size) + packedRows * (size + 1);
  const exact = (3 + 2 * size) * eightfold(size) + gatheredRows * size;
  return Math.ceil((Math.max(gradients, exact) + 16) / 16) * 16;
};

/** As in assembly/als.ts. */
const gatheredRows = 64;

const eightfold = (size: number): number => Math.ceil(size / 8) * 8;

/** As many as the longest row has, within the limit; at least one block. */
const packedRowsFor = ({ rows, rowStart }: Side, size: number): number => {
  let longest = 4;
  for (let row = 0; row < rows; row++) {
    longest = Math.max(longest, rowStart[row + 1] - rowStart[row]);
  }
  const most = Math.max(4, Math.floor(packedRowsBytesMax / (4 * size)));
  return Math.ceil(Math.min(longest, most) / 4) * 4;
};

/** Rows packed by eight (assembly/packed-rows.ts, blockResidual). */
const packBase = (gram: Float32Array, size: number, base: Float32Array): void => {
  const pitch = eightfold(size);
  for (let i = 0; i < size; i++) {
    const block = (i - (i % 8)) * size + (i % 8) * 4;
    for (let j = 0; j < size; j++) {
      base[block + (j >> 2) * 32 + (j & 3)] = gram[i * pitch + j];
    }
  }
};

const everyFourth = (sums: Float64Array, first: number): number => {
  let sum = 0;
  for (let place = first; place < sums.length; place += 4) {
    sum += sums[place];
  }
  return sum;
};

/** Rows that became NaN, in float64. Throws RangeError where that cannot either. */
const solveAgain = (
  { rows, rowStart, columns, weights, ridges }: Side,
  fixed: Float32Array,
  out: Float32Array,
  gram: Float32Array,
  size: number,
): HalfStepLoss => {
  let [loss, ridgeLoss] = [0, 0];
  for (let row = 0; row < rows; row++) {
    if (Number.isNaN(out[row * size])) {
      const [from, to] = [rowStart[row], rowStart[row + 1]];
      const uniform = typeof weights === 'number';
      const own = uniform ? new Float32Array(to - from).fill(weights) : weights.subarray(from, to);
      const { x, explained } = solveInFloat64(
        columns.subarray(from, to),
        own,
        ridges[row],
        fixed,
        gram,
        size,
      );
      out.set(x, row * size);
      loss += own.reduce((sum, weight) => sum + weight, 0) - explained;
      ridgeLoss += x.reduce((sum, value) => sum + ridges[row] * value ** 2, 0);
    }
  }
  return { rows: loss, ridges: ridgeLoss };
};

/** One row x in float64, by ml-matrix, and b · x. Throws RangeError when its system is not positive definite. */
export const solveInFloat64 = (
  columns: Int32Array,
  weights: Float32Array,
  ridge: number,
  fixed: Float32Array,
  gram: Float32Array,
  size: number,
): { readonly x: Float64Array; readonly explained: number } => {
  const pitch = eightfold(size);
  const system = Float64Array.from(
    { length: size * size },
    (_, place) => gram[Math.floor(place / size) * pitch + (place % size)],
  );
  const right = new Float64Array(size);
  columns.forEach((column, entry) => {
    const q = fixed.subarray(column * size, (column + 1) * size);
    for (let i = 0; i < size; i++) {
      const weighted = weights[entry] * q[i];
      right[i] += weighted;
      for (let j = 0; j <= i; j++) {
        system[i * size + j] += weighted * q[j];
      }
    }
  });
  mirrorLower(system, size);
  for (let i = 0; i < size; i++) {
    system[i * size + i] += ridge;
  }
  if (!allFinite(system) || !allFinite(right)) {
    throw new RangeError('half step: a system holds numbers beyond float32');
  }
  const x = new Float64Array(size);
  choleskySolver(size)(system, right, x);
  return { x, explained: x.reduce((sum, value, i) => sum + value * right[i], 0) };
};
