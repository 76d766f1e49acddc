// Intervals that may be looked at as often as one likes: over all sample sizes together the chance that one of them
// misses the truth is at most alpha (asymptotically). The price is width: about twice a fixed test's at the sample size
// that it is tuned for, more elsewhere. For watching; deciding is better done by group-sequential boundaries.
// Confidence sequence: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (Annals of Statistics 52, 2024), eq. 9 with ρ of its
// appendix B.2. mSPRT: Johari, Koomen, Pekelis & Walsh (Operations Research 70, 2022), normal mixture of variance τ².
// `n` counts the observations of all arms, `variance` is n × the squared standard error of the difference.
// What is not above 0 though it must be, or not an error, is refused by RangeError.

import { checkError } from './alpha-spending.ts';

/** ρ that makes the sequence narrowest at `n` observations. */
export const tunedRho = (n: number, alpha: number): number => {
  checkError(alpha);
  checkPositive({ n });
  const size = -2 * Math.log(alpha);
  return Math.sqrt((size + Math.log(size + 1)) / n);
};

/** Half the width of the confidence sequence at n observations. */
export const sequenceHalfWidth = (n: number, variance: number, rho: number, alpha: number): number => {
  checkError(alpha);
  checkPositive({ n, variance, rho });
  const scale = n * rho * rho + 1;
  return Math.sqrt(((variance * 2 * scale) / (n * n * rho * rho)) * Math.log(Math.sqrt(scale) / alpha));
};

/** The smallest alpha whose sequence leaves 0 out at n observations; at most 1. */
export const sequencePValue = (difference: number, n: number, variance: number, rho: number): number => {
  checkPositive({ n, variance, rho });
  const scale = n * rho * rho + 1;
  const exponent = (difference * difference * n * n * rho * rho) / (2 * variance * scale);
  return Math.min(1, Math.sqrt(scale) * Math.exp(-exponent));
};

/**
 * Likelihood ratio of the mixture against no difference after n pairs, one observation of each arm; `variance` is that
 * of a pair's difference. The test rejects once it reaches 1 / alpha, at whatever n.
 */
export const mixtureRatio = (difference: number, n: number, variance: number, tauSquare: number): number => {
  checkPositive({ n, variance, tauSquare });
  const total = variance + n * tauSquare;
  const exponent = (n * n * tauSquare * difference * difference) / (2 * variance * total);
  return Math.sqrt(variance / total) * Math.exp(exponent);
};

/** Half the width of the interval of differences that the mixture's test would not reject after n pairs. */
export const mixtureHalfWidth = (n: number, variance: number, tauSquare: number, alpha: number): number => {
  checkError(alpha);
  checkPositive({ n, variance, tauSquare });
  const total = variance + n * tauSquare;
  const log = Math.log(Math.sqrt(total / variance) / alpha);
  return Math.sqrt(((2 * variance * total) / (n * n * tauSquare)) * log);
};

const checkPositive = (given: { readonly [name: string]: number }): void => {
  for (const [name, value] of Object.entries(given)) {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`always-valid intervals need ${name} above 0 and finite, received ${value}`);
    }
  }
};
