// Who may be a friend: nobody who is the advocate, and nobody who ordered before.

import { describe, expect, it } from 'vitest';
import { type CustomerId, customerId, itemId } from '../../lib/base/ids.ts';
import type { CustomerProfile, CustomerState } from '../../lib/events/customer.ts';
import { isSamePerson } from '../../lib/offers/friends.ts';
import type { Discount } from '../../lib/offers/offer.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { couponOf, itemOf, openShop, outcome } from './shop.ts';

const profile = (id: CustomerId, change: Partial<CustomerProfile>): CustomerProfile => ({
  customerId: id,
  traits: {},
  traitTimes: {},
  suppressed: {},
  createdAtMs: 0,
  ...change,
});
const state = (change: Partial<CustomerState>): CustomerState => ({
  events: [],
  owned: {},
  orders: {},
  revision: 1,
  ...change,
});
const amy = customerId('amy');
const fred = customerId('fred');

const open = async (discount: Discount = { kind: 'percent', percent: 15 }) => {
  const coupons = fakeCouponStore();
  const shop = openShop(coupons, [itemOf('sql')]);
  const terms = { discount: { kind: 'percent' as const, percent: 15 }, redemptionsPerCustomerMax: 1 };
  await coupons.issue(
    couponOf('BRING', {
      customerId: undefined,
      advocateId: amy,
      redemptionsMax: undefined,
      terms: {
        ...terms,
        referral: {
          reward: { ...terms, discount, expiresAfterDays: 30, redemptionsPerCodeMax: 1 },
          waitDays: 0,
          rewardsMax: 5,
        },
      },
    }),
  );
  return { coupons, shop };
};

describe('a friend', () => {
  it('gets the discount, and the advocate a coupon at once where no wait is stated', async () => {
    const { coupons, shop } = await open();
    expect(await shop.redeem('BRING', 'k', { customerId: fred })).toMatchObject({ discountAmount: 3 });
    const reward = (await coupons.liveOf(amy, shop.context.clock.nowMs())).find(
      ({ rewardFor }) => rewardFor === 'BRING',
    );
    expect(reward?.validFrom).toBeUndefined();
    expect(await outcome(shop.redeem(reward?.code ?? '', 'own', { customerId: amy }))).toBe('done');
    expect(shop.events.sent.map(({ event, userId }) => [event, userId])).toEqual([
      ['Reprise Coupon Redeemed', 'fred'],
      ['Reprise Friend Referred', 'fred'],
      ['Reprise Referral Rewarded', 'amy'],
      ['Reprise Coupon Redeemed', 'amy'],
    ]);
  });

  it('earns a reward that names what it gives', async () => {
    const { coupons, shop } = await open({ kind: 'gift', itemId: itemId('sql') });
    await shop.redeem('BRING', 'k', { customerId: fred });
    const live = await coupons.liveOf(amy, shop.context.clock.nowMs());
    expect(live.find(({ rewardFor }) => rewardFor === 'BRING')?.terms.titles).toEqual({ sql: 'Course sql' });
  });

  it('is not the advocate, by id, mailbox, phone or device', async () => {
    const { shop } = await open();
    const attempt = (key: string, change: object = {}) =>
      outcome(shop.redeem('BRING', key, { customerId: fred, ...change }));
    expect(await attempt('id', { customerId: amy })).toBe('referral-of-oneself');
    shop.records.set(amy, { profile: profile(amy, { email: 'a.my@gmail.com', phone: '+49 151 234567' }) });
    shop.records.set(fred, { profile: profile(fred, { email: 'Amy+shop@googlemail.com' }) });
    expect(await attempt('mailbox')).toBe('referral-of-oneself');
    shop.records.set(fred, { profile: profile(fred, { phone: '0151/234567' }) });
    expect(await attempt('phone')).toBe('referral-of-oneself');
    shop.records.delete(fred);
    shop.devices.set('phone-1', amy);
    expect(await attempt('device', { anonymousId: 'phone-1' })).toBe('referral-of-oneself');
    expect(await attempt('other device', { anonymousId: 'phone-2' })).toBe('done');
  });

  it('has ordered nothing before, whatever became of it; this order may be known already', async () => {
    const { shop } = await open();
    const order = { atMs: 0, value: 20, refundedValue: 20 };
    shop.records.set(fred, { state: state({ orders: { before: order } }) });
    expect(await outcome(shop.redeem('BRING', 'k', { customerId: fred }))).toBe('referral-not-new');
    shop.records.set(fred, { state: state({ unmatchedRefundedValue: 3 }) });
    expect(await outcome(shop.redeem('BRING', 'k', { customerId: fred }))).toBe('referral-not-new');
    shop.records.set(fred, { state: state({ orders: { 'order-k': order } }) });
    expect(await outcome(shop.redeem('BRING', 'k', { customerId: fred }))).toBe('done');
  });
});

describe('one person', () => {
  it.each([
    [{ email: 'a@x.org' }, { email: ' A+b@X.org ' }, true],
    [{ email: 'a.b@x.org' }, { email: 'ab@x.org' }, false],
    [{ phone: '0049 151 2345678' }, { phone: '+491512345678' }, true],
    [{ phone: '12345' }, { phone: '12345' }, false],
    [{}, {}, false],
    [{ email: '' }, { email: '' }, false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(isSamePerson(a, b)).toBe(expected);
  });
});
