import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { float32 } from '../../lib/recommenders/artifact.ts';
import { indexedRecommender } from '../../lib/recommenders/indexed.ts';
import type { ModelKind, Scorer } from '../../lib/recommenders/model.ts';
import { plainTools } from '../../lib/recommenders/models.ts';
import { interactionsOf } from './interactions.ts';

/** Score of item i: Σ_j weight_j × b[j][i], with b given: every summand is known. */
const linear = (b: readonly (readonly number[])[], explains = true): ModelKind => {
  const scorer = (matrix: Float32Array): Scorer => ({
    scoreHistory: ({ items, weights }, out) => {
      items.forEach((own, place) => {
        for (let item = 0; item < out.length; item++) {
          out[item] += weights[place] * matrix[own * out.length + item];
        }
      });
    },
    scoreSimilar: () => {},
    ...(explains && {
      explain: ({ items, weights }) => {
        return (item, out) => {
          items.forEach((own, place) => {
            out[place] = weights[place] * matrix[own * b.length + item];
          });
        };
      },
    }),
    arrays: { matrix },
  });
  return {
    defaults: {},
    fit: () => scorer(Float32Array.from(b.flat())),
    load: (artifact) => scorer(float32(artifact, 'matrix')),
  };
};

const fitted = (kind: ModelKind) => {
  const recommender = indexedRecommender({ model: 'linear', params: {} }, kind, plainTools);
  recommender.fit(
    interactionsOf([
      ['c', 'a', 1],
      ['c', 'b', 3],
      ['d', 'x', 1],
      ['d', 'y', 1],
    ]),
    new Map(),
    0,
  );
  return recommender;
};
const weights = [
  [0, 0, 0.5, -1],
  [0, 0, 0.2, -2],
  [0, 0, 0, 0],
  [0, 0, 0, 0],
];

describe('what an answer rests on', () => {
  it('is the item of the history that adds most: weight times what it says for the item', () => {
    // x: a adds 1 × 0.5, b adds 3 × 0.2. Nothing speaks for y, and an unknown item has no score.
    const asked = ['x', 'y', 'nowhere'].map(itemId);
    expect(fitted(linear(weights)).because(customerId('c'), asked)).toEqual(['b', undefined, undefined]);
  });

  it('is not told by a model that cannot tell, and nothing for a customer without history', () => {
    expect(fitted(linear(weights, false)).because(customerId('c'), [itemId('x')])).toBeUndefined();
    expect(fitted(linear(weights)).because(customerId('nobody'), [itemId('x')])).toEqual([undefined]);
  });

  it('is never a number that is none', () => {
    const broken = weights.map((row) => row.map(() => Number.NaN));
    expect(() => fitted(linear(broken)).because(customerId('c'), [itemId('x')])).toThrow(RangeError);
  });

  it('is in the history and adds no less than any other of it', () => {
    const entry = fc.float({ min: -2, max: 2, noNaN: true });
    const row = fc.array(entry, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(row, { minLength: 4, maxLength: 4 }), (b) => {
        const [named] = fitted(linear(b)).because(customerId('c'), [itemId('x')]) ?? [];
        const adds = new Map([
          ['a', Math.fround(b[0][2])],
          ['b', 3 * Math.fround(b[1][2])],
        ]);
        const most = Math.max(0, ...adds.values());
        expect(named === undefined ? 0 : adds.get(named)).toBe(most);
      }),
    );
  });
});
