// What each customer did in their window as one row of numbers, and the rows of an arm as joint sums. A customer counts
// once the window is over (assignedAt + windowDays ≤ asOf): who still has time to buy is not one who did not buy.
// Columns: those of the plan's metrics (metrics.ts), and always repurchase, orders, revenue and margin.
// Units: 0 or 1, counts, money in major units; refunds are taken off, margin is over orders whose costs are known.

import type { CustomerId } from '../base/ids.ts';
import type { StoredEvent } from '../events/event.ts';
import type { AssignedCustomer, OutcomeScope } from './collect.ts';
import { type JointSums, jointSums } from './joint-sums.ts';
import { marginOf } from './margin.ts';
import { defaultMetrics, type MetricPlan, metricOf } from './metrics.ts';
import type { Order } from './orders.ts';
import type { Touch } from './touches.ts';

const dayMs = 86_400_000;

export interface Deeds {
  /** In the customer's window, refunded ones too. */
  readonly orders: ReadonlyMap<CustomerId, readonly Order[]>;
  readonly touches: ReadonlyMap<CustomerId, Touch>;
  /** With user ids. */
  readonly events: readonly StoredEvent[];
}

/** By arm; arms whose windows are all open are left out. */
export const measureArms = (
  customers: Iterable<AssignedCustomer>,
  deeds: Deeds,
  scope: OutcomeScope,
): ReadonlyMap<string, JointSums> => {
  const columns = columnsOf(scope.metrics ?? defaultMetrics);
  const sent = sentBy(deeds.events, columns);
  const rows = new Map<string, number[][]>();
  for (const customer of customers) {
    if (isMatured(customer, scope)) {
      const row = columns.map((column) => columnValue(column, customer, deeds, sent, scope));
      const of = rows.get(customer.arm) ?? [];
      of.push(row);
      rows.set(customer.arm, of);
    }
  }
  return new Map([...rows].map(([arm, of]) => [arm, jointSums(columns, of)]));
};

export const isMatured = (
  { assignedAtMs }: AssignedCustomer,
  { windowDays, asOfMs }: Pick<OutcomeScope, 'windowDays' | 'asOfMs'>,
): boolean => assignedAtMs + windowDays * dayMs <= asOfMs;

/** In the order of metrics.ts' catalogue where they always are, then by the plan. */
export const columnsOf = ({ primary, secondary, guardrails }: MetricPlan): readonly string[] => [
  ...new Set([
    'repurchase',
    'orders',
    'revenue',
    'margin',
    ...[primary, ...secondary, ...guardrails]
      .map(metricOf)
      .flatMap(({ column, denominator }) => [column, ...(denominator === undefined ? [] : [denominator])]),
  ]),
];

const ownEvent = 'event:';

/** By event name, the times at which each customer sent it; only of the plan's own events. */
const sentBy = (
  events: readonly StoredEvent[],
  columns: readonly string[],
): ReadonlyMap<string, ReadonlyMap<CustomerId, readonly number[]>> => {
  const sent = new Map(
    columns
      .filter((column) => column.startsWith(ownEvent))
      .map((column) => [column, new Map<CustomerId, number[]>()]),
  );
  for (const { event, userId, timestamp } of events) {
    const byCustomer = sent.get(`${ownEvent}${event}`);
    if (byCustomer !== undefined && userId !== undefined) {
      const times = byCustomer.get(userId) ?? [];
      times.push(Date.parse(timestamp));
      byCustomer.set(userId, times);
    }
  }
  return sent;
};

const columnValue = (
  column: string,
  { customerId, assignedAtMs }: AssignedCustomer,
  { orders, touches }: Deeds,
  sent: ReturnType<typeof sentBy>,
  { windowDays, costOf }: OutcomeScope,
): number => {
  const placed = orders.get(customerId) ?? [];
  const kept = placed.filter((order) => order.kept);
  const touch = touches.get(customerId);
  switch (column) {
    case 'repurchase':
      return kept.length > 0 ? 1 : 0;
    case 'orders':
      return kept.length;
    case 'revenue':
      return kept.reduce((sum, { value }) => sum + value, 0);
    case 'margin':
      return marginOf(kept, costOf).margin;
    case 'refund':
      return placed.some(({ refunded }) => refunded) ? 1 : 0;
    case 'redemption':
      return kept.some(({ orderId }) => touch?.redeemedOrders.has(orderId)) ? 1 : 0;
    case 'unsubscribe':
      return touch?.isUnsubscribed ? 1 : 0;
    case 'complaint':
      return touch?.isComplaint ? 1 : 0;
    default: {
      const times = sent.get(column)?.get(customerId) ?? [];
      return times.some((atMs) => atMs >= assignedAtMs && atMs < assignedAtMs + windowDays * dayMs) ? 1 : 0;
    }
  }
};
