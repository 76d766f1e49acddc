import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import type { InteractionType } from '../../lib/events/event.ts';
import { logLikelihoodRatio } from '../../lib/recommenders/log-likelihood.ts';
import { createRecommender, loadRecommender, recipeOf } from '../../lib/recommenders/models.ts';
import type { Recipe } from '../../lib/recommenders/recommender.ts';
import { interactionsFrom } from '../dataset/interaction-rows.ts';
import golden from '../golden/log-likelihood.json' with { type: 'json' };

type Act = readonly [customer: string, type: InteractionType, item: string];

const fitted = (acts: readonly Act[], params: Recipe['params'] = {}) => {
  const recommender = createRecommender(recipeOf('cross-occurrence', { exponent: 1, ...params }));
  const rows = acts.map(([customer, type, item]) => ({
    customerId: customerId(customer),
    itemId: itemId(item),
    value: 1,
    atMs: 0,
    type,
  }));
  recommender.fit(interactionsFrom(rows), new Map(), 0);
  return recommender;
};
const did = (type: InteractionType, item: string) => [{ itemId: itemId(item), value: 1, atMs: 0, type }];

/** Who views the trailer buys the course; who views the blog buys nothing in particular. */
const acts: readonly Act[] = Array.from({ length: 40 }, (_, n): Act[] => [
  [`c${n}`, 'view', n < 20 ? 'trailer' : 'blog'],
  [`c${n}`, 'purchase', n < 20 ? 'course' : `other${n % 4}`],
  [`c${n}`, 'purchase', n % 2 === 0 ? 'even' : 'odd'],
]).flat();

describe('the log-likelihood ratio', () => {
  it.each(golden.tables)('of $k is $llr', ({ k: [both, onlyA, onlyB, neither], llr }) => {
    expect(Math.abs(logLikelihoodRatio(both, onlyA, onlyB, neither) - llr)).toBeLessThanOrEqual(
      golden.tolerance * Math.max(1, llr),
    );
  });

  it('is 0 where the two are independent, and the same with A and B exchanged', () => {
    expect(logLikelihoodRatio(2, 4, 3, 6)).toBeCloseTo(0, 10);
    fc.assert(
      fc.property(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99), (both, onlyA, onlyB, neither) => {
        const ratio = logLikelihoodRatio(both, onlyA, onlyB, neither);
        expect(ratio).toBeGreaterThanOrEqual(0);
        expect(logLikelihoodRatio(both, onlyB, onlyA, neither)).toBeCloseTo(ratio, 8);
      }),
    );
  });
});

describe('cross-occurrence', () => {
  it('recommends what is bought by those who viewed, each by its ratio', () => {
    const [first, ...rest] = fitted(acts).foldIn(did('view', 'trailer'), 9);
    expect(first.itemId).toBe('course');
    // 20 of 40 viewed, 20 of 40 bought, the same ones: G² = 2 · 40 · ln 2.
    expect(first.score).toBeCloseTo(80 * Math.log(2), 4);
    expect(rest.every(({ score }) => score === 0)).toBe(true);
  });

  it('tells kinds of behaviour apart: the same item viewed says another thing than bought', () => {
    const recommender = fitted(
      [
        ...acts,
        ...Array.from({ length: 40 }, (_, n): Act => [`c${n}`, 'view', n % 2 === 0 ? 'course' : 'blog']),
      ],
      { threshold: 20 },
    );
    const best = (type: InteractionType) =>
      recommender
        .foldIn(did(type, 'course'), 9)
        .filter(({ score }) => score > 0)
        .map((one) => one.itemId);
    expect(best('view')).toEqual(['even']);
    expect(best('purchase')).toEqual([]);
  });

  it('finds that an item viewed is itself bought', () => {
    const looks = Array.from({ length: 30 }, (_, n): Act[] => [
      [`d${n}`, 'view', n < 15 ? 'left' : 'right'],
      [`d${n}`, 'purchase', n < 15 ? 'left' : 'right'],
    ]).flat();
    expect(fitted(looks).foldIn(did('view', 'left'), 1)[0].itemId).toBe('left');
  });

  it('drops what is at or below the threshold, and keeps only the strongest', () => {
    expect(fitted(acts, { threshold: 56 }).foldIn(did('view', 'trailer'), 1)[0].score).toBe(0);
    const two = [
      ...acts,
      ...acts.map(([c, type, item]): Act => [c, type, item.replace('trailer', 'teaser')]),
    ];
    const strongest = fitted(two, { correlators: 1 });
    const spoken = ['trailer', 'teaser'].filter(
      (item) => strongest.foldIn(did('view', item), 1)[0].score > 0,
    );
    expect(spoken).toHaveLength(1);
  });

  it('says which item of the history an answer rests on', () => {
    const recommender = fitted(acts);
    expect(recommender.because(customerId('c1'), [itemId('course')])).toEqual(['trailer']);
  });

  it('goes by the strongest behaviour there is where nobody bought anything', () => {
    const views = acts.map(([customer, , item]): Act => [customer, 'view', item]);
    const recommender = fitted(views);
    expect(recommender.foldIn(did('view', 'trailer'), 1)[0].itemId).toBe('course');
    expect(loadRecommender(recommender.save()).foldIn(did('view', 'trailer'), 3)).toEqual(
      recommender.foldIn(did('view', 'trailer'), 3),
    );
  });
});
