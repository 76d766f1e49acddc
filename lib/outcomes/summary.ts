// Additive summaries of an arm: counts and sums from which every estimate is made. Summaries of parts of an arm
// merge to the summary of the whole: counts exactly, money to rounding (1e-15 of the sum of squares a part).
// Units: customers and orders are counts; money is in major units of the one currency; squares of it.

export interface ArmSummary {
  /** Customers assigned: the denominator of every rate, whatever became of their mail. */
  readonly customers: number;
  /** Customers with at least one kept order in the window. */
  readonly conversions: number;
  /** Kept orders in the window. */
  readonly orders: number;
  /** Per customer, refunds deducted: Σ x and Σ x². */
  readonly revenueSum: number;
  readonly revenueSumSquares: number;
  /** Revenue less what its items cost, over the orders whose costs are all known; those others are counted. */
  readonly marginSum: number;
  readonly ordersOfUnknownCost: number;
  readonly sent: number;
  readonly suppressed: number;
  readonly redemptions: number;
  /** Customers who redeemed on a kept order in the window, and what was taken off those orders. */
  readonly redeemers: number;
  readonly discountSum: number;
  readonly unsubscribes: number;
  readonly complaints: number;
  /** Customers who met another arm too, in their window. */
  readonly crossed: number;
  /** Customers all of whose clicks were a program's. */
  readonly scanned: number;
  readonly couponOrders: number;
  readonly couponRevenue: number;
  readonly clickOrders: number;
  readonly clickRevenue: number;
}

export const emptySummary: ArmSummary = {
  customers: 0,
  conversions: 0,
  orders: 0,
  revenueSum: 0,
  revenueSumSquares: 0,
  marginSum: 0,
  ordersOfUnknownCost: 0,
  sent: 0,
  suppressed: 0,
  redemptions: 0,
  redeemers: 0,
  discountSum: 0,
  unsubscribes: 0,
  complaints: 0,
  crossed: 0,
  scanned: 0,
  couponOrders: 0,
  couponRevenue: 0,
  clickOrders: 0,
  clickRevenue: 0,
};

const fields = Object.keys(emptySummary) as readonly (keyof ArmSummary)[];

export const mergeSummaries = (a: ArmSummary, b: ArmSummary): ArmSummary => {
  const merged: { -readonly [field in keyof ArmSummary]: number } = { ...a };
  for (const field of fields) {
    merged[field] += b[field];
  }
  return merged;
};

/** n, Σ x, Σ x²: what a mean, its variance and a test on it need. */
export interface Moments {
  readonly count: number;
  readonly sum: number;
  readonly sumSquares: number;
}

export const revenueMoments = (arm: ArmSummary): Moments => ({
  count: arm.customers,
  sum: arm.revenueSum,
  sumSquares: arm.revenueSumSquares,
});

export const mean = ({ count, sum }: Moments): number => sum / count;

/** Unbiased (n − 1); never below 0, which rounding could otherwise give when all values are alike. */
export const variance = ({ count, sum, sumSquares }: Moments): number =>
  Math.max(0, sumSquares - (sum * sum) / count) / (count - 1);
