import { describe, expect, it } from 'vitest';
import { customerId, messageId } from '../../lib/base/ids.ts';
import type { JsonObject, StoredEvent } from '../../lib/events/event.ts';
import { behavioursOf, orderLineOf } from '../../lib/events/meaning.ts';

const atMs = Date.UTC(2026, 4, 1);
const track = (event: string, properties: JsonObject): StoredEvent => ({
  messageId: messageId('m1'),
  type: 'track',
  event,
  userId: customerId('u1'),
  timestamp: '2026-05-01T00:00:00.000Z',
  receivedAt: '2026-05-01T00:00:00.000Z',
  source: 'key',
  properties,
  traits: {},
  context: {},
});
const brief = (event: string, properties: JsonObject): string[] =>
  behavioursOf(track(event, properties)).map(
    ({ type, itemId, quantity, price }) => `${type} ${itemId} ${quantity} × ${price}`,
  );

describe('names and what they mean', () => {
  it.each<[string, JsonObject, string]>([
    ['Product Viewed', { product_id: 'a', price: 3 }, 'view a 1 × 3'],
    ['Product Viewed', { sku: 's' }, 'view s 1 × 0'],
    ['Product Viewed', { product_id: 7, sku: 's' }, 'view 7 1 × 0'],
    ['Product Clicked', { product_id: 'a' }, 'view a 1 × 0'],
    ['Product Added to Wishlist', { product_id: 'a' }, 'wishlist a 1 × 0'],
    ['Product Removed', { product_id: 'a', quantity: 2 }, 'removal a 2 × 0'],
    ['Product Added', { product_id: 'a', quantity: 3, price: '2.50' }, 'cart a 3 × 2.5'],
    ['Product Shared', { product_id: 'a' }, 'share a 1 × 0'],
    ['Product Reviewed', { product_id: 'a', rating: '4.5' }, 'rate a 4.5 × 0'],
    ['Course Started', { course_id: 'c', product_id: 'a' }, 'start c 1 × 0'],
    ['Lesson Completed', { course_id: 'c', lesson_id: 'l' }, 'start c 1 × 0'],
    ['Course Completed', { product_id: 'a' }, 'complete a 1 × 0'],
    ['Content Started', { content_id: 'b' }, 'start b 1 × 0'],
    ['Content Completed', { content_id: 'b' }, 'complete b 1 × 0'],
    ['Membership Renewed', { membership_id: 'gold', price: 30 }, 'purchase gold 1 × 30'],
    ['Membership Renewed', { product_id: 'gold', revenue: 25 }, 'purchase gold 1 × 25'],
  ])('%s %j', (event, properties, expected) => {
    expect(brief(event, properties)).toEqual([expected]);
  });

  it('lists give one behaviour for each product', () => {
    const products: JsonObject[] = [{ product_id: 'a', quantity: 2, price: 5 }, { sku: 'b' }];
    expect(brief('Product List Viewed', { products })).toEqual(['impression a 1 × 5', 'impression b 1 × 0']);
    expect(brief('Checkout Started', { products })).toEqual(['cart a 2 × 5', 'cart b 1 × 0']);
    expect(brief('Order Completed', { order_id: 'o', products })).toEqual([
      'purchase a 2 × 5',
      'purchase b 1 × 0',
    ]);
    expect(brief('Order Refunded', { order_id: 'o', products })).toEqual([
      'refund a 2 × 5',
      'refund b 1 × 0',
    ]);
  });

  it('purchases name their order', () => {
    expect(behavioursOf(track('Order Completed', { order_id: 12, products: [{ product_id: 'a' }] }))).toEqual(
      [{ messageId: 'm1', type: 'purchase', itemId: 'a', atMs, quantity: 1, price: 0, orderId: '12' }],
    );
  });

  it('other names, pages and names that objects happen to have mean nothing', () => {
    expect(brief('Signed Up', { product_id: 'a' })).toEqual([]);
    expect(brief('constructor', { product_id: 'a' })).toEqual([]);
    expect(behavioursOf({ ...track('Product Viewed', { product_id: 'a' }), type: 'page' })).toEqual([]);
  });
});

describe('orders and refunds', () => {
  const products: JsonObject[] = [
    { product_id: 'a', quantity: 2, price: 5 },
    { product_id: 'b', price: '0.5' },
  ];

  it.each<[string, JsonObject, object | undefined]>([
    [
      'Order Completed',
      { order_id: 'o', products },
      { kind: 'order', orderId: 'o', part: '0', atMs, value: 10.5 },
    ],
    [
      'Order Completed',
      { order_id: 'o', part: 3, total: 9, products },
      { kind: 'order', orderId: 'o', part: '3', atMs, value: 9 },
    ],
    [
      'Order Completed',
      { order_id: 'o', revenue: 0, total: 9, products },
      { kind: 'order', orderId: 'o', part: '0', atMs, value: 0 },
    ],
    [
      'Membership Renewed',
      { product_id: 'a', price: 30 },
      { kind: 'order', orderId: 'm1', part: '0', atMs, value: 30 },
    ],
    [
      'Membership Renewed',
      { product_id: 'a', order_id: 'o', price: 30 },
      { kind: 'order', orderId: 'o', part: '0', atMs, value: 30 },
    ],
    ['Order Refunded', { order_id: 'o' }, { kind: 'refund', orderId: 'o', part: 'm1', atMs, value: 'whole' }],
    [
      'Order Refunded',
      { order_id: 'o', refund_id: 'r', products },
      { kind: 'refund', orderId: 'o', part: 'r#0', atMs, value: 10.5 },
    ],
    ['Product Added', { product_id: 'a', order_id: 'o' }, undefined],
  ])('%s %j', (event, properties, expected) => {
    expect(orderLineOf(track(event, properties))).toEqual(expected);
  });
});
