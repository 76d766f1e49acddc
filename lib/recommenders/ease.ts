// EASE: linear item-item weights in closed form (Steck 2019, eqs. 4–8), with a ridge that follows the items' frequency:
//   B = argmin |X − X B|² + Σ_i λ_i |B_i·|², diag B = 0:  P = (X'X + diag λ_i)⁻¹,  B_ij = −P_ij / P_jj.
// λ_i = λ (|x_i|² / mean |x|²)^ν; ν = 0 is Steck's. A history x gets the scores x B.
// Rows of X count n_u^(−κ) times in X'X, n_u the customer's items, scaled so that the trace stays: customers with long
// histories no longer decide every weight. κ = 0 is Steck's.
// Shapes: X customers × items (summed event weights); B items × items, float32, of which each item keeps the `neighbours`
// weights of largest size towards it: 8 bytes × items × neighbours. A score changes by that no more than Σ_i x_i times
// the largest weight left out. What is kept also regularizes. Measured, HR@10 / NDCG@10, each with κ 0, then with κ:
// MovieLens-1M (λ 1,000, ν 0, all kept) .718/.451, κ 0.5 .722/.452; MOOCCubeX without the last item of each line (ν 0, all
// kept, λ 500) .293/.173, with κ 0.75, ν 0.75, 200 kept, λ 250 .301/.180.
// Cost: Σ_customers (items of the customer)² / 2 + items³ / 2 multiply-adds; memory 2 × items² bytes while training.

import { easeItemsCountMax } from '../base/model-limits.ts';
import type { Kernels } from '../numeric/kernels.ts';
import { type SparseMatrix, transpose } from '../numeric/sparse.ts';
import { placeIn, sweepAll, type Tiles, tilesFor } from '../numeric/sweep.ts';
import { float32, int32 } from './artifact.ts';
import type { ModelKind, Params, Scorer } from './model.ts';
import { paramsReader } from './params.ts';

export interface EaseSettings {
  /** λ, in squared units of the weights: customers who took an item of mean frequency once. Default 500. */
  readonly regularization: number;
  /** ν: above 0, frequent items are held back and rare ones let speak. Default 0.5. */
  readonly frequencyExponent: number;
  /** κ: above 0, customers with many items count less. Default 0.5. */
  readonly customerExponent: number;
  /** Weights kept of those towards each item. Default 1,000. */
  readonly neighbours: number;
}

/** Row i: what an item i of the history adds to the scores of items j, columns ascending. */
interface Weights {
  readonly rowStart: Int32Array;
  readonly columnIndex: Int32Array;
  readonly value: Float32Array;
}

export const ease: ModelKind = {
  defaults: { regularization: 500, frequencyExponent: 0.5, customerExponent: 0.5, neighbours: 1_000 },
  fit: ({ interactions, pairs, tools }, params) => {
    const settings = settingsOf(params);
    // Items that nobody touched have no weights: they come last and are left out.
    const items = interactions.items.length;
    if (items > easeItemsCountMax) {
      throw new RangeError(
        `ease: at most ${easeItemsCountMax} items with interactions, received ${items}; use als or item-knn for so large a catalogue`,
      );
    }
    return scorer(easeWeights(tools.kernels(), { ...pairs, columns: items }, settings));
  },
  load: (artifact) =>
    scorer({
      rowStart: int32(artifact, 'weights.rowStart'),
      columnIndex: int32(artifact, 'weights.columnIndex'),
      value: float32(artifact, 'weights.value'),
    }),
};

const easeWeights = (kernels: Kernels, pairs: SparseMatrix, settings: EaseSettings): SparseMatrix =>
  kernels.scoped(() => {
    const tiles = tilesFor(kernels, pairs.columns);
    kernels.scoped(() => addGramian(kernels, tiles, pairs, settings.customerExponent));
    sweepAll(kernels, tiles, addRidge(tiles, settings));
    return keptWeights(kernels, tiles, Math.min(settings.neighbours, tiles.size - 1));
  });

/** Returns the smallest λ_i. */
const addRidge = ({ size, array }: Tiles, { regularization, frequencyExponent }: EaseSettings): number => {
  const places = Array.from({ length: size }, (_, item) => placeIn(item, item));
  const mean = places.reduce((sum, place) => sum + array[place], 0) / size;
  let least = Infinity;
  for (const place of places) {
    // An item that nobody has here (part of a training) weighs nothing, whatever its ridge.
    const relative = array[place] > 0 ? array[place] / mean : 1;
    const ridge = regularization * relative ** frequencyExponent;
    array[place] += ridge;
    least = Math.min(least, ridge);
  }
  return least;
};

