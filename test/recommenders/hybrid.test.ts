import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { noEvents } from '../../lib/recommenders/history.ts';
import { hybrid } from '../../lib/recommenders/hybrid.ts';
import { ascended } from '../../lib/recommenders/hybrid-ascent.ts';
import { blendedScores } from '../../lib/recommenders/hybrid-blend.ts';
import { kindsOf, raiseOtherKinds } from '../../lib/recommenders/hybrid-kinds.ts';
import { choiceWeights } from '../../lib/recommenders/hybrid-weights.ts';
import { indexedRecommender, modelParts } from '../../lib/recommenders/indexed.ts';
import type { ModelKind, Scorer } from '../../lib/recommenders/model.ts';
import { createRecommender, kindOf, plainTools, recipeOf } from '../../lib/recommenders/models.ts';
import { descending } from '../../lib/recommenders/ranking.ts';
import type { Recommender } from '../../lib/recommenders/recommender.ts';
import { withhold } from '../../lib/recommenders/withheld.ts';
import { interactionsOf, itemOf, type Triple } from './interactions.ts';

/** 60 customers of two tastes, ten of the fifteen items of their own taste each. */
const tastes = (atMs: (place: number) => number = () => 0): Triple[] => {
  const random = seededRandom('tastes');
  return Array.from({ length: 60 }, (_, customer) => {
    const own = random.shuffle(Array.from({ length: 15 }, (_item, item) => item * 2 + (customer % 2)));
    return own.slice(0, 10).map((item, place): Triple => [`c${customer}`, `i${item}`, 1, atMs(place)]);
  }).flat();
};

const extraOf = (recommender: Recommender) =>
  modelParts(recommender.save()).header.extra as {
    readonly weights: readonly number[];
    readonly newcomerWeights: readonly number[];
    readonly choices: number;
    readonly crossKindShare: number;
  };

describe('the weights of a blend', () => {
  it('of one feature that 80 of 100 choices follow are the logit of 0.8', () => {
    // Two candidates, one with the feature: p(with) = 1 / (1 + e^−w), highest at ln(80 / 20).
    const choices = Array.from({ length: 100 }, (_, i) => Float64Array.from(i < 80 ? [1, 0] : [0, 1]));
    const { weights, loss } = choiceWeights(choices, new Float64Array(1), 1e-9);
    expect(weights[0]).toBeCloseTo(Math.log(4), 6);
    expect(loss).toBeCloseTo(-(0.8 * Math.log(0.8) + 0.2 * Math.log(0.2)), 6);
  });

  it('are found again from choices that were drawn by known ones', () => {
    const random = seededRandom('choices');
    const truth = [1.5, -0.5, 0];
    const choices = Array.from({ length: 4_000 }, () => {
      const candidates = Array.from({ length: 8 }, () => truth.map(() => random.normal()));
      // The largest of scores with Gumbel noise is a draw from their softmax.
      const noisy = candidates.map(
        (features) =>
          features.reduce((sum, value, i) => sum + value * truth[i], 0) - Math.log(-Math.log(random.next())),
      );
      const taken = noisy.indexOf(Math.max(...noisy));
      return Float64Array.from([candidates[taken], ...candidates.filter((_, i) => i !== taken)].flat());
    });
    const { weights } = choiceWeights(choices, new Float64Array(3), 1);
    // Standard errors are about 0.02.
    weights.forEach((weight, i) => {
      expect(Math.abs(weight - truth[i])).toBeLessThan(0.1);
    });
  });

  it('are the prior without choices, and near it with a single one', () => {
    const prior = Float64Array.of(0.5, 0.5);
    expect(choiceWeights([], prior, 10)).toEqual({ weights: prior });
    const { weights } = choiceWeights([Float64Array.of(1, 0, 0, 1)], prior, 10);
    // One step of the gradient, at most 1 a feature, divided by λ.
    expect(Math.abs(weights[0] - 0.5)).toBeLessThan(0.1);
  });

  it('refuse features that are no numbers', () => {
    expect(() => choiceWeights([Float64Array.of(Number.NaN, 0)], new Float64Array(1), 1)).toThrow(RangeError);
  });
});

