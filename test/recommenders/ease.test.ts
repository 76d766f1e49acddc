import { inverse, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { threadedKernels } from '../../lib/adapters/threads.ts';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { easeItemsCountMax } from '../../lib/base/model-limits.ts';
import { seededRandom } from '../../lib/base/random.ts';
import type { Tools } from '../../lib/recommenders/model.ts';
import { createRecommender, plainTools, recipeOf } from '../../lib/recommenders/models.ts';
import type { Recommender } from '../../lib/recommenders/recommender.ts';
import { interactionsOf, itemOf, type Triple } from './interactions.ts';

const regularization = 3;

/** Customers of two tastes over so many items, with weights of one to three. */
const tastes = (items: number): Triple[] => {
  const random = seededRandom(`ease/${items}`);
  return Array.from({ length: 300 * items }, (_, cell) => [Math.floor(cell / items), cell % items])
    .filter(([customer, item]) => random.next() < (customer % 2 === item % 2 ? 0.3 : 0.05))
    .map(([customer, item]): Triple => [`c${customer}`, `i${item}`, 1 + random.int(3)]);
};

const fitted = (triples: readonly Triple[], params: object = {}, tools: Tools = plainTools): Recommender => {
  const recommender = createRecommender(
    recipeOf('ease', { regularization, frequencyExponent: 0, customerExponent: 0, ...params }),
    tools,
  );
  recommender.fit(interactionsOf(triples), new Map(), 0);
  return recommender;
};

/** B of Steck 2019, eq. 8, by ml-matrix. */
const reference = (
  triples: readonly Triple[],
  items: number,
  { exponent = 0, customerExponent = 0 } = {},
): Matrix => {
  const x = Matrix.zeros(300, items);
  for (const [customer, item, value = 1] of triples) {
    x.set(Number(customer.slice(1)), Number(item.slice(1)), value);
  }
  const rows = x.to2DArray();
  const weights = rows.map(
    (row) => Math.max(1, row.filter((value) => value > 0).length) ** -customerExponent,
  );
  const squaresOf = (row: readonly number[]): number => row.reduce((sum, value) => sum + value * value, 0);
  const before = rows.reduce((sum, row) => sum + squaresOf(row), 0);
  const after = rows.reduce((sum, row, customer) => sum + weights[customer] * squaresOf(row), 0);
  const gramian = x
    .transpose()
    .mmul(Matrix.diag(weights))
    .mmul(x)
    .mul(before / after);
  const squares = gramian.diagonal();
  const mean = squares.reduce((sum, value) => sum + value, 0) / items;
  const p = inverse(
    Matrix.diag(squares.map((value) => regularization * (value / mean) ** exponent)).add(gramian),
  );
  return new Matrix(
    Array.from({ length: items }, (_, i) =>
      Array.from({ length: items }, (__, j) => (i === j ? 0 : -p.get(i, j) / p.get(j, j))),
    ),
  );
};

describe('EASE', () => {
  it('has the weights of the closed form, as ml-matrix gives them', () => {
    const items = 150;
    const triples = tastes(items);
    const expected = reference(triples, items);
    const recommender = fitted(triples);
    for (const item of [0, 1, 77, 128, 149]) {
      const similar = recommender.similarItems(itemId(`i${item}`), items);
      expect(similar).toHaveLength(items - 1);
      for (const { itemId: other, score } of similar) {
        expect(Math.abs(score - expected.get(item, Number(other.slice(1))))).toBeLessThan(1e-6);
      }
    }
  });

  it('regularizes by frequency as the closed form with λ_i does', () => {
    const popular = tastes(30).filter(
      ([customer, item]) => Number(item.slice(1)) < 10 || /[67]$/.test(customer),
    );
    const expected = reference(popular, 30, { exponent: 0.75 });
    const recommender = fitted(popular, { frequencyExponent: 0.75 });
    for (const item of [0, 9, 10, 29]) {
      for (const { itemId: other, score } of recommender.similarItems(itemId(`i${item}`), 30)) {
        expect(Math.abs(score - expected.get(item, Number(other.slice(1))))).toBeLessThan(1e-6);
      }
    }
  });

  it('counts customers with many items less as the closed form with weighted rows does', () => {
    const uneven = tastes(30).filter(
      ([customer, item]) => Number(customer.slice(1)) < 60 || Number(item.slice(1)) % 3 === 0,
    );
    const expected = reference(uneven, 30, { customerExponent: 0.5 });
    const recommender = fitted(uneven, { customerExponent: 0.5 });
    for (const item of [0, 9, 10, 29]) {
      for (const { itemId: other, score } of recommender.similarItems(itemId(`i${item}`), 30)) {
        expect(Math.abs(score - expected.get(item, Number(other.slice(1))))).toBeLessThan(1e-6);
      }
    }
  });

  it('scores a history by the sum of its weights', () => {
    const triples = tastes(20);
    const expected = reference(triples, 20);
    const answer = fitted(triples).foldIn(
      [
        { itemId: itemId('i3'), value: 2, atMs: 0 },
        { itemId: itemId('i8'), value: 1, atMs: 0 },
      ],
      20,
    );
    for (const { itemId: id, score } of answer) {
      const item = Number(id.slice(1));
      expect(score).toBeCloseTo(2 * expected.get(3, item) + expected.get(8, item), 5);
    }
  });

  it('names the item of the history that adds most', () => {
    const triples = tastes(20);
    const expected = reference(triples, 20);
    const own = triples.filter(([customer]) => customer === 'c4');
    const targets = Array.from({ length: 20 }, (_, item) => item);
    const because = fitted(triples).because(
      customerId('c4'),
      targets.map((item) => itemId(`i${item}`)),
    );
    const strongest = targets.map((target) => {
      const adds = own.map(
        ([, item, value = 1]) => [item, value * expected.get(Number(item.slice(1)), target)] as const,
      );
      const [[item, most]] = adds.toSorted((a, b) => b[1] - a[1]);
      return most > 0 ? item : undefined;
    });
    expect(because).toEqual(strongest);
  });

  it('keeps the weights of largest size towards each item', () => {
    const triples = tastes(20);
    const expected = reference(triples, 20);
    const recommender = fitted(triples, { neighbours: 4 });
    const kept = Array.from({ length: 20 }, (_, item) => recommender.similarItems(itemId(`i${item}`), 20));
    for (let target = 0; target < 20; target++) {
      const sources = kept.flatMap((similar, source) =>
        similar.some(({ itemId: id, score }) => id === `i${target}` && score !== 0) ? [source] : [],
      );
      const largest = Array.from({ length: 20 }, (_, source) => source)
        .toSorted((a, b) => Math.abs(expected.get(b, target)) - Math.abs(expected.get(a, target)))
        .slice(0, 4);
      expect(sources).toEqual(largest.toSorted((a, b) => a - b));
    }
  });

  it('is the same, bit for bit, with one, two and four threads', () => {
    const triples = tastes(300);
    const [one, two, four] = [1, 2, 4].map((threads) => {
      const kernels = threadedKernels(threads);
      const saved = fitted(triples, {}, { ...plainTools, kernels: () => kernels }).save();
      kernels.close();
      return saved;
    });
    expect(two).toEqual(one);
    expect(four).toEqual(one);
  });

  it('says nothing of items that nobody has touched', () => {
    const recommender = createRecommender(
      recipeOf('ease', { regularization, frequencyExponent: 0, customerExponent: 0 }),
    );
    recommender.fit(interactionsOf(tastes(10)), new Map([['new', itemOf('new')]]), 0);
    expect(recommender.similarItems(itemId('new'), 3).map(({ score }) => score)).toEqual([0, 0, 0]);
    const answer = recommender.recommend(customerId('c1'), 11);
    expect(answer.find(({ itemId: id }) => id === 'new')?.score).toBe(0);
  });

  it('refuses a catalogue above its limit and says what to use', () => {
    const many = Array.from({ length: easeItemsCountMax + 1 }, (_, item): Triple => ['c1', `i${item}`]);
    expect(() => fitted(many)).toThrow(/at most 20000 items.*received 20001.*als/);
  });

  it('refuses parameters it cannot use', () => {
    for (const params of [
      { regularization: 0 },
      { regularization: 'much' },
      { neighbours: 0 },
      { neighbours: 1.5 },
    ]) {
      expect(() => fitted(tastes(5), params)).toThrow(RangeError);
    }
  });

  it('refuses a regularization too small for its precision', () => {
    const triples = Array.from({ length: 40_000 }, (_, row): Triple => [`c${row >> 1}`, `i${row % 2}`, 5]);
    expect(() => fitted(triples, { regularization: 1e-6 })).toThrow(/raise the regularization/);
  });
});
