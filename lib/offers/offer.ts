// The offer of a coupon campaign: what the customer gets off, for how long, how often.
// Amounts are in the major unit of their currency (12.5 is twelve euros fifty). Counts and days are whole numbers.

export type Discount =
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'amount'; readonly amount: number; readonly currency: string };

export interface CouponOffer {
  readonly discount: Discount;
  /** The code stops working this many days after it was issued. */
  readonly expiresAfterDays: number;
  /** Redemptions one code allows. Default 1. */
  readonly redemptionsPerCodeMax: number;
  /** Redemptions by one customer over all codes of this campaign. Default 1. */
  readonly redemptionsPerCustomerMax: number;
  /** Redemptions over all codes and customers; absent: no such limit. */
  readonly redemptionsTotalMax?: number;
  readonly minimumSpend?: number;
}
