import { describe, expect, it } from 'vitest';
import { itemId } from '../../lib/base/ids.ts';
import { pairsOf } from '../../lib/recommenders/history.ts';
import { itemNeighbours, type KnnSettings } from '../../lib/recommenders/item-knn-similarity.ts';
import { createRecommender, recipeOf } from '../../lib/recommenders/models.ts';
import type { Recipe } from '../../lib/recommenders/recommender.ts';
import { dense, interactionsOf, type Triple, scattered as triples } from './interactions.ts';

const settings: KnnSettings = {
  similarity: 'cosine',
  weighting: { kind: 'none' },
  asymmetry: 0.5,
  neighbours: 100,
  shrinkage: 0,
  threshold: 0,
};

const similarityIn = (
  rows: readonly Triple[],
  change: Partial<KnnSettings>,
  a: number,
  b: number,
): number => {
  const { rowStart, columnIndex, value } = itemNeighbours(pairsOf(interactionsOf(rows)), {
    ...settings,
    ...change,
  });
  const place = columnIndex.subarray(rowStart[a], rowStart[a + 1]).indexOf(b);
  return place < 0 ? 0 : value[rowStart[a] + place];
};

/** Six items, so that nobody's idf is 0: A, B, C are 0, 1, 2. The expected values were computed apart, in Python. */
const tiny: readonly Triple[] = [
  ['u1', 'A', 2],
  ['u1', 'B'],
  ['u2', 'A'],
  ['u2', 'B'],
  ['u2', 'C'],
  ['u3', 'A'],
  ['u4', 'C'],
  ['u5', 'D'],
  ['u5', 'E'],
  ['u5', 'F'],
];

describe('the similarity of two items of a tiny matrix is', () => {
  it.each<readonly [string, Partial<KnnSettings>, number, number, number]>([
    ['3 / √(6 · 2) by cosine', {}, 0, 1, 0.8660254037844387],
    ['2 / (3 + 2 − 2) by Jaccard', { similarity: 'jaccard' }, 0, 1, 2 / 3],
    ['1 / (3 + 2 − 1) by Jaccard', { similarity: 'jaccard' }, 0, 2, 1 / 4],
    ['the correlation by Pearson', { similarity: 'pearson' }, 0, 1, 0.7637626158259734],
    ['nothing where the correlation is below 0', { similarity: 'pearson' }, 0, 2, 0],
    ['3 / 2 by α = 1, where B alone speaks for A', { asymmetry: 1 }, 0, 1, 3 / 2],
    ['3 / 6 by α = 1, where A alone speaks for B', { asymmetry: 1 }, 1, 0, 3 / 6],
    ['between them by α = ¼', { asymmetry: 0.25 }, 0, 1, 0.6580370064762463],
    ['the cosine of TF-IDF weights', { weighting: { kind: 'tf-idf' } }, 0, 1, 0.6881035766497],
    [
      'the cosine of BM25 weights',
      { weighting: { kind: 'bm25', k1: 1.2, b: 0.75 } },
      0,
      1,
      0.7091482863384901,
    ],
    [
      'of BM25 with one customer in common',
      { weighting: { kind: 'bm25', k1: 1.2, b: 0.75 } },
      0,
      2,
      0.08883607079860709,
    ],
  ])('%s', (_name, change, a, b, expected) => {
    expect(similarityIn(tiny, change, a, b)).toBeCloseTo(expected, 6);
  });
});

describe('item-knn', () => {
  const similarityOf = (change: Partial<KnnSettings>, a: number, b: number): number =>
    similarityIn(triples, change, a, b);
  const matrix = dense();
  const column = (item: number): number[] => matrix.getColumn(item);
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, row) => sum + x * b[row], 0);
  const cosine = (a: readonly number[], b: readonly number[]): number =>
    dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const centred = (a: readonly number[]): number[] => {
    const mean = a.reduce((sum, x) => sum + x, 0) / a.length;
    return a.map((x) => x - mean);
  };
  const common = (a: number, b: number): number =>
    column(a).filter((x, row) => x > 0 && column(b)[row] > 0).length;

  it('cosine is that of the item columns, Pearson their correlation, where positive', () => {
    for (let a = 0; a < 10; a++) {
      for (let b = 0; b < a; b++) {
        expect(similarityOf({}, a, b)).toBeCloseTo(cosine(column(a), column(b)), 6);
        const correlation = cosine(centred(column(a)), centred(column(b)));
        const expected = common(a, b) > 0 ? Math.max(0, correlation) : 0;
        expect(similarityOf({ similarity: 'pearson' }, a, b)).toBeCloseTo(expected, 6);
      }
    }
  });

  it('shrinkage counts a similarity half when as many customers have both', () => {
    const shared = common(3, 4);
    expect(similarityOf({ shrinkage: shared }, 3, 4)).toBeCloseTo(cosine(column(3), column(4)) / 2, 6);
  });

  it('drops what is at or below the threshold, and keeps only the nearest', () => {
    const pairs = pairsOf(interactionsOf(triples));
    const all = itemNeighbours(pairs, settings);
    const values = [...all.value];
    const threshold = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
    const above = itemNeighbours(pairs, { ...settings, threshold });
    expect([...above.value]).toEqual(values.filter((value) => value > threshold));
    const three = itemNeighbours(pairs, { ...settings, neighbours: 3 });
    for (let item = 0; item < 10; item++) {
      const row = [...all.value.subarray(all.rowStart[item], all.rowStart[item + 1])];
      expect([...three.value.subarray(three.rowStart[item], three.rowStart[item + 1])]).toEqual(
        row.slice(0, 3),
      );
    }
  });

  it.each<Recipe['params']>([
    { threshold: -0.1 },
    { neighbours: 0 },
    { asymmetry: 1.5 },
    { weighting: 'bm25', b: 2 },
    { weighting: 'bm26' },
    { similarity: 'euclid' },
  ])('refuses %o', (params) => {
    const recommender = createRecommender(recipeOf('item-knn', params));
    expect(() => recommender.fit(interactionsOf(triples), new Map(), 0)).toThrow(/item-knn: .*received/);
  });
});

describe('similar items', () => {
  it('of the middle of three overlapping baskets are found on both sides', () => {
    const recommender = createRecommender(recipeOf('item-knn', { shrinkage: 0 }));
    recommender.fit(
      interactionsOf([
        ['a', 'left'],
        ['a', 'middle'],
        ['b', 'middle'],
        ['b', 'right'],
        ['c', 'far'],
      ]),
      new Map(),
      0,
    );
    const similar = recommender.similarItems(itemId('middle'), 2);
    expect(similar.map((one) => one.itemId)).toEqual(['left', 'right']);
    expect(similar[0].score).toBeCloseTo(1 / Math.sqrt(2), 6);
  });
});
