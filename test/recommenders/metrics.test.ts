import { describe, expect, it } from 'vitest';
import {
  aucOf,
  averagePrecisionAt,
  intraListDiversity,
  ndcgAt,
  rankingMetrics,
  selfInformation,
} from '../../lib/recommenders/metrics.ts';
import golden from '../golden/ranking-metrics.json' with { type: 'json' };

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

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
      return rankingMetrics(ranked, relevant, 10);
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
      const relevant = new Set(['relevant']);
      const rankings = ranks.map((rank) =>
        Array.from({ length: 10_000 }, (_, place) => (place === rank - 1 ? 'relevant' : `other ${place}`)),
      );
      const auc = mean(rankings.map((ranked) => aucOf(ranked, relevant, 10_000) ?? Number.NaN));
      expect(auc).toBeCloseTo(exact.auc, 10);
      expect(mean(rankings.map((ranked) => averagePrecisionAt(ranked, relevant, 10_000)))).toBeCloseTo(
        exact.ap,
        12,
      );
      expect(mean(rankings.map((ranked) => ndcgAt(ranked, relevant, 10_000)))).toBeCloseTo(exact.ndcg, 12);
      expect(mean(rankings.map((ranked) => rankingMetrics(ranked, relevant, 10).recall))).toBe(
        exact.recall10,
      );
    },
  );

  it('of one list agree with ranx', () => {
    const ranked = golden.list.ranked.map(String);
    const relevant = new Set(golden.list.relevant.map(String));
    expect(rankingMetrics(ranked, relevant, 5).precision).toBeCloseTo(golden.list.precision5, 12);
    expect(averagePrecisionAt(ranked, relevant, 6)).toBeCloseTo(golden.list.map6, 12);
  });

  it('F1 is the harmonic mean of precision and recall', () => {
    const { precision, recall, f1 } = rankingMetrics(['a', 'b', 'c', 'd'], new Set(['a', 'x', 'y']), 4);
    expect([precision, recall]).toEqual([1 / 4, 1 / 3]);
    expect(f1).toBeCloseTo(2 / 7, 12);
  });

  it('items that a ranking leaves out share the places below it', () => {
    expect(aucOf([], new Set(['a']), 5)).toBe(0.5);
    // One other above, one of the three left out is relevant: wrong pairs 1 + 2 / 2 of 3.
    expect(aucOf(['b'], new Set(['a']), 4)).toBeCloseTo(1 - 2 / 3, 12);
    expect(aucOf(['a'], new Set(['a']), 1)).toBeUndefined();
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
});