describe('the ascent by rank', () => {
  /**
   * Of 400 choices the first feature puts 70% first and 30% hopelessly last; the second is noise. The likelihood gives
   * up the first feature for the sake of those lost; by rank it is worth all.
   */
  const choices = (): Float64Array[] => {
    const random = seededRandom('ascent');
    return Array.from({ length: 400 }, () => {
      const others = Array.from({ length: 9 }, () => [random.normal(), random.normal()]);
      const taken = [random.next() < 0.7 ? 3 : -30, random.normal()];
      return Float64Array.from([taken, ...others].flat());
    });
  };

  it('finds the feature that ranks most choices first, where the likelihood turns from it', () => {
    const { weights } = choiceWeights(choices(), Float64Array.of(0.5, 0.5), 10);
    expect(weights[0]).toBeLessThan(0);
    const [first, second] = ascended(choices(), weights);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeGreaterThan(2 * Math.abs(second));
  });

  it('stays where no move helps', () => {
    const random = seededRandom('stay');
    const perfect = Array.from({ length: 200 }, () =>
      Float64Array.from([9, 0, ...Array.from({ length: 5 }, () => [random.normal(), 0]).flat()]),
    );
    const start = Float64Array.of(1, 0);
    expect(ascended(perfect, start)).toEqual(start);
  });
});

describe('a hybrid', () => {
  it('trusts the model that knows what customers take more than one that does not', () => {
    const recommender = createRecommender(recipeOf('hybrid', { models: ['popularity', 'item-knn'] }));
    recommender.fit(interactionsOf(tastes()), new Map(), 0);
    const { weights, choices } = extraOf(recommender);
    expect(choices).toBe(60);
    expect(weights[1]).toBeGreaterThan(2 * Math.abs(weights[0]));
  });

  it('learns nothing from what a model has only memorised', () => {
    const memory: ModelKind = {
      defaults: {},
      fit: ({ pairs }) => ({
        scoreHistory: () => {},
        scoreCustomer: (customer, _history, out) => {
          for (let entry = pairs.rowStart[customer]; entry < pairs.rowStart[customer + 1]; entry++) {
            out[pairs.columnIndex[entry]] = 1;
          }
        },
        scoreSimilar: () => {},
        arrays: {},
      }),
      load: () => {
        throw new Error('not loaded here');
      },
    };
    const table = { recipeOf, kindOf: (model: string) => (model === 'memory' ? memory : kindOf(model)) };
    const recipe = {
      model: 'hybrid',
      params: {
        ...recipeOf('hybrid').params,
        models: [
          { model: 'memory', params: {} },
          { model: 'item-knn', params: recipeOf('item-knn').params },
        ],
      },
    };
    const recommender = indexedRecommender(recipe, hybrid(table), plainTools);
    recommender.fit(interactionsOf(tastes()), new Map(), 0);
    const { weights } = extraOf(recommender);
    // Nothing beyond what it has seen: the weight stays where equal weights put it.
    expect(weights[0]).toBeCloseTo(0.5, 9);
    expect(weights[1]).toBeGreaterThan(0.5);
  });

  it('with weights learned from times recommends each customer what is left of the own taste', () => {
    const recommender = createRecommender(recipeOf('hybrid'));
    const day = 86_400_000;
    const triples = tastes((place) => place * day);
    recommender.fit(interactionsOf(triples), new Map(), 10 * day);
    for (const customer of [0, 1, 2, 3]) {
      const owned = new Set(triples.filter(([id]) => id === `c${customer}`).map(([, item]) => item));
      const answer = recommender.recommend(customerId(`c${customer}`), 5, { exclude: owned });
      expect(answer.map((one) => Number(one.itemId.slice(1)) % 2)).toEqual(Array(5).fill(customer % 2));
    }
  });

  it('gives newcomers what newcomers took, whatever those with a history turn to', () => {
    // Whoever comes takes one of the two items for beginners first; those who stay turn to others as time goes on. The
    // last thirty have only just come.
    const random = seededRandom('newcomers');
    const triples = Array.from({ length: 120 }, (_, customer): Triple[] =>
      Array.from({ length: customer < 90 ? 5 : 1 }, (_item, place): Triple => {
        const day = customer + place * 2;
        const item = place === 0 ? random.int(2) : 2 + Math.floor(day / 10) + random.int(3);
        return [`c${customer}`, `i${item}`, 1, day * 86_400_000];
      }),
    ).flat();
    const says = (scoreOf: (id: string) => number): ModelKind => ({
      defaults: {},
      fit: ({ itemIds }) => ({
        scoreHistory: (_history, out) => out.set(itemIds.map(scoreOf)),
        scoreSimilar: () => {},
        arrays: {},
      }),
      load: () => {
        throw new Error('not loaded here');
      },
    });
    const isFirst = (id: string): boolean => id === 'i0' || id === 'i1';
    const kinds = [
      says((id) => (isFirst(id) ? 1 : 0)),
      says((id) => (isFirst(id) ? 0 : Number(id.slice(1)))),
    ];
    const models = ['0', '1'].map((model) => ({ model, params: {} }));
    const recipe = { model: 'hybrid', params: { ...recipeOf('hybrid').params, models } };
    const kind = hybrid({ recipeOf, kindOf: (model) => kinds[Number(model)] });
    const recommender = indexedRecommender(recipe, kind, plainTools);
    recommender.fit(interactionsOf(triples), new Map(), 128 * 86_400_000);
    const { weights, newcomerWeights } = extraOf(recommender);
    expect(weights[1]).toBeGreaterThan(weights[0]);
    expect(newcomerWeights[0]).toBeGreaterThan(newcomerWeights[1]);
    const first = recommender.foldIn([], 2).map(({ itemId: id }) => id);
    expect(first.toSorted()).toEqual(['i0', 'i1']);
  });

  it('splits the difference of two scores into what each item of the history adds', () => {
    const random = seededRandom('additive');
    const additive = (): Scorer => {
      const table = Float64Array.from({ length: 12 * 12 }, () => random.normal());
      return {
        scoreHistory: ({ items }, out) => {
          for (const own of items) for (let item = 0; item < 12; item++) out[item] += table[own * 12 + item];
        },
        scoreSimilar: () => {},
        explain: ({ items }) => {
          return (item, out) => out.set(Array.from(items, (own) => table[own * 12 + item]));
        },
        arrays: {},
      };
    };
    const models = [additive(), additive()];
    const blend = blendedScores({
      models,
      weights: Float64Array.of(0.7, -0.2),
      newcomerWeights: new Float64Array(2),
      itemsCount: 12,
    });
    const history = {
      items: Int32Array.of(2, 5, 9),
      weights: Float32Array.of(1, 1, 1),
      events: noEvents,
      nowMs: 0,
    };
    const scores = new Float64Array(12);
    blend.add(-1, history, scores);
    const addedTo = (item: number): number => {
      const added = new Float64Array(3);
      blend.explain(history)(item, added);
      return added[0] + added[1] + added[2];
    };
    expect(addedTo(1) - addedTo(7)).toBeCloseTo(scores[1] - scores[7], 10);
  });

  it.each([
    ['no list of models', { models: 'als' }, /models/],
    ['a single model', { models: ['als'] }, /two recipes/],
    ['a model that does not exist', { models: ['als', 'oracle'] }, /no model/],
    ['a hybrid inside', { models: ['als', { model: 'hybrid', params: {} }] }, /other than hybrid/],
    ['a share above 1', { crossKindShare: 1.5 }, /crossKindShare/],
    ['a part of an item', { others: 2.5 }, /whole number/],
  ])('refuses %s', (_what, params, message) => {
    expect(() => {
      const recommender = createRecommender(recipeOf('hybrid', params));
      recommender.fit(interactionsOf(tastes()), new Map(), 0);
    }).toThrow(message);
  });
});

