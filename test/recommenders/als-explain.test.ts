import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { als } from '../../lib/recommenders/als.ts';
import { pairsOf, storedHistory } from '../../lib/recommenders/history.ts';
import { plainTools, recipeOf } from '../../lib/recommenders/models.ts';
import { checkerboard, interactionsOf, type Triple } from './interactions.ts';

const random = seededRandom('als explanation');
const triples: readonly Triple[] = checkerboard(16).map(([customer, item]) => [
  customer,
  item,
  1 + random.int(3),
]);
const interactions = interactionsOf(triples);
const pairs = pairsOf(interactions);
const { params } = recipeOf('als', { factors: 6, iterations: 4 });
const scorer = als.fit(
  {
    interactions,
    pairs,
    events: () => {
      throw new Error('als asks for no events');
    },
    popularity: new Float64Array(pairs.columns),
    itemIds: interactions.items,
    catalogue: [],
    customerFeatures: [],
    nowMs: 0,
    tools: plainTools,
  },
  params,
);

it('what the items of a history add to a score sums to the score (Hu, Koren & Volinsky 2008, eq. 7)', () => {
  const weight = fc.float({ min: Math.fround(0.1), max: 5, noNaN: true });
  const any = fc.uniqueArray(fc.tuple(fc.nat(pairs.columns - 1), weight), {
    minLength: 1,
    maxLength: 8,
    selector: ([item]) => item,
  });
  fc.assert(
    fc.property(any, (drawn) => {
      const sorted = drawn.toSorted(([a], [b]) => a - b);
      const history = {
        ...storedHistory(pairs, undefined, -1, 0),
        items: Int32Array.from(sorted, ([item]) => item),
        weights: Float32Array.from(sorted, ([, given]) => given),
      };
      const scores = new Float64Array(pairs.columns);
      scorer.scoreHistory(history, scores);
      const explain = scorer.explain?.(history);
      scores.forEach((score, item) => {
        const added = new Float64Array(history.items.length);
        explain?.(item, added);
        // The fold-in is float32, the explanation float64.
        expect(added.reduce((sum, value) => sum + value, 0)).toBeCloseTo(score, 4);
      });
    }),
  );
});

it('names in a checkerboard an item of the same parity', () => {
  const history = storedHistory(pairs, undefined, 0, 0);
  const explain = scorer.explain?.(history);
  const withheld = interactions.items.indexOf(
    interactions.items.find((id) => id === 'i0') ?? interactions.items[0],
  );
  const added = new Float64Array(history.items.length);
  explain?.(withheld, added);
  const most = history.items[added.indexOf(Math.max(...added))];
  expect(Math.max(...added)).toBeGreaterThan(0);
  expect(Number(interactions.items[most].slice(1)) % 2).toBe(0);
});
