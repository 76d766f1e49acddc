// What each customer did in their window as one row of numbers, and the rows as joint sums by arm, by week of assignment
// and by what the customer was before. A customer counts once the window is over (assignedAt + windowDays ≤ asOf): who
// still has time to buy is not one who did not buy. Sums of an arm are those of its cells, merged bit for bit.
// Columns: those of the plan's metrics (metrics.ts), always repurchase, orders, revenue and margin, and covariates
// (before.ts) where the past is known. Units: 0 or 1, counts, money in major units; refunds are taken off, margin is over
// orders whose costs are known.

import { defaultMetrics, type MetricPlan } from '../assignment/metric-plan.ts';
import type { CustomerId } from '../base/ids.ts';
import type { StoredEvent } from '../events/event.ts';
import { type Before, covariates, covariateValue, ordersBefore } from './before.ts';
import type { AssignedCustomer, OutcomeScope } from './collect.ts';
import { type JointSums, jointSums, mergeJointSums } from './joint-sums.ts';
import { marginOf } from './margin.ts';
import { cappedRevenue, eventColumn, metricOf } from './metrics.ts';
import type { Order } from './orders.ts';
import type { Touch } from './touches.ts';
import { capOf, valueHistogram } from './value-histogram.ts';

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
/** 1970-01-05 was the first Monday. */
const mondayMs = 4 * dayMs;

export interface Deeds {
  /** In the customer's window, refunded ones too. */
  readonly orders: ReadonlyMap<CustomerId, readonly Order[]>;
  readonly touches: ReadonlyMap<CustomerId, Touch>;
  /** With user ids. */
  readonly events: readonly StoredEvent[];
  /** Undefined: the past was not read. */
  readonly before: ReadonlyMap<CustomerId, Before> | undefined;
}

type ByArm = ReadonlyMap<string, JointSums>;

export interface Measured {
  /** Arms whose windows are all open are left out. */
  readonly sums: ByArm;
  /** By the Monday of the week of assignment (UTC, ISO date), in order. */
  readonly weeks: ReadonlyMap<string, ByArm>;
  /** By orders before the assignment: 0, 1, 2+; empty where the past was not read. */
  readonly segments: ReadonlyMap<string, ByArm>;
  /** What revenue was capped at; absent where it was not. */
  readonly revenueCap?: number;
}

export const measure = (
  customers: Iterable<AssignedCustomer>,
  deeds: Deeds,
  scope: OutcomeScope,
): Measured => {
  const plan = scope.metrics ?? defaultMetrics;
  const columns = [...columnsOf(plan), ...(deeds.before === undefined ? [] : covariates)];
  const matured = [...customers].filter((customer) => isMatured(customer, scope));
  const revenueCap = capFor(plan, matured, deeds);
  const rowOf = rowsWith(columns, deeds, { ...scope, revenueCap });
  const cells = new Map<string, { readonly cell: Cell; readonly rows: number[][] }>();
  for (const customer of matured) {
    const cell = cellOf(customer, deeds.before);
    const key = JSON.stringify(cell);
    const kept = cells.get(key) ?? { cell, rows: [] };
    kept.rows.push(rowOf(customer));
    cells.set(key, kept);
  }
  const summed = [...cells.values()].map(({ cell, rows }) => ({ cell, sums: jointSums(columns, rows) }));
  return {
    sums: mergedBy(summed, () => '').get('') ?? new Map(),
    weeks: mergedBy(summed, ({ week }) => week),
    segments: mergedBy(summed, ({ segment }) => segment),
    ...(revenueCap !== undefined && { revenueCap }),
  };
};

export const isMatured = (
  { assignedAtMs }: AssignedCustomer,
  { windowDays, asOfMs }: Pick<OutcomeScope, 'windowDays' | 'asOfMs'>,
): boolean => assignedAtMs + windowDays * dayMs <= asOfMs;

/** Of the metrics alone: those that always are, then as the plan names them. */
export const columnsOf = (plan: MetricPlan): readonly string[] => [
  ...new Set([
    'repurchase',
    'orders',
    'revenue',
    'margin',
    ...[plan.primary, ...plan.secondary, ...plan.guardrails]
      .map((choice) => metricOf(choice, plan))
      .flatMap(({ column, denominator }) => [column, ...(denominator === undefined ? [] : [denominator])]),
  ]),
];

interface Cell {
  readonly arm: string;
  readonly week: string;
  readonly segment: string | undefined;
}

const cellOf = ({ customerId, arm, assignedAtMs }: AssignedCustomer, before: Deeds['before']): Cell => {
  const past = before?.get(customerId);
  const week = Math.floor((assignedAtMs - mondayMs) / weekMs) * weekMs + mondayMs;
  return {
    arm,
    week: new Date(week).toISOString().slice(0, 10),
    segment: past === undefined ? undefined : ordersBefore(past),
  };
};

/** By a part of the cell, sorted, and then by arm; cells without that part are left out. */
const mergedBy = (
  cells: readonly { readonly cell: Cell; readonly sums: JointSums }[],
  keyOf: (cell: Cell) => string | undefined,
): ReadonlyMap<string, ByArm> => {
  const merged = new Map<string, Map<string, JointSums>>();
  for (const { cell, sums } of cells) {
    const key = keyOf(cell);
    if (key !== undefined) {
      const byArm = merged.get(key) ?? new Map<string, JointSums>();
      const kept = byArm.get(cell.arm);
      byArm.set(cell.arm, kept === undefined ? sums : mergeJointSums(kept, sums));
      merged.set(key, byArm);
    }
  }
  return new Map([...merged].sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** From all arms together, so that all are capped alike. */
const capFor = (
  { winsorize }: MetricPlan,
  customers: readonly AssignedCustomer[],
  { orders }: Deeds,
): number | undefined =>
  winsorize === undefined
    ? undefined
    : capOf(
        valueHistogram(customers.map(({ customerId }) => revenueOf(keptOf(orders.get(customerId))))),
        winsorize,
      );

const keptOf = (orders: readonly Order[] | undefined): readonly Order[] =>
  (orders ?? []).filter(({ kept }) => kept);
const revenueOf = (orders: readonly Order[]): number => orders.reduce((sum, { value }) => sum + value, 0);

type RowOf = (customer: AssignedCustomer) => number[];

const rowsWith = (
  columns: readonly string[],
  { orders, touches, events, before }: Deeds,
  { windowDays, costOf, revenueCap }: OutcomeScope & { readonly revenueCap: number | undefined },
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
      [cappedRevenue]: () => Math.min(revenue, revenueCap ?? revenue),
      margin: () => marginOf(kept, costOf).margin,
      refund: () => placed.some(({ refunded }) => refunded),
      redemption: () => kept.some(({ orderId }) => touch?.redeemedOrders.has(orderId)),
      unsubscribe: () => touch?.isUnsubscribed === true,
      complaint: () => touch?.isComplaint === true,
    };
    return columns.map((column) => {
      const covariate = covariates.find((name) => name === column);
      if (covariate !== undefined) {
        return past === undefined ? 0 : covariateValue(covariate, past);
      }
      return Number(of[column]?.() ?? sent.get(column)?.get(customerId)?.some(isWithin) ?? false);
    });
  };
};

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
