import { describe, expect, it } from 'vitest';
import { threadedKernels } from '../../lib/adapters/threads.ts';
import { customerId, itemId, modelVersion } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import type { Progress } from '../../lib/recommenders/model.ts';
import { createRecommender, loadRecommender, plainTools, recipeOf } from '../../lib/recommenders/models.ts';
import type { Recipe } from '../../lib/recommenders/recommender.ts';
import { decodeServing, encodeServing } from '../../lib/recommenders/serving.ts';
import { checkerboard, interactionsOf, itemOf, type Triple } from './interactions.ts';

const topics = ['cooking', 'drawing', 'music'];
const languages = ['language=en', 'language=zh-CN', 'language=de'];

/** Customers of three languages take ten of the twenty items of one topic each; item i is of topic i mod 3. */
const market = () => {
  const random = seededRandom('pairwise market');
  const triples = Array.from({ length: 90 }, (_, customer) =>
    random
      .shuffle(Array.from({ length: 20 }, (_, place) => place * 3 + (customer % 3)))
      .slice(0, 10)
      .map((item): Triple => [`c${customer}`, `i${item}`]),
  ).flat();
  const items = Array.from({ length: 60 }, (_, item) =>
    itemOf(`i${item}`, {
      category: [topics[item % 3]],
      tags: [`tag-${item % 3}`],
      author: `author ${item % 6}`,
    }),
  );
  const fresh = topics.map((topic, place) =>
    itemOf(`new-${topic}`, { category: [topic], tags: [`tag-${place}`] }),
  );
  const stranger = itemOf('new-stranger', { category: ['law'] });
  const catalogue = new Map<string, CatalogItem>(
    [...items, ...fresh, stranger].map((item) => [item.itemId, item]),
  );
  const customers = new Map<string, readonly string[]>([['newcomer', [languages[1]]]]);
  for (let customer = 0; customer < 90; customer++) {
    customers.set(`c${customer}`, [languages[customer % 3], 'plan=basic']);
  }
  return { interactions: interactionsOf(triples), catalogue, customers };
};

const trained = (recipe: Recipe, tools = plainTools) => {
  const { interactions, catalogue, customers } = market();
  const recommender = createRecommender(recipe, tools);
  recommender.fit(interactions, catalogue, 0, customers);
  return recommender;
};

const cold = new Set([...topics.map((topic) => `new-${topic}`), 'new-stranger']);

