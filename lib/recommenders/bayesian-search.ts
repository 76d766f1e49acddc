// Bayesian optimisation over the unit cube, to the highest value: points of a Halton sequence first, then the point of
// highest expected improvement under a Gaussian process (Jones, Schonlau & Welch 1998, eq. 15).
//   EI(x) = (μ − f*) Φ(z) + σ φ(z),  z = (μ − f*) / σ
// Ask and tell: `next` gives a point, `tell` its value. Cost of a step: the fit of the process and 1,000 predictions.

import { type Random, seededRandom } from '../base/random.ts';
import { normalCdf } from '../numeric/distributions.ts';
import { fittedGaussianProcess, type GaussianProcess } from '../numeric/gaussian-process.ts';

type Point = readonly number[];

export interface BayesianSearch {
  /** Undefined: nothing is left from which an improvement of note can be expected. */
  next(): Point | undefined;
  tell(point: Point, value: number): void;
}

export interface BayesianSearchOptions {
  readonly dimensions: number;
  readonly seed: string;
  /** Points of the Halton sequence before the process takes over, told ones counted in. Default 2 + 2 × dimensions, at most 10. */
  readonly startPoints?: number;
  /** The search ends when the expected improvement is below this share of the values' range. Default 0.001. */
  readonly improvementShareMin?: number;
  /** Moves a point to the nearest that can be tried (whole numbers, choices). Default: every point can. */
  readonly snap?: (point: Point) => Point;
}

const candidatesCount = 600;
const localCandidatesCount = 400;

export const bayesianSearch = (options: BayesianSearchOptions): BayesianSearch => {
  const { dimensions, seed, snap = (point: Point) => point, improvementShareMin = 0.001 } = options;
  const startPoints = options.startPoints ?? Math.min(10, 2 + 2 * dimensions);
  const random = seededRandom(`bayesian-search/${seed}`);
  const shift = Array.from({ length: dimensions }, () => random.next());
  const points: Point[] = [];
  const values: number[] = [];
  let drawn = 0;
  const nextOfSequence = (): Point | undefined => {
    // Snapped points may come again; a space of few points is exhausted.
    for (let attempt = 0; attempt < 100; attempt++) {
      const point = snap(shifted(haltonPoint(++drawn, dimensions), shift));
      if (!points.some((other) => same(other, point))) {
        return point;
      }
    }
    return undefined;
  };
  return {
    next: () => {
      if (points.length < startPoints) {
        return nextOfSequence();
      }
      const process = fittedGaussianProcess(points, values);
      const best = Math.max(...values);
      const candidates = candidatePoints(points[values.indexOf(best)], shift, random)
        .map(snap)
        .filter((candidate) => !points.some((other) => same(other, candidate)));
      const found = highest(candidates, process, best);
      const negligible = improvementShareMin * (best - Math.min(...values));
      return found === undefined || found.improvement <= negligible ? undefined : found.point;
    },
    tell: (point, value) => {
      if (!Number.isFinite(value)) {
        throw new RangeError(
          `bayesian-search: the value of a point must be a finite number, received ${value}`,
        );
      }
      points.push(point);
      values.push(value);
    },
  };
};

/** E max(f − best, 0) for f normal with this mean and standard deviation. */
export const expectedImprovement = (mean: number, sd: number, best: number): number => {
  const gain = mean - best;
  if (sd <= 0) {
    return Math.max(0, gain);
  }
  const z = gain / sd;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  // Far below the best the two terms cancel to rounding error.
  return Math.max(0, gain * normalCdf(z) + sd * density);
};

const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

/** The `index`-th point (from 1) of the Halton sequence: digits of the index to a prime base, mirrored at the point. */
export const haltonPoint = (index: number, dimensions: number): Point => {
  if (dimensions > primes.length) {
    throw new RangeError(`bayesian-search: at most ${primes.length} dimensions, received ${dimensions}`);
  }
  return primes.slice(0, dimensions).map((base) => {
    let [rest, digit, sum] = [index, 1 / base, 0];
    for (; rest > 0; rest = Math.floor(rest / base), digit /= base) {
      sum += (rest % base) * digit;
    }
    return sum;
  });
};

const shifted = (point: Point, shift: readonly number[]): Point =>
  point.map((value, d) => (value + shift[d]) % 1);

/** Spread over the cube, and around the best at several distances. */
const candidatePoints = (best: Point, shift: readonly number[], random: Random): readonly Point[] => {
  const offset = 1 + random.int(10_000);
  const spread = Array.from({ length: candidatesCount }, (_, i) =>
    shifted(haltonPoint(offset + i, best.length), shift),
  );
  const near = Array.from({ length: localCandidatesCount }, (_, i) => {
    const distance = 0.2 * 2 ** -(i % 6);
    return best.map((value) => Math.min(1, Math.max(0, value + distance * random.normal())));
  });
  return [...spread, ...near];
};

const highest = (candidates: readonly Point[], process: GaussianProcess, best: number) => {
  let found: { readonly point: Point; readonly improvement: number } | undefined;
  for (const point of candidates) {
    const { mean, sd } = process.predict(point);
    const improvement = expectedImprovement(mean, sd, best);
    if (found === undefined || improvement > found.improvement) {
      found = { point, improvement };
    }
  }
  return found;
};

const same = (a: Point, b: Point): boolean => a.every((value, d) => Math.abs(value - b[d]) < 1e-9);
