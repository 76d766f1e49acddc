// The primary metric at a look before the end, for who wants to watch: a confidence sequence of each treated arm, which
// may be read as often as one likes (always-valid.ts). Where customers' windows are over, over those customers. Where all
// were assigned at once and every window is open: who has bought so far, as the part of the window that has passed shows
// it; buyers are counted in place of customers, since information comes with purchases, and scaled by who is left to buy
// (the empirical process of a share is (1 − F) times a Brownian motion at F ÷ (1 − F), Doob's transformation).

import { watchedBuyersCount, watchedCustomersCount } from '../base/limits.ts';
import type { RunOutcomes } from '../outcomes/collect.ts';
import type { ArmSummary } from '../outcomes/summary.ts';
import { sequenceHalfWidth, tunedRho } from './always-valid.ts';
import type { Design } from './design.ts';
import { alpha } from './effect.ts';
import type { Comparison, MetricResult, Watched } from './result.ts';

/** `metric`: the primary one, over customers whose window is over. Several arms share the error. */
export const watch = (
  { decision }: Pick<Design, 'decision'>,
  { metric, comparisons }: Pick<MetricResult, 'metric' | 'comparisons'>,
  outcomes: Pick<RunOutcomes, 'arms' | 'sums'>,
): readonly Watched[] => {
  const error = alpha / comparisons.length;
  const planned = decision?.kind === 'group-sequential' ? decision.plannedCustomers : undefined;
  return comparisons.flatMap((comparison) => {
    const matured = maturedOf(comparison, outcomes, planned ?? watchedCustomersCount, error);
    if (matured !== undefined) return [matured];
    const soFar = metric === 'repurchase' ? buyersSoFar(comparison, outcomes, error) : undefined;
    return soFar === undefined ? [] : [soFar];
  });
};

const maturedOf = (
  { arm, reference, estimate }: Comparison,
  { sums }: Pick<RunOutcomes, 'sums'>,
  planned: number,
  error: number,
): Watched | undefined => {
  const n = (sums.get(arm)?.count ?? 0) + (sums.get(reference)?.count ?? 0);
  if (estimate.kind === 'no-estimate' || n === 0 || estimate.standardError === 0) return undefined;
  const { difference, standardError } = estimate;
  const half = sequenceHalfWidth(n, n * standardError ** 2, tunedRho(planned, error), error);
  return { arm, reference, over: 'matured', difference, low: difference - half, high: difference + half };
};

const buyersSoFar = (
  { arm, reference }: Comparison,
  { arms, sums }: Pick<RunOutcomes, 'arms' | 'sums'>,
  error: number,
): Watched | undefined => {
  const [one, other] = [arms.get(arm), arms.get(reference)];
  const isOpen = (sums.get(arm)?.count ?? 0) + (sums.get(reference)?.count ?? 0) === 0;
  if (!isOpen || one === undefined || other === undefined) return undefined;
  const buyers = one.conversions + other.conversions;
  const left = 1 - buyers / (one.customers + other.customers);
  const squared = squaredError(one) + squaredError(other);
  if (buyers === 0 || left === 0 || squared === 0) return undefined;
  const n = buyers / left;
  const scaled = squared / left ** 2;
  const half = left * sequenceHalfWidth(n, n * scaled, tunedRho(watchedBuyersCount, error), error);
  const difference = shareOf(one) - shareOf(other);
  return { arm, reference, over: 'so-far', difference, low: difference - half, high: difference + half };
};

const shareOf = ({ conversions, customers }: ArmSummary): number => conversions / customers;
const squaredError = (arm: ArmSummary): number => (shareOf(arm) * (1 - shareOf(arm))) / arm.customers;
