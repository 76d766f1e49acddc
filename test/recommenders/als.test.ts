import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { threadedKernels } from '../../lib/adapters/threads.ts';
import { customerId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { createKernels } from '../../lib/numeric/kernels.ts';
import { als } from '../../lib/recommenders/als.ts';
import { fitItemFactors } from '../../lib/recommenders/als-fit.ts';
import { decodeArtifact } from '../../lib/recommenders/artifact.ts';
import { pairsOf } from '../../lib/recommenders/history.ts';
import type { Progress } from '../../lib/recommenders/model.ts';
import { createRecommender, recipeOf } from '../../lib/recommenders/models.ts';
import { interactionsOf, type Triple } from './interactions.ts';

const customers = 60;
const items = 25;
const random = seededRandom('als data');
const triples: Triple[] = Array.from({ length: customers * items }, (_, cell): Triple => {
  const [customer, item] = [Math.floor(cell / items), cell % items];
  return [`c${customer}`, `i${item}`, 1 + random.int(3)];
}).filter(
  ([customer, item]) =>
    random.next() < (Number(customer.slice(1)) % 3 === Number(item.slice(1)) % 3 ? 0.6 : 0.1),
);
const interactions = interactionsOf(triples);
const pairs = pairsOf(interactions);

interface Settings {
  readonly factors: number;
  readonly iterations: number;
  readonly regularization: number;
  readonly unobservedWeight: number;
  readonly frequencyExponent: number;
  readonly initScale: number;
  readonly solver: 'cg' | 'exact' | 'cholesky';
  readonly steps: number;
  readonly seed: number;
}

const settings: Settings = {
  factors: 6,
  iterations: 4,
  regularization: 0.02,
  unobservedWeight: 0.25,
  frequencyExponent: 0.9,
  initScale: 0.3,
  solver: 'cholesky',
  steps: 3,
  seed: 7,
};

/** Weights, customers × items. */
const dense = (): Matrix => {
  const matrix = Matrix.zeros(pairs.rows, pairs.columns);
  for (let row = 0; row < pairs.rows; row++) {
    for (let entry = pairs.rowStart[row]; entry < pairs.rowStart[row + 1]; entry++) {
      matrix.set(row, pairs.columnIndex[entry], pairs.value[entry]);
    }
  }
  return matrix;
};

/** Rendle et al. 2021 in float64: every epoch's loss, and the item factors after the last. */
const reference = () => {
  const { factors, regularization, unobservedWeight, frequencyExponent, initScale, seed, iterations } =
    settings;
  const start = seededRandom(`als/${seed}`);
  const weights = dense();
  const ridgeOf = (own: readonly number[]): number =>
    regularization *
    (own.reduce((sum, w) => sum + w, 0) + unobservedWeight * own.length) ** frequencyExponent;
  const half = (fixed: Matrix, of: Matrix): Matrix =>
    new Matrix(
      of.to2DArray().map((own) => {
        const system = fixed
          .transpose()
          .mmul(Matrix.diag(own.map((w) => w + unobservedWeight)))
          .mmul(fixed)
          .add(Matrix.eye(factors, factors).mul(ridgeOf(own)));
        return solve(system, fixed.transpose().mmul(Matrix.columnVector(own))).to1DArray();
      }),
    );
  let y = Matrix.from1DArray(
    pairs.columns,
    factors,
    Array.from({ length: pairs.columns * factors }, () => (start.normal() * initScale) / Math.sqrt(factors)),
  );
  const losses: number[] = [];
  for (let epoch = 0; epoch < iterations; epoch++) {
    const x = half(y, weights);
    y = half(x, weights.transpose());
    const scores = x.mmul(y.transpose());
    let loss = 0;
    for (const [row, own] of weights.to2DArray().entries()) {
      own.forEach((w, column) => {
        const score = scores.get(row, column);
        loss += w * (1 - score) ** 2 + unobservedWeight * score ** 2;
      });
      loss += ridgeOf(own) * x.getRow(row).reduce((sum, value) => sum + value ** 2, 0);
    }
    for (const [item, own] of weights.transpose().to2DArray().entries()) {
      loss += ridgeOf(own) * y.getRow(item).reduce((sum, value) => sum + value ** 2, 0);
    }
    losses.push(loss / pairs.value.length);
  }
  return { items: y.to1DArray(), losses };
};

const fitted = (own: Settings, threads = 1) => {
  const kernels = threadedKernels(threads);
  const losses: number[] = [];
  const before = kernels.mark();
  const factors = fitItemFactors(kernels, pairs, own, (_, loss) => losses.push(loss));
  expect(kernels.mark()).toBe(before);
  kernels.close();
  return { factors, losses };
};

describe('iALS', () => {
  it.each(['cholesky', 'exact'] as const)(
    'has the item factors and the losses of the same epochs in float64, dimensions not a multiple of four: %s',
    (solver) => {
      const expected = reference();
      const { factors, losses } = fitted({ ...settings, solver });
      for (let item = 0; item < items; item++) {
        for (let k = 0; k < settings.factors; k++) {
          expect(factors[item * 8 + k]).toBeCloseTo(expected.items[item * settings.factors + k], 4);
        }
        expect([...factors.subarray(item * 8 + 6, item * 8 + 8)]).toEqual([0, 0]);
      }
      losses.forEach((loss, epoch) => {
        expect(loss).toBeCloseTo(expected.losses[epoch], 4);
      });
    },
  );

  it('comes to the same by conjugate gradients when they converge, and near it by three steps', () => {
    const exact = fitted(settings);
    const converged = fitted({ ...settings, solver: 'cg', steps: 40 });
    exact.factors.forEach((value, place) => {
      expect(converged.factors[place]).toBeCloseTo(value, 3);
    });
    const three = fitted({ ...settings, solver: 'cg', iterations: 20 }).losses;
    expect(three[19] / fitted({ ...settings, iterations: 20 }).losses[19]).toBeCloseTo(1, 2);
  });

  it.each(['cg', 'exact', 'cholesky'] as const)(
    'gives the same bits with one, two and four threads: %s',
    (solver) => {
      const one = fitted({ ...settings, solver });
      expect(fitted({ ...settings, solver }, 2)).toEqual(one);
      expect(fitted({ ...settings, solver }, 4)).toEqual(one);
    },
  );

  it('starts from its seed', () => {
    expect(fitted(settings)).toEqual(fitted(settings));
    expect(fitted({ ...settings, seed: 8 }).factors).not.toEqual(fitted(settings).factors);
  });

  it('takes over pairs that lie in the kernels’ memory', () => {
    const kernels = createKernels();
    const rowStart = kernels.int32(pairs.rowStart.length);
    rowStart.set(pairs.rowStart);
    const columnIndex = kernels.int32(pairs.columnIndex.length);
    columnIndex.set(pairs.columnIndex);
    const value = kernels.float32(pairs.value.length);
    value.set(pairs.value);
    const factors = fitItemFactors(kernels, { ...pairs, rowStart, columnIndex, value }, settings, () => {});
    expect(factors).toEqual(fitted(settings).factors);
  });

  it('answers with what the exact half step gives, whatever the solver of its training', () => {
    const recommender = createRecommender(recipeOf('als', { ...settings, solver: 'cg' }));
    recommender.fit(interactions, new Map(), 0);
    const { itemFactors } = decodeArtifact(recommender.save()).arrays;
    const y = Matrix.from1DArray(items, 8, itemFactors).subMatrix(0, items - 1, 0, settings.factors - 1);
    const own = dense().getRow(0);
    const mass = own.reduce((sum, w) => sum + w, 0) + settings.unobservedWeight * items;
    const system = y
      .transpose()
      .mmul(Matrix.diag(own.map((w) => w + settings.unobservedWeight)))
      .mmul(y)
      .add(Matrix.eye(6, 6).mul(settings.regularization * mass ** settings.frequencyExponent));
    const expected = y.mmul(solve(system, y.transpose().mmul(Matrix.columnVector(own)))).to1DArray();
    for (const { itemId: id, score } of recommender.recommend(customerId('c0'), items)) {
      expect(score).toBeCloseTo(expected[interactions.items.indexOf(id)], 5);
    }
  });

  it('tells the loss after each epoch', () => {
    const told: Progress[] = [];
    const kernels = createKernels();
    const tools = { kernels: () => kernels, progress: (progress: Progress) => told.push(progress) };
    createRecommender(recipeOf('als', { ...settings }), tools).fit(interactions, new Map(), 0);
    expect(told.map(({ epoch, epochs, model }) => [model, epoch, epochs])).toEqual(
      [1, 2, 3, 4].map((epoch) => ['als', epoch, 4]),
    );
    expect(told.map(({ loss }) => loss)).toEqual(fitted(settings).losses);
  });

  it.each([
    [{ factors: 2_000 }, /factors/],
    [{ factors: 4.5 }, /factors/],
    [{ solver: 'lu' }, /solver/],
    [{ steps: 0 }, /steps/],
    [{ initScale: -1 }, /initScale/],
  ])('refuses %j by name', (wrong, message) => {
    const recommender = createRecommender(recipeOf('als', wrong));
    expect(() => recommender.fit(interactions, new Map(), 0)).toThrow(message);
  });

  it('says what to change when no epoch can be solved', () => {
    const hopeless = { ...settings, regularization: 0, unobservedWeight: 0, factors: 64 };
    for (const solver of ['cg', 'exact', 'cholesky'] as const) {
      expect(() => fitted({ ...hopeless, solver, initScale: 1e30 })).toThrow(/raise regularization/);
    }
  });

  it('has the defaults that its parameters document', () => {
    expect(als.defaults).toMatchObject({
      factors: 32,
      iterations: 8,
      solver: 'cg',
      steps: 3,
      initScale: 0.1,
    });
  });
});
