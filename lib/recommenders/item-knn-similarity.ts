// Similarities of item columns of the customer × item matrix, the nearest of every item kept:
//   cosine      r_i·r_j / (|r_i|^(2(1−α)) |r_j|^(2α)); α = ½ is the usual one (asymmetric: Aiolli 2013, eq. 2), j the
//               item of the history, i the one that is scored
//   Pearson     cosine of columns centred by their mean over all customers
//   Jaccard     n_ij / (n_i + n_j − n_ij), whatever the weights are
// All are shrunk by common customers, s · n_ij / (n_ij + shrinkage) (Koren 2008, eq. 2), and dropped at or below θ.
// Cost: Σ_customers (items of the customer)², sparse; memory: items × neighbours.

import { largest } from '../numeric/largest.ts';
import { type SparseMatrix, transpose } from '../numeric/sparse.ts';
import { type Weighting, weighted } from './item-knn-weighting.ts';

/** Rows are items, entries their neighbours from nearest to farthest: columnIndex and value in that order. */
export interface Neighbours {
  readonly rowStart: Int32Array;
  readonly columnIndex: Int32Array;
  readonly value: Float32Array;
}

export interface KnnSettings {
  readonly similarity: 'cosine' | 'pearson' | 'jaccard';
  readonly weighting: Weighting;
  /** α of the cosine, 0 … 1. */
  readonly asymmetry: number;
  /** Neighbours kept per item. */
  readonly neighbours: number;
  /** Common customers at which a similarity counts half; 0 takes similarities as they are. */
  readonly shrinkage: number;
  /** θ: similarities at or below are dropped; never below 0. */
  readonly threshold: number;
}

export const itemNeighbours = (given: SparseMatrix, settings: KnnSettings): Neighbours => {
  const pairs = weighted(given, settings.weighting);
  const byItem = transpose(pairs);
  const similarityOf = similarityFunction(byItem, settings);
  const dot = new Float64Array(pairs.columns);
  const common = new Int32Array(pairs.columns);
  const touched = new Int32Array(pairs.columns);
  const similarity = new Float64Array(pairs.columns);
  const rowStart = new Int32Array(pairs.columns + 1);
  const kept = growingRows(settings.neighbours);
  for (let item = 0; item < pairs.columns; item++) {
    const count = crossProducts(item, pairs, byItem, dot, common, touched);
    let above = 0;
    for (let place = 0; place < count; place++) {
      const other = touched[place];
      const shrunk = common[other] / (common[other] + settings.shrinkage);
      similarity[other] = similarityOf(item, other, dot[other], common[other]) * shrunk;
      if (similarity[other] > settings.threshold && similarity[other] > 0) {
        touched[above++] = other;
      }
      dot[other] = 0;
      common[other] = 0;
    }
    rowStart[item + 1] = kept.add(touched.subarray(0, above), similarity);
  }
  return { rowStart, ...kept.columns() };
};

type SimilarityFunction = (item: number, other: number, dot: number, common: number) => number;

const similarityFunction = (byItem: SparseMatrix, settings: KnnSettings): SimilarityFunction => {
  const { similarity, asymmetry } = settings;
  if (similarity === 'jaccard') {
    const { rowStart } = byItem;
    const countOf = (item: number): number => rowStart[item + 1] - rowStart[item];
    return (item, other, _dot, common) => common / (countOf(item) + countOf(other) - common);
  }
  const customers = similarity === 'pearson' ? byItem.columns : 0;
  const { mean, squares } = columnMoments(byItem, customers);
  const scored = squares.map((sum) => sum ** (1 - asymmetry));
  const owned = squares.map((sum) => sum ** asymmetry);
  return (item, other, dot) => {
    const scale = scored[item] * owned[other];
    return scale > 0 ? (dot - customers * mean[item] * mean[other]) / scale : 0;
  };
};

/** Squared length of every item's column; with `customers` > 0 about its mean (Pearson), with 0 about zero (cosine). */
const columnMoments = (byItem: SparseMatrix, customers: number) => {
  const mean = new Float64Array(byItem.rows);
  const squares = new Float64Array(byItem.rows);
  for (let item = 0; item < byItem.rows; item++) {
    let sum = 0;
    for (let entry = byItem.rowStart[item]; entry < byItem.rowStart[item + 1]; entry++) {
      sum += byItem.value[entry];
      squares[item] += byItem.value[entry] ** 2;
    }
    mean[item] = customers > 0 ? sum / customers : 0;
    squares[item] = Math.max(0, squares[item] - customers * mean[item] ** 2);
  }
  return { mean, squares };
};

/** Adds r_item · r_other and the common customers of every other item; their number, and they in `touched`. */
const crossProducts = (
  item: number,
  pairs: SparseMatrix,
  byItem: SparseMatrix,
  dot: Float64Array,
  common: Int32Array,
  touched: Int32Array,
): number => {
  const { rowStart, columnIndex, value } = pairs;
  let count = 0;
  for (let entry = byItem.rowStart[item]; entry < byItem.rowStart[item + 1]; entry++) {
    const customer = byItem.columnIndex[entry];
    const weight = byItem.value[entry];
    for (let other = rowStart[customer], end = rowStart[customer + 1]; other < end; other++) {
      const index = columnIndex[other];
      if (common[index]++ === 0 && index !== item) {
        touched[count++] = index;
      }
      dot[index] += weight * value[other];
    }
  }
  dot[item] = 0;
  common[item] = 0;
  return count;
};

/** Rows of at most `neighbours` places in one pair of columns that grows by doubling. */
export const growingRows = (neighbours: number) => {
  let columnIndex = new Int32Array(1024);
  let value = new Float32Array(1024);
  let size = 0;
  return {
    /** Adds a row of the nearest among `items`; where it ends. */
    add: (items: Int32Array, similarity: Float64Array): number => {
      const row = largest(similarity, items, neighbours);
      if (size + row.length > value.length) {
        const length = 2 * (size + row.length);
        columnIndex = extended(columnIndex, new Int32Array(length));
        value = extended(value, new Float32Array(length));
      }
      for (const other of row) {
        columnIndex[size] = other;
        value[size++] = similarity[other];
      }
      return size;
    },
    columns: () => ({ columnIndex: columnIndex.slice(0, size), value: value.slice(0, size) }),
  };
};

const extended = <T extends Int32Array | Float32Array>(before: T, after: T): T => {
  after.set(before);
  return after;
};
