// What a new policy would have earned, from logs of another that drew its actions with known propensities.
// IPS: rewards weighted by target probability ÷ propensity (Horvitz & Thompson, JASA 47, 1952), unbiased where every action
// the target takes could be logged. SNIPS: the same over the sum of weights (Swaminathan & Joachims, NeurIPS 2015), steadier
// and slightly biased. DR: a reward model, corrected by weighted residuals (Dudík, Langford & Li, ICML 2011), unbiased when
// the propensities are right whatever the model. Clipping bounds weights from above and biases towards the logged policy.
// Refused where few rows, or few customers, carry the weight: effective sample size (Kish), one row's share (limits.ts).
// Rows of one customer hang together (`cluster`): standard errors add them up before they square.
// Places of a page (`examined`): the reward of a place is the chance that it is looked at × the worth of what stands there
// (position-based model: Richardson, Dominowska & Ragno, WWW 2007; for policies: Li et al., KDD 2018). Propensity and
// target are then Σ over places of the probability to stand there × the chance that it is looked at.

import { effectiveRowsCountMin, unsupportedShareMax, weightShareMax } from '../base/policy-limits.ts';
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
  /** Whose row it is; absent: a row of its own. */
  readonly cluster?: string;
  /** Of the row's place, in (0, 1]; default 1. */
  readonly examined?: number;
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
  /** The same over each cluster's sum of weights. */
  readonly effectiveClusters: number;
  /** Before clipping, like all of these. Near 1 when the propensities are right and whatever the target does was logged. */
  readonly mean: number;
  readonly meanError: number;
  readonly largest: number;
}

export interface OffPolicy {
  readonly weights: Weights;
  /** What the logged policy itself earned. */
  readonly logged: OffPolicyValue | NoEstimate;
  readonly ips: OffPolicyValue | NoEstimate;
  readonly snips: OffPolicyValue | NoEstimate;
  /** Absent where a row has no model. */
  readonly doublyRobust?: OffPolicyValue | NoEstimate;
  /** Target − logged on the same rows, doubly robust where there is a model, else by SNIPS. */
  readonly gain: OffPolicyValue | NoEstimate;
}

/** `clip`: largest weight; default none. */
export const offPolicy = (rows: readonly LoggedRow[], clip = Infinity): OffPolicy => {
  checkRows(rows);
  const unclipped = rows.map(({ propensity, target }) => target / propensity);
  const w = unclipped.map((weight) => Math.min(weight, clip));
  // Clipped weights would hide how little the logs hold, and whether the propensities are right.
  const weights = weightsOf(rows, unclipped);
  const clusters = clustersOf(rows);
  const own = rows.map(({ reward }) => reward);
  const logged = rows.length < 2 ? noEstimate('logs-too-thin') : meanValue(own, clusters);
  const isModelled = rows.length > 0 && rows.every(({ model }) => model !== undefined);
  const refused = refusal(weights);
  if (refused !== undefined) {
    const all = { weights, logged, ips: refused, snips: refused, gain: refused };
    return isModelled ? { ...all, doublyRobust: refused } : all;
  }
  const influence = ratioInfluence(rows, w);
  const all = {
    weights,
    logged,
    ips: meanValue(
      rows.map(({ reward }, i) => w[i] * reward),
      clusters,
    ),
    snips: estimated(influence.value, clusterError(influence.terms, clusters)),
  };
  const robust = rows.flatMap(({ model, reward }, i) =>
    model === undefined ? [] : [model.target + w[i] * (reward - model.logged)],
  );
  const mean = average(own);
  if (isModelled) {
    const differences = robust.map((term, i) => term - own[i]);
    return {
      ...all,
      doublyRobust: meanValue(robust, clusters),
      gain: gainOf(average(differences), differences, clusters),
    };
  }
  const terms = influence.terms.map((term, i) => term - (own[i] - mean));
  return { ...all, gain: gainOf(influence.value - mean, terms, clusters) };
};

/**
 * The mean weight is the share of what the target does that the logs could show. Well away from 1, the estimate is of
 * another policy: what the target does was never logged, or the propensities are wrong.
 */
export const supportRefusal = ({ mean, meanError }: Weights): NoEstimate | undefined =>
  Math.abs(mean - 1) > Math.max(unsupportedShareMax, 2 * meanError)
    ? noEstimate('logs-lack-support')
    : undefined;

export interface UniformRow {
  readonly reward: number;
  /** The new, deterministic policy would have done the same. */
  readonly agrees: boolean;
  readonly propensity: number;
  /** Actions that could be drawn for this row. */
  readonly actions: number;
  readonly cluster?: string;
}

/**
 * Replay (Li, Chu, Langford & Wang, WSDM 2011): of logs whose actions were drawn uniformly, the rows in which the new,
 * deterministic policy would have acted alike are a sample of it. Refused where an action was likelier than another.
 */
export const replay = (
  rows: readonly UniformRow[],
): (OffPolicyValue & { readonly rows: number }) | NoEstimate => {
  if (rows.some(({ propensity, actions }) => Math.abs(propensity * actions - 1) > 1e-6)) {
    return noEstimate('logs-not-uniform');
  }
  const kept = rows.filter(({ agrees }) => agrees);
  const clusters = clustersOf(kept);
  if (new Set(clusters).size < effectiveRowsCountMin) return noEstimate('logs-too-thin');
  const value = meanValue(
    kept.map(({ reward }) => reward),
    clusters,
  );
  return value.kind === 'off-policy' ? { ...value, rows: kept.length } : value;
};

