// What a test can measure of a customer within the window. Each metric is a column of numbers over the customers assigned
// (0 for who did nothing), or the ratio of two such columns' sums.
// Units: share (0 or 1 a customer), count, money in major units of the one currency. Refunds are taken off.

import type { BuiltInMetric, MetricChoice, MetricPlan } from '../assignment/metric-plan.ts';

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

export const metricOf = (choice: MetricChoice, { winsorize }: Pick<MetricPlan, 'winsorize'> = {}): Metric => {
  if (typeof choice !== 'string') {
    return { name: choice.name, ...share(eventColumn(choice.event)) };
  }
  const metric = { name: choice, ...builtIn[choice] };
  return choice === 'revenue' && winsorize !== undefined ? { ...metric, column: cappedRevenue } : metric;
};

export const cappedRevenue = 'revenue-capped';

/** 1 for who sent it in the window. */
export const eventColumn = (event: string): string => `event:${event}`;

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
