// What each customer did in their window as one row of numbers, added to a measurement by arm, by week of assignment and by
// what the customer was before. A customer counts once the window is over (assignedAt + windowDays ≤ asOf): who still has
// time to buy is not one who did not buy. Large tests make the same rows in SQL (lib/adapters/outcome-sums.ts).
// Columns: those of the plan's metrics (metrics.ts), always repurchase, orders, revenue and margin, and covariates
// (before.ts) where the past is known. Units: 0 or 1, counts, days, money in hundredths; refunds are taken off, margin is
// over orders whose costs are known.

import type { CustomerId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import type { StoredEvent } from '../events/event.ts';
import { type Before, covariates, covariateValue, ordersBefore } from './before.ts';
import type { AssignedCustomer, OutcomeScope } from './collect.ts';
import { marginOf } from './margin.ts';
import { type Cell, type Measurement, moneyColumns, weekOf } from './measurement.ts';
import { cappedRevenue, eventColumn } from './metrics.ts';
import { hundredths, sumMoney } from './money.ts';
import type { Order } from './orders.ts';
import type { Touch } from './touches.ts';

export interface Deeds {
  /** In the customer's window, refunded ones too. */
  readonly orders: ReadonlyMap<CustomerId, readonly Order[]>;
  readonly touches: ReadonlyMap<CustomerId, Touch>;
  /** With user ids. */
  readonly events: readonly StoredEvent[];
  /** Undefined: the past was not read. */
  readonly before: ReadonlyMap<CustomerId, Before> | undefined;
}

export const measure = (
  customers: Iterable<AssignedCustomer>,
  deeds: Deeds,
  scope: OutcomeScope,
  measurement: Measurement,
): void => {
  const rowOf = rowsWith(measurement.columns, deeds, scope);
  for (const customer of customers) {
    if (isMatured(customer, scope)) {
      measurement.add(cellOf(customer, deeds.before, scope.byDay === true), rowOf(customer), 1);
    }
  }
};

export const isMatured = (
  { assignedAtMs }: AssignedCustomer,
  { windowDays, asOfMs }: Pick<OutcomeScope, 'windowDays' | 'asOfMs'>,
): boolean => assignedAtMs + windowDays * dayMs <= asOfMs;

const cellOf = (
  { customerId, arm, assignedAtMs }: AssignedCustomer,
  before: Deeds['before'],
  isByDay: boolean,
): Cell => {
  const past = before?.get(customerId);
  return {
    arm,
    week: weekOf(assignedAtMs),
    segment: past === undefined ? undefined : ordersBefore(past),
    ...(isByDay && { day: new Date(assignedAtMs).toISOString().slice(0, 10) }),
  };
};

const keptOf = (orders: readonly Order[] | undefined): readonly Order[] =>
  (orders ?? []).filter(({ kept }) => kept);
const revenueOf = (orders: readonly Order[]): number => sumMoney(orders.map(({ value }) => value));

type RowOf = (customer: AssignedCustomer) => number[];

const rowsWith = (
  columns: readonly string[],
  { orders, touches, events, before }: Deeds,
  { windowDays, costOf }: OutcomeScope,
): RowOf => {
  const sent = sentBy(events, columns);
  return ({ customerId, assignedAtMs }) => {
    const placed = orders.get(customerId) ?? [];
    const kept = keptOf(placed);
    const touch = touches.get(customerId);
    const past = before?.get(customerId);
    const revenue = revenueOf(kept);
    const isWithin = (atMs: number): boolean =>
      atMs >= assignedAtMs && atMs < assignedAtMs + windowDays * dayMs;
    const of: { readonly [column: string]: (() => number | boolean) | undefined } = {
      repurchase: () => kept.length > 0,
      orders: () => kept.length,
      revenue: () => revenue,
      [cappedRevenue]: () => revenue,
      margin: () => marginOf(kept, costOf).margin,
      refund: () => placed.some(({ refunded }) => refunded),
      redemption: () => kept.some(({ orderId }) => touch?.redeemedOrders.has(orderId)),
      unsubscribe: () => touch?.isUnsubscribed === true,
      complaint: () => touch?.isComplaint === true,
    };
    return columns.map((column) => {
      const covariate = covariates.find((name) => name === column);
      if (covariate !== undefined) {
        return past === undefined ? 0 : stored(column, covariateValue(covariate, past));
      }
      const value = Number(of[column]?.() ?? sent.get(column)?.get(customerId)?.some(isWithin) ?? false);
      return stored(column, value);
    });
  };
};

const stored = (column: string, value: number): number =>
  moneyColumns.includes(column) ? hundredths(value) : value;

/** By the column of each of the plan's own events, the times at which each customer sent it. */
const sentBy = (
  events: readonly StoredEvent[],
  columns: readonly string[],
): ReadonlyMap<string, ReadonlyMap<CustomerId, readonly number[]>> => {
  const sent = new Map(columns.map((column) => [column, new Map<CustomerId, number[]>()]));
  for (const { event, userId, timestamp } of events) {
    const byCustomer = sent.get(eventColumn(event));
    if (byCustomer !== undefined && userId !== undefined) {
      const times = byCustomer.get(userId) ?? [];
      times.push(Date.parse(timestamp));
      byCustomer.set(userId, times);
    }
  }
  return sent;
};
