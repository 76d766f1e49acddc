// Item-item collaborative filtering: a history's score for item i is Σ_j w_j · s(j, i) over the history's items j
// and their nearest neighbours i.
// Cosine s = r_i·r_j / (|r_i||r_j|); Pearson is the same on columns centred by their mean over all customers.
// Both are shrunk by common customers, s · n_ij / (n_ij + shrinkage) (Koren 2008, eq. 2), and dropped at or below θ.
// Cost: Σ_customers (items of the customer)², sparse; memory: items × neighbours.

import { servingNeighboursCountMax } from '../base/limits.ts';
import type { SparseMatrix } from '../numeric/sparse.ts';
import { transpose } from '../numeric/sparse.ts';
import { type Artifact, float32, int32 } from './artifact.ts';
import type { ModelKind, Params, Scorer } from './model.ts';

/** Rows are items, entries their neighbours from nearest to farthest: columnIndex and value in that order. */
export interface Neighbours {
  readonly rowStart: Int32Array;
  readonly columnIndex: Int32Array;
  readonly value: Float32Array;
}

export interface KnnSettings {
  readonly similarity: 'cosine' | 'pearson';
  /** Neighbours kept per item. Default 50. */
  readonly neighbours: number;
  /** Common customers at which a similarity counts half. Default 5; 0 takes similarities as they are. */
  readonly shrinkage: number;
  /** θ: similarities at or below are dropped. Default 0; never below 0. */
  readonly threshold: number;
}

export const itemKnn: ModelKind = {
  defaults: { similarity: 'cosine', neighbours: 50, shrinkage: 5, threshold: 0 },
  fit: ({ pairs }, params) =>
    scorer(byHistoryItem(itemNeighbours(pairs, knnSettings(params)), pairs.columns), pairs.columns),
  load: (artifact) => {
    const neighbours = neighboursFrom(artifact, 'neighbours');
    return scorer(neighbours, neighbours.rowStart.length - 1);
  },
};

export const itemNeighbours = (pairs: SparseMatrix, settings: KnnSettings): Neighbours => {
  const byItem = transpose(pairs);
  const moments = columnMoments(byItem, settings.similarity === 'pearson' ? pairs.rows : 0);
  const dot = new Float64Array(pairs.columns);
  const common = new Int32Array(pairs.columns);
  const similarity = new Float64Array(pairs.columns);
  const rowStart = new Int32Array(pairs.columns + 1);
  const columnIndex: number[] = [];
  const value: number[] = [];
  for (let item = 0; item < pairs.columns; item++) {
    const touched = crossProducts(item, pairs, byItem, dot, common);
    const above: number[] = [];
    for (const other of touched) {
      const covariance = dot[other] - moments.count * moments.mean[item] * moments.mean[other];
      const scale = moments.length[item] * moments.length[other];
      const shrunk = common[other] / (common[other] + settings.shrinkage);
      similarity[other] = scale > 0 ? (covariance / scale) * shrunk : 0;
      if (similarity[other] > settings.threshold && similarity[other] > 0) {
        above.push(other);
      }
      dot[other] = 0;
      common[other] = 0;
    }
    for (const other of nearest(above, similarity, settings.neighbours)) {
      columnIndex.push(other);
      value.push(similarity[other]);
    }
    rowStart[item + 1] = columnIndex.length;
  }
  return { rowStart, columnIndex: Int32Array.from(columnIndex), value: Float32Array.from(value) };
};

/** From "the nearest of i" to "whose near is j": scoring walks the history's items j. */
const byHistoryItem = (neighbours: Neighbours, items: number): Neighbours =>
  transpose({ rows: items, columns: items, ...neighbours });

/** What serving and reasons use, whatever the model is: cosine with the default shrinkage, the nearest 50. */
export const servingNeighbours = (pairs: SparseMatrix): Neighbours =>
  itemNeighbours(pairs, { ...knnSettings(itemKnn.defaults), neighbours: servingNeighboursCountMax });

export const neighbourArrays = (prefix: string, { rowStart, columnIndex, value }: Neighbours) => ({
  [`${prefix}.rowStart`]: rowStart,
  [`${prefix}.columnIndex`]: columnIndex,
  [`${prefix}.value`]: value,
});

