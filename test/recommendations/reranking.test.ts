import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemId } from '../../lib/base/ids.ts';
import { defaultReranking, type Reranking } from '../../lib/base/settings.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { calibrationTerm, distributionOf, divergence } from '../../lib/recommendations/calibration.ts';
import { diversityTerm, similarity } from '../../lib/recommendations/diversity.ts';
import { exposure } from '../../lib/recommendations/exposure.ts';
import { chooseGreedily, relevanceLost } from '../../lib/recommendations/greedy.ts';
import type { HistoryItem } from '../../lib/recommendations/history.ts';
import { noveltyOf, noveltyTerm } from '../../lib/recommendations/novelty.ts';
import { forYou } from '../../lib/recommendations/reason.ts';
import { rerank, rerankingFor } from '../../lib/recommendations/reranking.ts';
import { catalogItem, fakeServingModel } from '../fakes/serving-model.ts';

interface Golden {
  readonly mmr: {
    readonly rel: { readonly [item: string]: number };
    readonly sim: { readonly [pair: string]: number };
    readonly orders: { readonly [lambda: string]: readonly string[] };
  };
  readonly calibration: readonly { readonly p: number[]; readonly q: number[]; readonly kl: number }[];
}
const golden = JSON.parse(
  readFileSync(new URL('../golden/reranking.json', import.meta.url), 'utf8'),
) as Golden;

const oneTier = (relevance: readonly number[]) => ({ tiers: relevance.map(() => 0), relevance });

describe('diversity', () => {
  const { rel, sim, orders } = golden.mmr;
  const names = Object.keys(rel);
  const similarityOf = (a: number, b: number): number => sim[[names[a], names[b]].sort().join('|')] ?? 0;

  it.each(Object.entries(orders))(
    'at λ = %s gives the order of maximal marginal relevance',
    (lambda, order) => {
      const term = diversityTerm(1 - Number(lambda), names.length, similarityOf);
      const chosen = chooseGreedily(oneTier(Object.values(rel)), names.length, [term]);
      expect(chosen.map((place) => names[place])).toEqual(order);
    },
  );

  it('measures likeness from 0 to 1 by category path, author and series', () => {
    const one = catalogItem('x', 0, { category: ['Data', 'SQL'], author: 'Li' });
    const two = catalogItem('y', 0, { category: ['Data', 'Python'], author: 'Li' });
    expect(similarity(one, two)).toBe(0.5 * 0.5 + 0.25);
    expect(similarity(catalogItem('x', 0), catalogItem('y', 0))).toBe(0);
  });
});

