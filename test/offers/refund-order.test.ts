import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaignId, customerId } from '../../lib/base/ids.ts';
import { loopEvents } from '../../lib/events/event.ts';
import { refundOrder } from '../../lib/offers/refund-order.ts';
import type { OrderRefund } from '../../lib/ports.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { fakeTable } from '../fakes/delivery-store.ts';
import { ada, couponOf, openShop, outcome } from './shop.ts';

const budget = { discount: { kind: 'percent', percent: 25 }, currency: 'EUR', budget: 100 } as const;

/** An order of 20 EUR with 25% off: 15 paid, 5 off. */
const open = async () => {
  const table = fakeTable();
  const coupons = fakeCouponStore(table);
  await coupons.issue(couponOf('SPRING', { terms: { ...budget, redemptionsPerCustomerMax: 1 } }));
  const shop = openShop(coupons);
  await shop.redeem('SPRING', 'k');
  const told = (value: OrderRefund['value'], key = 'r1', change: Partial<OrderRefund> = {}) =>
    refundOrder(
      { refund: 'order', customerId: ada, orderId: 'order-k', key, value, ...change },
      shop.context,
    );
  return {
    shop,
    told,
    books: () => ({
      uses: table.coupons.get('SPR1NG')?.redemptionsCount,
      budgetMinor: table.tallies.get('redeemed/spring')?.minor,
      customer: table.tallies.get('redeemed/spring/ada')?.count,
    }),
    refundEvents: () =>
      new Set(
        shop.events.sent
          .filter(({ event }) => event === loopEvents.couponRefunded)
          .map(({ messageId: id }) => id),
      ).size,
  };
};

const redeemed = { uses: 1, budgetMinor: 500, customer: 1 };
const none = { uses: 0, budgetMinor: 0, customer: 0 };

describe('a refund that an event tells', () => {
  it('of the whole order gives back the code, its budget and the customer’s place, however often it comes', async () => {
    const { told, books, refundEvents } = await open();
    expect(books()).toEqual(redeemed);
    expect(await told('whole')).toBe('refunded');
    expect(books()).toEqual(none);
    await told('whole');
    await told('whole', 'sent again under another id');
    expect(books()).toEqual(none);
    expect(refundEvents()).toBe(1);
  });

  it('of a part gives back that part of the discount, and with the last part the code', async () => {
    const { told, books } = await open();
    await told(6);
    await told(6);
    expect(books()).toEqual({ ...redeemed, budgetMinor: 300 });
    await told(9, 'r2');
    expect(books()).toEqual(none);
  });

  it('is one with the same refund told by request, in either order, whole or in part', async () => {
    const first = await open();
    await first.told('whole');
    expect((await first.shop.refund('SPRING', 'order-k')).discountGivenBack).toBe(0);
    expect(first.books()).toEqual(none);
    const second = await open();
    await second.shop.refund('SPRING', 'order-k', 6);
    await second.told(6);
    expect(second.books()).toEqual({ ...redeemed, budgetMinor: 300 });
    await second.told(9, 'r2');
    expect(second.books()).toEqual(none);
    expect(await outcome(second.shop.refund('SPRING', 'order-k', 9, 'rest'))).toBe('done');
    expect(second.books()).toEqual(none);
    expect(await outcome(second.shop.refund('SPRING', 'order-k', 1, 'more'))).toBe('refund-exceeds-order');
  });

  it('never gives back more than was paid, and nothing for the amount in another currency', async () => {
    const { told, books } = await open();
    await told(6, 'dollars', { currency: 'USD' });
    expect(books()).toEqual(redeemed);
    await told(1_000, 'too much');
    expect(books()).toEqual(none);
  });

  it('of another customer’s order or one without a coupon changes nothing', async () => {
    const { told, books } = await open();
    expect(await told('whole', 'r', { customerId: customerId('eve') })).toBe('no-coupon-on-order');
    expect(await told('whole', 'r', { orderId: 'another' })).toBe('no-coupon-on-order');
    expect(books()).toEqual(redeemed);
  });

  it('leaves a reservation to its end', async () => {
    const { shop, told, books } = await open();
    await shop.context.coupons.issue(couponOf('HELD', { campaignId: campaignId('autumn') }));
    await shop.reserve('HELD', 'h');
    expect(await told('whole', 'r', { orderId: 'order-h' })).toBe('refunded');
    expect((await shop.context.coupons.use('HELD', 'order-h'))?.status).toBe('held');
    expect(books()).toEqual(redeemed);
  });

  it('together with requests comes to the larger of the two, whatever is told in whatever order', async () => {
    const step = fc.record({ byEvent: fc.boolean(), key: fc.nat(3), value: fc.integer({ min: 0, max: 8 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const { shop, told, books } = await open();
        const events = new Map<number, number>();
        let requested = 0;
        for (const [index, { byEvent, key, value }] of steps.entries()) {
          if (byEvent) {
            await told(value, `r${key}`);
            events.set(key, events.get(key) ?? value);
          } else if ((await outcome(shop.refund('SPRING', 'order-k', value, `q${index}`))) === 'done') {
            requested += value;
          }
        }
        const reported = [...events.values()].reduce((sum, value) => sum + value, 0);
        const refunded = Math.min(15, Math.max(requested, reported));
        expect(books()).toEqual(
          refunded === 15 ? none : { ...redeemed, budgetMinor: 500 - Math.floor((500 * refunded) / 15) },
        );
      }),
      { numRuns: 150 },
    );
  });
});
