// Of those who redeemed a discount, how many would have bought without it: from the holdout.
// n customers treated, of whom c bought (rate r1 = c/n) and k bought with the code; the holdout bought at rate r0.
// Assumptions: the holdout shows what the treated would have done (random assignment), and the offer kept nobody from
// buying (monotonicity). Then I = (r1 − r0)·n were induced and A = r0·n would have bought anyway, but who is who is not
// seen (principal strata: Frangakis & Rubin, Biometrics 58, 2002). Would-be buyers among the k:
//   at least  k − I     every induced buyer used the code
//   at most   min(k, A) would-be buyers used it whenever they could
//   estimate  k·r0/r1   induced and would-be buyers used it alike; always between the two (k ≤ c, r0 ≤ r1)
// Induced buyers use the code rather more often than others, so the truth tends to lie below the estimate.
// Intervals, 95%: of `least` by Newcombe's interval of r1 − r0; of the estimate s = r0/r1 by Katz's log interval
// (Biometrics 34, 1978), to whose variance that of a share of k draws, (1 − s)/(s·k), is added: what is stated is the share
// among these k and not among all that might have redeemed. `most` as it stands. k is counted, not estimated. Shares are clamped to [0, 1]: where the
// treated bought less than the holdout, all would have bought anyway and `clamped` says that this is no measurement.

import { redeemersCountMin, revenueBuyersCountMin } from '../base/limits.ts';
import { normalQuantile } from '../numeric/distributions.ts';
import type { ArmSummary } from '../outcomes/summary.ts';
import { alpha } from './effect.ts';
import { noEstimate } from './no-estimate.ts';
import type { Comparison, NoEstimate } from './result.ts';

export interface Ranged {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Cannibalisation {
  readonly kind: 'estimate';
  /** k: customers who bought with the code in the window. */
  readonly redeemers: number;
  /** I, as measured; below 0 where the treated bought less. */
  readonly induced: Ranged;
  /** Would-be buyers as a share of the redeemers, in [0, 1]. */
  readonly share: Ranged;
  readonly least: Ranged;
  readonly most: number;
  /** The discount that went to them, of all that was given: money at the average discount of a redeemer. */
  readonly discountSum: number;
  readonly discountLost: Ranged;
  /** A share had to be brought back into [0, 1]. */
  readonly clamped: boolean;
}

const z = normalQuantile(1 - alpha / 2);

/** `comparison`: the arm's against its reference, whose difference and interval are used as they are. */
export const cannibalisation = (
  arm: ArmSummary,
  reference: ArmSummary,
  { estimate }: Pick<Comparison, 'estimate'>,
): Cannibalisation | NoEstimate => {
  if (estimate.kind === 'no-estimate') {
    return estimate;
  }
  const obstacle = obstacleOf(arm, reference);
  if (obstacle !== undefined) {
    return obstacle;
  }
  const { customers: n, conversions, redeemers: k } = arm;
  const ratio = reference.conversions / reference.customers / (conversions / n);
  const katz = 1 / conversions - 1 / n + 1 / reference.conversions - 1 / reference.customers;
  const expected = Math.min(1, ratio);
  const margin = Math.exp(z * Math.sqrt(katz + (1 - expected) / (expected * k)));
  const share = clampedRange({ value: ratio, low: ratio / margin, high: ratio * margin });
  const induced = { value: estimate.difference * n, low: estimate.low * n, high: estimate.high * n };
  const least = {
    value: 1 - induced.value / k,
    low: 1 - induced.high / k,
    high: 1 - induced.low / k,
  };
  const would = (reference.conversions / reference.customers) * n;
  return {
    kind: 'estimate',
    redeemers: k,
    induced,
    share,
    least: clampedRange(least),
    most: Math.min(1, would / k),
    discountSum: arm.discountSum,
    discountLost: {
      value: share.value * arm.discountSum,
      low: share.low * arm.discountSum,
      high: share.high * arm.discountSum,
    },
    clamped: ratio > 1 || least.value < 0,
  };
};

const obstacleOf = (arm: ArmSummary, reference: ArmSummary): NoEstimate | undefined => {
  if (arm.redeemers < redeemersCountMin) {
    return noEstimate('too-few-redeemers');
  }
  if (arm.redeemers > arm.conversions) {
    return noEstimate('too-many-redeemers');
  }
  return Math.min(arm.conversions, reference.conversions) < revenueBuyersCountMin
    ? noEstimate('too-few-conversions')
    : undefined;
};

const clampedRange = ({ value, low, high }: Ranged): Ranged => ({
  value: clamp(value),
  low: clamp(low),
  high: clamp(high),
});

const clamp = (share: number): number => Math.min(1, Math.max(0, share));