describe('what is withheld', () => {
  const none: undefined[] = [];

  it('by time is the last fifth of what was taken, and nothing of train is later', () => {
    const rows = interactionsOf(
      Array.from({ length: 100 }, (_, i): Triple => [`c${i % 5}`, `i${i}`, 1, i * 1_000]),
    );
    const { train, nowMs, customers } = withhold(rows, none, 1e6, { share: 0.2, seed: 'a' });
    expect(train.value.length).toBe(80);
    expect(nowMs).toBe(80_000);
    expect(Math.max(...train.atMs)).toBe(79_000);
    expect(customers.flatMap(({ taken }) => taken).length).toBe(20);
  });

  it('tells newcomers, whose first item is withheld, from customers with a history', () => {
    const rows = interactionsOf([
      ['ann', 'i1', 1, 0],
      ['ann', 'i2', 1, 9],
      ['ben', 'i2', 1, 9],
    ]);
    const { customers, newcomers } = withhold(rows, none, 9, { share: 0.5, seed: 'a' });
    expect(customers.map(({ customer }) => customer)).toEqual([0]);
    expect(newcomers).toEqual([{ customer: 1, taken: [1], owned: new Set() }]);
  });

  it('without times is one item of every customer who has two', () => {
    const rows = interactionsOf([
      ['ann', 'i1'],
      ['ann', 'i2'],
      ['ann', 'i3'],
      ['ben', 'i1'],
    ]);
    const { train, customers } = withhold(rows, none, 7, { share: 0.2, seed: 'a' });
    expect(train.value.length).toBe(3);
    expect(customers).toHaveLength(1);
    const [{ customer, taken, owned }] = customers;
    expect([customer, taken.length, owned.size]).toEqual([0, 1, 2]);
    expect(owned.has(taken[0])).toBe(false);
  });

  it('leaves out what customers own for good and keeps what they may buy again', () => {
    const rows = interactionsOf([
      ['ann', 'course', 1, 0],
      ['ann', 'plan', 1, 0],
      ['ann', 'course', 1, 9],
      ['ann', 'plan', 1, 9],
    ]);
    const catalogue: CatalogItem[] = [
      itemOf('course'),
      itemOf('plan', { repurchase: { kind: 'renews', days: 30 } }),
    ];
    const [{ taken, owned }] = withhold(rows, catalogue, 9, { share: 0.5, seed: 'a' }).customers;
    expect(taken).toEqual([1]);
    expect([...owned]).toEqual([0]);
  });
});

