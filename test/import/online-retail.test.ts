import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { eventBytesMax } from '../../lib/base/limits.ts';
import { itemSchema } from '../../lib/events/item-input.ts';
import { parseMessage } from '../../lib/events/parse-message.ts';
import { onlineRetail } from '../../local/import/online-retail.ts';
import { fileOf, readWith } from './files.ts';

const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
const csv = (...lines: string[]): string => `${[header, ...lines].join('\n')}\n`;

const shop = csv(
  '536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
  '536365,71053,WHITE LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom',
  '536366,85123a,"CREAM HOLDER, LARGE",2,2011-07-01 10:00:00,2.95,12583.0,France',
  'C536379,71053,WHITE LANTERN,-1,2010-12-01 09:41:00,3.39,17850.0,United Kingdom',
  '536370,POST,POSTAGE,1,2010-12-02 08:45:00,18.00,12583.0,France',
  '536414,22139,,56,2010-12-01 11:52:00,0.0,,United Kingdom',
  '536544,21773,FREE GIFT,1,2010-12-01 14:32:00,0.0,14911.0,EIRE',
);

const productsOf = (properties: { readonly [name: string]: unknown } | undefined) =>
  (properties?.products ?? []) as { product_id: string; quantity: number; price: number }[];

describe('online-retail', () => {
  it('makes one order of an invoice, with its total in pounds and its time in UTC', async () => {
    const { messages } = await readWith(onlineRetail, fileOf(shop));
    const order = messages.find(({ messageId }) => messageId === 'online-retail/order/536365/1');
    expect(order).toEqual({
      type: 'track',
      messageId: 'online-retail/order/536365/1',
      userId: '17850',
      event: 'Order Completed',
      timestamp: '2010-12-01T08:26:00.000Z',
      properties: {
        order_id: '536365',
        total: 35.64,
        currency: 'GBP',
        products: [
          { product_id: '85123A', quantity: 6, price: 2.55 },
          { product_id: '71053', quantity: 6, price: 3.39 },
        ],
      },
    });
    const summer = messages.find(({ messageId }) => messageId === 'online-retail/order/536366/1');
    expect(summer?.timestamp).toBe('2011-07-01T09:00:00.000Z');
  });

  it('makes a refund of a cancellation, under its own number, with positive quantities', async () => {
    const { messages } = await readWith(onlineRetail, fileOf(shop));
    const [refund] = messages.filter(({ event }) => event === 'Order Refunded');
    expect(refund.properties).toMatchObject({ order_id: 'C536379', refund_id: 'C536379', total: 3.39 });
    expect(productsOf(refund.properties)).toEqual([{ product_id: '71053', quantity: 1, price: 3.39 }]);
  });

  it('rejects lines without customer or price by their number, and still knows who got a gift', async () => {
    const { rejected, messages, ...counts } = await readWith(onlineRetail, fileOf(shop));
    expect(rejected).toEqual([
      { line: 7, reason: 'no customer' },
      { line: 8, reason: 'UnitPrice is 0: given away or corrected, not bought' },
    ]);
    expect(counts).toMatchObject({ lines: 7, orders: 3, refunds: 1, customers: 3 });
    expect(messages.filter(({ userId }) => userId === '14911').map(({ type }) => type)).toEqual(['identify']);
  });

  it('identifies customers with country and, when asked, an address, and sends customer after customer', async () => {
    const { messages } = await readWith(onlineRetail, fileOf(shop), { contact: 'customer-{id}@example.com' });
    expect(messages.filter(({ type }) => type === 'identify').map(({ traits }) => traits)).toEqual([
      { country: 'France', email: 'customer-12583@example.com' },
      { country: 'EIRE', email: 'customer-14911@example.com' },
      { country: 'United Kingdom', email: 'customer-17850@example.com' },
    ]);
    const order = messages.map(({ userId }) => userId ?? '');
    expect(order).toEqual(order.toSorted());
  });

  it('names items by their latest description, median price and first sale, and hides what is no product', async () => {
    const { items } = await readWith(onlineRetail, fileOf(shop));
    expect(items.get('85123A')).toMatchObject({
      title: 'CREAM HOLDER, LARGE',
      price: 2.55,
      currency: 'GBP',
      publishedAt: '2010-12-01T08:26:00.000Z',
      repurchase: { kind: 'consumable' },
      hidden: false,
    });
    expect(items.get('POST')).toMatchObject({ hidden: true });
    expect([...items.values()].filter((item) => !itemSchema.safeParse(item).success)).toEqual([]);
  });

  it('splits an invoice of 1,100 lines into parts that capture accepts and that are one order of the same total', async () => {
    const lines = Array.from(
      { length: 1_100 },
      (_, index) =>
        `581219,${10_000 + index},ITEM ${index},${1 + (index % 3)},2011-12-08 09:28:00,1.25,14096.0,United Kingdom`,
    );
    const { messages, orders } = await readWith(onlineRetail, fileOf(csv(...lines)));
    const parts = messages.filter(({ event }) => event === 'Order Completed');
    expect(orders).toBe(1);
    expect(parts.length).toBeGreaterThan(1);
    expect(new Set(parts.map(({ properties }) => properties?.order_id))).toEqual(new Set(['581219']));
    expect(parts.map(({ properties }) => properties?.part)).toEqual(parts.map((_, index) => index + 1));
    expect(parts.flatMap(({ properties }) => productsOf(properties))).toHaveLength(1_100);
    const total = parts.reduce((sum, { properties }) => sum + Number(properties?.total), 0);
    const units = Array.from({ length: 1_100 }, (_, index) => 1 + (index % 3)).reduce(
      (sum, one) => sum + one,
      0,
    );
    expect(total).toBeCloseTo(units * 1.25, 6);
    for (const [index, part] of parts.entries()) {
      const text = JSON.stringify(part);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(eventBytesMax);
      const parsed = parseMessage(JSON.parse(text), index, {
        receivedAtMs: Date.UTC(2026, 0, 1),
        source: 'test',
      });
      expect(parsed.kind).toBe('kept');
    }
  });

  it('rejects lines with a wrong sign, quantity, price or time, each with its reason', async () => {
    const { rejected } = await readWith(
      onlineRetail,
      fileOf(
        csv(
          '1,A1000,X,-1,2011-01-01 10:00:00,1,7,UK',
          'C2,A1000,X,1,2011-01-01 10:00:00,1,7,UK',
          '3,A1000,X,0,2011-01-01 10:00:00,1,7,UK',
          '4,A1000,X,1.5,2011-01-01 10:00:00,1,7,UK',
          '5,A1000,X,1,01/02/2011,1,7,UK',
          '6,A1000,X,1,2011-01-01 10:00:00,-1,7,UK',
          '7,A1000,X,1,2011-01-01 10:00:00,,7,UK',
          ',A1000,X,1,2011-01-01 10:00:00,1,7,UK',
          '9,A1000',
        ),
      ),
    );
    expect(rejected.map(({ reason }) => reason)).toEqual([
      'Quantity has the wrong sign for this invoice',
      'Quantity has the wrong sign for this invoice',
      'Quantity is no whole number other than 0',
      'Quantity is no whole number other than 0',
      'InvoiceDate is no time such as 2010-12-01 08:26:00',
      'UnitPrice is no amount of 0 or more',
      'UnitPrice is no amount of 0 or more',
      'no invoice number or stock code',
      'no customer',
    ]);
  });

  it('shifts every time by whole days when asked', async () => {
    const { messages } = await readWith(onlineRetail, fileOf(shop), { shiftMs: 364 * 86_400_000 });
    const order = messages.find(({ messageId }) => messageId === 'online-retail/order/536365/1');
    expect(order?.timestamp).toBe('2011-11-30T08:26:00.000Z');
  });

  it('reads gzip as it reads plain text, and does not take a cut-off gzip for a shorter file', async () => {
    const plain = await readWith(onlineRetail, fileOf(shop));
    const packed = gzipSync(shop);
    expect(await readWith(onlineRetail, fileOf(packed))).toEqual(plain);
    await expect(readWith(onlineRetail, fileOf(packed.subarray(0, packed.length - 12)))).rejects.toThrow();
  });

  it('refuses a file without its columns', async () => {
    await expect(readWith(onlineRetail, fileOf('a,b\n1,2\n'))).rejects.toThrow('the header misses InvoiceNo');
  });
});
