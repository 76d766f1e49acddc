import { describe, expect, it } from 'vitest';
import type { Json, JsonObject, StoredEvent } from '../../lib/events/event.ts';
import { parseMessage } from '../../lib/events/parse-message.ts';

const receivedAtMs = Date.UTC(2026, 4, 1, 12);
const envelope = { receivedAtMs, source: 'key_ios' };
const base = { type: 'track', userId: 'u1', event: 'Signed Up', messageId: 'm1' };

const kept = (message: JsonObject, over: object = {}): StoredEvent => {
  const parsed = parseMessage(message, 0, { ...envelope, ...over });
  if (parsed.kind !== 'kept') throw new Error(JSON.stringify(parsed.refusal));
  return parsed.event;
};
const refusal = (message: Json): string => {
  const parsed = parseMessage(message, 0, envelope);
  return parsed.kind === 'refused' ? parsed.refusal.code : 'kept';
};

describe('what is kept', () => {
  it('the event as stored has every part of the message, and unknown fields in extra', () => {
    expect(
      kept({
        ...base,
        anonymousId: 'a1',
        timestamp: '2026-05-01T11:00:00.000Z',
        properties: { plan: 'pro' },
        context: { ip: '127.0.0.1' },
        integrations: { All: true },
        nested: { deep: [1, null] },
        writeKey: 'secret',
      }),
    ).toEqual({
      messageId: 'm1',
      type: 'track',
      event: 'Signed Up',
      userId: 'u1',
      anonymousId: 'a1',
      timestamp: '2026-05-01T11:00:00.000Z',
      receivedAt: '2026-05-01T12:00:00.000Z',
      source: 'key_ios',
      properties: { plan: 'pro' },
      traits: {},
      context: { ip: '127.0.0.1' },
      extra: {
        originalTimestamp: '2026-05-01T11:00:00.000Z',
        integrations: { All: true },
        nested: { deep: [1, null] },
      },
    });
  });

  it('numbers are taken as ids, null and empty ids as absent', () => {
    const event = kept({ ...base, userId: 42, anonymousId: null });
    expect([event.userId, event.anonymousId]).toEqual(['42', undefined]);
    expect(refusal({ ...base, userId: '', anonymousId: null })).toBe('identity-missing');
  });

  it("an event's context goes over its batch's", () => {
    const event = kept({ ...base, context: { locale: 'de' } }, { context: { locale: 'en', app: 'shop' } });
    expect(event.context).toEqual({ locale: 'de', app: 'shop' });
  });
});

describe('without messageId', () => {
  const { messageId: _messageId, ...anonymous } = { ...base, timestamp: '2026-05-01T11:00:00.000Z' };

  it('the same content sent again is the same event, sent later and in another order of keys too', () => {
    const first = kept({ ...anonymous, sentAt: '2026-05-01T12:00:00.000Z' });
    const { type, ...rest } = anonymous;
    const again = kept(
      { sentAt: '2026-05-01T12:00:09.000Z', ...rest, type },
      { receivedAtMs: receivedAtMs + 9_000 },
    );
    expect(again.messageId).toBe(first.messageId);
  });

  it.each<JsonObject>([
    { event: 'Signed In' },
    { userId: 'u2' },
    { timestamp: '2026-05-01T11:00:00.001Z' },
    { properties: { a: 1 } },
  ])('other content is another event: %j', (change) => {
    expect(kept({ ...anonymous, ...change }).messageId).not.toBe(kept(anonymous).messageId);
  });

  it('the same content from another app is another event', () => {
    expect(kept(anonymous, { source: 'key_web' }).messageId).not.toBe(kept(anonymous).messageId);
  });
});