export const neighboursFrom = (artifact: Artifact<unknown>, prefix: string): Neighbours => ({
  rowStart: int32(artifact, `${prefix}.rowStart`),
  columnIndex: int32(artifact, `${prefix}.columnIndex`),
  value: float32(artifact, `${prefix}.value`),
});

/** Adds r_item · r_other and the common customers of every other item; returns the items touched. */
const crossProducts = (
  item: number,
  pairs: SparseMatrix,
  byItem: SparseMatrix,
  dot: Float64Array,
  common: Int32Array,
): readonly number[] => {
  const touched: number[] = [];
  for (let entry = byItem.rowStart[item]; entry < byItem.rowStart[item + 1]; entry++) {
    const customer = byItem.columnIndex[entry];
    const weight = byItem.value[entry];
    for (let other = pairs.rowStart[customer]; other < pairs.rowStart[customer + 1]; other++) {
      const index = pairs.columnIndex[other];
      if (common[index] === 0 && index !== item) {
        touched.push(index);
      }
      dot[index] += weight * pairs.value[other];
      common[index]++;
    }
  }
  dot[item] = 0;
  common[item] = 0;
  return touched;
};

/** So many of the items, nearest first; of equals the lower index. */
const nearest = (items: number[], similarity: Float64Array, neighbours: number): readonly number[] => {
  if (items.length <= neighbours) {
    return sortedNearest(items, similarity);
  }
  // Typed arrays sort numbers natively: finding the last similarity to keep costs less than sorting the items.
  const last = Float64Array.from(items, (item) => similarity[item]).sort()[items.length - neighbours];
  const kept = items.filter((item) => similarity[item] >= last);
  return sortedNearest(kept, similarity).slice(0, neighbours);
};

const sortedNearest = (items: number[], similarity: Float64Array): number[] =>
  items.sort((a, b) => similarity[b] - similarity[a] || a - b);

/** Length of every item's column; with `customers` > 0 about its mean (Pearson), with 0 about zero (cosine). */
const columnMoments = (byItem: SparseMatrix, customers: number) => {
  const mean = new Float64Array(byItem.rows);
  const length = new Float64Array(byItem.rows);
  for (let item = 0; item < byItem.rows; item++) {
    let sum = 0;
    let squares = 0;
    for (let entry = byItem.rowStart[item]; entry < byItem.rowStart[item + 1]; entry++) {
      sum += byItem.value[entry];
      squares += byItem.value[entry] ** 2;
    }
    mean[item] = customers > 0 ? sum / customers : 0;
    length[item] = Math.sqrt(Math.max(0, squares - customers * mean[item] ** 2));
  }
  return { count: customers, mean, length };
};

const scorer = (neighbours: Neighbours, itemsCount: number): Scorer => {
  const add = (item: number, weight: number, out: Float64Array): void => {
    if (item >= itemsCount) {
      throw new RangeError(`item-knn: item ${item} of ${itemsCount}`);
    }
    for (let entry = neighbours.rowStart[item]; entry < neighbours.rowStart[item + 1]; entry++) {
      out[neighbours.columnIndex[entry]] += weight * neighbours.value[entry];
    }
  };
  return {
    scoreHistory: ({ items, weights }, out) => {
      items.forEach((item, i) => {
        add(item, weights[i], out);
      });
    },
    scoreSimilar: (item, out) => add(item, 1, out),
    arrays: neighbourArrays('neighbours', neighbours),
  };
};

const knnSettings = (params: Params): KnnSettings => {
  const { similarity, neighbours, shrinkage, threshold } = params;
  if (
    (similarity !== 'cosine' && similarity !== 'pearson') ||
    typeof neighbours !== 'number' ||
    typeof shrinkage !== 'number' ||
    typeof threshold !== 'number' ||
    !(neighbours >= 1 && shrinkage >= 0 && threshold >= 0)
  ) {
    throw new RangeError(`item-knn: parameters out of range: ${JSON.stringify(params)}`);
  }
  return { similarity, neighbours, shrinkage, threshold };
};
