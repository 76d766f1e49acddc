import { describe, expect, it } from 'vitest';
import { buildDataset } from '../../lib/dataset/build.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { itemOf } from '../recommenders/interactions.ts';
import {
  archiveOf,
  atDay,
  bought,
  datasetOf,
  dayMs,
  rowsInWords,
  startMs,
  stored,
  tracked,
} from './events.ts';

const product = (product_id: string, quantity: number, price: number) => ({ product_id, quantity, price });

describe('the dataset', () => {
  it('counts a message once, however often and in however many objects it was archived', async () => {
    const view = tracked('ann', 'Product Viewed', 0, { product_id: 'x' });
    const order = bought('ann', 'o1', 1, 'x');
    const { report, rows } = await datasetOf(await archiveOf([view, order], [order], [view, order]));
    expect(report).toMatchObject({ events: 5, duplicates: 3, interactions: 2, orders: 1, orderLines: 1 });
    expect(rowsInWords(rows)).toEqual(['ann x 0.15', 'ann x 1.00 bought']);
  });

  it('gives an anonymous visitor’s behaviour to the user they turn out to be, the first link staying', async () => {
    const visit = (anonymousId: string) =>
      stored({ anonymousId, event: 'Product Viewed', properties: { product_id: 'x' } });
    const link = (anonymousId: string, user: string, day: number) =>
      stored({ type: 'identify', anonymousId, user, day });
    const { report, rows } = await datasetOf(
      await archiveOf([visit('a1'), link('a1', 'second', 2), link('a1', 'first', 1), visit('a2')]),
    );
    expect(rowsInWords(rows)).toEqual(['anon:a2 x 0.15', 'first x 0.15']);
    expect(report.byReason).toEqual({ 'event-identify': 2 });
  });

  it('takes the parts of one order as one order, and a part that came again under another id once', async () => {
    const part = (number: number, item: string) =>
      tracked('ann', 'Order Completed', 1, {
        order_id: 'o1',
        part: number,
        total: 10,
        products: [product(item, 1, 10)],
      });
    const { report, orders } = await datasetOf(await archiveOf([part(1, 'x'), part(2, 'y'), part(2, 'y')]));
    expect(report).toMatchObject({
      orders: 1,
      orderLines: 2,
      interactions: 2,
      byReason: { 'order-part-repeated': 1 },
    });
    expect(await orders()).toEqual([
      { customer: 'ann', order_id: 'o1', at_ms: startMs + dayMs, value: 20, refunded: 0 },
    ]);
  });

  it('keeps orders of two customers apart that bear the same number', async () => {
    const { report } = await datasetOf(
      await archiveOf([bought('ann', '1', 0, 'x'), bought('ben', '1', 0, 'x')]),
    );
    expect(report).toMatchObject({ orders: 2, customers: 2, buyers: 2 });
  });

  it('adds up lines of the same item in one order, and damps their quantity', async () => {
    const order = tracked('ann', 'Order Completed', 0, {
      order_id: 'o1',
      products: [product('x', 2, 5), product('x', 4, 5), product('y', 1, 0)],
    });
    const { report, rows, orders } = await datasetOf(await archiveOf([order]));
    expect(rowsInWords(rows)).toEqual([`ann x ${(1 + Math.log(6)).toFixed(2)} bought`, 'ann y 1.00 bought']);
    expect(report).toMatchObject({ orderLines: 3, interactions: 2, noticed: { 'purchase-price-zero': 1 } });
    expect(report.byReason).toEqual({ 'line-same-item-in-order': 1 });
    expect(await orders()).toMatchObject([{ value: 30 }]);
  });

  it('deducts a refund with products from its order, and takes back what was refunded whole', async () => {
    const order = tracked('ann', 'Order Completed', 0, {
      order_id: 'o1',
      products: [product('x', 3, 10), product('y', 1, 5)],
    });
    const refund = (day: number, quantity: number, id: string) =>
      tracked('ann', 'Order Refunded', day, {
        order_id: 'o1',
        refund_id: id,
        products: [product('x', quantity, 10)],
      });
    const partly = await datasetOf(await archiveOf([order, refund(2, 2, 'r1'), refund(2, 2, 'r1')]));
    expect(await partly.orders()).toMatchObject([{ value: 35, refunded: 20 }]);
    expect(partly.report).toMatchObject({ refunds: 1, refundLines: 1, refundedPurchases: 0 });
    const wholly = await datasetOf(await archiveOf([order, refund(2, 2, 'r1'), refund(3, 1, 'r2')]));
    expect(await wholly.orders()).toMatchObject([{ value: 35, refunded: 30 }]);
    expect(rowsInWords(wholly.rows)).toEqual([
      `ann x ${(1 + Math.log(3)).toFixed(2)} bought refunded on day 3`,
      'ann y 1.00 bought',
    ]);
  });

  it('takes a whole order back by a refund without products', async () => {
    const refund = tracked('ann', 'Order Refunded', 5, { order_id: 'o1' });
    const { rows, orders, report } = await datasetOf(
      await archiveOf([bought('ann', 'o1', 0, 'x', 'y'), refund]),
    );
    expect(await orders()).toMatchObject([{ value: 20, refunded: 20 }]);
    expect(rowsInWords(rows)).toEqual([
      'ann x 1.00 bought refunded on day 5',
      'ann y 1.00 bought refunded on day 5',
    ]);
    expect(report).toMatchObject({ refunds: 1, refundLines: 0, refundedPurchases: 2 });
  });

  it('lets a refund that names no known order take back the latest earlier purchases of the item', async () => {
    const cancelled = tracked('ann', 'Order Refunded', 5, {
      order_id: 'C9',
      products: [product('x', 1, 10)],
    });
    const events = [
      bought('ann', 'o1', 1, 'x'),
      bought('ann', 'o2', 2, 'x'),
      bought('ann', 'o3', 9, 'x'),
      bought('ben', 'o4', 2, 'x'),
      cancelled,
    ];
    const { rows, orders, report } = await datasetOf(await archiveOf(events));
    expect(rowsInWords(rows)).toEqual([
      'ann x 1.00 bought',
      'ann x 1.00 bought refunded on day 5',
      'ben x 1.00 bought',
      'ann x 1.00 bought',
    ]);
    expect((await orders()).map((order) => order.refunded)).toEqual([0, 0, 0, 0]);
    expect(report.noticed).toEqual({ 'refund-of-unknown-order': 1 });
  });

  it('says how many lines it dropped and why, so that lines = interactions + dropped + refunds', async () => {
    const { report } = await datasetOf(
      await archiveOf([
        tracked('ann', 'Order Completed', 0, {
          order_id: 'o1',
          products: [product('x', 0, 1), product('x', 1, -1), { quantity: 1 }, product('x', 1, 1)],
        }),
        tracked('ann', 'Product Reviewed', 0, { product_id: 'x', rating: 2 }),
        tracked('ann', 'Product Reviewed', 0, { product_id: 'x', rating: 4 }),
        tracked('ann', 'Order Refunded', 1, { order_id: 'o9', products: [product('z', 1, 1)] }),
        tracked('ann', 'Something Else', 0, {}),
        tracked('ann', 'Product List Viewed', 0, { products: [{ product_id: 'x' }] }),
        stored({ type: 'page', user: 'ann' }),
        'not an event',
        '{"messageId":"dateless","type":"track","event":"Product Viewed","timestamp":"yesterday"}',
      ]),
    );
    expect(report.byReason).toEqual({
      'event-impression': 1,
      'event-name-without-meaning': 1,
      'event-page': 1,
      'event-unreadable': 2,
      'line-low-rating': 1,
      'line-price-negative': 1,
      'line-quantity-not-positive': 1,
      'line-without-item': 1,
    });
    expect(report).toMatchObject({ events: 9, lines: 7, interactions: 2, refundLines: 1 });
  });

  it('keeps items that the catalogue does not know, and names them', async () => {
    const archive = await archiveOf([bought('ann', 'o1', 0, 'known', 'unknown')]);
    const { report, rows } = await datasetOf(archive, [itemOf('known')]);
    expect(report.unknownItems).toEqual({ count: 1, examples: ['unknown'] });
    expect(rows.items).toEqual(['known', 'unknown']);
  });

  it('reads a renewal without an order number as an order of its own, and numbers for ids', async () => {
    const renewal = tracked('ann', 'Membership Renewed', 3, { membership_id: 7, total: '18.99' });
    const { rows, orders } = await datasetOf(await archiveOf([renewal]));
    expect(rowsInWords(rows)).toEqual(['ann 7 1.00 bought']);
    expect(await orders()).toEqual([
      { customer: 'ann', order_id: renewal.messageId, at_ms: startMs + 3 * dayMs, value: 18.99, refunded: 0 },
    ]);
  });

  it('is built once: a second time under the same id the first report is given back', async () => {
    const archive = await archiveOf([bought('ann', 'o1', 0, 'x')]);
    const { report, models } = await datasetOf(archive);
    expect(report).toMatchObject({ from: atDay(0), to: atDay(0), builtAt: atDay(400) });
    const before = new Map(models.objects);
    await archive.put('events/date=2026-01-02/later.ndjson.gz', new Uint8Array(0), 'application/x-ndjson');
    const never = async () => {
      throw new Error('nothing is to be read again');
    };
    const again = await buildDataset('t', {
      archive,
      models,
      catalog: { ...fakeCatalogStore(), all: never },
      withAnalytics: never,
      clock: { nowMs: () => 0 },
    });
    expect(again).toEqual(report);
    expect(models.objects).toEqual(before);
  });

  it('refuses an archive without behaviour, in words that say what to send', async () => {
    await expect(datasetOf(await archiveOf())).rejects.toThrow(/dataset-empty/);
    await expect(datasetOf(await archiveOf([stored({ type: 'page', user: 'ann' })]))).rejects.toThrow(
      /dataset-empty/,
    );
  });
});
