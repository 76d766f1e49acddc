import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bucketOf,
  capOf,
  mergeHistograms,
  upperEnd,
  valueHistogram,
  winsorisedMoments,
} from '../../lib/outcomes/value-histogram.ts';

const amount = fc.oneof(fc.constant(0), fc.integer({ min: -500, max: 1_000_000 }));

describe('winsorising', () => {
  test('a value lies in its bucket, also at the very ends of buckets', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double({ min: 1e-6, max: 1e12, noNaN: true }),
          fc.integer({ min: -500, max: 2_500 }).map(upperEnd),
        ),
        (value) => {
          const bucket = bucketOf(value);
          expect(bucket).not.toBeNull();
          expect(upperEnd(bucket ?? Number.NaN)).toBeGreaterThanOrEqual(value);
          expect(upperEnd((bucket ?? Number.NaN) - 1)).toBeLessThan(value);
        },
      ),
    );
  });

  test('histograms of parts merge to that of the whole, bit for bit', () => {
    fc.assert(
      fc.property(fc.array(amount), fc.array(amount), (a, b) => {
        const merged = [...mergeHistograms(valueHistogram(a), valueHistogram(b))];
        expect(merged).toEqual([...valueHistogram([...b, ...a])]);
      }),
    );
  });

  test('moments at the cap are those of the values, each cut at the cap', () => {
    fc.assert(
      fc.property(
        fc.array(amount, { minLength: 1 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (values, share) => {
          const histogram = valueHistogram(values);
          const cap = capOf(histogram, share);
          const cut = values.map((value) => Math.min(value, cap ?? value));
          const { count, sum, sumSquares } = winsorisedMoments(histogram, cap);
          expect(count).toBe(values.length);
          const size = cut.reduce((total, value) => total + value * value, 0);
          expect(Math.abs(sum - cut.reduce((total, value) => total + value, 0))).toBeLessThanOrEqual(
            1e-9 * (1 + size),
          );
          expect(Math.abs(sumSquares - size)).toBeLessThanOrEqual(1e-12 * (1 + size));
        },
      ),
    );
  });

  test('the cap is at most 1% above the percentile of those who bought, however many did not', () => {
    const bought = Array.from({ length: 1_000 }, (_, i) => i + 1);
    const histogram = valueHistogram([...bought, ...Array.from({ length: 50_000 }, () => 0)]);
    const cap = capOf(histogram, 0.99) ?? Number.NaN;
    expect(cap).toBeGreaterThanOrEqual(990);
    expect(cap).toBeLessThan(990 * 1.01);
    expect(capOf(valueHistogram([0, 0, -3]), 0.99)).toBeUndefined();
    expect(() => capOf(histogram, 1)).toThrow('received 1');
  });
});
