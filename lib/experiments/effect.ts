// An effect with its standard error as interval and p-value, by Student's t (normal where the degrees are infinite).
// Two-sided by default. One-sided "greater" asks whether the effect is above 0 and bounds it from below only, at the
// same error alpha; "less" the other way round. Units: those of the effect.

import {
  normalQuantile,
  normalSurvival,
  studentQuantile,
  studentSurvival,
} from '../numeric/distributions.ts';

/** Two-sided error of every interval. */
export const alpha = 0.05;

export interface Effect {
  readonly value: number;
  readonly standardError: number;
  readonly degrees: number;
  readonly low: number;
  readonly high: number;
  readonly pValue: number;
}

export interface EffectOptions {
  /** Default: two-sided. */
  readonly alternative?: 'two-sided' | 'greater' | 'less';
  /** Error of the interval, both sides together. Default: 0.05. */
  readonly error?: number;
}

export const effectOf = (
  value: number,
  standardError: number,
  degrees: number,
  { alternative = 'two-sided', error = alpha }: EffectOptions = {},
): Effect => {
  if (!(standardError > 0)) {
    throw new RangeError(`effect: a standard error is above 0, received ${standardError}`);
  }
  const margin = quantile(1 - (alternative === 'two-sided' ? error / 2 : error), degrees) * standardError;
  const statistic = value / standardError;
  const effect = { value, standardError, degrees };
  switch (alternative) {
    case 'greater':
      return {
        ...effect,
        low: value - margin,
        high: Number.POSITIVE_INFINITY,
        pValue: survival(statistic, degrees),
      };
    case 'less':
      return {
        ...effect,
        low: Number.NEGATIVE_INFINITY,
        high: value + margin,
        pValue: survival(-statistic, degrees),
      };
    default:
      return {
        ...effect,
        low: value - margin,
        high: value + margin,
        pValue: 2 * survival(Math.abs(statistic), degrees),
      };
  }
};

/** Of Student's t, or the normal at infinite degrees. */
export const quantile = (p: number, degrees: number): number =>
  degrees === Number.POSITIVE_INFINITY ? normalQuantile(p) : studentQuantile(p, degrees);

const survival = (statistic: number, degrees: number): number =>
  degrees === Number.POSITIVE_INFINITY ? normalSurvival(statistic) : studentSurvival(statistic, degrees);
