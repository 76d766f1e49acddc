// What was known of a customer before the assignment: covariates that make estimates sharper, and the segment by earlier
// orders. Only events from before count, also refunds: a later one could be the treatment's doing. All customers are
// looked back at equally far, `historyDays`, or those assigned late would seem to have bought more.
// Units: orders, money in major units, days. Who has no order within historyDays counts as that many days ago.

import type { CustomerId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import type { StoredEvent } from '../events/event.ts';
import type { AssignedCustomer } from './collect.ts';
import { sumMoney } from './money.ts';
import { foldOrders, type Order } from './orders.ts';

export interface Before {
  readonly orders: number;
  readonly revenue: number;
  /** Whole days since the last order. */
  readonly recencyDays: number;
}

/** `events`: of orders and refunds, user ids resolved. Of every customer. */
export const beforeAssignment = (
  customers: ReadonlyMap<CustomerId, AssignedCustomer>,
  events: readonly StoredEvent[],
  historyDays: number,
): ReadonlyMap<CustomerId, Before> => {
  const startOf = (id: CustomerId | undefined): number =>
    (id === undefined ? undefined : customers.get(id)?.assignedAtMs) ?? Number.NEGATIVE_INFINITY;
  const past = events.filter(({ userId, timestamp }) => {
    const agoMs = startOf(userId) - Date.parse(timestamp);
    return agoMs > 0 && agoMs <= historyDays * dayMs;
  });
  const byCustomer = new Map<CustomerId, Order[]>();
  for (const order of foldOrders(past).orders) {
    if (order.kept) {
      const orders = byCustomer.get(order.customerId) ?? [];
      orders.push(order);
      byCustomer.set(order.customerId, orders);
    }
  }
  return new Map(
    [...customers].map(([id, { assignedAtMs }]) => {
      const orders = byCustomer.get(id) ?? [];
      const lastMs = orders.reduce((latest, { atMs }) => Math.max(latest, atMs), Number.NEGATIVE_INFINITY);
      return [
        id,
        {
          orders: orders.length,
          revenue: sumMoney(orders.map(({ value }) => value)),
          recencyDays: Math.min(historyDays, Math.floor((assignedAtMs - lastMs) / dayMs)),
        },
      ];
    }),
  );
};

export const covariates = ['before:orders', 'before:revenue', 'before:recency'] as const;

export const covariateValue = (
  column: (typeof covariates)[number],
  { orders, revenue, recencyDays }: Before,
): number => {
  switch (column) {
    case 'before:orders':
      return orders;
    case 'before:revenue':
      return revenue;
    case 'before:recency':
      return recencyDays;
  }
};

/** Segments of the result: new customers, those who bought once, and those who came back before. */
export const ordersBefore = ({ orders }: Before): '0' | '1' | '2+' =>
  orders === 0 ? '0' : orders === 1 ? '1' : '2+';
