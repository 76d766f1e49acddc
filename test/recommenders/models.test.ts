import fc from 'fast-check';
import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { decodeArtifact, encodeArtifact } from '../../lib/recommenders/artifact.ts';
import { createRecommender, recipeOf, sameRecipe } from '../../lib/recommenders/models.ts';
import { dense, interactionsOf, scattered as triples } from './interactions.ts';

const day = 86_400_000;

describe('popularity', () => {
  it('halves what is one half-life old, and counts nothing more than once for being in the future', () => {
    const recommender = createRecommender(recipeOf('popularity', { halfLifeDays: 10 }));
    recommender.fit(
      interactionsOf([
        ['a', 'old', 1, 0],
        ['a', 'older', 1, -10 * day],
        ['b', 'now', 1, 10 * day],
        ['b', 'future', 1, 11 * day],
      ]),
      new Map(),
      10 * day,
    );
    const scores = new Map(
      recommender.recommend(customerId('a'), 4).map((one) => [String(one.itemId), one.score]),
    );
    expect(scores).toEqual(
      new Map([
        ['now', 1],
        ['future', 1],
        ['old', 0.5],
        ['older', 0.25],
      ]),
    );
  });
});

describe('a recipe', () => {
  it.each([0, -3, '30'])('with a half-life of %j days is refused, also within a hybrid', (halfLifeDays) => {
    const popularity = { model: 'popularity', params: { halfLifeDays } };
    for (const recipe of [popularity, recipeOf('hybrid', { models: ['item-knn', popularity] })]) {
      expect(() => createRecommender(recipe).fit(interactionsOf(triples), new Map(), 0)).toThrow(
        /halfLifeDays must be a number of at least 0.01/,
      );
    }
  });

  it('refuses parameters that its model does not have, also in a recipe that it holds', () => {
    expect(() => recipeOf('als', { factor: 8 })).toThrow(/parameter-unknown/);
    expect(() => recipeOf('hybrid', { models: ['als', { model: 'ease', params: { lambda: 5 } }] })).toThrow(
      /parameter-unknown/,
    );
    expect(recipeOf('als', { weights: 'learned', recencyHalfLifeDays: 90 }).params).toMatchObject({
      weights: 'learned',
      recencyHalfLifeDays: 90,
    });
  });
});