describe('calibration', () => {
  it.each(golden.calibration)('of q = $q against p = $p diverges by $kl nats', ({ p, q, kl }) => {
    const wanted = new Map(p.map((share, index) => [String(index), share]));
    expect(divergence(wanted, (category) => q[Number(category)])).toBeCloseTo(kl, 12);
  });

  it('with nearly all weight holds the history’s proportions as exactly as the length allows', () => {
    // 7 : 3 in the history; relevance alone would show ten of the first category.
    const categories = Array.from({ length: 20 }, (_, index) => (index < 10 ? 'a' : 'b'));
    const relevance = categories.map((_, index) => 1 - index / 100);
    const taste = distributionOf([
      ['a', 7],
      ['b', 3],
    ]);
    const chosen = chooseGreedily(oneTier(relevance), 10, [
      calibrationTerm(0.9, categories, taste ?? new Map()),
    ]);
    expect(chosen.filter((place) => categories[place] === 'a')).toHaveLength(7);
    expect(chooseGreedily(oneTier(relevance), 10, [])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('makes in each step the choice that Steck’s objective says, worked out from its definition', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    const candidates = fc.array(fc.tuple(score, fc.constantFrom('a', 'b', 'c')), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(candidates, score, (given, weight) => {
        const sorted = given.toSorted(([a], [b]) => b - a);
        const wanted = new Map([
          ['a', 0.5],
          ['b', 0.3],
          ['c', 0.2],
        ]);
        const categories = sorted.map(([, category]) => category);
        const chosen = chooseGreedily(oneTier(sorted.map(([one]) => one)), 4, [
          calibrationTerm(weight, categories, wanted),
        ]);
        const objective = (places: readonly number[]): number => {
          const relevance = places.reduce((sum, place) => sum + sorted[place][0], 0);
          const share = (category: string): number =>
            places.filter((place) => categories[place] === category).length / places.length;
          return (1 - weight) * relevance - weight * divergence(wanted, share);
        };
        chosen.forEach((place, step) => {
          const before = chosen.slice(0, step);
          const others = [...sorted.keys()].filter((other) => !before.includes(other));
          const best = Math.max(...others.map((other) => objective([...before, other])));
          expect(objective([...before, place])).toBeCloseTo(best, 9);
        });
      }),
    );
  });

  it('knows no proportions of a history without weight', () => {
    expect(distributionOf([])).toBeUndefined();
    expect(distributionOf([['a', 0]])).toBeUndefined();
  });
});

describe('novelty', () => {
  it('is the self-information over that of an item seen once', () => {
    // 1 of 1,024: 10 of 10 bits; 32 of 1,024: 5 bits; all of them: none. Never seen counts as once.
    expect([1, 32, 1_024, 0].map((count) => noveltyOf(count, 1_024))).toEqual([1, 0.5, -0, 1]);
    expect(noveltyOf(0, 0)).toBe(1);
  });

  it('brings a less known item forward once its weight outweighs the difference in relevance', () => {
    // 0.8 + 0 against 0.8 × 0.8 + 0.2 × 1 at a weight of 0.2; at 0.1 it is 0.9 against 0.72 + 0.1.
    const order = (weight: number) => chooseGreedily(oneTier([1, 0.8]), 2, [noveltyTerm(weight, [0, 1])]);
    expect(order(0.2)).toEqual([1, 0]);
    expect(order(0.1)).toEqual([0, 1]);
  });
});

describe('the greedy choice', () => {
  const never = { admits: () => false, chose: () => {} };

  it('uses up a tier before the next begins, whatever the terms say', () => {
    const candidates = { tiers: [0, 0, 1], relevance: [1, 0.1, 1] };
    expect(chooseGreedily(candidates, 3, [noveltyTerm(0.8, [0, 0, 1])])).toEqual([0, 1, 2]);
  });

  it('is never shorter for a bound that nothing keeps', () => {
    expect(chooseGreedily(oneTier([1, 0.9]), 5, [], [never])).toEqual([0, 1]);
  });

  it('costs no relevance in the ranking’s own order, and what the discounted sums say in another', () => {
    const candidates = oneTier([1, 0.5, 0.25]);
    expect(relevanceLost(candidates, [0, 1])).toBe(0);
    const ideal = 1 + 0.5 / Math.log2(3);
    expect(relevanceLost(candidates, [0, 2])).toBeCloseTo(1 - (1 + 0.25 / Math.log2(3)) / ideal, 12);
    // A better tier is worth a whole unit more.
    expect(relevanceLost({ tiers: [0, 1], relevance: [0.5, 1] }, [1])).toBeCloseTo(1 - 1 / 1.5, 12);
    expect(relevanceLost({ tiers: [], relevance: [] }, [])).toBe(0);
  });
});

const settings = (change: Partial<Reranking>): Reranking => ({
  ...defaultReranking,
  diversityWeight: 0,
  calibrationWeight: 0,
  ...change,
});

describe('exposure', () => {
  const item = (author: string, seriesId = 's') =>
    catalogItem(`${author}-${seriesId}`, 0, { author, series: { id: seriesId, position: 1 } });
  const admitted = (
    change: Partial<Reranking>,
    count: number,
    items: readonly CatalogItem[],
    popular = '',
  ) => {
    const bounds = exposure(settings(change), count, ({ author }) => author === popular);
    return items.filter((one) => {
      const isAdmitted = bounds.admits(one);
      if (isAdmitted) bounds.add(one);
      return isAdmitted;
    });
  };
  const fiveByLi = Array.from({ length: 5 }, (_, index) => item('Li', `s${index}`));

  it('is at most so many of an author, or the share of the length asked for, rounded down but one', () => {
    expect(admitted({ authorCountMax: 2 }, 10, fiveByLi)).toHaveLength(2);
    expect(admitted({ authorShareMax: 0.39 }, 10, fiveByLi)).toHaveLength(3);
    expect(
      admitted({ authorShareMax: 0.29 }, 100, [...fiveByLi, ...Array(40).fill(item('Li'))]),
    ).toHaveLength(29);
    expect(admitted({ authorShareMax: 0.01 }, 10, fiveByLi)).toHaveLength(1);
    expect(admitted({}, 10, fiveByLi)).toHaveLength(5);
  });

  it('is at most so many of a series, and of the popular ones', () => {
    expect(admitted({ seriesCountMax: 1 }, 10, [item('a'), item('b'), item('c', 't')])).toHaveLength(2);
    expect(admitted({ popularShareMax: 0.3 }, 10, fiveByLi, 'Li')).toHaveLength(3);
    expect(admitted({ popularShareMax: 0 }, 10, fiveByLi, 'Li')).toHaveLength(0);
  });
});

describe('an answer after ranking', () => {
  const authors = ['Li', 'Wang', 'Chen'];
  const items = Array.from({ length: 30 }, (_, index) =>
    catalogItem(`i${index}`, 0, {
      author: authors[index % 7 === 0 ? 1 : index % 11 === 0 ? 2 : 0],
      category: [index % 3 === 0 ? 'Data' : 'Cooking'],
    }),
  );
  const assortment = createAssortment(fakeServingModel({ trainedAtMs: 0, items }), [], new Set());
  const ranked = items.map(({ itemId: id }, index) => ({
    itemId: id,
    tier: index < 20 ? 1 : 2,
    score: 1 / (60 + index),
    source: 's',
    reason: () => forYou,
  }));
  const history: readonly HistoryItem[] = [
    { itemId: itemId('i0'), involvement: 'bought', weight: 1, atMs: 0 },
  ];
  const anySettings = fc.record({
    diversityWeight: fc.double({ min: 0, max: 0.3, noNaN: true }),
    calibrationWeight: fc.double({ min: 0, max: 0.3, noNaN: true }),
    noveltyWeight: fc.double({ min: 0, max: 0.3, noNaN: true }),
    popularShareMax: fc.double({ min: 0, max: 1, noNaN: true }),
    authorCountMax: fc.integer({ min: 1, max: 30 }),
    authorShareMax: fc.double({ min: 0, max: 1, noNaN: true }),
    seriesCountMax: fc.integer({ min: 1, max: 30 }),
  });

  it('holds as many items as there are to choose from, each once, and says what it costs', () => {
    fc.assert(
      fc.property(anySettings, fc.integer({ min: 1, max: 40 }), (given, count) => {
        const { items: chosen, relevanceLost: lost } = rerank(ranked, count, history, assortment, given);
        expect(chosen).toHaveLength(Math.min(count, ranked.length));
        expect(new Set(chosen.map(({ itemId: id }) => id)).size).toBe(chosen.length);
        expect(lost).toBeGreaterThanOrEqual(0);
        expect(lost).toBeLessThan(1);
      }),
    );
  });

  it('keeps its bounds as long as something within them is left', () => {
    fc.assert(
      fc.property(anySettings, fc.integer({ min: 1, max: 30 }), (given, count) => {
        const { items: chosen } = rerank(ranked, count, history, assortment, given);
        const bounds = exposure(given, count, ({ itemId: id }) => assortment.isPopular(id));
        const rest = new Set(items);
        for (const { itemId: id } of chosen) {
          const item = items.find((one) => one.itemId === id);
          if (!item) throw new Error(`${id} is no item`);
          if (!bounds.admits(item)) expect([...rest].filter((one) => bounds.admits(one))).toEqual([]);
          bounds.add(item);
          rest.delete(item);
        }
      }),
    );
  });

  it('without weights and bounds is the ranking', () => {
    const { items: chosen, relevanceLost: lost } = rerank(ranked, 25, history, assortment, settings({}));
    expect(chosen).toEqual(ranked.slice(0, 25));
    expect(lost).toBe(0);
  });

  it('shows more of what the customer’s history is of when it is calibrated', () => {
    const share = (calibrationWeight: number): number =>
      rerank(ranked, 9, history, assortment, settings({ calibrationWeight })).items.filter(
        ({ itemId: id }) => assortment.item(id)?.category[0] === 'Data',
      ).length;
    expect([share(0), share(0.9)]).toEqual([3, 7]);
  });

  it('may be ordered otherwise at a placement', () => {
    const all = { ...defaultReranking, placements: { mail: { authorCountMax: 1 } } };
    expect(rerankingFor(all, 'mail')).toEqual({ ...defaultReranking, authorCountMax: 1 });
    expect(rerankingFor(all, 'home')).toEqual(defaultReranking);
    expect(rerankingFor(all, 'toString')).toEqual(defaultReranking);
  });
});
