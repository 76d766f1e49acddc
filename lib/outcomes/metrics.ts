// What a test can measure of a customer within the window, and the plan that says which of it decides. Each metric is a
// column of numbers over the customers assigned (0 for who did nothing), or the ratio of two such columns' sums.
// Units: share (0 or 1 a customer), count, money in major units of the one currency. Refunds are taken off.
// Defaults: repurchase decides; money and orders are told beside it; mail that annoys and refunds are guarded.

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

export interface MetricPlan {
  /** Decides. */
  readonly primary: MetricChoice;
  readonly secondary: readonly MetricChoice[];
  /** Must not get worse. */
  readonly guardrails: readonly MetricChoice[];
  /** Revenue above this percentile of the buyers' is taken as the percentile, in (0.5, 1); absent: as it is. */
  readonly winsorize?: number;
}

export const defaultMetrics: MetricPlan = {
  primary: 'repurchase',
  secondary: ['revenue', 'orders', 'margin', 'average-order-value'],
  guardrails: ['unsubscribe', 'complaint', 'refund'],
};

export interface Metric {
  readonly name: string;
  readonly kind: 'share' | 'mean' | 'ratio';
  readonly unit: 'share' | 'money' | 'count';
  readonly better: 'higher' | 'lower';
  /** The column it is the mean of, or the numerator. */
  readonly column: string;
  /** Of a ratio. */
  readonly denominator?: string;
}

export const metricOf = (choice: MetricChoice): Metric =>
  typeof choice === 'string'
    ? { name: choice, ...builtIn[choice] }
    : { name: choice.name, kind: 'share', unit: 'share', better: 'higher', column: `event:${choice.event}` };

const share = (column: string, better: Metric['better'] = 'higher'): Omit<Metric, 'name'> => ({
  kind: 'share',
  unit: 'share',
  better,
  column,
});
const mean = (column: string, unit: 'money' | 'count'): Omit<Metric, 'name'> => ({
  kind: 'mean',
  unit,
  better: 'higher',
  column,
});

const builtIn: { readonly [name in BuiltInMetric]: Omit<Metric, 'name'> } = {
  repurchase: share('repurchase'),
  revenue: mean('revenue', 'money'),
  orders: mean('orders', 'count'),
  margin: mean('margin', 'money'),
  'average-order-value': {
    kind: 'ratio',
    unit: 'money',
    better: 'higher',
    column: 'revenue',
    denominator: 'orders',
  },
  redemption: share('redemption'),
  unsubscribe: share('unsubscribe', 'lower'),
  complaint: share('complaint', 'lower'),
  refund: share('refund', 'lower'),
};
