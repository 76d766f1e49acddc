// How much of the error of a test may be spent by the time that a share of its information is in: Lan & DeMets
// (Biometrika 70, 1983), for boundaries at looks that need not be equally spaced nor known beforehand.
// `t` is the information fraction in [0, 1] (customers whose window is over ÷ those planned), `alpha` the error of both
// sides together; each side spends half of it, so a two-sided test is two one-sided ones of half the error.

import { gammaSpendingMax } from '../base/limits.ts';
import { normalQuantile, normalSurvival } from '../numeric/distributions.ts';

export type Spending =
  /** Hardly anything early: a first look stops only for what is overwhelming. */
  | { readonly kind: 'obrien-fleming' }
  /** About as much at each look. */
  | { readonly kind: 'pocock' }
  /** Hwang, Shih & DeCani (Statistics in Medicine 9, 1990); −4 is near O'Brien–Fleming, 1 near Pocock. */
  | { readonly kind: 'hwang-shih-decani'; readonly gamma: number };

/** Throws RangeError where an error or a spending function is none. */
export const checkSpending = (spending: Spending, alpha: number): void => {
  checkError(alpha);
  if (spending.kind === 'hwang-shih-decani' && !(Math.abs(spending.gamma) <= gammaSpendingMax)) {
    throw new RangeError(
      `gamma of Hwang–Shih–DeCani spending must lie between −${gammaSpendingMax} and ${gammaSpendingMax} (−4 is usual), received ${spending.gamma}`,
    );
  }
};

export const checkError = (alpha: number): void => {
  if (!(alpha > 0 && alpha < 1)) {
    throw new RangeError(`an error must lie between 0 and 1, such as 0.05; received ${alpha}`);
  }
};

/** Error spent on both sides together up to `t`; `alpha` from t = 1 on. */
export const spent = (spending: Spending, t: number, alpha: number): number => {
  checkSpending(spending, alpha);
  if (Number.isNaN(t)) throw new RangeError('an information fraction must be a number, received NaN');
  if (t <= 0) return 0;
  if (t >= 1) return alpha;
  const side = alpha / 2;
  switch (spending.kind) {
    case 'obrien-fleming':
      return 2 * 2 * normalSurvival(normalQuantile(1 - side / 2) / Math.sqrt(t));
    case 'pocock':
      return alpha * Math.log(1 + (Math.E - 1) * t);
    case 'hwang-shih-decani': {
      const { gamma } = spending;
      return gamma === 0 ? alpha * t : (alpha * Math.expm1(-gamma * t)) / Math.expm1(-gamma);
    }
  }
};
