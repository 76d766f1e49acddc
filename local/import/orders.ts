// Orders gathered from lines, and as messages: one "Order Completed" (or "Order Refunded") for each, or several with
// properties.part 1, 2, 3, … where the products exceed the limit of one event. Parts are one order: they carry the
// same order_id, and each the value of its own products.
// An order takes the earliest time of its lines. Money is rounded to cents once, when summed.

import { eventBytesMax } from '../../lib/base/limits.ts';
import { contactOf, type FormatOptions, type ImportMessage, isoAt } from './format.ts';

export interface ImportOrder {
  readonly orderId: string;
  readonly customerId: string;
  readonly isRefund: boolean;
  atMs: number;
  /** `[product_id, quantity, price]`; quantity > 0. */
  readonly lines: [string, number, number][];
}

export interface ImportCustomer {
  readonly customerId: string;
  knownSinceMs: number;
  traits: { [name: string]: string };
  readonly orders: Map<string, ImportOrder>;
}

/** Room for the fields around the products: ids, names and times. */
const partBytesMax = eventBytesMax - 2048;

/** The customer, made where new; known from the earliest time given. */
export const customerAt = (
  customers: Map<string, ImportCustomer>,
  customerId: string,
  atMs: number,
): ImportCustomer => {
  const customer = customers.get(customerId) ?? {
    customerId,
    knownSinceMs: atMs,
    traits: {},
    orders: new Map(),
  };
  customers.set(customerId, customer);
  customer.knownSinceMs = Math.min(customer.knownSinceMs, atMs);
  return customer;
};

/** Adds a line to the customer's order, making it where it is new. */
export const addLine = (
  customer: ImportCustomer,
  order: Omit<ImportOrder, 'lines'>,
  line: readonly [itemId: string, quantity: number, price: number],
): void => {
  const key = `${order.isRefund ? 'refund' : 'order'} ${order.orderId}`;
  const known = customer.orders.get(key) ?? { ...order, lines: [] };
  customer.orders.set(key, known);
  known.atMs = Math.min(known.atMs, order.atMs);
  known.lines.push([...line]);
};

/**
 * The time that places a line of an order: that of the order's first line in the file, so that an order whose lines
 * stand on both sides of a boundary is on one side as a whole. `times` remembers it.
 */
export const orderTimeMs = (times: Map<string, number>, orderId: string, atMs: number): number => {
  const firstMs = times.get(orderId) ?? atMs;
  times.set(orderId, firstMs);
  return firstMs;
};

/** Customer after customer: an identify when first known, unless that was before the period; then the orders by time. */
export function* customerMessages(
  source: string,
  customers: Iterable<ImportCustomer>,
  currency: string | undefined,
  options: FormatOptions,
): Generator<ImportMessage> {
  for (const { customerId, knownSinceMs, traits, orders } of customers) {
    const sorted = [...orders.values()].sort((a, b) => a.atMs - b.atMs || (a.orderId < b.orderId ? -1 : 1));
    const known = { ...traits, ...contactOf(options, customerId) };
    const isNew = knownSinceMs + options.shiftMs >= (options.sinceMs ?? Number.NEGATIVE_INFINITY);
    if (isNew && Object.keys(known).length > 0) {
      yield {
        type: 'identify',
        messageId: `${source}/customer/${customerId}`,
        userId: customerId,
        timestamp: isoAt(knownSinceMs + options.shiftMs),
        traits: known,
      };
    }
    for (const order of sorted) yield* orderMessages(source, order, currency, options.shiftMs);
  }
}

export const orderMessages = (
  source: string,
  order: ImportOrder,
  currency: string | undefined,
  shiftMs: number,
): ImportMessage[] => {
  const parts = partsOf(order.lines.map(productOf));
  const kind = order.isRefund ? 'refund' : 'order';
  return parts.map((products, index) => ({
    type: 'track',
    messageId: `${source}/${kind}/${order.orderId}/${index + 1}`,
    userId: order.customerId,
    event: order.isRefund ? 'Order Refunded' : 'Order Completed',
    timestamp: isoAt(order.atMs + shiftMs),
    properties: {
      order_id: order.orderId,
      ...(order.isRefund && { refund_id: order.orderId }),
      ...(parts.length > 1 && { part: index + 1, parts: parts.length }),
      total: Math.round(products.reduce((sum, { price, quantity }) => sum + price * quantity, 0) * 100) / 100,
      ...(currency !== undefined && { currency }),
      products,
    },
  }));
};

interface Product {
  readonly product_id: string;
  readonly quantity: number;
  readonly price: number;
}

const productOf = ([product_id, quantity, price]: readonly [string, number, number]): Product => ({
  product_id,
  quantity,
  price,
});

const partsOf = (products: readonly Product[]): Product[][] => {
  const parts: Product[][] = [[]];
  let bytes = 0;
  for (const product of products) {
    const size = Buffer.byteLength(JSON.stringify(product)) + 1;
    if (bytes + size > partBytesMax) {
      parts.push([]);
      bytes = 0;
    }
    parts[parts.length - 1].push(product);
    bytes += size;
  }
  return parts;
};