/** tiles = X' diag(c n_u^−κ) X. */
const addGramian = (kernels: Kernels, tiles: Tiles, pairs: SparseMatrix, exponent: number): void => {
  const both = [weightedRows(pairs, exponent), transpose(pairs)].flatMap((matrix) =>
    sparseIn(kernels, matrix),
  );
  const scratch = kernels.float32(tiles.size * kernels.threads).byteOffset;
  const [rowStart, rowColumn, rowValue, itemStart, itemColumn, itemValue] = both;
  kernels.run(
    'gramTiles',
    tiles.array.byteOffset,
    tiles.size,
    rowStart,
    rowColumn,
    rowValue,
    itemStart,
    itemColumn,
    itemValue,
    scratch,
  );
};

/** Rows times c n_u^−κ, c such that Σ |x_u|² c n_u^−κ = Σ |x_u|². */
const weightedRows = (pairs: SparseMatrix, exponent: number): SparseMatrix => {
  if (exponent === 0) {
    return pairs;
  }
  const { rows, rowStart, value } = pairs;
  const weights = Float64Array.from({ length: rows }, (_, row) =>
    rowStart[row + 1] > rowStart[row] ? (rowStart[row + 1] - rowStart[row]) ** -exponent : 0,
  );
  const weighted = new Float32Array(value.length);
  let [before, after] = [0, 0];
  weights.forEach((weight, row) => {
    for (let entry = rowStart[row]; entry < rowStart[row + 1]; entry++) {
      before += value[entry] ** 2;
      after += weight * value[entry] ** 2;
    }
  });
  weights.forEach((weight, row) => {
    for (let entry = rowStart[row]; entry < rowStart[row + 1]; entry++) {
      weighted[entry] = value[entry] * weight * (before / after);
    }
  });
  return { ...pairs, value: weighted };
};

const sparseIn = (kernels: Kernels, { rowStart, columnIndex, value }: SparseMatrix): readonly number[] => {
  const starts = kernels.int32(rowStart.length);
  starts.set(rowStart);
  const columns = kernels.int32(columnIndex.length);
  columns.set(columnIndex);
  const values = kernels.float32(value.length);
  values.set(value);
  return [starts.byteOffset, columns.byteOffset, values.byteOffset];
};

const keptWeights = (kernels: Kernels, { size, array }: Tiles, kept: number): SparseMatrix => {
  const sources = kernels.int32(size * kept);
  const values = kernels.float32(size * kept);
  const scratch = kernels.float32(size * 9 * kernels.threads).byteOffset;
  kernels.run('largestWeights', array.byteOffset, size, kept, sources.byteOffset, values.byteOffset, scratch);
  return transpose({
    rows: size,
    columns: size,
    rowStart: Int32Array.from({ length: size + 1 }, (_, item) => item * kept),
    columnIndex: sources,
    value: values,
  });
};

const scorer = ({ rowStart, columnIndex, value }: Weights): Scorer => {
  const add = (item: number, weight: number, out: Float64Array): void => {
    // Items that nobody had touched when the model was trained have no row.
    const to = rowStart[item + 1] ?? 0;
    for (let entry = rowStart[item]; entry < to; entry++) {
      out[columnIndex[entry]] += weight * value[entry];
    }
  };
  return {
    scoreHistory: ({ items, weights }, out) => {
      items.forEach((item, i) => {
        add(item, weights[i], out);
      });
    },
    scoreSimilar: (item, out) => add(item, 1, out),
    explain:
      ({ items, weights }) =>
      (item, out) => {
        items.forEach((source, place) => {
          const row = columnIndex.subarray(rowStart[source], rowStart[source + 1] ?? 0);
          const entry = firstNotBelow(row, item);
          out[place] = row[entry] === item ? weights[place] * value[rowStart[source] + entry] : 0;
        });
      },
    arrays: {
      'weights.rowStart': rowStart,
      'weights.columnIndex': columnIndex,
      'weights.value': value,
    },
  };
};

/** Where an ascending row has `item`, or the first after it. */
const firstNotBelow = (row: Int32Array, item: number): number => {
  let [from, to] = [0, row.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (row[middle] < item) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
};

const settingsOf = (params: Params): EaseSettings => {
  const reader = paramsReader('ease', params);
  return {
    regularization: reader.number('regularization', Number.MIN_VALUE),
    frequencyExponent: reader.number('frequencyExponent', 0, 2),
    customerExponent: reader.number('customerExponent', 0, 2),
    neighbours: reader.whole('neighbours', 1),
  };
};
