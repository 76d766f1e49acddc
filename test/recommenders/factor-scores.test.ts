import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { createFactorScores } from '../../lib/recommenders/factor-scores.ts';
import { noEvents } from '../../lib/recommenders/history.ts';
import type { Factors, History } from '../../lib/recommenders/model.ts';

const stride = 8;
const items = 50;
const order = Int32Array.from({ length: items }, (_, place) => (place * 7) % items);
const history: History = {
  items: Int32Array.of(3, 9),
  weights: Float32Array.of(1, 2),
  events: noEvents,
  nowMs: 0,
  features: [],
};

/** Whole numbers: inner products are exact. A history's vector is the sum of its items' rows. */
const factorsOf = (seed: string): Factors => {
  const random = seededRandom(seed);
  const rows = Float32Array.from({ length: items * stride }, () => random.int(7) - 3);
  return {
    items: rows,
    stride,
    embed: (given, out) => {
      out.fill(0);
      for (const item of given.items) {
        for (let k = 0; k < stride; k++) out[k] += rows[item * stride + k];
      }
    },
  };
};

const dot = (rows: Float32Array, a: number, b: number, columns = stride): number => {
  let sum = 0;
  for (let k = 0; k < columns; k++) sum += rows[a * stride + k] * rows[b * stride + k];
  return sum;
};

const expected = ({ items: rows }: Factors): number[] =>
  Array.from(order, (item) => dot(rows, item, 3) + dot(rows, item, 9));

describe('scores by factors', () => {
  it('are inner products with the history’s vector, by place', () => {
    const factors = factorsOf('a');
    const scores = createFactorScores(1e6);
    expect([...scores.ofHistory(factors, order, history)]).toEqual(expected(factors));
  });

  it('stay right when models take turns in a memory that holds only one', () => {
    const scores = createFactorScores(items * stride * 4 + 1_000);
    const models = ['a', 'b', 'c'].map(factorsOf);
    for (const factors of [...models, ...models, models[2], models[2]]) {
      expect([...scores.ofHistory(factors, order, history)]).toEqual(expected(factors));
    }
  });

  it('of likeness are cosines over the columns that count', () => {
    const factors = factorsOf('a');
    const { items: rows } = factors;
    const likeness = createFactorScores(1e6).likeness(factors, 6, order, 4);
    for (const [place, item] of order.entries()) {
      const cosine = dot(rows, item, 4, 6) / Math.sqrt(dot(rows, item, item, 6) * dot(rows, 4, 4, 6));
      expect(likeness[place]).toBeCloseTo(cosine, 6);
    }
  });
});
