import { expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { measure, ndcgOfCases, type RankingCase } from '../../lib/recommenders/measure.ts';
import { createRecommender, recipeOf } from '../../lib/recommenders/models.ts';
import golden from '../golden/ranking-metrics.json' with { type: 'json' };
import { checkerboard, interactionsOf } from './interactions.ts';

const itemsCount = 10_000;

/** Scores item 0 best, item 1 second, and so on. */
const inOrder = () => {
  const recommender = createRecommender(recipeOf('popularity'));
  recommender.fit(interactionsOf([['c', 'i']]), new Map(), 0);
  const scores = Float64Array.from({ length: itemsCount }, (_, item) => -item);
  return {
    ...recommender,
    rankedItems: () => ({
      ids: Array.from({ length: itemsCount }, (_, item) => itemId(`i${item}`)),
      order: Int32Array.from({ length: itemsCount }, (_, item) => item),
    }),
    scoreEach: (customers: Iterable<string>) => [...customers].map(() => scores),
  };
};

it.each(Object.entries(golden.ranks))(
  'sampled negatives give recommender %s the inflated figures of Krichene and Rendle, a full ranking the exact ones',
  (name, { ranks, exact }) => {
    const random = seededRandom('negatives');
    const context = {
      k: 10,
      allowed: new Uint8Array(itemsCount).fill(1),
      counts: new Int32Array(itemsCount).fill(1),
    };
    const caseOf = (rank: number, sampled: boolean): RankingCase => ({
      customerId: customerId('c'),
      relevant: [rank - 1],
      excluded: [],
      ...(sampled && {
        candidates: [rank - 1, ...Array.from({ length: 99 }, () => random.int(itemsCount))],
      }),
    });
    const mean = (column: Float64Array): number =>
      column.reduce((sum, value) => sum + value, 0) / column.length;
    const full = measure(
      inOrder(),
      ranks.map((rank) => caseOf(rank, false)),
      context,
    ).columns;
    expect(mean(full.mrr)).toBeCloseTo(exact.ap, 12);
    expect(mean(full.auc)).toBeCloseTo(exact.auc, 10);
    expect(mean(full.recall)).toBe(exact.recall10);
    const draws = Array.from({ length: 300 }, () => ranks).flat();
    const sampled = measure(
      inOrder(),
      draws.map((rank) => caseOf(rank, true)),
      context,
    ).columns;
    const expected = golden.sampled[name as keyof typeof golden.sampled].sampled_m99;
    // Standard errors of 1,500 draws: 0.008 at most.
    expect(Math.abs(mean(sampled.mrr) - expected.ap)).toBeLessThan(0.03);
    expect(Math.abs(mean(sampled.auc) - expected.auc)).toBeLessThan(0.01);
    expect(Math.abs(mean(sampled.recall) - expected.recall10)).toBeLessThan(0.03);
  },
);

it('the NDCG of every customer alone, which searches go by, is that of the whole measurement', () => {
  const caseOf = (relevant: readonly number[], excluded: readonly number[] = []): RankingCase => ({
    customerId: customerId('c'),
    relevant,
    excluded,
  });
  const cases = [
    caseOf([2], [0, 1]),
    caseOf([0, 3]),
    caseOf([5]),
    { ...caseOf([]), relevantUnknownCount: 1 },
  ];
  const allowed = new Uint8Array(itemsCount).fill(1);
  const { ndcg } = measure(inOrder(), cases, { k: 2, allowed, counts: new Int32Array(itemsCount) }).columns;
  expect([...ndcgOfCases(inOrder(), cases, { k: 2, allowed })]).toEqual([...ndcg]);
  expect([...ndcg]).toEqual([1, expect.closeTo(1 / (1 + 1 / Math.log2(3)), 12), 0, 0]);
});

it('customers that the training does not know are scored by what is told of them', () => {
  const recommender = createRecommender(recipeOf('warp', { factors: 7, epochs: 5 }));
  const features = new Map(
    Array.from({ length: 12 }, (_, customer) => [`c${customer}`, [`group=${customer % 2}`]] as const),
  );
  recommender.fit(interactionsOf(checkerboard(12)), new Map(), 0, features);
  const { ids, order } = recommender.rankedItems();
  const told = new Map([['newcomer', ['group=1']]]);
  const [scores] = recommender.scoreEach([customerId('newcomer')], told);
  const expected = recommender.foldIn([], ids.length, { features: ['group=1'] });
  expect(expected.map(({ itemId: id }) => scores[order.indexOf(ids.indexOf(id))])).toEqual(
    expected.map(({ score }) => score),
  );
  expect(new Set(scores).size).toBeGreaterThan(1);
});
