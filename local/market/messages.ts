// The Segment messages of the simulated app: what an SDK would put into a batch. Message ids follow from the
// customer and the number of the message, so that sending a history twice changes nothing.

import type { MarketItem } from './items.ts';
import type { Learner } from './market.ts';

export interface Message {
  readonly type: 'identify' | 'track';
  readonly messageId: string;
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly event?: string;
  readonly timestamp: string;
  readonly properties?: { readonly [name: string]: unknown };
  readonly traits?: { readonly [name: string]: unknown };
}

/** A message before it has its id and its user. */
export interface Draft {
  readonly atMs: number;
  readonly event: string;
  readonly properties: { readonly [name: string]: unknown };
}

export interface OrderLine {
  readonly item: MarketItem;
  readonly quantity: number;
}

export const viewed = (item: MarketItem, atMs: number): Draft => ({
  atMs,
  event: 'Product Viewed',
  properties: { product_id: item.itemId, price: item.price, currency: item.currency },
});

export const added = (item: MarketItem, atMs: number): Draft => ({
  ...viewed(item, atMs),
  event: 'Product Added',
});

export const started = (item: MarketItem, atMs: number): Draft => ({
  atMs,
  event: 'Course Started',
  properties: { course_id: item.itemId },
});

export const completed = (item: MarketItem, atMs: number): Draft => ({
  ...started(item, atMs),
  event: 'Course Completed',
});

/** `discount` is what a coupon took off the whole order. */
export const ordered = (
  orderId: string,
  lines: readonly OrderLine[],
  atMs: number,
  coupon?: { readonly code: string; readonly discount: number },
): Draft => ({
  atMs,
  event: 'Order Completed',
  properties: {
    order_id: orderId,
    total: roundCents(orderValue(lines) - (coupon?.discount ?? 0)),
    currency: lines[0]?.item.currency,
    ...(coupon && { coupon: coupon.code, discount: coupon.discount }),
    products: lines.map(({ item, quantity }) => ({ product_id: item.itemId, price: item.price, quantity })),
  },
});

export const renewed = (orderId: string, item: MarketItem, atMs: number): Draft => ({
  atMs,
  event: 'Membership Renewed',
  properties: {
    order_id: orderId,
    membership_id: item.itemId,
    total: item.price,
    price: item.price,
    currency: item.currency,
  },
});

/** Without `products`: the whole order. */
export const refunded = (orderId: string, total: number, currency: string, atMs: number): Draft => ({
  atMs,
  event: 'Order Refunded',
  properties: { order_id: orderId, refund_id: `${orderId}-refund`, total, currency },
});

export const identified = (
  learner: Learner,
  messageId: string,
  atMs: number,
  anonymousId?: string,
): Message => ({
  type: 'identify',
  messageId,
  userId: learner.customerId,
  ...(anonymousId && { anonymousId }),
  timestamp: new Date(atMs).toISOString(),
  traits: {
    email: learner.email,
    name: learner.name,
    language: learner.language,
    timezone: learner.timeZone,
    occupation: learner.occupation,
  },
});

export const tracked = (
  draft: Draft,
  messageId: string,
  who: { userId?: string; anonymousId?: string },
): Message => ({
  type: 'track',
  messageId,
  ...who,
  event: draft.event,
  timestamp: new Date(draft.atMs).toISOString(),
  properties: draft.properties,
});

export const orderValue = (lines: readonly OrderLine[]): number =>
  roundCents(lines.reduce((sum, { item, quantity }) => sum + item.price * quantity, 0));

export const roundCents = (amount: number): number => Math.round(amount * 100) / 100;
