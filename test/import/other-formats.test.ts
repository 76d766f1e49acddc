import { describe, expect, it } from 'vitest';
import { hillstrom } from '../../local/import/hillstrom.ts';
import { movielens } from '../../local/import/movielens.ts';
import { ordersCsv } from '../../local/import/orders-csv.ts';
import { personalize } from '../../local/import/personalize.ts';
import { segment } from '../../local/import/segment.ts';
import { fileOf, readWith } from './files.ts';

describe('orders-csv', () => {
  const file = [
    'order_id,customer_id,item_id,quantity,price,at,email',
    'o1,ann,book,1,10.50,2024-01-02T10:00:00Z,ann@example.com',
    'o2,bob,pen,3,0.99,2024-01-03 09:00:00,',
    'o1,ann,pen,2,0.99,2024-01-02T10:00:00Z,ann@example.com',
    'o2,ann,pen,1,0.99,2024-01-03T09:00:00Z,',
    'o3,bob,pen,0,0.99,2024-01-03T09:00:00Z,',
    'o4,bob,pen,1,free,2024-01-03T09:00:00Z,',
    'o5,bob,pen,1,1,yesterday,',
    'o6,,pen,1,1,2024-01-03T09:00:00Z,',
  ].join('\n');

  it('gathers lines of an order wherever they stand and takes zoneless times in the zone given', async () => {
    const { messages, orders, customers } = await readWith(ordersCsv, fileOf(file), {
      timeZone: 'Asia/Shanghai',
    });
    expect({ orders, customers }).toEqual({ orders: 2, customers: 2 });
    expect(messages.map(({ type, userId, timestamp, event }) => [type, userId, timestamp, event])).toEqual([
      ['identify', 'ann', '2024-01-02T10:00:00.000Z', undefined],
      ['track', 'ann', '2024-01-02T10:00:00.000Z', 'Order Completed'],
      ['track', 'bob', '2024-01-03T01:00:00.000Z', 'Order Completed'],
    ]);
    expect(messages[1].properties).toMatchObject({
      order_id: 'o1',
      total: 12.48,
      products: [
        { product_id: 'book', quantity: 1, price: 10.5 },
        { product_id: 'pen', quantity: 2, price: 0.99 },
      ],
    });
  });

  it('rejects each bad line with its number and reason', async () => {
    const { rejected } = await readWith(ordersCsv, fileOf(file));
    expect(rejected).toEqual([
      { line: 5, reason: 'the order belongs to another customer' },
      { line: 6, reason: 'quantity is no number above 0' },
      { line: 7, reason: 'price is no amount of 0 or more' },
      { line: 8, reason: 'at is no ISO 8601 time' },
      { line: 9, reason: 'customer_id is empty' },
    ]);
  });
});