/** Probabilities that were summed may end a last bit above 1. */
const rounded = 1 + 1e-9;

const checkRows = (rows: readonly LoggedRow[]): void => {
  const wrong = rows.flatMap(({ propensity, target, reward, examined = 1 }, i) =>
    [propensity, examined].every((share) => share > 0 && share <= rounded) &&
    target >= 0 &&
    target <= rounded &&
    Number.isFinite(reward)
      ? []
      : [`row ${i}: ${propensity}, ${target}, ${reward}`],
  );
  if (wrong.length > 0) {
    throw new RangeError(
      `off-policy: propensities lie in (0, 1], targets in [0, 1] and rewards are finite, received ${wrong.slice(0, 5).join('; ')} (${wrong.length} of ${rows.length} rows)`,
    );
  }
};

const weightsOf = (rows: readonly LoggedRow[], w: readonly number[]): Weights => {
  const clusters = clustersOf(rows);
  const examined = rows.map(({ examined: chance = 1 }) => chance);
  const total = rows.length === 0 ? 0 : average(examined);
  const mean =
    total === 0 ? 0 : w.reduce((sum, weight, i) => sum + weight * examined[i], 0) / rows.length / total;
  const errors = w.map((weight, i) => ((weight - mean) * examined[i]) / total);
  return {
    rows: w.length,
    effectiveRows: kish(w),
    effectiveClusters: kish(clusterSums(w, clusters)),
    mean,
    meanError: rows.length === 0 ? 0 : clusterError(errors, clusters),
    largest: w.reduce((most, each) => Math.max(most, each), 0),
  };
};

const kish = (weights: Iterable<number>): number => {
  let [sum, squares] = [0, 0];
  for (const each of weights) {
    sum += each;
    squares += each * each;
  }
  return squares === 0 ? 0 : (sum * sum) / squares;
};

const refusal = ({
  rows,
  effectiveRows,
  effectiveClusters,
  mean,
  largest,
}: Weights): NoEstimate | undefined =>
  Math.min(effectiveRows, effectiveClusters) < effectiveRowsCountMin || largest > weightShareMax * mean * rows
    ? noEstimate('logs-too-thin')
    : undefined;

/** By row: the number of its cluster. */
const clustersOf = (rows: readonly { readonly cluster?: string }[]): readonly number[] => {
  const numbers = new Map<string, number>();
  let next = 0;
  return rows.map(({ cluster }) => {
    const known = cluster === undefined ? undefined : numbers.get(cluster);
    if (known !== undefined) return known;
    if (cluster !== undefined) numbers.set(cluster, next);
    return next++;
  });
};

const clusterSums = (terms: readonly number[], clusters: readonly number[]): Float64Array => {
  const sums = new Float64Array(terms.length === 0 ? 0 : clusters.reduce((a, b) => Math.max(a, b), 0) + 1);
  for (const [i, term] of terms.entries()) sums[clusters[i]] += term;
  return sums;
};

/** Of the mean of terms that are centred at 0. */
const clusterError = (terms: readonly number[], clusters: readonly number[]): number =>
  Math.sqrt(clusterSums(terms, clusters).reduce((sum, each) => sum + each * each, 0)) / terms.length;

const average = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;

const meanValue = (terms: readonly number[], clusters: readonly number[]): OffPolicyValue | NoEstimate => {
  const value = average(terms);
  return estimated(value, centredError(terms, value, clusters));
};

const centredError = (terms: readonly number[], mean: number, clusters: readonly number[]): number => {
  const count = new Set(clusters).size;
  return (
    clusterError(
      terms.map((term) => term - mean),
      clusters,
    ) * Math.sqrt(count / (count - 1))
  );
};

const gainOf = (
  value: number,
  terms: readonly number[],
  clusters: readonly number[],
): OffPolicyValue | NoEstimate => {
  const error = centredError(terms, average(terms), clusters);
  // The same policy: every difference is rounding.
  return error < 1e-12 && Math.abs(value) < 1e-12
    ? { kind: 'off-policy', value: 0, standardError: 0, low: 0, high: 0 }
    : estimated(value, error);
};

/** Σ w r ÷ Σ e w × the mean of e, e the chance that the place is looked at; terms by linearisation, centred at 0. */
const ratioInfluence = (
  rows: readonly LoggedRow[],
  w: readonly number[],
): { readonly value: number; readonly terms: readonly number[] } => {
  const examined = rows.map(({ examined: chance = 1 }) => chance);
  const place = average(examined);
  const earned = average(rows.map(({ reward }, i) => w[i] * reward));
  const share = average(w.map((weight, i) => weight * examined[i]));
  const value = (earned / share) * place;
  const worth = earned / share;
  const terms = rows.map(
    ({ reward }, i) =>
      (place / share) * w[i] * (reward - worth * examined[i]) + worth * (examined[i] - place),
  );
  return { value, terms };
};

const estimated = (value: number, standardError: number): OffPolicyValue | NoEstimate => {
  if (!(standardError > 0)) return noEstimate('no-variance');
  const { low, high } = effectOf(value, standardError, Infinity);
  return { kind: 'off-policy', value, standardError, low, high };
};
