// Shares by Bayes: each arm's share has a Beta prior (uniform unless stated), so its posterior is Beta again; from these
// the chance to be the best and the expected loss. For two arms the chance is exact: a finite sum of positive terms
// P(B > A) = Σ_{i<α_B} B(α_A + i, β_A + β_B) ÷ ((β_B + i) B(1 + i, β_B) B(α_A, β_A))  (Evan Miller, evanmiller.org),
// where a parameter is whole; else, and for more arms, by quadrature (best-arm.ts). The loss is always by quadrature.
// Losses are differences of shares. Limits: priors without poles (alpha, beta ≥ 1); the sum has as many terms as B's
// successes, above a million by quadrature.

import { betaRegularised, logBeta } from '../numeric/special-functions.ts';
import { type BestArm, bestArms, type Posterior } from './best-arm.ts';
import type { ShareCount } from './score-interval.ts';

export interface BetaPrior {
  readonly alpha: number;
  readonly beta: number;
}

const uniform: BetaPrior = { alpha: 1, beta: 1 };
const exactTermsCountMax = 1_000_000;

/** In the order of the arms given. */
export const bestShares = (arms: readonly ShareCount[], prior = uniform): readonly BestArm[] => {
  if (!(prior.alpha >= 1 && prior.beta >= 1)) {
    throw new RangeError(
      `bayes: a prior's alpha and beta are 1 at least, received ${prior.alpha} and ${prior.beta}`,
    );
  }
  const betas = arms.map(({ count, sum }) => ({ alpha: prior.alpha + sum, beta: prior.beta + count - sum }));
  const best = bestArms(betas.map(betaPosterior));
  const [a, b, ...more] = betas;
  const isExact =
    more.length === 0 && b !== undefined && Number.isInteger(b.alpha) && b.alpha <= exactTermsCountMax;
  if (!isExact) {
    return best;
  }
  const chance = chanceSecondLarger(a, b);
  return [
    { ...best[0], chanceBest: 1 - chance },
    { ...best[1], chanceBest: chance },
  ];
};

/** Terms by their ratio to the one before; the first may lie far below the smallest double, so its logarithm is kept. */
const chanceSecondLarger = (a: BetaPrior, b: BetaPrior): number => {
  let logScale = logBeta(a.alpha, a.beta + b.beta) - logBeta(a.alpha, a.beta);
  let term = 1;
  let sum = 1;
  for (let i = 0; i + 1 < b.alpha; i++) {
    term *= ((a.alpha + i) * (b.beta + i)) / ((a.alpha + a.beta + b.beta + i) * (i + 1));
    sum += term;
    if (sum > 1e250) {
      term /= sum;
      logScale += Math.log(sum);
      sum = 1;
    }
  }
  return Math.min(1, Math.exp(logScale + Math.log(sum)));
};

const betaPosterior = ({ alpha, beta }: BetaPrior): Posterior => {
  const total = alpha + beta;
  const front = logBeta(alpha, beta);
  return {
    mean: alpha / total,
    standardDeviation: Math.sqrt((alpha * beta) / (total * total * (total + 1))),
    density: (x) => Math.exp((alpha - 1) * Math.log(x) + (beta - 1) * Math.log1p(-x) - front),
    cdf: (x) => betaRegularised(x, alpha, beta),
    survival: (x) => betaRegularised(1 - x, beta, alpha, x),
    support: [0, 1],
  };
};
