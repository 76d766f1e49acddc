// Orders from their events: duplicates removed, parts added up, refunds deducted. An order is one per (customer,
// order id), however many events it came in; its time is that of its earliest part. Values in the order's currency.
// What an event means is decided in lib/events/meaning.ts alone. Order and arrival of the events do not matter.
// Refunds that name no order among these events are counted apart: they may belong to orders from before.

import type { CustomerId, ItemId } from '../base/ids.ts';
import type { OrderLine } from '../events/customer.ts';
import type { StoredEvent } from '../events/event.ts';
import { behavioursOf, idText, orderLineOf } from '../events/meaning.ts';

export interface Order {
  readonly customerId: CustomerId;
  readonly orderId: string;
  readonly atMs: number;
  /** After refunds; never below 0. */
  readonly value: number;
  /** False when everything paid for was refunded. */
  readonly kept: boolean;
  /** In part or whole. */
  readonly refunded: boolean;
  readonly currency?: string;
  /** Coupon codes the order names, as the app wrote them. */
  readonly coupons: readonly string[];
  /** Units by item, those that a refund names taken off. */
  readonly units: ReadonlyMap<ItemId, number>;
}

export interface FoldedOrders {
  readonly orders: readonly Order[];
  readonly refundsWithoutOrderCount: number;
}

/** Events of one kind or another; those that are no order and no refund are passed over. `userId` must be resolved. */
export const foldOrders = (events: Iterable<StoredEvent>): FoldedOrders => {
  const drafts = new Map<string, Draft>();
  for (const event of events) {
    const line = event.userId === undefined ? undefined : orderLineOf(event);
    if (line === undefined || event.userId === undefined) {
      continue;
    }
    const key = JSON.stringify([event.userId, line.orderId]);
    const draft = drafts.get(key) ?? { customerId: event.userId, orderId: line.orderId, lines: new Map() };
    drafts.set(key, draft);
    keepLatest(draft.lines, { line, event });
  }
  const orders: Order[] = [];
  let refundsWithoutOrderCount = 0;
  for (const draft of drafts.values()) {
    const order = orderOf(draft);
    if (order === undefined) {
      refundsWithoutOrderCount += draft.lines.size;
    } else {
      orders.push(order);
    }
  }
  return { orders, refundsWithoutOrderCount };
};

interface Entry {
  readonly line: OrderLine;
  readonly event: StoredEvent;
}

interface Draft {
  readonly customerId: CustomerId;
  readonly orderId: string;
  /** By kind and part. */
  readonly lines: Map<string, Entry>;
}

/** Of two events for one part the later by timestamp stands, then the larger message id, whatever came first. */
const keepLatest = (lines: Map<string, Entry>, entry: Entry): void => {
  const key = `${entry.line.kind}#${entry.line.part}`;
  const kept = lines.get(key);
  const isLater =
    kept === undefined ||
    entry.line.atMs > kept.line.atMs ||
    (entry.line.atMs === kept.line.atMs && entry.event.messageId > kept.event.messageId);
  if (isLater) {
    lines.set(key, entry);
  }
};

const orderOf = ({ customerId, orderId, lines }: Draft): Order | undefined => {
  const parts = [...lines.values()].filter(({ line }) => line.kind === 'order');
  if (parts.length === 0) {
    return undefined;
  }
  const refunds = [...lines.values()].filter(({ line }) => line.kind === 'refund');
  const paid = sumValues(parts);
  const refunded = refunds.some(({ line }) => line.value === 'whole') ? paid : sumValues(refunds);
  const currency = parts
    .map(({ event }) => idText(event.properties.currency))
    .find((code) => code !== undefined);
  return {
    customerId,
    orderId,
    atMs: Math.min(...parts.map(({ line }) => line.atMs)),
    value: Math.max(0, paid - refunded),
    kept: refunds.length === 0 || refunded < paid,
    refunded: refunds.length > 0,
    ...(currency === undefined ? {} : { currency: currency.toUpperCase() }),
    coupons: parts.flatMap(({ event }) => idText(event.properties.coupon) ?? []),
    units: unitsOf(parts, refunds),
  };
};

const unitsOf = (parts: readonly Entry[], refunds: readonly Entry[]): ReadonlyMap<ItemId, number> => {
  const units = new Map<ItemId, number>();
  const add = ({ event }: Entry, sign: 1 | -1): void => {
    for (const { itemId, quantity } of behavioursOf(event)) {
      units.set(itemId, Math.max(0, (units.get(itemId) ?? 0) + sign * quantity));
    }
  };
  for (const part of parts) {
    add(part, 1);
  }
  for (const refund of refunds) {
    add(refund, -1);
  }
  return units;
};

const sumValues = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { line }) => sum + (line.value === 'whole' ? 0 : line.value), 0);
