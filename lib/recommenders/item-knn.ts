// Item-item collaborative filtering: a history's score for item i is Σ_j w_j · s(i, j) over the history's items j that
// are among the nearest of i. Similarities and what they cost: item-knn-similarity.ts; weighting: item-knn-weighting.ts.
// Parameters: similarity (cosine, pearson, jaccard), weighting (none, tf-idf, bm25 with k1 and b), asymmetry α of the
// cosine, neighbours kept per item, shrinkage, threshold θ. The defaults are what was best on films and on courses.

import { servingNeighboursCountMax } from '../base/model-limits.ts';
import type { SparseMatrix } from '../numeric/sparse.ts';
import { transpose } from '../numeric/sparse.ts';
import { type Artifact, float32, int32 } from './artifact.ts';
import { itemNeighbours, type KnnSettings, type Neighbours } from './item-knn-similarity.ts';
import type { Weighting } from './item-knn-weighting.ts';
import type { ModelKind, Params, Scorer } from './model.ts';
import { type ParamsReader, paramsReader } from './params.ts';

export const itemKnn: ModelKind = {
  defaults: {
    similarity: 'cosine',
    weighting: 'tf-idf',
    k1: 1.2,
    b: 0.75,
    asymmetry: 0.5,
    neighbours: 50,
    shrinkage: 5,
    threshold: 0,
  },
  fit: ({ pairs }, params) =>
    scorer(byHistoryItem(itemNeighbours(pairs, knnSettings(params)), pairs.columns), pairs.columns),
  load: (artifact) => {
    const neighbours = neighboursFrom(artifact, 'neighbours');
    return scorer(neighbours, neighbours.rowStart.length - 1);
  },
};

/** From "the nearest of i" to "whose near is j": scoring walks the history's items j. */
const byHistoryItem = (neighbours: Neighbours, items: number): Neighbours =>
  transpose({ rows: items, columns: items, ...neighbours });

/** What serving and reasons use, whatever the model is: plain cosine with the default shrinkage, the nearest 50. */
export const servingNeighbours = (pairs: SparseMatrix): Neighbours =>
  itemNeighbours(pairs, {
    ...knnSettings(itemKnn.defaults),
    weighting: { kind: 'none' },
    neighbours: servingNeighboursCountMax,
  });

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
    explain:
      ({ items, weights }) =>
      (asked, out) => {
        items.forEach((item, place) => {
          const from = neighbours.rowStart[item];
          const found = neighbours.columnIndex.subarray(from, neighbours.rowStart[item + 1]).indexOf(asked);
          out[place] = found < 0 ? 0 : weights[place] * neighbours.value[from + found];
        });
      },
    scoreSimilar: (item, out) => add(item, 1, out),
    arrays: neighbourArrays('neighbours', neighbours),
  };
};

const knnSettings = (params: Params): KnnSettings => {
  const read = paramsReader('item-knn', params);
  return {
    similarity: read.oneOf('similarity', ['cosine', 'pearson', 'jaccard']),
    weighting: weightingOf(read),
    asymmetry: read.number('asymmetry', 0, 1),
    neighbours: read.whole('neighbours', 1),
    shrinkage: read.number('shrinkage', 0),
    threshold: read.number('threshold', 0),
  };
};

const weightingOf = (read: ParamsReader): Weighting => {
  const kind = read.oneOf('weighting', ['none', 'tf-idf', 'bm25']);
  return kind === 'bm25' ? { kind, k1: read.number('k1', 0), b: read.number('b', 0, 1) } : { kind };
};
