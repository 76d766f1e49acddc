import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import type { TestCustomer } from '../../lib/dataset/split.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import {
  contentSimilarity,
  evaluate,
  pairedDifference,
  sampledTest,
} from '../../lib/recommenders/evaluation.ts';
import type { Recommender } from '../../lib/recommenders/recommender.ts';
import { interactionsOf, itemOf } from './interactions.ts';

const catalogueOf = (items: readonly CatalogItem[]): ReadonlyMap<string, CatalogItem> =>
  new Map(items.map((item) => [item.itemId, item]));

/** Answers with the same items to everybody, as far as they are wanted. */
const alwaysAnswering = (...items: readonly string[]): Recommender => ({
  name: 'always',
  fit: () => {},
  recommend: (_, n, options) =>
    items
      .map((id, place) => ({ itemId: itemId(id), score: -place }))
      .filter(
        (one) => !(options?.exclude?.has(one.itemId) ?? false) && (options?.accept?.(one.itemId) ?? true),
      )
      .slice(0, n),
  recommendAll: () => [],
  foldIn: () => [],
  because: () => undefined,
  similarItems: () => [],
  similarCustomers: () => [],
  save: () => new Uint8Array(0),
});

const testCustomer = (
  id: string,
  relevant: readonly string[],
  excluded: readonly string[] = [],
): TestCustomer => ({
  customerId: customerId(id),
  relevant: new Set(relevant),
  excluded: new Set(excluded),
});

describe('evaluation', () => {
  const catalogue = catalogueOf([
    itemOf('a', { category: ['x'], tags: ['t'] }),
    itemOf('b', { category: ['x'] }),
    itemOf('c', { category: ['y'] }),
    itemOf('d', { category: ['y'] }),
    itemOf('e', { hidden: true }),
  ]);
  const train = interactionsOf([
    ['1', 'a'],
    ['2', 'a'],
    ['1', 'b'],
    ['2', 'c'],
  ]);

  it('ranks the visible catalogue without what is excluded, and averages over customers', () => {
    const test = [testCustomer('1', ['c'], ['b']), testCustomer('2', ['a', 'd'])];
    const { metrics, ndcg } = evaluate(alwaysAnswering('e', 'a', 'b', 'c', 'd'), test, train, catalogue, 2);
    // Customer 1 is shown a, c; customer 2 a, b.
    const second = 1 / Math.log2(3);
    expect(ndcg[0]).toBeCloseTo(second, 12);
    expect(ndcg[1]).toBeCloseTo(1 / (1 + second), 12);
    expect(metrics.ndcg).toBeCloseTo((ndcg[0] + ndcg[1]) / 2, 12);
    expect(metrics).toMatchObject({ k: 2, customers: 2, precision: 0.5, recall: 0.75 });
    expect(metrics.map).toBeCloseTo((1 / 2 + 1 / 2) / 2, 12);
    // Customer 1: c before d, behind a. Customer 2: a before b and c, d behind both.
    expect(metrics.auc).toBeCloseTo((1 / 2 + 2 / 4) / 2, 12);
    expect(metrics.coverage).toBe(3 / 4);
    expect(metrics.novelty).toBeCloseTo((1 + 2 + 1 + 2) / 4, 12);
    expect(metrics.diversity).toBeCloseTo((1 + 1 / 2) / 2, 12);
  });

  it('gives no AUC where nothing else could be ranked', () => {
    const one = catalogueOf([itemOf('a')]);
    const { metrics } = evaluate(alwaysAnswering('a'), [testCustomer('1', ['a'])], train, one, 10);
    expect(metrics.auc).toBeUndefined();
    expect(metrics.ndcg).toBe(1);
  });

  it('samples the same customers for the same training, whatever it evaluates', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => testCustomer(String(index), ['a']));
    const sample = sampledTest(many, 't1');
    expect(sample.length).toBe(3_000);
    expect(sampledTest(many, 't1')).toEqual(sample);
    expect(sampledTest(many, 't2')).not.toEqual(sample);
  });

  it('items are as alike as the share of categories and tags they have in common', () => {
    const similarity = contentSimilarity(catalogue);
    expect(similarity('a', 'b')).toBe(1 / 2);
    expect(similarity('a', 'c')).toBe(0);
    expect(similarity('c', 'd')).toBe(1);
    expect(similarity('unknown', 'e')).toBe(0);
  });
});

describe('the paired difference', () => {
  it('is zero with no width for equal figures', () => {
    const figures = [0.1, 0.5, 0.9];
    expect(pairedDifference(figures, figures, seededRandom(1))).toEqual({ mean: 0, low: 0, high: 0 });
  });

  it('has the interval of the normal approximation for many customers', () => {
    const random = seededRandom('paired');
    const b = Array.from({ length: 2_000 }, () => random.normal());
    const a = b.map((value) => value + 0.2 + random.normal());
    const differences = a.map((value, index) => value - b[index]);
    const mean = differences.reduce((sum, value) => sum + value, 0) / 2_000;
    const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 1_999;
    const half = 1.959964 * Math.sqrt(variance / 2_000);
    const interval = pairedDifference(a, b, seededRandom(2), 4_000);
    expect(interval.mean).toBeCloseTo(mean, 10);
    expect(Math.abs(interval.low - (mean - half))).toBeLessThan(half * 0.1);
    expect(Math.abs(interval.high - (mean + half))).toBeLessThan(half * 0.1);
  });

  it('refuses figures that do not pair', () => {
    expect(() => pairedDifference([1], [1, 2], seededRandom(1))).toThrow(RangeError);
    expect(() => pairedDifference([], [], seededRandom(1))).toThrow(RangeError);
  });
});
