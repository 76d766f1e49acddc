import fc from 'fast-check';
import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { decodeArtifact, encodeArtifact } from '../../lib/recommenders/artifact.ts';
import { pairsOf } from '../../lib/recommenders/history.ts';
import { itemNeighbours, type KnnSettings } from '../../lib/recommenders/item-knn.ts';
import { createRecommender, recipeOf, sameRecipe } from '../../lib/recommenders/models.ts';
import { interactionsOf, type Triple } from './interactions.ts';

const day = 86_400_000;

const random = seededRandom('models.test');
const triples: Triple[] = Array.from({ length: 200 }, () => [random.int(25), random.int(10)])
  .map(([customer, item]): [string, string] => [`c${customer}`, `i${item}`])
  .filter(([customer, item], row, all) => all.findIndex(([c, i]) => c === customer && i === item) === row)
  .map(([customer, item]): Triple => [customer, item, 1 + random.int(3)]);

/** Customers × items, dense. */
const dense = () => {
  const { rows, columns, rowStart, columnIndex, value } = pairsOf(interactionsOf(triples));
  const matrix = Matrix.zeros(rows, columns);
  for (let row = 0; row < rows; row++) {
    for (let entry = rowStart[row]; entry < rowStart[row + 1]; entry++) {
      matrix.set(row, columnIndex[entry], value[entry]);
    }
  }
  return matrix;
};

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

describe('item-knn', () => {
  const settings: KnnSettings = { similarity: 'cosine', neighbours: 100, shrinkage: 0, threshold: 0 };
  const similarityOf = (change: Partial<KnnSettings>, a: number, b: number): number => {
    const { rowStart, columnIndex, value } = itemNeighbours(pairsOf(interactionsOf(triples)), {
      ...settings,
      ...change,
    });
    const place = columnIndex.subarray(rowStart[a], rowStart[a + 1]).indexOf(b);
    return place < 0 ? 0 : value[rowStart[a] + place];
  };
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

  it('refuses parameters that are out of range', () => {
    const recommender = createRecommender(recipeOf('item-knn', { threshold: -0.1 }));
    expect(() => recommender.fit(interactionsOf(triples), new Map(), 0)).toThrow(RangeError);
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

  it('of another kind are refused', () => {
    expect(() => decodeArtifact(new TextEncoder().encode('{"not":"an artifact"}'))).toThrow(
      /artifact-unreadable/,
    );
    expect(() => decodeArtifact(new Uint8Array(0))).toThrow(/artifact-unreadable/);
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
