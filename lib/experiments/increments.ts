// What an arm brought beyond its reference and what it cost, per arm of one analysis.
// Increments: difference of means × customers of the arm, with the interval of that difference (estimate.ts); where the
// comparison gives no estimate there is none here either. Orders are taken to state what was paid, so revenue and
// margin are after discounts.
// Spending C + D: messages C and discounts D. Return: (increment of margin, where all costs are known, else of revenue
// − C) ÷ (C + D). It may be read as: a unit of money given away or spent came back that many times on top.
// Break-even: additional orders, at the arm's average order before discounts, that would pay for C + D.

import { returnIntervalMax } from '../base/limits.ts';
import type { MessageCosts } from '../base/settings.ts';
import type { ArmSummary } from '../outcomes/summary.ts';
import { type Cannibalisation, cannibalisation, type Ranged } from './cannibalisation.ts';
import { noEstimate } from './no-estimate.ts';
import type { Estimate, NoEstimate } from './result.ts';

export type Increment = (Ranged & { readonly kind: 'estimate' }) | NoEstimate;

export interface ArmEffect {
  readonly arm: string;
  readonly reference: string;
  readonly customers: number;
  /** Customers who bought, beyond those who would have. */
  readonly buyers: Increment;
  readonly orders: Increment;
  readonly revenue: Increment;
  readonly margin: Increment;
  /** Of messages, in `costs.currency`; null where a price is not known. */
  readonly messageCost: number | null;
  /** Taken off orders in the window. */
  readonly discounts: number;
  readonly returnOnSpending: Increment;
  readonly breakEvenOrders: number | null;
  /** Null where nobody redeemed. */
  readonly cannibalisation: Cannibalisation | NoEstimate | null;
}

export interface EffectFacts {
  readonly summaryOf: (arm: string) => ArmSummary;
  /** Undefined: not known. */
  readonly messageCostOf: (arm: string) => number | undefined;
  readonly costs: MessageCosts;
  readonly currency: string | null;
}

/** The comparisons that money is told from, each of them the metric's own of that name. */
export interface ArmGains {
  readonly arm: string;
  readonly reference: string;
  readonly repurchase: Estimate | NoEstimate;
  readonly orders: Estimate | NoEstimate;
  readonly revenue: Estimate | NoEstimate;
  readonly margin: Estimate | NoEstimate;
}

export const armEffect = (gains: ArmGains, facts: EffectFacts): ArmEffect => {
  const { arm, reference } = gains;
  const [treated, untreated] = [facts.summaryOf(arm), facts.summaryOf(reference)];
  const { customers } = treated;
  const revenue = scaled(gains.revenue, customers);
  const margin = scaled(gains.margin, customers);
  const spent = facts.messageCostOf(arm);
  const money = {
    gain: margin.kind === 'estimate' ? margin : revenue,
    spent,
    discounts: treated.discountSum,
  };
  return {
    arm,
    reference,
    customers,
    buyers: scaled(gains.repurchase, customers),
    orders: scaled(gains.orders, customers),
    revenue,
    margin,
    messageCost: spent ?? null,
    discounts: treated.discountSum,
    returnOnSpending: returnOn(money, facts),
    breakEvenOrders: breakEven(treated, money, facts),
    cannibalisation:
      treated.redeemers === 0 ? null : cannibalisation(treated, untreated, { estimate: gains.repurchase }),
  };
};

const scaled = (estimate: Estimate | NoEstimate, customers: number): Increment =>
  estimate.kind === 'no-estimate'
    ? estimate
    : {
        kind: 'estimate',
        value: estimate.difference * customers,
        low: estimate.low * customers,
        high: estimate.high * customers,
      };

interface Money {
  readonly gain: Increment;
  readonly spent: number | undefined;
  readonly discounts: number;
}

/** An order that states no currency is taken to be in that of the costs. */
const isOneCurrency = ({ costs, currency }: EffectFacts): boolean =>
  currency === null || currency === costs.currency;

const returnOn = ({ gain, spent, discounts }: Money, facts: EffectFacts): Increment => {
  if (gain.kind === 'no-estimate') {
    return gain;
  }
  if (spent === undefined || spent + discounts <= 0) {
    return noEstimate('costs-unknown');
  }
  if (!isOneCurrency(facts)) {
    return noEstimate('currencies-differ');
  }
  const back = (amount: number): number => (amount - spent) / (spent + discounts);
  const [low, high] = [back(gain.low), back(gain.high)];
  return high - low > returnIntervalMax
    ? noEstimate('spending-too-small')
    : { kind: 'estimate', value: back(gain.value), low, high };
};

const breakEven = (
  { orders, revenueSum, marginSum, ordersOfUnknownCost }: ArmSummary,
  { spent, discounts }: Money,
  facts: EffectFacts,
): number | null => {
  const worth = ((ordersOfUnknownCost === 0 ? marginSum : revenueSum) + discounts) / orders;
  return spent === undefined || !isOneCurrency(facts) || !(worth > 0) ? null : (spent + discounts) / worth;
};
