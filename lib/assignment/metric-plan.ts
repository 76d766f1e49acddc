// Which metrics a test measures and which of them decides, as a campaign or an experiment states it. What each metric is
// counted from: lib/outcomes/metrics.ts. Defaults: repurchase decides; money and orders are told beside it; mail that
// annoys and refunds are guarded. Nothing of it changes once the test has started.

export type BuiltInMetric =
  | 'repurchase'
  | 'revenue'
  | 'orders'
  | 'margin'
  | 'average-order-value'
  | 'redemption'
  | 'unsubscribe'
  | 'complaint'
  | 'refund';

/** Share of customers who sent an event of that name in the window. */
export interface EventMetric {
  readonly name: string;
  readonly event: string;
}

export type MetricChoice = BuiltInMetric | EventMetric;

/** How what was known before the assignment sharpens the estimates: one slope for both arms, or one for each. */
export type Adjustment = 'cuped' | 'lin' | 'none';

export interface MetricPlan {
  /** Decides. */
  readonly primary: MetricChoice;
  readonly secondary: readonly MetricChoice[];
  /** Must not get worse. */
  readonly guardrails: readonly MetricChoice[];
  /** Revenue above this percentile of the buyers' is taken as the percentile, in (0.5, 1); absent: as it is. */
  readonly winsorize?: number;
  readonly adjustment: Adjustment;
}

export const defaultMetrics: MetricPlan = {
  primary: 'repurchase',
  secondary: ['revenue', 'orders', 'margin', 'average-order-value'],
  guardrails: ['unsubscribe', 'complaint', 'refund'],
  adjustment: 'cuped',
};