describe('a quota of kinds', () => {
  const kinds = Int32Array.from({ length: 40 }, (_, item) => item % 3);
  const scores = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 40, maxLength: 40 });

  it('is kept in every beginning of the list, within each kind the order stays, and scores only rise', () => {
    fc.assert(
      fc.property(scores, fc.double({ min: 0.05, max: 0.9, noNaN: true }), (values, share) => {
        // Distinct values, so that no order rests on ties.
        const before = Float64Array.from(values, (value, item) => value + item * 1e-7);
        const after = before.slice();
        raiseOtherKinds(after, kinds, Int32Array.of(0, 3), share, 20);
        const order = [...descending(after)].filter((item) => item !== 0 && item !== 3);
        for (let place = 1; place <= 20; place++) {
          const fresh = order.slice(0, place).filter((item) => kinds[item] !== 0).length;
          expect(fresh).toBeGreaterThanOrEqual(Math.floor(place * share));
        }
        const fresh = (list: readonly number[]) => list.filter((item) => kinds[item] !== 0);
        const unchanged = [...descending(before)].filter((item) => item !== 0 && item !== 3);
        expect(fresh(order)).toEqual(fresh(unchanged));
        after.forEach((score, item) => {
          expect(score).toBeGreaterThanOrEqual(before[item]);
        });
      }),
    );
  });

  it('changes nothing for an empty history, or where every kind is taken', () => {
    const before = Float64Array.from({ length: 40 }, (_, item) => -item);
    for (const history of [[], [0, 1, 2]]) {
      const after = before.slice();
      raiseOtherKinds(after, kinds, Int32Array.from(history), 0.5, 20);
      expect(after).toEqual(before);
    }
  });

  it('knows no kind of items that the catalogue does not have', () => {
    expect([...kindsOf([itemOf('a'), undefined, itemOf('b', { kind: 'book' }), itemOf('c')])]).toEqual([
      0, -1, 1, 0,
    ]);
  });

  // 80 customers take courses of their taste; of each taste's 20 readers all then take the book that goes with it.
  const readers = (): { triples: Triple[]; catalogue: Map<string, CatalogItem> } => {
    const random = seededRandom('readers');
    const triples = Array.from({ length: 80 }, (_, customer): Triple[] => {
      const taste = customer % 2;
      const own = random.shuffle(Array.from({ length: 12 }, (_item, item) => `course${item * 2 + taste}`));
      const courses = own.slice(0, 6).map((id, place): Triple => [`c${customer}`, id, 1, place * 1_000]);
      return customer % 4 < 2 ? [...courses, [`c${customer}`, `book${taste}`, 1, 9_000]] : courses;
    }).flat();
    const items = [
      ...Array.from({ length: 24 }, (_, item) => itemOf(`course${item}`)),
      ...[0, 1].map((taste) => itemOf(`book${taste}`, { kind: 'book' })),
    ];
    return { triples, catalogue: new Map(items.map((item) => [item.itemId, item])) };
  };

  it('brings the book of their taste to customers who have courses alone', () => {
    const { triples, catalogue } = readers();
    const found = (crossKindShare: number): number => {
      const recommender = createRecommender(recipeOf('hybrid', { crossKindShare }));
      recommender.fit(interactionsOf(triples), catalogue, 10_000);
      const without = Array.from({ length: 80 }, (_, customer) => customer).filter((c) => c % 4 >= 2);
      return without.filter((customer) => {
        const owned = new Set(triples.filter(([id]) => id === `c${customer}`).map(([, item]) => item));
        const answer = recommender.recommend(customerId(`c${customer}`), 3, { exclude: owned });
        return answer.some((one) => one.itemId === `book${customer % 2}`);
      }).length;
    };
    expect(found(0.4)).toBe(40);
  });

  it('may be as large as customers were seen to go to other kinds', () => {
    const { triples, catalogue } = readers();
    const recommender = createRecommender(
      recipeOf('hybrid', { crossKindShare: 'observed', withheldShare: 0.05 }),
    );
    recommender.fit(interactionsOf(triples), catalogue, 10_000);
    // The last twentieth by time is books only, each a new kind to who took it.
    expect(extraOf(recommender).crossKindShare).toBe(1);
  });
});
