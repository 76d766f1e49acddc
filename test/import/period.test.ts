// Imports of a period: two of them beside each other send what one of the whole file sends, each order once and whole.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Format } from '../../local/import/format.ts';
import { movielens } from '../../local/import/movielens.ts';
import { onlineRetail } from '../../local/import/online-retail.ts';
import { ordersCsv } from '../../local/import/orders-csv.ts';
import { personalize } from '../../local/import/personalize.ts';
import { segment } from '../../local/import/segment.ts';
import { fileOf, readWith } from './files.ts';

const at = (text: string): number => Date.parse(text);
const dayMs = 86_400_000;
const contact = 'customer-{id}@example.com';

const shop = fileOf(
  [
    'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
    '1,10001,OLD NAME,1,2011-11-01 10:00:00,1.00,7,UK',
    // One order that stands on both sides of noon: its first line places all of it.
    '2,10001,OLD NAME,1,2011-11-09 11:59:00,1.00,8,UK',
    '2,10002,LAMP,1,2011-11-09 12:01:00,2.00,8,UK',
    '3,10001,NEW NAME,1,2011-11-09 12:00:00,9.00,7,UK',
    '4,10003,FROM THE FUTURE,1,2011-11-20 10:00:00,3.00,9,UK',
    '5,10003,FROM THE FUTURE,1,2011-11-21 10:00:00,3.00,,UK',
    'C6,10001,NEW NAME,-1,2011-11-22 10:00:00,1.00,7,UK',
  ].join('\n'),
);
const noon = at('2011-11-09T12:00:00Z');

const ids = (messages: readonly { readonly messageId?: string }[]): string[] =>
  messages.map(({ messageId }) => messageId ?? '');

describe('an import of a period', () => {
  it('until an instant leaves out later lines, says how many, and learns nothing from them', async () => {
    const read = await readWith(onlineRetail, shop, { untilMs: noon, contact });
    expect(read).toMatchObject({
      lines: 7,
      leftOut: { earlier: 0, later: 4 },
      orders: 2,
      refunds: 0,
      customers: 2,
    });
    expect(read.rejected).toEqual([]);
    expect(ids(read.messages)).toEqual([
      'online-retail/customer/7',
      'online-retail/order/1/1',
      'online-retail/customer/8',
      'online-retail/order/2/1',
    ]);
    expect([...read.items.keys()]).toEqual(['10001', '10002']);
    expect(read.items.get('10001')).toMatchObject({ title: 'OLD NAME', price: 1 });
  });

  it('since an instant goes on from there: nobody is introduced twice, and the catalogue is that of the whole past', async () => {
    const read = await readWith(onlineRetail, shop, { sinceMs: noon, contact });
    expect(read).toMatchObject({ leftOut: { earlier: 3, later: 0 }, orders: 2, refunds: 1, customers: 2 });
    expect(read.rejected).toEqual([{ line: 7, reason: 'no customer' }]);
    expect(ids(read.messages)).toEqual([
      'online-retail/order/3/1',
      'online-retail/refund/C6/1',
      'online-retail/customer/9',
      'online-retail/order/4/1',
    ]);
    expect(read.items.get('10001')).toMatchObject({ title: 'NEW NAME', price: 1 });
  });

  it('is cut by the shifted time', async () => {
    const options = { shiftMs: 365 * dayMs, untilMs: noon + 365 * dayMs };
    expect((await readWith(onlineRetail, shop, options)).leftOut).toEqual({ earlier: 0, later: 4 });
  });

  it('wherever the cut is, gives with the import after it exactly the messages of the whole file', async () => {
    const whole = await readWith(onlineRetail, shop, { contact });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -1, max: 24 * 24 }), async (hours) => {
        const cutMs = at('2011-10-31T10:00:00Z') + hours * 3_600_000;
        const before = await readWith(onlineRetail, shop, { contact, untilMs: cutMs });
        const after = await readWith(onlineRetail, shop, { contact, sinceMs: cutMs });
        expect([...ids(before.messages), ...ids(after.messages)].sort()).toEqual(ids(whole.messages).sort());
        expect(before.leftOut.later + after.leftOut.earlier).toBe(whole.lines);
        expect(before.orders + after.orders).toBe(whole.orders);
        expect(before.rejected.length + after.rejected.length).toBe(whole.rejected.length);
      }),
      { numRuns: 50 },
    );
  });

  const old = '2024-01-01T00:00:00Z';
  const recent = '2024-06-01T00:00:00Z';
  const [oldS, recentS] = [at(old) / 1000, at(recent) / 1000];
  const others: readonly (readonly [Format, string])[] = [
    [
      ordersCsv,
      `order_id,customer_id,item_id,quantity,price,at\no1,ann,book,1,2,${old}\no2,ann,pen,1,2,${recent}`,
    ],
    [movielens, `1\t10\t4\t${oldS}\n1\t11\t5\t${recentS}`],
    [personalize, `USER_ID,ITEM_ID,TIMESTAMP\nann,book,${oldS}\nann,pen,${recentS}`],
    [
      segment,
      [old, recent]
        .map((timestamp) => JSON.stringify({ type: 'track', event: 'X', userId: 'ann', timestamp }))
        .join('\n'),
    ],
  ];
  it.each(others.map(([format, text]) => [format.name, format, text] as const))(
    'cuts %s at the same instant',
    async (_name, format, text) => {
      const path = fileOf(text);
      const cutMs = at('2024-03-01T00:00:00Z');
      const before = await readWith(format, path, { untilMs: cutMs });
      const after = await readWith(format, path, { sinceMs: cutMs });
      expect(before.messages.map(({ timestamp }) => at(timestamp ?? ''))).toEqual([at(old)]);
      expect(before.leftOut).toEqual({ earlier: 0, later: 1 });
      expect(after.messages.map(({ timestamp }) => at(timestamp ?? ''))).toEqual([at(recent)]);
      expect(after.leftOut).toEqual({ earlier: 1, later: 0 });
    },
  );
});