describe('als', () => {
  const params = { factors: 4, regularization: 0.05, unobservedWeight: 0.2, iterations: 6 };
  const itemFactorsAfter = (iterations: number): Matrix => {
    const recommender = createRecommender(recipeOf('als', { ...params, iterations }));
    recommender.fit(interactionsOf(triples), new Map(), 0);
    const { itemFactors } = decodeArtifact(recommender.save()).arrays;
    return Matrix.from1DArray(10, 4, itemFactors);
  };
  /** λ_u of Rendle et al. 2021 with ν = 1. */
  const ridge = (weights: readonly number[]): number =>
    params.regularization * (weights.reduce((sum, w) => sum + w, 0) + params.unobservedWeight * 10);
  /** The customer's vector by the normal equations, from scratch. */
  const customerVector = (items: Matrix, weights: readonly number[]): Matrix => {
    const system = items
      .transpose()
      .mmul(Matrix.diag([...weights]).add(Matrix.eye(10, 10).mul(params.unobservedWeight)))
      .mmul(items)
      .add(Matrix.eye(4, 4).mul(ridge(weights)));
    return solve(system, items.transpose().mmul(Matrix.columnVector([...weights])));
  };

  it('scores a customer by the exact solution of the normal equations', () => {
    const recommender = createRecommender(recipeOf('als', params));
    const interactions = interactionsOf(triples);
    recommender.fit(interactions, new Map(), 0);
    const items = itemFactorsAfter(params.iterations);
    const weights = dense().getRow(2);
    const expected = items.mmul(customerVector(items, weights)).to1DArray();
    for (const { itemId: id, score } of recommender.recommend(interactions.customers[2], 10)) {
      expect(score).toBeCloseTo(expected[interactions.items.indexOf(id)], 5);
    }
  });

  it('never raises the loss from one iteration to the next', () => {
    const matrix = dense();
    const itemWeights = Array.from({ length: 10 }, (_, item) => matrix.getColumn(item));
    const itemRidge = (item: number): number =>
      params.regularization *
      (itemWeights[item].reduce((sum, w) => sum + w, 0) + params.unobservedWeight * matrix.rows);
    const loss = (items: Matrix): number => {
      let sum = 0;
      for (let item = 0; item < 10; item++) {
        sum += itemRidge(item) * items.getRow(item).reduce((norm, x) => norm + x * x, 0);
      }
      for (let customer = 0; customer < matrix.rows; customer++) {
        const weights = matrix.getRow(customer);
        const vector = customerVector(items, weights);
        const scores = items.mmul(vector).to1DArray();
        scores.forEach((score, item) => {
          sum += weights[item] * (1 - score) ** 2 + params.unobservedWeight * score ** 2;
        });
        sum += ridge(weights) * vector.to1DArray().reduce((norm, x) => norm + x * x, 0);
      }
      return sum;
    };
    const losses = [1, 2, 3, 5, 8, 13].map((iterations) => loss(itemFactorsAfter(iterations)));
    for (let step = 1; step < losses.length; step++) {
      expect(losses[step]).toBeLessThanOrEqual(losses[step - 1] * (1 + 1e-6));
    }
  });

  it('throws when a system has no solution instead of serving nonsense', () => {
    const recommender = createRecommender(
      recipeOf('als', { factors: 4, regularization: 0, unobservedWeight: 0, iterations: 3 }),
    );
    expect(() => recommender.fit(interactionsOf([['a', 'x']]), new Map(), 0)).toThrow(RangeError);
  });

  it('refuses parameters that are out of range', () => {
    const recommender = createRecommender(recipeOf('als', { factors: 0 }));
    expect(() => recommender.fit(interactionsOf(triples), new Map(), 0)).toThrow(/factors/);
  });
});

describe('recipes', () => {
  it('are the same whatever the order of their parameters, and differ by one of them', () => {
    const recipe = recipeOf('als', { factors: 8 });
    const turned = { model: 'als', params: Object.fromEntries(Object.entries(recipe.params).reverse()) };
    expect(sameRecipe(recipe, turned)).toBe(true);
    expect(sameRecipe(recipe, recipeOf('als', { factors: 9 }))).toBe(false);
  });

  it('of an unknown model are refused by name', () => {
    expect(() => recipeOf('oracle')).toThrow(/model-unknown/);
  });
});

describe('artifacts', () => {
  it('come back as they were written, from any offset of a larger buffer', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.float32Array({ noNaN: true }),
        fc.float64Array({ noNaN: true }),
        fc.int32Array(),
        fc.integer({ min: 0, max: 9 }),
        (json, a, b, c, shift) => {
          const header: unknown = JSON.parse(json);
          const bytes = encodeArtifact({ header, arrays: { a, b, c } });
          const larger = new Uint8Array(bytes.length + shift);
          larger.set(bytes, shift);
          expect(decodeArtifact(larger.subarray(shift))).toEqual({ header, arrays: { a, b, c } });
        },
      ),
    );
  });

  it('stand in memory once: their arrays lie in the bytes that were read', () => {
    const bytes = encodeArtifact({ header: {}, arrays: { a: Float32Array.of(1, 2, 3) } });
    expect(decodeArtifact(bytes).arrays.a.buffer).toBe(bytes.buffer);
  });

  it('that were cut off are refused', () => {
    const bytes = encodeArtifact({ header: {}, arrays: { a: Float32Array.of(1, 2, 3, 4) } });
    expect(() => decodeArtifact(bytes.subarray(0, -8))).toThrow(/artifact-unreadable/);
  });

  it('of another kind are refused', () => {
    expect(() => decodeArtifact(new TextEncoder().encode('{"not":"an artifact"}'))).toThrow(
      /artifact-unreadable/,
    );
    expect(() => decodeArtifact(new Uint8Array(0))).toThrow(/artifact-unreadable/);
  });
});
