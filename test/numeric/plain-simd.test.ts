// Machines without relaxed SIMD run the other binary of the same sources: it must come to the same models.

import { describe, expect, it } from 'vitest';
import { itemId } from '../../lib/base/ids.ts';
import { createKernels } from '../../lib/numeric/kernels.ts';
import { createRecommender, recipeOf } from '../../lib/recommenders/models.ts';
import { checkerboard, interactionsOf } from '../recommenders/interactions.ts';

const answers = (model: string, params: Parameters<typeof recipeOf>[1], simd: 'relaxed' | 'plain') => {
  const recommender = createRecommender(recipeOf(model, params), {
    kernels: () => createKernels({ simd }),
    progress: () => {},
  });
  recommender.fit(interactionsOf(checkerboard(24)), new Map(), 0);
  return recommender.foldIn([{ itemId: itemId('i2'), value: 1, atMs: 0 }], 24);
};

describe('plain SIMD', () => {
  it.each([
    ['als', { factors: 10 }],
    ['als', { factors: 10, solver: 'cholesky' }],
    ['als', { factors: 10, solver: 'exact' }],
    ['ease', {}],
    ['warp', { epochs: 5 }],
  ])('%s %o gives the scores of relaxed SIMD but for rounding', (model, params) => {
    const scoresOf = (simd: 'relaxed' | 'plain'): number[] =>
      answers(model, params, simd)
        .toSorted((a, b) => (a.itemId < b.itemId ? -1 : 1))
        .map(({ score }) => score);
    const plain = scoresOf('plain');
    const largest = Math.max(...plain.map(Math.abs));
    scoresOf('relaxed').forEach((score, place) => {
      expect(Math.abs(score - plain[place])).toBeLessThan(1e-3 * largest);
    });
  });
});
