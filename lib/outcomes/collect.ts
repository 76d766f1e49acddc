// Outcomes of a run by intention to treat: every customer assigned counts in their arm, whether the mail was sent,
// suppressed or bounced. An order counts if assignedAt ≤ its time < assignedAt + windowDays and it was kept.
// A customer assigned more than once keeps the first assignment; a second arm is a conflict, which the result shows,
// but for the global holdout, whose next period may draw the customer into it or out of it.
// Estimates are made of the joint sums, in which only customers count whose window was over at `asOfMs`.
// Attribution is secondary, and no cause: coupon (redeemed on the order, or named by it), click (a link of the mail
// was followed before the order). Times in ms since 1970; what happened after `asOfMs` is left out.

import { globalHoldoutArm } from '../assignment/assign.ts';
import type { MetricPlan } from '../assignment/metric-plan.ts';
import type { CustomerId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { normalizeCode } from '../offers/code.ts';
import { type BatchedOutcomes, collectBatches, withBatches } from './batches.ts';
import { beforeAssignment } from './before.ts';
import { crossedCustomers } from './crossed.ts';
import type { Feed } from './feed.ts';
import type { CostOf } from './item-cost.ts';
import { marginOf } from './margin.ts';
import { measure } from './measure.ts';
import { createMeasurement, type Measured, type Measurement } from './measurement.ts';
import { sumMoney } from './money.ts';
import { foldOrders, type Order } from './orders.ts';
import { type ArmSummary, emptySummary } from './summary.ts';
import { collectTouches, type Touch } from './touches.ts';

/** Orders that name no currency are taken to be in that of the others. */
const unstated = '';

export interface AssignedCustomer {
  readonly customerId: CustomerId;
  readonly arm: string;
  readonly assignedAtMs: number;
  readonly decisionId: string;
  /** Of a bandit. */
  readonly batch?: number;
}

export interface OutcomeScope {
  readonly windowDays: number;
  readonly asOfMs: number;
  /** What a unit of an item costs, in the currency of the orders; undefined: not known. Default: of none. */
  readonly costOf?: CostOf;
  /** Default: defaultMetrics. */
  readonly metrics?: MetricPlan;
  /** How many days before each assignment the events reach; absent: nothing is said about the time before. */
  readonly historyDays?: number;
  readonly feed?: Feed;
  /** Sums by day of assignment as well; default: false. */
  readonly byDay?: boolean;
}

export interface CountedOutcomes {
  readonly arms: ReadonlyMap<string, ArmSummary>;
  /** Customers found in more than one arm. */
  readonly conflictsCount: number;
  /** ISO 4217, in alphabetical order, of the orders counted. */
  readonly currencies: readonly string[];
  readonly refundsWithoutOrderCount: number;
}

export interface RunOutcomes extends Measured, CountedOutcomes {
  /** By batch, where customers were assigned in batches of a bandit. */
  readonly batched?: BatchedOutcomes;
  /** Undefined: not known how events came in. */
  readonly feed?: Feed;
}

/** `events`: orders, refunds and loop events of the assigned customers, user ids resolved; duplicates do no harm. */
export const collectOutcomes = (
  assigned: Iterable<AssignedCustomer>,
  events: Iterable<StoredEvent>,
  scope: OutcomeScope,
): RunOutcomes => {
  const measurement = createMeasurement(scope.metrics, scope.historyDays !== undefined);
  const [entries, happened] = [[...assigned], [...events]];
  const counted = countOutcomes(entries, happened, scope, measurement);
  const isBatched = entries.some(({ batch }) => batch !== undefined);
  const batched = isBatched ? collectBatches(entries, happened, scope) : undefined;
  const outcomes = {
    ...counted,
    ...measurement.measured(),
    ...(scope.feed !== undefined && { feed: scope.feed }),
  };
  return batched === undefined ? outcomes : withBatches(outcomes, batched);
};

/** As collectOutcomes of some of the customers, whose rows go to a measurement that others may share. */
export const countOutcomes = (
  assigned: Iterable<AssignedCustomer>,
  events: Iterable<StoredEvent>,
  scope: OutcomeScope,
  measurement: Measurement,
): CountedOutcomes => {
  const { customers, decisions, conflictsCount } = firstAssignments(assigned);
  const { purchases, loop } = split(events, customers, scope.asOfMs);
  const { orders, refundsWithoutOrderCount } = foldOrders(purchases);
  const arms = new Map<string, Tally>();
  for (const { arm } of customers.values()) {
    const tally = arms.get(arm) ?? { ...emptySummary };
    tally.customers++;
    arms.set(arm, tally);
  }
  const touches = collectTouches(loop, decisions, scope.windowDays);
  const currencies = new Set<string>();
  const placed = ordersInWindow(orders, customers, scope);
  for (const [customerId, orderedBy] of placed) {
    const tally = arms.get(customers.get(customerId)?.arm ?? '');
    const bought = orderedBy.filter(({ kept }) => kept);
    if (tally !== undefined && bought.length > 0) {
      addOrders(tally, bought, touches.get(customerId));
      addMargin(tally, bought, scope.costOf);
      for (const { currency } of bought) {
        currencies.add(currency ?? unstated);
      }
    }
  }
  for (const [customerId, touch] of touches) {
    const tally = arms.get(customers.get(customerId)?.arm ?? '');
    if (tally !== undefined) {
      addTouch(tally, touch);
    }
  }
  for (const customerId of crossedCustomers(customers, loop, scope.windowDays)) {
    const tally = arms.get(customers.get(customerId)?.arm ?? '');
    if (tally !== undefined) {
      tally.crossed++;
    }
  }
  currencies.delete(unstated);
  const { historyDays } = scope;
  const before = historyDays === undefined ? undefined : beforeAssignment(customers, purchases, historyDays);
  measure(customers.values(), { orders: placed, events: purchases, touches, before }, scope, measurement);
  return { arms, conflictsCount, currencies: [...currencies].sort(), refundsWithoutOrderCount };
};

type Tally = { -readonly [field in keyof ArmSummary]: number };
type Customers = ReadonlyMap<CustomerId, AssignedCustomer>;

/** Of the same instant the one whose decision, then arm, sorts first: the archive has no order of its own. */
const byTime = (a: AssignedCustomer, b: AssignedCustomer): number =>
  a.assignedAtMs - b.assignedAtMs ||
  Number(a.decisionId > b.decisionId) - Number(a.decisionId < b.decisionId) ||
  Number(a.arm > b.arm) - Number(a.arm < b.arm);

const firstAssignments = (assigned: Iterable<AssignedCustomer>) => {
  const customers = new Map<CustomerId, AssignedCustomer>();
  const decisions = new Map<string, AssignedCustomer>();
  const ownArms = new Map<CustomerId, string>();
  const conflicts = new Set<CustomerId>();
  for (const entry of [...assigned].sort(byTime)) {
    const { customerId, decisionId, arm } = entry;
    if (!decisions.has(decisionId)) decisions.set(decisionId, entry);
    if (!customers.has(customerId)) customers.set(customerId, entry);
    if (arm !== globalHoldoutArm) {
      if ((ownArms.get(customerId) ?? arm) !== arm) conflicts.add(customerId);
      ownArms.set(customerId, arm);
    }
  }
  return { customers, decisions, conflictsCount: conflicts.size };
};

const split = (events: Iterable<StoredEvent>, customers: Customers, asOfMs: number) => {
  const purchases: StoredEvent[] = [];
  const loop: StoredEvent[] = [];
  const names: ReadonlySet<string> = new Set(Object.values(loopEvents));
  for (const event of events) {
    if (event.userId !== undefined && customers.has(event.userId) && Date.parse(event.timestamp) < asOfMs) {
      (names.has(event.event) ? loop : purchases).push(event);
    }
  }
  return { purchases, loop };
};

const ordersInWindow = (
  orders: readonly Order[],
  customers: Customers,
  { windowDays }: OutcomeScope,
): ReadonlyMap<CustomerId, readonly Order[]> => {
  const bought = new Map<CustomerId, Order[]>();
  for (const order of orders) {
    const fromMs = customers.get(order.customerId)?.assignedAtMs ?? Number.POSITIVE_INFINITY;
    if (order.atMs >= fromMs && order.atMs < fromMs + windowDays * dayMs) {
      bought.set(order.customerId, [...(bought.get(order.customerId) ?? []), order]);
    }
  }
  return bought;
};

const addMargin = (tally: Tally, bought: readonly Order[], costOf: OutcomeScope['costOf']): void => {
  const { margin, ordersOfUnknownCost } = marginOf(bought, costOf);
  tally.ordersOfUnknownCost += ordersOfUnknownCost;
  tally.marginSum += margin;
};

const addOrders = (tally: Tally, bought: readonly Order[], touch: Touch | undefined): void => {
  const revenue = sumMoney(bought.map(({ value }) => value));
  tally.conversions++;
  tally.orders += bought.length;
  const discounts = bought.flatMap(({ orderId }) => touch?.redeemedOrders.get(orderId) ?? []);
  tally.redeemers += discounts.length > 0 ? 1 : 0;
  tally.discountSum += discounts.reduce((sum, discount) => sum + discount, 0);
  tally.revenueSum += revenue;
  tally.revenueSumSquares += revenue * revenue;
  for (const { orderId, value, atMs, coupons } of bought) {
    if (
      touch?.redeemedOrders.has(orderId) ||
      coupons.some((typed) => touch?.codes.has(normalizeCode(typed) ?? typed))
    ) {
      tally.couponOrders++;
      tally.couponRevenue += value;
    }
    if (touch?.firstClickMs !== undefined && touch.firstClickMs <= atMs) {
      tally.clickOrders++;
      tally.clickRevenue += value;
    }
  }
};

const addTouch = (tally: Tally, touch: Touch): void => {
  tally.sent += touch.sentAtMs === undefined ? 0 : 1;
  tally.suppressed += touch.sentAtMs === undefined && touch.isSuppressed ? 1 : 0;
  tally.redemptions += touch.redemptions.size;
  tally.unsubscribes += touch.isUnsubscribed ? 1 : 0;
  tally.complaints += touch.isComplaint ? 1 : 0;
  tally.scanned += touch.isScanned && touch.firstClickMs === undefined ? 1 : 0;
};
