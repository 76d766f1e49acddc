// Counts what the importer gives while it gives it: the same messages pass through, and of each order its customer,
// time and worth stay behind, for the choice of the customers shown and for the analysis repeated in memory.

import { customerId, messageId } from '../lib/base/ids.ts';
import type { StoredEvent } from '../lib/events/event.ts';
import type { Format, ImportMessage } from '../local/import/format.ts';

export interface Seen {
  /** Orders and refunds as the archive would hold them, without their products. */
  readonly events: StoredEvent[];
  /** Everyone there was a message of before the instant. */
  customersBefore(ms: number): number;
  /** Buyers by number of orders (refunds are none) before the instant. */
  ordersBefore(ms: number): ReadonlyMap<string, number>;
}

export const watched = (format: Format): { readonly format: Format; readonly seen: Seen } => {
  const events: StoredEvent[] = [];
  const knownSinceMs = new Map<string, number>();
  const read: Format['read'] = async function* (path, options, report) {
    for await (const message of format.read(path, options, report)) {
      const { type, userId = '', timestamp = '' } = message;
      if (type === 'track') events.push(slim(message));
      const sinceMs = knownSinceMs.get(userId) ?? Number.POSITIVE_INFINITY;
      knownSinceMs.set(userId, Math.min(sinceMs, Date.parse(timestamp)));
      yield message;
    }
  };
  const customersBefore = (ms: number): number =>
    [...knownSinceMs.values()].filter((sinceMs) => sinceMs < ms).length;
  const ordersBefore = (ms: number): ReadonlyMap<string, number> => {
    const orders = new Map<string, Set<unknown>>();
    for (const { userId, event, timestamp, properties } of events) {
      if (userId === undefined || event !== 'Order Completed' || Date.parse(timestamp) >= ms) continue;
      orders.set(userId, (orders.get(userId) ?? new Set()).add(properties.order_id));
    }
    return new Map([...orders].map(([id, ids]) => [id, ids.size]));
  };
  return { format: { ...format, read }, seen: { events, customersBefore, ordersBefore } };
};

const slim = ({ messageId: id = '', userId = '', event = '', timestamp = '', properties }: ImportMessage) => {
  const { order_id, refund_id, part, total, currency } = properties ?? {};
  const kept = Object.entries({ order_id, refund_id, part, total, currency }).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : [],
  );
  return {
    messageId: messageId(id),
    type: 'track' as const,
    event,
    userId: customerId(userId),
    timestamp,
    receivedAt: timestamp,
    source: 'bench',
    properties: { ...Object.fromEntries(kept), products: [] },
    traits: {},
    context: {},
  };
};
