import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { threadedKernels } from '../../lib/adapters/threads.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { createKernels, type Kernels } from '../../lib/numeric/kernels.ts';
import { packItems, scorePlaces, topRows } from '../../lib/numeric/top-rows.ts';

const kernels = createKernels();

/** Rows of small whole numbers: their inner products are exact in float32, and many are equal. */
const input = fc
  .record({
    items: fc.integer({ min: 1, max: 45 }),
    rows: fc.integer({ min: 1, max: 70 }),
    n: fc.integer({ min: 1, max: 12 }),
    stride: fc.constantFrom(4, 8, 12),
    seed: fc.nat(),
  })
  .map(({ items, rows, n, stride, seed }) => {
    const random = seededRandom(seed);
    const numbers = (count: number) => Float32Array.from({ length: count * stride }, () => random.int(5) - 2);
    const excluded = Array.from({ length: rows }, () =>
      Array.from({ length: items }, (_, place) => place).filter(() => random.next() < 0.3),
    );
    const order = Int32Array.from(random.shuffle(Array.from({ length: items }, (_, item) => item)));
    return { n, stride, order, items: numbers(items), vectors: numbers(rows), excluded };
  });

const dot = (a: Float32Array, at: number, b: Float32Array, bt: number, stride: number): number =>
  Array.from({ length: stride }, (_, k) => a[at * stride + k] * b[bt * stride + k]).reduce(
    (x, y) => x + y,
    0,
  );

const startsOf = (rows: readonly (readonly number[])[]): Int32Array => {
  const start = new Int32Array(rows.length + 1);
  for (const [row, own] of rows.entries()) start[row + 1] = start[row] + own.length;
  return start;
};

describe('the best items for many vectors', () => {
  it('are those of the sorted inner products without the excluded, of equals the lower place', () => {
    fc.assert(
      fc.property(input, ({ n, stride, order, items, vectors, excluded }) => {
        const mark = kernels.mark();
        const packed = packItems(kernels, items, stride, order);
        const places = Int32Array.from(excluded.flat());
        const top = topRows(kernels, packed, vectors, n, { start: startsOf(excluded), places });
        kernels.release(mark);
        for (const [row, own] of excluded.entries()) {
          const expected = Array.from(order, (item, place) => ({
            place,
            score: dot(items, item, vectors, row, stride),
          }))
            .filter(({ place }) => !own.includes(place))
            .sort((a, b) => b.score - a.score || a.place - b.place)
            .slice(0, n);
          const found = Array.from({ length: top.found[row] }, (_, rank) => ({
            place: top.places[row * n + rank],
            score: top.scores[row * n + rank],
          }));
          expect(found).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  const random = seededRandom('top-rows');
  const numbers = (count: number) => Float32Array.from({ length: count * 16 }, () => random.normal());
  const items = numbers(1_003);
  const vectors = numbers(300);
  const order = Int32Array.from({ length: 1_003 }, (_, item) => 1_002 - item);
  const none = { start: new Int32Array(301), places: new Int32Array(0) };

  it('are the same, bit for bit, with one, two and four threads', () => {
    const by = (threads: number) => {
      const many: Kernels = threadedKernels(threads);
      const top = topRows(many, packItems(many, items, 16, order), vectors, 20, none);
      many.close();
      return top;
    };
    expect(by(2)).toEqual(by(1));
    expect(by(4)).toEqual(by(1));
  });

  it('have the scores that one vector gets alone, bit for bit', () => {
    const mark = kernels.mark();
    const packed = packItems(kernels, items, 16, order);
    const top = topRows(kernels, packed, vectors, 50, none);
    const vector = kernels.float32(16);
    const out = kernels.float32(1_008);
    for (const row of [0, 1, 63, 64, 299]) {
      vector.set(vectors.subarray(row * 16, (row + 1) * 16));
      scorePlaces(kernels, packed, vector, out);
      for (let rank = 0; rank < 50; rank++) {
        expect(top.scores[row * 50 + rank]).toBe(out[top.places[row * 50 + rank]]);
      }
      expect(out[7]).toBeCloseTo(dot(items, order[7], vectors, row, 16), 5);
    }
    kernels.release(mark);
  });
});
