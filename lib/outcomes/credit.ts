// Which assignment an order is credited to in the funnel: the latest of its customer's before it, if it falls within
// that one's window. Every order is credited once or not at all. This says what followed what, and no cause.

import type { CustomerId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import type { StoredEvent } from '../events/event.ts';
import type { Assignment } from './assignment.ts';
import { foldOrders } from './orders.ts';

export interface Credited {
  readonly orders: number;
  /** In the orders' own currency; sums mean something only where there is one. */
  readonly revenue: number;
}

/** By decision. */
export const creditOrders = (
  assignments: readonly Assignment[],
  events: readonly StoredEvent[],
  windowDays: number,
): ReadonlyMap<string, Credited> => {
  const byCustomer: ReadonlyMap<CustomerId, readonly Assignment[]> = Map.groupBy(
    assignments,
    ({ customerId }) => customerId,
  );
  const credited = new Map<string, Credited>();
  for (const { customerId, atMs, value, kept } of foldOrders(events).orders) {
    const latest = latestBefore(byCustomer.get(customerId) ?? [], atMs);
    if (kept && latest !== undefined && atMs < latest.assignedAtMs + windowDays * dayMs) {
      const { orders, revenue } = credited.get(latest.decisionId) ?? { orders: 0, revenue: 0 };
      credited.set(latest.decisionId, { orders: orders + 1, revenue: revenue + value });
    }
  }
  return credited;
};

const latestBefore = (assignments: readonly Assignment[], atMs: number): Assignment | undefined => {
  let latest: Assignment | undefined;
  for (const assignment of assignments) {
    const isLater =
      latest === undefined ||
      assignment.assignedAtMs > latest.assignedAtMs ||
      (assignment.assignedAtMs === latest.assignedAtMs && assignment.decisionId > latest.decisionId);
    if (assignment.assignedAtMs <= atMs && isLater) {
      latest = assignment;
    }
  }
  return latest;
};
