import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { meanIntervals, pairedTest } from '../../lib/numeric/bootstrap.ts';

const meanAndHalf = (values: readonly number[]): readonly [number, number] => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return [mean, 1.959964 * Math.sqrt(variance / values.length)];
};

describe('bootstrap intervals of means', () => {
  it('are those of the normal approximation for many customers, each column for itself', () => {
    const random = seededRandom('columns');
    const columns = [0, 5].map((shift) =>
      Float64Array.from({ length: 2_000 }, () => shift + random.normal()),
    );
    meanIntervals(columns, seededRandom(1), 4_000).forEach((interval, index) => {
      const [mean, half] = meanAndHalf([...columns[index]]);
      expect(interval.mean).toBeCloseTo(mean, 10);
      expect(Math.abs(interval.low - (mean - half))).toBeLessThan(half * 0.1);
      expect(Math.abs(interval.high - (mean + half))).toBeLessThan(half * 0.1);
    });
  });

  it('leave out customers without a figure', () => {
    const [interval] = meanIntervals([Float64Array.of(1, Number.NaN, 3)], seededRandom(1));
    expect(interval.mean).toBe(2);
    expect([interval.low, interval.high]).toEqual([1, 3]);
    expect(meanIntervals([Float64Array.of(Number.NaN)], seededRandom(1))[0].mean).toBeNaN();
  });
});

describe('the paired test', () => {
  it('is zero with no width and p = 1 for equal figures', () => {
    const figures = [0.1, 0.5, 0.9];
    expect(pairedTest(figures, figures, seededRandom(1))).toEqual({ mean: 0, low: 0, high: 0, p: 1 });
  });

  it('has the interval and the p of the normal approximation for many customers', () => {
    const random = seededRandom('paired');
    const b = Array.from({ length: 2_000 }, () => random.normal());
    const a = b.map((value) => value + 0.045 + random.normal());
    const [mean, half] = meanAndHalf(a.map((value, index) => value - b[index]));
    const test = pairedTest(a, b, seededRandom(2), 4_000);
    expect(test.mean).toBeCloseTo(mean, 10);
    expect(Math.abs(test.low - (mean - half))).toBeLessThan(half * 0.1);
    expect(Math.abs(test.high - (mean + half))).toBeLessThan(half * 0.1);
    // Two-sided p of a normal: 0.05 where the interval just touches 0.
    expect(test.p < 0.05).toBe(mean > half);
  });

  it('gives p of all sign patterns for few customers', () => {
    // Of the 2^4 patterns of (1, 2, 3, 4) only all plus and all minus are as far from 0 as 10: p = 2 / 16.
    const { p } = pairedTest([1, 2, 3, 4], [0, 0, 0, 0], seededRandom(3), 8_000);
    expect(Math.abs(p - 2 / 16)).toBeLessThan(0.012);
  });

  it('calls equal models different in about 5 of 100 comparisons, by interval and by p', () => {
    let [byInterval, byP] = [0, 0];
    const comparisons = 400;
    for (let seed = 0; seed < comparisons; seed++) {
      const random = seededRandom(`null/${seed}`);
      // NDCG-like: mostly zeros, both models right on customers of their own.
      const draw = (): number[] =>
        Array.from({ length: 150 }, () => (random.next() < 0.3 ? 1 / Math.log2(2 + random.int(10)) : 0));
      const test = pairedTest(draw(), draw(), seededRandom(seed), 400);
      byInterval += test.low > 0 || test.high < 0 ? 1 : 0;
      byP += test.p < 0.05 ? 1 : 0;
    }
    // 20 expected of 400, standard deviation 4.4.
    expect(Math.abs(byInterval - 20)).toBeLessThan(14);
    expect(Math.abs(byP - 20)).toBeLessThan(14);
  });

  it('refuses figures that do not pair', () => {
    expect(() => pairedTest([1], [1, 2], seededRandom(1))).toThrow(RangeError);
    expect(() => pairedTest([], [], seededRandom(1))).toThrow(RangeError);
  });
});
