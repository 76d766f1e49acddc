import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import type { TestCustomer } from '../../lib/dataset/split.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { contentSimilarity, evaluate, sampledTest } from '../../lib/recommenders/evaluation.ts';
import type { Recommender } from '../../lib/recommenders/recommender.ts';
import { interactionsOf, itemOf, type Triple } from './interactions.ts';

const catalogueOf = (items: readonly CatalogItem[]): ReadonlyMap<string, CatalogItem> =>
  new Map(items.map((item) => [item.itemId, item]));

/** Ranks the same items for everybody, best first. */
const alwaysAnswering = (...items: readonly string[]): Recommender => ({
  name: 'always',
  fit: () => {},
  recommend: () => [],
  recommendAll: () => [],
  rankedItems: () => ({ ids: items.map(itemId), order: Int32Array.from(items, (_, index) => index) }),
  scoreEach: (customers) =>
    [...customers].map(() => Float64Array.from(items, (_, index) => items.length - index)),
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
    // c is second, a is first; both at the top of all: a is listed twice, b and c once, d never.
    expect(metrics).toMatchObject({ hitRate: 1, mrr: 3 / 4 });
    expect(metrics.gini).toBeCloseTo((-1 * 1 + 1 * 1 + 3 * 2) / (4 * 4), 12);
    // Customer 1 took a and b before, which stand first and second; customer 2 a and c, first and third.
    expect(metrics.trainNdcg).toBeCloseTo((1 + 1 / (1 + second)) / 2, 12);
    // Customer 2 had taken a; of what is new to her (d) nothing is listed.
    expect(metrics.recallNew).toBeCloseTo((1 + 0) / 2, 12);
    // The order of popularity is the order of the list: nothing is unexpected.
    expect(metrics.serendipity).toBe(0);
    expect(metrics.intervals.ndcg?.low).toBeLessThanOrEqual(metrics.ndcg);
    expect(metrics.byActivity).toMatchObject([{ customers: 2, interactionsMin: 2, interactionsMax: 2 }]);
  });

  it('splits customers into thirds by what they did in training, those who did as much together', () => {
    const busy = interactionsOf(
      [1, 2, 3, 4, 5, 6].flatMap((customer) =>
        ['a', 'b', 'c', 'd']
          .slice(0, Math.ceil(customer / 2))
          .map((item): Triple => [String(customer), item]),
      ),
    );
    const test = [1, 2, 3, 4, 5, 6].map((customer) =>
      testCustomer(String(customer), customer > 4 ? ['a'] : ['d']),
    );
    const { metrics } = evaluate(alwaysAnswering('a', 'b', 'c', 'd'), test, busy, catalogue, 2);
    expect(
      metrics.byActivity.map(({ customers, interactionsMin, hitRate }) => [
        customers,
        interactionsMin,
        hitRate,
      ]),
    ).toEqual([
      [2, 1, 0],
      [2, 2, 0],
      [2, 3, 1],
    ]);
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
