import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { fittedGaussianProcess, gaussianProcess } from '../../lib/numeric/gaussian-process.ts';

/** Matérn 5/2 at distance r, in the closed form of Rasmussen & Williams 2006, eq. 4.17. */
const matern = (r: number): number => (1 + Math.sqrt(5) * r + (5 * r * r) / 3) * Math.exp(-Math.sqrt(5) * r);

describe('a Gaussian process', () => {
  const settings = { lengthScales: [2], signalVariance: 3, noiseVariance: 0.5, mean: 1 };

  it('predicts from one value what the closed form says', () => {
    const process = gaussianProcess([[0]], [4], settings);
    // k* = 3 m(1/2): mean 1 + k* (4 − 1) / 3.5, variance 3 − k*² / 3.5.
    const covariance = 3 * matern(0.5);
    const { mean, sd } = process.predict([1]);
    expect(mean).toBeCloseTo(1 + (covariance * 3) / 3.5, 8);
    expect(sd).toBeCloseTo(Math.sqrt(3 - covariance ** 2 / 3.5), 8);
    expect(process.logEvidence).toBeCloseTo(-0.5 * (9 / 3.5) - 0.5 * Math.log(2 * Math.PI * 3.5), 8);
  });

  it('predicts from two values what the inverse of a 2 × 2 matrix gives', () => {
    const process = gaussianProcess([[0], [2]], [4, 0], settings);
    const between = 3 * matern(1);
    const determinant = 3.5 ** 2 - between ** 2;
    const weights = [(3.5 * 3 - between * -1) / determinant, (3.5 * -1 - between * 3) / determinant];
    const toBoth = [3 * matern(0.25), 3 * matern(0.75)];
    const { mean, sd } = process.predict([0.5]);
    expect(mean).toBeCloseTo(1 + toBoth[0] * weights[0] + toBoth[1] * weights[1], 8);
    const explained =
      (3.5 * toBoth[0] ** 2 - 2 * between * toBoth[0] * toBoth[1] + 3.5 * toBoth[1] ** 2) / determinant;
    expect(sd).toBeCloseTo(Math.sqrt(3 - explained), 8);
    const quadratic = (3.5 * 9 - 2 * between * 3 * -1 + 3.5) / determinant;
    expect(process.logEvidence).toBeCloseTo(
      -0.5 * quadratic - 0.5 * Math.log(determinant) - Math.log(2 * Math.PI),
      8,
    );
  });

  it('knows its mean and its whole variance far from every point', () => {
    const { mean, sd } = gaussianProcess([[0]], [4], settings).predict([1_000]);
    expect(mean).toBeCloseTo(1, 12);
    expect(sd).toBeCloseTo(Math.sqrt(3), 12);
  });
});

describe('a fitted Gaussian process', () => {
  const random = seededRandom('gaussian process');
  const points = Array.from({ length: 30 }, () => [random.next(), random.next()]);

  it('finds which dimension matters, and predicts between the points', () => {
    const f = ([x]: readonly number[]): number => Math.sin(6 * x);
    const process = fittedGaussianProcess(points, points.map(f));
    const [first, second] = process.settings.lengthScales;
    expect(second).toBeGreaterThan(3 * first);
    for (const x of [0.2, 0.5, 0.8]) {
      expect(process.predict([x, 0.5]).mean).toBeCloseTo(f([x]), 1);
    }
  });

  it('has a higher evidence than settings beside the ones it found', () => {
    const values = points.map(([x, y]) => Math.cos(4 * x) + y + 0.05 * random.normal());
    const { settings, logEvidence } = fittedGaussianProcess(points, values);
    for (const factor of [0.2, 5]) {
      const other = {
        ...settings,
        lengthScales: settings.lengthScales.map((scale) => scale * factor),
      };
      expect(gaussianProcess(points, values, other).logEvidence).toBeLessThan(logEvidence);
    }
  });

  it('takes equal points with different values as noise', () => {
    const same = Array.from({ length: 10 }, () => [0.5]);
    const { mean } = fittedGaussianProcess(same, [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]).predict([0.5]);
    expect(mean).toBeCloseTo(3, 6);
  });

  it('refuses values that are no numbers', () => {
    expect(() => fittedGaussianProcess([[0], [1]], [1, Number.NaN])).toThrow(RangeError);
  });
});
