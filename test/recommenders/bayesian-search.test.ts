import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { bayesianSearch, expectedImprovement, haltonPoint } from '../../lib/recommenders/bayesian-search.ts';
import { dimensionsOf, paramsAt, pointOf, type TuningSpace } from '../../lib/recommenders/tuning-space.ts';

/** Branin–Hoo on [−5, 10] × [0, 15]: three minima of 0.397887 (Dixon & Szegő 1978); negated, from the unit square. */
const branin = ([u, v]: readonly number[]): number => {
  const [x, y] = [15 * u - 5, 15 * v];
  const bowl = y - (5.1 / (4 * Math.PI ** 2)) * x ** 2 + (5 / Math.PI) * x - 6;
  return -(bowl ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10);
};

const searched = (seed: string, trials: number): number[] => {
  const search = bayesianSearch({ dimensions: 2, seed, improvementShareMin: 0 });
  const values: number[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const point = search.next();
    if (point === undefined) break;
    const value = branin(point);
    search.tell(point, value);
    values.push(value);
  }
  return values;
};

describe('the Bayesian search', () => {
  it('finds the minimum of Branin’s function in 35 trials, where 200 random ones do not', () => {
    for (const seed of ['a', 'b', 'c']) {
      expect(-Math.max(...searched(seed, 35))).toBeLessThan(0.397887 + 0.05);
      const random = seededRandom(seed);
      const tries = Array.from({ length: 200 }, () => branin([random.next(), random.next()]));
      expect(-Math.max(...tries)).toBeGreaterThan(0.397887 + 0.05);
    }
  });

  it('goes the same way again from the same seed', () => {
    expect(searched('a', 12)).toEqual(searched('a', 12));
    expect(searched('a', 12)).not.toEqual(searched('b', 12));
  });

  it('ends when no improvement of note can be expected', () => {
    const search = bayesianSearch({ dimensions: 1, seed: 'end' });
    let trials = 0;
    for (let point = search.next(); point !== undefined && trials < 100; point = search.next()) {
      search.tell(point, -((point[0] - 0.3) ** 2));
      trials++;
    }
    expect(trials).toBeLessThan(25);
  });

  it('ends when every point of a small space was tried', () => {
    const search = bayesianSearch({
      dimensions: 1,
      seed: 'small',
      improvementShareMin: -1,
      snap: ([x]) => [Math.round(x * 3) / 3],
    });
    const tried: number[] = [];
    for (let point = search.next(); point !== undefined; point = search.next()) {
      search.tell(point, point[0]);
      tried.push(Math.round(point[0] * 3));
    }
    expect(tried.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });

  it('refuses a value that is no number', () => {
    expect(() => bayesianSearch({ dimensions: 1, seed: 'x' }).tell([0], Number.NaN)).toThrow(RangeError);
  });
});

describe('expected improvement', () => {
  it('is the closed form: the density at zero when the mean is the best, the gain when nothing is uncertain', () => {
    expect(expectedImprovement(2, 3, 2)).toBeCloseTo(3 / Math.sqrt(2 * Math.PI), 12);
    // Φ(1) = 0.841344746068543, φ(1) = 0.241970724519143 (tables of the normal distribution).
    expect(expectedImprovement(3, 2, 1)).toBeCloseTo(2 * 0.841344746068543 + 2 * 0.241970724519143, 10);
    expect(expectedImprovement(3, 0, 1)).toBe(2);
    expect(expectedImprovement(1, 0, 3)).toBe(0);
    expect(expectedImprovement(-100, 1, 0)).toBe(0);
  });

  it('is the mean of what is gained over many draws', () => {
    const random = seededRandom('improvement');
    const draws = 200_000;
    let sum = 0;
    for (let draw = 0; draw < draws; draw++) sum += Math.max(0, 0.5 + 2 * random.normal() - 1);
    // Standard error about 1.1 / √200,000.
    expect(Math.abs(expectedImprovement(0.5, 2, 1) - sum / draws)).toBeLessThan(0.01);
  });
});

describe('the Halton sequence', () => {
  it('begins with the mirrored digits of 1, 2, 3, 4 to the bases 2 and 3', () => {
    const expected = [
      [1 / 2, 1 / 3],
      [1 / 4, 2 / 3],
      [3 / 4, 1 / 9],
      [1 / 8, 4 / 9],
    ];
    expected.forEach((point, index) => {
      haltonPoint(index + 1, 2).forEach((value, d) => {
        expect(value).toBeCloseTo(point[d], 12);
      });
    });
  });
});

describe('a tuning space', () => {
  const space: TuningSpace = [
    { name: 'rate', kind: 'number', min: 0.001, max: 10, scale: 'log' },
    { name: 'size', kind: 'integer', min: 8, max: 40, scale: 'linear' },
    { name: 'kind', kind: 'choice', values: ['a', 'b', 'c'] },
  ];

  it('takes a point to parameters: logarithms where stated, whole numbers, the highest choice', () => {
    expect(dimensionsOf(space)).toBe(5);
    expect(paramsAt(space, [0.5, 0.5, 0.1, 0.9, 0.3])).toEqual({ rate: 0.1, size: 24, kind: 'b' });
    expect(paramsAt(space, [0, 1, 1, 0, 0])).toEqual({ rate: 0.001, size: 40, kind: 'a' });
  });

  it('takes parameters to their point and back', () => {
    const params = { rate: 0.25, size: 19, kind: 'c' };
    expect(paramsAt(space, pointOf(space, params))).toEqual(params);
  });

  it('takes what is outside to the nearest end', () => {
    expect(paramsAt(space, pointOf(space, { rate: 99, size: 1, kind: 'z' }))).toEqual({
      rate: 10,
      size: 8,
      kind: 'a',
    });
  });
});
