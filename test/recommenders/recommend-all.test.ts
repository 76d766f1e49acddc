import { describe, expect, it } from 'vitest';
import { threadedKernels } from '../../lib/adapters/threads.ts';
import { customerId, type ItemId, itemId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { createKernels, type Kernels } from '../../lib/numeric/kernels.ts';
import { noEvents } from '../../lib/recommenders/history.ts';
import { descending } from '../../lib/recommenders/ranking.ts';
import { type FactorModel, factorRecommendAll } from '../../lib/recommenders/recommend-all.ts';
import type { RecommendOptions } from '../../lib/recommenders/recommender.ts';

const stride = 4;
const itemsCount = 11;
/** More than one batch. */
const customersCount = 8_200;
const random = seededRandom('recommend-all');
const numbers = (rows: number) => Float32Array.from({ length: rows * stride }, () => random.int(9) - 4);
const itemRows = numbers(itemsCount);
const vectors = numbers(customersCount);
const ids = Array.from({ length: itemsCount }, (_, item) => itemId(`i${item}`));
const order = descending(Float64Array.from({ length: itemsCount }, () => random.int(4)));

/** Every customer has two items. */
const model: FactorModel = {
  customers: Array.from({ length: customersCount }, (_, customer) => customerId(`c${customer}`)),
  pairs: {
    rows: customersCount,
    columns: itemsCount,
    rowStart: Int32Array.from({ length: customersCount + 1 }, (_, row) => row * 2),
    columnIndex: Int32Array.from({ length: customersCount * 2 }, (_, entry) =>
      entry % 2 === 0 ? (entry / 2) % 5 : 7,
    ),
    value: new Float32Array(customersCount * 2).fill(1),
  },
  items: { ids, order, indexOf: new Map(ids.map((id, item) => [id, item])) },
  factors: {
    items: itemRows,
    stride,
    embed: ({ items: [customer] }, out) =>
      out.set(vectors.subarray(customer * stride, (customer + 1) * stride)),
  },
  historyOf: (customer) => ({
    items: Int32Array.of(customer),
    weights: Float32Array.of(1),
    events: noEvents,
    nowMs: 0,
    features: [],
  }),
  recommend: (id, n, options = {}) => bySorting(Number(id.slice(1)), n, options),
};

const bySorting = (customer: number, n: number, { accept, exclude, excludeHistory }: RecommendOptions) =>
  Array.from(order, (item, place) => {
    let score = 0;
    for (let k = 0; k < stride; k++) score += itemRows[item * stride + k] * vectors[customer * stride + k];
    return { item, place, score };
  })
    .filter(({ item }) => accept?.(ids[item]) ?? true)
    .filter(({ item }) => exclude?.has(ids[item]) !== true)
    .filter(({ item }) => excludeHistory !== true || (item !== customer % 5 && item !== 7))
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .slice(0, n)
    .map(({ item, score }) => ({ itemId: ids[item], score }));

const odd = (id: ItemId): boolean => Number(id.slice(1)) % 2 === 1;
const few = (id: ItemId): boolean => Number(id.slice(1)) < 3;

const all = (kernels: Kernels, optionsOf: (customer: number) => RecommendOptions) => [
  ...factorRecommendAll(model, kernels, 4, (id) => optionsOf(Number(id.slice(1)))),
];

describe('all customers of a factor model', () => {
  it.each<[string, (customer: number) => RecommendOptions]>([
    ['without options', () => ({})],
    ['without their history', () => ({ excludeHistory: true, exclude: new Set(['i9', 'unheard-of']) })],
    ['by one function for all', () => ({ accept: odd })],
    ['by another function in the second batch', (customer) => ({ accept: customer < 8_192 ? odd : few })],
    ['by several functions in a batch', (customer) => ({ accept: customer % 1_000 === 0 ? few : odd })],
  ])('get what sorting gives each, %s', (_, optionsOf) => {
    const kernels = createKernels();
    const answers = all(kernels, optionsOf);
    kernels.close();
    expect(answers.map(([id]) => id)).toEqual(model.customers);
    for (const customer of [0, 1, 63, 64, 1_000, 8_191, 8_192, 8_199]) {
      expect(answers[customer][1]).toEqual(bySorting(customer, 4, optionsOf(customer)));
    }
  });

  it('get the same with one, two and four threads', () => {
    const [one, two, four] = [1, 2, 4].map((threads) => {
      const kernels = threadedKernels(threads);
      const answers = all(kernels, () => ({ excludeHistory: true }));
      kernels.close();
      return answers;
    });
    expect(two).toEqual(one);
    expect(four).toEqual(one);
  });

  it('leave the kernels’ memory to others between their turns', () => {
    const kernels = createKernels();
    const mark = kernels.mark();
    for (const [, answer] of factorRecommendAll(model, kernels, 4, undefined)) {
      expect(answer).toHaveLength(4);
      expect(kernels.mark()).toBe(mark);
    }
    kernels.close();
  });
});
