// What a new policy would have earned, from logs of another that drew its actions with known propensities.
// IPS: rewards weighted by target probability ÷ propensity (Horvitz & Thompson, JASA 47, 1952), unbiased where every action
// the target takes could be logged. SNIPS: the same over the sum of weights (Swaminathan & Joachims, NeurIPS 2015), steadier
// and slightly biased. DR: a reward model, corrected by weighted residuals (Dudík, Langford & Li, ICML 2011), unbiased when
// the propensities are right whatever the model. Clipping bounds weights from above and biases towards the logged policy.
// Refused where few rows carry the weight: effective sample size (Kish) or one row's share beyond limits.ts.

import { effectiveRowsCountMin, weightShareMax } from '../base/limits.ts';
import { effectOf } from './effect.ts';
import { noEstimate } from './no-estimate.ts';
import type { NoEstimate } from './result.ts';

export interface LoggedRow {
  readonly reward: number;
  /** Probability with which the logged policy took this action, in (0, 1]. */
  readonly propensity: number;
  /** Probability with which the target takes the same action for this row. */
  readonly target: number;
  /** By a model that was not fitted to this row: the reward of the logged action, and the target's expected reward. */
  readonly model?: { readonly logged: number; readonly target: number };
}

export interface OffPolicyValue {
  readonly kind: 'off-policy';
  readonly value: number;
  readonly standardError: number;
  /** 95% interval. */
  readonly low: number;
  readonly high: number;
}

export interface Weights {
  readonly rows: number;
  /** (Σ w)² ÷ Σ w². */
  readonly effectiveRows: number;
  /** Before clipping, like all of these. Near 1 when the propensities are right. */
  readonly mean: number;
  readonly largest: number;
}

export interface OffPolicy {
  readonly weights: Weights;
  readonly ips: OffPolicyValue | NoEstimate;
  readonly snips: OffPolicyValue | NoEstimate;
  /** Absent where a row has no model. */
  readonly doublyRobust?: OffPolicyValue | NoEstimate;
}

/** `clip`: largest weight; default none. */
export const offPolicy = (rows: readonly LoggedRow[], clip = Infinity): OffPolicy => {
  checkRows(rows);
  const unclipped = rows.map(({ propensity, target }) => target / propensity);
  const w = unclipped.map((weight) => Math.min(weight, clip));
  // Clipped weights would hide how little the logs hold, and whether the propensities are right.
  const weights = weightsOf(unclipped);
  const refused = refusal(weights);
  if (refused !== undefined) {
    const isModelled = rows.length > 0 && rows.every(({ model }) => model !== undefined);
    return { weights, ips: refused, snips: refused, ...(isModelled ? { doublyRobust: refused } : {}) };
  }
  const terms = rows.map(({ reward }, i) => w[i] * reward);
  const modelled = rows.flatMap(({ model, reward }, i) =>
    model === undefined ? [] : [model.target + w[i] * (reward - model.logged)],
  );
  return {
    weights,
    ips: meanValue(terms),
    snips: ratioValue(rows, w),
    ...(modelled.length === rows.length ? { doublyRobust: meanValue(modelled) } : {}),
  };
};

/**
 * Replay (Li, Chu, Langford & Wang, WSDM 2011): of logs whose actions were drawn uniformly, the rows in which the new,
 * deterministic policy would have acted alike are a sample of it. `agrees` by row.
 */
export const replay = (
  rows: readonly { readonly reward: number; readonly agrees: boolean }[],
): (OffPolicyValue & { readonly rows: number }) | NoEstimate => {
  const kept = rows.filter(({ agrees }) => agrees).map(({ reward }) => reward);
  if (kept.length < effectiveRowsCountMin) return noEstimate('logs-too-thin');
  const value = meanValue(kept);
  return value.kind === 'off-policy' ? { ...value, rows: kept.length } : value;
};

const checkRows = (rows: readonly LoggedRow[]): void => {
  const wrong = rows.flatMap(({ propensity, target, reward }, i) =>
    propensity > 0 && propensity <= 1 && target >= 0 && target <= 1 && Number.isFinite(reward)
      ? []
      : [`row ${i}: ${propensity}, ${target}, ${reward}`],
  );
  if (wrong.length > 0) {
    throw new RangeError(
      `off-policy: propensities lie in (0, 1], targets in [0, 1] and rewards are finite, received ${wrong.slice(0, 5).join('; ')} (${wrong.length} of ${rows.length} rows)`,
    );
  }
};

const weightsOf = (w: readonly number[]): Weights => {
  const sum = w.reduce((total, each) => total + each, 0);
  const squares = w.reduce((total, each) => total + each * each, 0);
  return {
    rows: w.length,
    effectiveRows: squares === 0 ? 0 : (sum * sum) / squares,
    mean: w.length === 0 ? 0 : sum / w.length,
    largest: w.reduce((most, each) => Math.max(most, each), 0),
  };
};

const refusal = ({ rows, effectiveRows, mean, largest }: Weights): NoEstimate | undefined =>
  effectiveRows < effectiveRowsCountMin || largest > weightShareMax * mean * rows
    ? noEstimate('logs-too-thin')
    : undefined;

const meanValue = (terms: readonly number[]): OffPolicyValue | NoEstimate => {
  const n = terms.length;
  const value = terms.reduce((sum, term) => sum + term, 0) / n;
  const squares = terms.reduce((sum, term) => sum + (term - value) ** 2, 0);
  return estimated(value, Math.sqrt(squares / (n - 1) / n));
};

/** Standard error by linearisation: Σ w² (r − value)² over (Σ w)². */
const ratioValue = (rows: readonly LoggedRow[], w: readonly number[]): OffPolicyValue | NoEstimate => {
  const sum = w.reduce((total, each) => total + each, 0);
  const value = rows.reduce((total, { reward }, i) => total + w[i] * reward, 0) / sum;
  const squares = rows.reduce((total, { reward }, i) => total + (w[i] * (reward - value)) ** 2, 0);
  return estimated(value, Math.sqrt(squares) / sum);
};

const estimated = (value: number, standardError: number): OffPolicyValue | NoEstimate => {
  if (!(standardError > 0)) return noEstimate('no-variance');
  const { low, high } = effectOf(value, standardError, Infinity);
  return { kind: 'off-policy', value, standardError, low, high };
};
