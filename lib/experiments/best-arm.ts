// Of several independent posteriors: how probable each is to be the largest, and what choosing it is expected to lose.
//   P(i best)  = ∫ f_i(x) Π_{j≠i} F_j(x) dx
//   loss of i  = E[max_j θ_j − θ_i] = ∫ F_i(x) (1 − Π_{j≠i} F_j(x)) dx
// by Gauss–Legendre over panels of half a standard deviation around every mean, wider ones further out to forty (a Beta's
// tail may be an exponential's): no Monte Carlo, the same number each time, to about 1e-12. The loss's integrand never subtracts what is nearly equal. Losses: units of θ.

import { integrate } from '../numeric/quadrature.ts';

export interface Posterior {
  readonly mean: number;
  readonly standardDeviation: number;
  readonly density: (x: number) => number;
  readonly cdf: (x: number) => number;
  /** 1 − cdf, right where cdf is near 1. */
  readonly survival: (x: number) => number;
  /** Where θ can lie at all. */
  readonly support: readonly [number, number];
}

export interface BestArm {
  readonly chanceBest: number;
  readonly expectedLoss: number;
}

export const bestArms = (posteriors: readonly Posterior[]): readonly BestArm[] => {
  const still = posteriors.find(({ standardDeviation }) => !(standardDeviation > 0));
  if (still !== undefined) {
    throw new RangeError(
      `best arm: a posterior varies, received a standard deviation of ${still.standardDeviation}`,
    );
  }
  const breaks = panels(posteriors);
  return posteriors.map((posterior, i) => {
    const others = posteriors.filter((_, j) => j !== i);
    return {
      chanceBest: Math.min(
        1,
        integrate((x) => posterior.density(x) * Math.exp(logAllBelow(others, x)), breaks),
      ),
      expectedLoss: integrate((x) => posterior.cdf(x) * -Math.expm1(logAllBelow(others, x)), breaks),
    };
  });
};

/** ln Π F_j; from the survival where F is near 1. */
const logAllBelow = (others: readonly Posterior[], x: number): number =>
  others.reduce((sum, { cdf, survival }) => {
    const above = survival(x);
    return sum + (above < 0.5 ? Math.log1p(-above) : Math.log(cdf(x)));
  }, 0);

/** In standard deviations. */
const distances = [...Array.from({ length: 21 }, (_, i) => i / 2), 11, 12, 14, 16, 20, 25, 32, 40];

const panels = (posteriors: readonly Posterior[]): number[] => {
  const breaks = new Set<number>();
  for (const { mean, standardDeviation, support } of posteriors) {
    for (const distance of distances) {
      for (const at of [mean - distance * standardDeviation, mean + distance * standardDeviation]) {
        breaks.add(Math.min(support[1], Math.max(support[0], at)));
      }
    }
  }
  return [...breaks].sort((a, b) => a - b);
};