describe('timestamps', () => {
  const at = (message: JsonObject, over: object = {}): string =>
    kept({ ...base, ...message }, over).timestamp;

  it("a device clock that is 26 hours slow is corrected by the batch's sentAt", () => {
    // Happened 10 minutes before it was sent, by the device's clock; so 10 minutes before receipt by ours.
    const timestamp = '2026-04-30T09:50:00.000Z';
    expect(at({ timestamp }, { sentAt: '2026-04-30T10:00:00.000Z' })).toBe('2026-05-01T11:50:00.000Z');
  });

  it('a clock that is three days fast is corrected too, though the raw time lies in the future', () => {
    expect(at({ timestamp: '2026-05-04T11:59:30.000Z', sentAt: '2026-05-04T12:00:00.000Z' })).toBe(
      '2026-05-01T11:59:30.000Z',
    );
  });

  it('originalTimestamp alone is what the device wrote', () => {
    expect(at({ originalTimestamp: '2026-04-30T09:50:00.000Z', sentAt: '2026-04-30T10:00:00.000Z' })).toBe(
      '2026-05-01T11:50:00.000Z',
    );
  });

  it('a message with both times was corrected before and stays as it is', () => {
    expect(
      at({
        timestamp: '2025-01-01T00:00:00.000Z',
        originalTimestamp: '2024-12-31T00:00:00.000Z',
        sentAt: '2024-12-31T00:00:01.000Z',
      }),
    ).toBe('2025-01-01T00:00:00.000Z');
  });

  it('without sentAt the time stands as given, without any time it is that of receipt', () => {
    expect(at({ timestamp: '2010-12-01T08:26:00Z' })).toBe('2010-12-01T08:26:00.000Z');
    expect(at({})).toBe('2026-05-01T12:00:00.000Z');
  });

  it('an offset is heeded, a time without one is UTC, a date is its midnight', () => {
    expect(at({ timestamp: '2026-05-01T10:00:00+08:00' })).toBe('2026-05-01T02:00:00.000Z');
    expect(at({ timestamp: '2026-05-01 10:00:00' })).toBe('2026-05-01T10:00:00.000Z');
    expect(at({ timestamp: '2026-05-01' })).toBe('2026-05-01T00:00:00.000Z');
  });

  it('an hour ahead of receipt is kept, a millisecond more refused', () => {
    expect(at({ timestamp: '2026-05-01T13:00:00.000Z' })).toBe('2026-05-01T13:00:00.000Z');
    expect(refusal({ ...base, timestamp: '2026-05-01T13:00:00.001Z' })).toBe('timestamp-in-future');
  });

  it.each([
    ['1989-12-31T23:59:59.999Z', 'timestamp-too-early'],
    ['1970-01-21T10:00:00Z', 'timestamp-too-early'],
    ['yesterday', 'timestamp-invalid'],
    ['2026-02-30T99:00:00Z', 'timestamp-invalid'],
    [1_777_636_800, 'timestamp-invalid'],
    [{}, 'timestamp-invalid'],
  ])('%j is refused', (timestamp, code) => {
    expect(refusal({ ...base, timestamp })).toBe(code);
  });

  it('a sentAt that is no time refuses the event', () => {
    expect(refusal({ ...base, timestamp: '2026-05-01T11:00:00Z', sentAt: 'now' })).toBe('sent-at-invalid');
  });
});

describe('what is refused', () => {
  const order = { order_id: 'o1', products: [{ product_id: 'c1', price: 20, quantity: 1 }] };
  const bought = (change: object): JsonObject => ({
    ...base,
    event: 'Order Completed',
    properties: { ...order, ...change },
  });

  it.each<[string, Json, string]>([
    ['a type nobody knows', { ...base, type: 'click' }, 'type-unknown'],
    ['a track without a name', { ...base, event: '' }, 'event-name-missing'],
    ["a name of Reprise's own", { ...base, event: 'Reprise Coupon Redeemed' }, 'event-name-reserved'],
    ['properties that are a list', { ...base, properties: [] }, 'properties-invalid'],
    ['traits that are a text', { ...base, traits: 'x' }, 'traits-invalid'],
    ['a context that is a number', { ...base, context: 1 }, 'context-invalid'],
    ['a user id of 257 characters', { ...base, userId: 'x'.repeat(257) }, 'identity-invalid'],
    ['a user id with a line break', { ...base, userId: 'a\nb' }, 'identity-invalid'],
    ['a user id of half a character', { ...base, userId: '\ud800' }, 'identity-invalid'],
    ['a user id that JavaScript treats as special', { ...base, userId: '__proto__' }, 'identity-invalid'],
    ['a user id in the name of an anonymous one', { ...base, userId: 'anon:a1' }, 'identity-invalid'],
    ['a message id that is an object', { ...base, messageId: {} }, 'message-id-invalid'],
    ['an order without its id', bought({ order_id: null }), 'order-id-missing'],
    ['an order without products', bought({ products: undefined }), 'products-invalid'],
    ['products that are no list', bought({ products: {} }), 'products-invalid'],
    ['a product that is a text', bought({ products: ['c1'] }), 'products-invalid'],
    ['a product without an id', bought({ products: [{ price: 1 }] }), 'item-id-missing'],
    ['a price in words', bought({ products: [{ product_id: 'c1', price: '1,000.00' }] }), 'amount-invalid'],
    ['a price below 0', bought({ products: [{ product_id: 'c1', price: -1 }] }), 'amount-invalid'],
    [
      'a price beyond all numbers',
      JSON.parse(JSON.stringify(bought({ revenue: 7 })).replace(':7', ':1e999')),
      'amount-invalid',
    ],
    ['a quantity of 0', bought({ products: [{ product_id: 'c1', quantity: 0 }] }), 'quantity-invalid'],
    ['a revenue that is a list', bought({ revenue: [] }), 'amount-invalid'],
    ['a part of 1.5', bought({ part: 1.5 }), 'part-invalid'],
    ['a refund of no products', { ...bought({ products: [] }), event: 'Order Refunded' }, 'products-invalid'],
    [
      'a review in words',
      { ...base, event: 'Product Reviewed', properties: { product_id: 'c1', rating: 'good' } },
      'amount-invalid',
    ],
    ['a course without an id', { ...base, event: 'Course Completed', properties: {} }, 'item-id-missing'],
  ])('%s', (_what, message, code) => {
    expect(refusal(message)).toBe(code);
  });

  it('an answer never repeats a whole payload', () => {
    const parsed = parseMessage({ ...base, traits: 'x'.repeat(10_000) }, 3, envelope);
    expect(JSON.stringify(parsed).length).toBeLessThan(700);
    expect(parsed).toMatchObject({ refusal: { index: 3, messageId: 'm1' } });
  });
});
