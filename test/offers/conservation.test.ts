// What holds whatever happens in whatever order, at once and again: limits are never exceeded, budgets never overspent,
// and the counters say exactly what the uses say.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { type CouponUse, campaignTallyKey, customerTallyKey } from '../../lib/offers/ledger.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { fakeTable } from '../fakes/delivery-store.ts';
import { couponOf, openShop, outcome, startMs } from './shop.ts';

const codes = ['AAAA', 'BBBB', 'CCCC'];
const customers = ['ada', 'bob', 'cid'];
const orders = ['o1', 'o2', 'o3', 'o4'];

/** Of an order a customer: an order has one. */
const customerOf = (order: string): string => customers[orders.indexOf(order) % customers.length];

const step = fc.record({
  operation: fc.constantFrom('reserve', 'redeem', 'release', 'refund', 'part', 'wait'),
  code: fc.constantFrom(...codes),
  order: fc.constantFrom(...orders),
  key: fc.integer({ min: 0, max: 3 }),
  value: fc.integer({ min: 1, max: 4_000 }),
});

describe('the books of coupons', () => {
  it('conserve redemptions and money under random interleavings', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 100, max: 1_500 }),
        async (rounds, totalMax, budgetCents) => {
          const table = fakeTable();
          const store = fakeCouponStore(table);
          const shop = openShop(store);
          const terms = {
            discount: { kind: 'percent' as const, percent: 15 },
            currency: 'EUR',
            redemptionsPerCustomerMax: 2,
            redemptionsTotalMax: totalMax,
            budget: budgetCents / 100,
            stacking: { group: 'all', combinesWith: 'any' as const },
          };
          for (const code of codes) {
            await store.issue(couponOf(code, { customerId: undefined, redemptionsMax: 2, terms }));
          }
          let nowMs = startMs;
          for (const round of rounds) {
            await Promise.all(
              round.map(async ({ operation, code, order, key, value }) => {
                const customer = customerId(customerOf(order));
                const at = { orderId: order, customerId: customer, orderValue: value / 100 };
                const name = `${order}-${key}`;
                switch (operation) {
                  case 'reserve':
                    return outcome(shop.reserve(code, name, { ...at, minutes: 1 + key }));
                  case 'redeem':
                    return outcome(shop.redeem(code, name, at));
                  case 'release':
                    return outcome(shop.release(code, order, name));
                  case 'refund':
                    return outcome(shop.refund(code, order, undefined, name));
                  case 'part':
                    return outcome(shop.refund(code, order, value / 400, name));
                  default:
                    nowMs += key * 60_000;
                    shop.setNow(nowMs);
                    return 'waited';
                }
              }),
            );
            const counting = [...table.uses.values()].filter(isCounting);
            const spent = [...table.uses.values()].reduce((sum, use) => sum + spentBy(use), 0);
            const campaign = table.tallies.get(campaignTallyKey(couponOf('AAAA')));
            expect(campaign?.count ?? 0).toBe(counting.length);
            expect(campaign?.minor ?? 0).toBe(spent);
            expect(counting.length).toBeLessThanOrEqual(totalMax);
            expect(spent).toBeLessThanOrEqual(budgetCents);
            for (const code of codes) {
              const count = counting.filter((use) => use.code === code).length;
              expect(table.coupons.get(code)?.redemptionsCount).toBe(count);
              expect(count).toBeLessThanOrEqual(2);
            }
            for (const customer of customers.map(customerId)) {
              const count = counting.filter((use) => use.customerId === customer).length;
              const tally = table.tallies.get(customerTallyKey(couponOf('AAAA'), customer));
              expect(tally?.count ?? 0).toBe(count);
              expect(count).toBeLessThanOrEqual(2);
            }
          }
        },
      ),
      { numRuns: 200, seed: 20260612 },
    );
  });
});

const isCounting = ({ status }: CouponUse): boolean => status === 'held' || status === 'redeemed';

const spentBy = (use: CouponUse): number =>
  use.status === 'released' || use.status === 'expired' ? 0 : use.discountMinor - use.refundedDiscountMinor;
