import { describe, expect, it } from 'vitest';
import { customerId, itemId, modelVersion } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { typeCode } from '../../lib/dataset/interaction.ts';
import { interactionWeights } from '../../lib/dataset/weights.ts';
import type { InteractionType } from '../../lib/events/event.ts';
import { learnEventWeights } from '../../lib/recommenders/event-weights.ts';
import { pairsOf } from '../../lib/recommenders/history.ts';
import { servingNeighbours } from '../../lib/recommenders/item-knn.ts';
import { createRecommender, loadRecommender, recipeOf } from '../../lib/recommenders/models.ts';
import type { Recipe } from '../../lib/recommenders/recommender.ts';
import { decodeServing, encodeServing } from '../../lib/recommenders/serving.ts';
import { interactionsFrom } from '../dataset/interaction-rows.ts';

const day = 86_400_000;
type Act = readonly [customer: string, type: InteractionType, item: string, atDays: number];

const interactionsOf = (acts: readonly Act[]) =>
  interactionsFrom(
    acts.map(([customer, type, item, atDays]) => ({
      customerId: customerId(customer),
      itemId: itemId(item),
      value: interactionWeights[type],
      atMs: atDays * day,
      type,
    })),
  );
const learned = (acts: readonly Act[], nowDays = 365) => {
  const weights = learnEventWeights(interactionsOf(acts), nowDays * day);
  return (type: InteractionType): number => weights[typeCode(type)];
};

/** So many customers do this with the item on day 1; the given share buys it within the horizon. */
const simulated = (type: InteractionType, share: number, count: number): Act[] => {
  const random = seededRandom(`event-weights/${type}`);
  return Array.from({ length: count }, (_, n): Act[] => [
    [`${type}${n}`, type, 'item', 1],
    ...(random.next() < share ? [[`${type}${n}`, 'purchase', 'item', 2 + random.int(20)] as const] : []),
  ]).flat();
};

describe('learned event weights', () => {
  it('recover the rates at which behaviours are followed by the purchase', () => {
    const rates = { view: 0.04, wishlist: 0.15, cart: 0.35, complete: 0.6 } as const;
    const acts = Object.entries(rates).flatMap(([type, rate]) =>
      simulated(type as InteractionType, rate, 20_000),
    );
    const weight = learned(acts);
    // The prior's 200 events move a rate of 20,000 by at most 1% of its distance; sampling adds ± 0.01 (3 sigma).
    for (const [type, rate] of Object.entries(rates)) {
      expect(Math.abs(weight(type as InteractionType) - rate)).toBeLessThan(0.015);
    }
    expect(weight('purchase')).toBe(1);
  });

  it('stay near the documented ones where the data is thin', () => {
    const weight = learned(simulated('view', 0, 10));
    expect(weight('view')).toBeCloseTo((200 * interactionWeights.view) / 210, 12);
    expect(weight('cart')).toBe(interactionWeights.cart);
  });

  it('never turn the documented order round: what the counts would reverse is pooled', () => {
    const weight = learned([...simulated('view', 0.5, 4_000), ...simulated('cart', 0.05, 4_000)]);
    expect(weight('view')).toBeLessThanOrEqual(weight('cart'));
    expect(weight('cart')).toBeCloseTo(weight('view'), 12);
    expect(weight('cart')).toBeGreaterThan(0.2);
    expect(weight('complete')).toBeGreaterThanOrEqual(weight('cart'));
  });

  it('do not count what is done with something already owned, nor what may still be followed', () => {
    const owned = Array.from({ length: 5_000 }, (_, n): Act[] => [
      [`c${n}`, 'purchase', 'item', 1],
      [`c${n}`, 'complete', 'item', 5],
      [`d${n}`, 'view', 'item', 360],
    ]).flat();
    const weight = learned(owned);
    expect(weight('complete')).toBe(interactionWeights.complete);
    expect(weight('view')).toBe(interactionWeights.view);
  });
});

describe('event weights in a model', () => {
  const acts: readonly Act[] = [
    ...simulated('view', 0, 2_000),
    ...Array.from({ length: 30 }, (_, n): Act[] => [
      [`c${n}`, 'view', 'trailer', n],
      [`c${n}`, 'purchase', n % 2 === 0 ? 'course' : 'book', 40 + n],
      [`c${n}`, 'purchase', 'guide', 80],
    ]).flat(),
  ];
  const fitted = (params: Recipe['params']) => {
    const recommender = createRecommender(
      recipeOf('item-knn', { shrinkage: 0, weighting: 'none', ...params }),
    );
    recommender.fit(interactionsOf(acts), new Map(), 100 * day);
    return recommender;
  };
  const history = (customer: string) =>
    acts
      .filter(([one]) => one === customer)
      .map(([, type, item, atDays]) => ({
        itemId: itemId(item),
        value: interactionWeights[type],
        atMs: atDays * day,
        type,
      }));

  it('are as given by default', () => {
    expect(fitted({ weights: 'given' }).recommend(customerId('c1'), 5)).toEqual(
      fitted({}).recommend(customerId('c1'), 5),
    );
  });

  it.each<Recipe['params']>([
    { weights: 'learned' },
    { recencyHalfLifeDays: 20 },
    { weights: 'learned', recencyHalfLifeDays: 20 },
  ])('%o: folding in, loading and serving answer as the training does', (params) => {
    const recommender = fitted(params);
    const model = recommender.save();
    const serving = decodeServing(
      encodeServing(model, {
        modelVersion: modelVersion('v1'),
        trainedAtMs: 100 * day,
        items: [],
        neighbours: servingNeighbours(pairsOf(interactionsOf(acts))),
        interactionCounts: new Map(),
      }),
    );
    const stored = recommender.recommend(customerId('c3'), 4);
    expect(stored).not.toEqual(fitted({}).recommend(customerId('c3'), 4));
    for (const answer of [
      recommender.foldIn(history('c3'), 4),
      loadRecommender(model).foldIn(history('c3'), 4),
    ]) {
      answer.forEach(({ itemId: id, score }, place) => {
        expect(id).toBe(stored[place].itemId);
        expect(score).toBeCloseTo(stored[place].score, 6);
      });
    }
    expect(serving.because(history('c3'))?.(itemId('guide'))).toBe(
      recommender.because(customerId('c3'), [itemId('guide')])?.[0],
    );
  });

  it('count an event half at the half-life, and never nothing', () => {
    const recommender = fitted({ recencyHalfLifeDays: 10 });
    const scoreAt = (ageDays: number): number =>
      recommender
        .foldIn([{ itemId: itemId('course'), value: 1, atMs: (100 - ageDays) * day }], 1)
        .map(({ score }) => score)[0];
    expect(scoreAt(10)).toBeCloseTo(scoreAt(0) / 2, 6);
    expect(scoreAt(10_000)).toBeCloseTo(scoreAt(0) / 100, 6);
  });

  it('refuse what is not known or out of range', () => {
    expect(() => fitted({ weights: 'guessed' })).toThrow(
      /weights must be given or learned, received "guessed"/,
    );
    expect(() => fitted({ recencyHalfLifeDays: 0 })).toThrow(/recencyHalfLifeDays/);
  });
});