describe('movielens', () => {
  it('reads tabs, double colons and commas alike as ratings', async () => {
    const expected = {
      type: 'track',
      messageId: 'movielens/196/242/881250949',
      userId: '196',
      event: 'Product Reviewed',
      timestamp: '1997-12-04T15:55:49.000Z',
      properties: { product_id: '242', rating: 3 },
    };
    for (const text of [
      '196\t242\t3\t881250949\n',
      '196::242::3::881250949\n',
      'userId,movieId,rating,timestamp\n196,242,3,881250949\n',
    ]) {
      expect((await readWith(movielens, fileOf(text))).messages).toEqual([expected]);
    }
  });

  it('rejects repeated ratings, times in milliseconds and broken lines', async () => {
    const text =
      '1\t2\t3\t881250949\n1\t2\t3\t881250949\n1\t2\t3\t881250949000\n1\t2\t3\n1\t2\tgood\t881250949\n';
    const { messages, rejected } = await readWith(movielens, fileOf(text));
    expect(messages).toHaveLength(1);
    expect(rejected.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  });
});

describe('personalize', () => {
  const header = 'USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE';

  it('translates event types, purchases into orders, ratings into reviews', async () => {
    const text = [
      header,
      'u,i,1700000000,Click,',
      'u,i,1700000060,Purchase,9.5',
      'u,i,1700000120,rating,4',
    ].join('\n');
    const { messages, orders } = await readWith(personalize, fileOf(text));
    expect(orders).toBe(1);
    expect(messages.map(({ event, properties }) => [event, properties])).toEqual([
      ['Product Clicked', { product_id: 'i' }],
      [
        'Order Completed',
        { order_id: 'u/i/1700000060/Purchase', products: [{ product_id: 'i', quantity: 1, price: 9.5 }] },
      ],
      ['Product Reviewed', { product_id: 'i', rating: 4 }],
    ]);
  });

  it('rejects an event type that it does not know, unless it is mapped', async () => {
    const path = fileOf([header, 'u,i,1700000000,Stream,'].join('\n'));
    expect((await readWith(personalize, path)).rejected[0].reason).toBe(
      'EVENT_TYPE "Stream" is not known; give --map "Stream=Product Viewed"',
    );
    const mapped = await readWith(personalize, path, {
      eventNames: new Map([['Stream', 'Content Started']]),
    });
    expect(mapped.messages.map(({ event }) => event)).toEqual(['Content Started']);
  });

  it('takes every line for a view where there is no event type, and keeps equal lines apart', async () => {
    const text = 'ITEM_ID,USER_ID,TIMESTAMP\ni,u,1700000000\ni,u,1700000000\n';
    const { messages } = await readWith(personalize, fileOf(text));
    expect(messages.map(({ event, userId }) => [event, userId])).toEqual([
      ['Product Viewed', 'u'],
      ['Product Viewed', 'u'],
    ]);
    expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(2);
  });
});

describe('segment', () => {
  it('passes messages on untouched and rejects lines that are no JSON object or too large', async () => {
    const message = { type: 'track', event: 'X', userId: 'u', messageId: 'm', own: [1, { deep: null }] };
    const large = JSON.stringify({ ...message, own: 'x'.repeat(40_000) });
    const { messages, rejected, lines } = await readWith(
      segment,
      fileOf(`\uFEFF${JSON.stringify(message)}\n\n[1]\nnot json\n${large}\n`),
    );
    expect(messages).toEqual([message]);
    expect(lines).toBe(4);
    expect(rejected.map(({ line }) => line)).toEqual([3, 4, 5]);
  });
});

describe('hillstrom', () => {
  const file = [
    'recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend',
    '2,"3) $200 - $350",250.5,1,0,Rural,1,Web,Mens E-Mail,1,1,29.99',
    '10,"1) $0 - $100",29.99,0,1,Urban,0,Phone,No E-Mail,0,0,0',
    '1,"1) $0 - $100",29.99,0,1,Urban,0,Phone,Kids E-Mail,0,0,0',
  ].join('\n');

  it('tells each customer’s past, exposure, visit and order, in the window that the experiment has', async () => {
    const { messages, orders, customers } = await readWith(hillstrom, fileOf(file), {});
    expect({ orders, customers }).toEqual({ orders: 3, customers: 2 });
    expect(messages.map(({ userId, event, timestamp }) => [userId, event, timestamp])).toEqual([
      ['hillstrom-2', 'Order Completed', '2008-01-20T12:00:00.000Z'],
      ['hillstrom-2', 'Experiment Viewed', '2008-03-20T12:00:00.000Z'],
      ['hillstrom-2', 'Store Visited', '2008-03-21T12:00:00.000Z'],
      ['hillstrom-2', 'Order Completed', '2008-03-21T13:00:00.000Z'],
      ['hillstrom-3', 'Order Completed', '2007-05-25T12:00:00.000Z'],
      ['hillstrom-3', 'Experiment Viewed', '2008-03-20T12:00:00.000Z'],
    ]);
    expect(messages[1].properties).toEqual({ experiment_id: 'hillstrom', variation_name: 'Mens E-Mail' });
    expect(messages[3].properties).toMatchObject({ total: 29.99, currency: 'USD' });
  });
});
