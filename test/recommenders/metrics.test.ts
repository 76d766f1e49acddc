import { describe, expect, it } from 'vitest';
import {
  giniOf,
  intraListDiversity,
  selfInformation,
  serendipityAt,
} from '../../lib/recommenders/list-metrics.ts';
import { aucOf, averagePrecisionAt, ndcgAt, rankingMetrics } from '../../lib/recommenders/metrics.ts';
import golden from '../golden/ranking-metrics.json' with { type: 'json' };

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Where the relevant items stand in a list. */
const ranksIn = (ranked: readonly string[], relevant: ReadonlySet<string>): number[] =>
  ranked.flatMap((item, place) => (relevant.has(item) ? [place + 1] : []));

describe('ranking metrics', () => {
  it('agree with an independent evaluation of three users at k = 10', () => {
    const { true: truth, predicted, expect: expected } = golden.ratings;
    const users = [...new Set(truth.user)];
    const perUser = users.map((user) => {
      const relevant = new Set(truth.item.filter((_, row) => truth.user[row] === user).map(String));
      const ranked = predicted.item
        .map((item, row) => ({
          item: String(item),
          user: predicted.user[row],
          score: predicted.prediction[row],
        }))
        .filter((row) => row.user === user)
        .sort((a, b) => b.score - a.score)
        .map((row) => row.item);
      return rankingMetrics(ranksIn(ranked, relevant), relevant.size, 10);
    });
    for (const name of ['ndcg', 'map', 'precision', 'recall'] as const) {
      expect(Math.abs(mean(perUser.map((one) => one[name])) - expected[name])).toBeLessThan(
        golden.tolerance.ratings,
      );
    }
  });

  it.each(Object.entries(golden.ranks))(
    'of recommender %s among 10,000 items are those of Krichene and Rendle',
    (_, { ranks, exact }) => {
      const auc = mean(ranks.map((rank) => aucOf([rank], 1, 10_000) ?? Number.NaN));
      expect(auc).toBeCloseTo(exact.auc, 10);
      expect(mean(ranks.map((rank) => averagePrecisionAt([rank], 1, 10_000)))).toBeCloseTo(exact.ap, 12);
      expect(mean(ranks.map((rank) => rankingMetrics([rank], 1, 10).mrr))).toBeCloseTo(exact.ap, 12);
      expect(mean(ranks.map((rank) => ndcgAt([rank], 1, 10_000)))).toBeCloseTo(exact.ndcg, 12);
      expect(mean(ranks.map((rank) => rankingMetrics([rank], 1, 10).recall))).toBe(exact.recall10);
      expect(mean(ranks.map((rank) => rankingMetrics([rank], 1, 10).hitRate))).toBe(exact.recall10);
    },
  );

  it('of one list agree with ranx', () => {
    const ranked = golden.list.ranked.map(String);
    const relevant = new Set(golden.list.relevant.map(String));
    const ranks = ranksIn(ranked, relevant);
    expect(rankingMetrics(ranks, relevant.size, 5).precision).toBeCloseTo(golden.list.precision5, 12);
    expect(averagePrecisionAt(ranks, relevant.size, 6)).toBeCloseTo(golden.list.map6, 12);
  });

  it('F1 is the harmonic mean of precision and recall', () => {
    const { precision, recall, f1 } = rankingMetrics([1], 3, 4);
    expect([precision, recall]).toEqual([1 / 4, 1 / 3]);
    expect(f1).toBeCloseTo(2 / 7, 12);
  });

  it('items that a ranking leaves out share the places below it', () => {
    expect(aucOf([], 1, 5, 0)).toBe(0.5);
    // One other above, one of the three left out is relevant: wrong pairs 1 + 2 / 2 of 3.
    expect(aucOf([], 1, 4, 1)).toBeCloseTo(1 - 2 / 3, 12);
    expect(aucOf([1], 1, 1)).toBeUndefined();
    expect(aucOf([1, 3], 2, 4)).toBe(3 / 4);
  });
});

describe('list metrics', () => {
  const {
    train_user: users,
    train_item: items,
    reco_user: listUsers,
    reco_item: listItems,
    expect: expected,
  } = golden.diversity;

  it('diversity by co-occurrence agrees with an independent implementation', () => {
    const having = (item: number): Set<number> => new Set(users.filter((_, row) => items[row] === item));
    const similarity = (a: string, b: string): number => {
      const left = having(Number(a));
      const right = having(Number(b));
      return [...left].filter((user) => right.has(user)).length / Math.sqrt(left.size * right.size);
    };
    [1, 2, 3].forEach((user, index) => {
      const list = listItems.filter((_, row) => listUsers[row] === user).map(String);
      const diversity = intraListDiversity(list, similarity) ?? Number.NaN;
      expect(Math.abs(diversity - expected.user_diversity[index])).toBeLessThan(golden.tolerance.diversity);
    });
    expect(intraListDiversity(['one'], similarity)).toBeUndefined();
  });

  it('novelty is the information of an item’s share of interactions', () => {
    const count = (item: number): number => items.filter((one) => one === item).length;
    [1, 2, 3, 4, 5].forEach((item, index) => {
      expect(selfInformation(count(item), items.length)).toBeCloseTo(expected.item_novelty[index], 4);
    });
    expect(mean(listItems.map((item) => selfInformation(count(item), items.length)))).toBeCloseTo(
      expected.novelty,
      4,
    );
    expect(selfInformation(0, 8)).toBe(3);
  });

  it.each(golden.gini)('the Gini coefficient of $x is $gini', ({ x, gini }) => {
    expect(giniOf(x)).toBeCloseTo(gini, 12);
  });

  it('serendipity counts what is relevant and not expected', () => {
    const relevant = new Set(['a', 'b', 'c']);
    expect(serendipityAt(['a', 'x', 'b', 'y'], ['a', 'x'], (item) => relevant.has(item), 4)).toBe(1 / 4);
    expect(serendipityAt(['a', 'x'], ['a', 'x'], (item) => relevant.has(item), 4)).toBe(0);
  });
});