describe.each(['warp', 'bpr'])('%s with features', (model) => {
  const recommender = trained(recipeOf(model, { factors: 15, epochs: 30 }));

  it('puts new items of the customer’s topic before new items of others, and those before what nothing is known of', () => {
    for (let customer = 0; customer < 90; customer++) {
      const answer = recommender.recommend(customerId(`c${customer}`), 4, { accept: (id) => cold.has(id) });
      expect(answer[0].itemId).toBe(`new-${topics[customer % 3]}`);
    }
  });

  it('puts a new item of the topic before known items of other topics', () => {
    for (let customer = 0; customer < 3; customer++) {
      const answer = recommender
        .recommend(customerId(`c${customer}`), 100)
        .map((one) => one.itemId as string);
      const foreign = answer.findIndex((id) => id.startsWith('i') && Number(id.slice(1)) % 3 !== customer);
      expect(answer.indexOf(`new-${topics[customer]}`)).toBeLessThan(foreign);
    }
  });

  it('scores an item without interactions and without shared features 0', () => {
    const answer = recommender.recommend(customerId('c0'), 100);
    expect(answer.find((one) => one.itemId === 'new-stranger')?.score).toBeCloseTo(0, 1);
  });

  it('answers a new customer by the features alone', () => {
    languages.forEach((language, topic) => {
      const answer = recommender.foldIn([], 10, { features: [language] });
      expect(
        answer.every((one) => one.itemId.startsWith('new') || Number(one.itemId.slice(1)) % 3 === topic),
      ).toBe(true);
    });
    expect(recommender.foldIn([], 3, { features: ['language=unheard-of'] })).toEqual(
      recommender.foldIn([], 3),
    );
  });

  it('knows a customer of whom nothing but features was given', () => {
    const answer = recommender.recommend(customerId('newcomer'), 10);
    expect(answer).toEqual(recommender.foldIn([], 10, { features: [languages[1]] }));
    expect(recommender.recommend(customerId('stranger'), 10)).toEqual(recommender.foldIn([], 10));
  });

  it('folds in history and features to the answer for the stored customer', () => {
    const { interactions } = market();
    const own = [...interactions.itemIndex]
      .filter((_, row) => interactions.customerIndex[row] === 4)
      .map((item) => ({ itemId: interactions.items[item], value: 1, atMs: 0 }));
    const folded = recommender.foldIn(own, 64, { features: [languages[1], 'plan=basic'] });
    expect(folded).toEqual(recommender.recommend(customerId('c4'), 64));
  });

  it('calls items of the same topic similar, new ones too', () => {
    const similar = recommender.similarItems(itemId('new-music'), 10).map((one) => one.itemId as string);
    expect(similar.every((id) => Number(id.slice(1)) % 3 === 2)).toBe(true);
  });

  it('keeps customers’ features when saved, and serves without them', () => {
    const saved = recommender.save();
    const loaded = loadRecommender(saved);
    expect(loaded.recommend(customerId('c7'), 20)).toEqual(recommender.recommend(customerId('c7'), 20));
    expect(loaded.recommend(customerId('newcomer'), 20)).toEqual(
      recommender.recommend(customerId('newcomer'), 20),
    );
    expect(loaded.save()).toEqual(saved);
    const { catalogue } = market();
    const serving = decodeServing(
      encodeServing(saved, {
        modelVersion: modelVersion('v1'),
        trainedAtMs: 0,
        items: [...catalogue.values()],
        neighbours: {
          rowStart: new Int32Array(65),
          columnIndex: new Int32Array(0),
          value: new Float32Array(0),
        },
        interactionCounts: new Map(),
      }),
    );
    const features = [languages[2]];
    expect(serving.foldIn([], 5, { features })).toEqual(recommender.foldIn([], 5, { features }));
  });

  it('is the same with any number of threads, and another with another seed', () => {
    const kernels = threadedKernels(2);
    const threaded = trained(recipeOf(model, { factors: 15, epochs: 30 }), {
      kernels: () => kernels,
      progress: () => {},
    });
    expect(threaded.save()).toEqual(recommender.save());
    kernels.close();
    const other = trained(recipeOf(model, { factors: 15, epochs: 30, seed: 2 }));
    expect(other.recommend(customerId('c1'), 5)).not.toEqual(recommender.recommend(customerId('c1'), 5));
  });

  it('tells a loss that falls', () => {
    const told: Progress[] = [];
    trained(recipeOf(model, { factors: 15, epochs: 10 }), {
      kernels: plainTools.kernels,
      progress: (progress) => told.push(progress),
    });
    expect(told.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(told[9].loss).toBeLessThan(told[0].loss ?? 0);
  });

  it('gives the exact part of every item of the history in a score', () => {
    const triples = checkerboard(12);
    const plain = createRecommender(recipeOf(model, { factors: 7, epochs: 5 }));
    plain.fit(interactionsOf(triples), new Map(), 0);
    const [best] = plain.recommend(customerId('c1'), 1);
    const because = plain.because(customerId('c1'), [best.itemId]);
    expect(triples.map(([customer, item]) => `${customer} ${item}`)).toContain(`c1 ${because?.[0]}`);
  });

  it('refuses what it cannot train with, and says what', () => {
    const training = (params: Recipe['params']) => () => trained(recipeOf(model, params));
    expect(training({ factors: 0 })).toThrow(/factors must be a number of 1 … 1024, received 0/);
    expect(training({ epochs: 1.5 })).toThrow(/epochs/);
    expect(training({ learningRate: 'fast' })).toThrow(/learningRate/);
    expect(training({ learningRate: 1e30, factors: 7 })).toThrow(/diverged; lower the learningRate/);
  });
});
