// One contract for every CouponStore, through the steps a checkout takes: in memory, and DynamoDB (local/dynamodb.ts),
// there also with transactions that meet, as DynamoDB cancels them.

import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCouponStore } from '../../lib/adapters/coupon-store-dynamodb.ts';
import { campaignId, customerId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import type { Coupon, CouponStore } from '../../lib/ports.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';
import { countOf, couponOf, openShop, outcome, type Shop, startMs } from './shop.ts';

const minuteMs = 60_000;
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

const contract = (name: string, open: () => Promise<CouponStore>, close: () => Promise<void>): void => {
  describe(`coupons in ${name}`, () => {
    let coupons: CouponStore;
    let shop: Shop;
    beforeAll(async () => {
      coupons = await open();
      shop = openShop(coupons);
    });
    afterAll(close);

    const issue = async (code: string, change: Partial<Coupon> = {}): Promise<Coupon> => {
      const coupon = couponOf(code, { campaignId: campaignId(code.toLowerCase()), ...change });
      expect(await coupons.issue(coupon)).toEqual({ kind: 'issued', coupon });
      return coupon;
    };
    const shared = { customerId: undefined, redemptionsMax: undefined };
    const terms = { discount: { kind: 'percent' as const, percent: 15 }, redemptionsPerCustomerMax: 1 };

    it('lets exactly one of 200 redeem a code for one use, and tells the others', async () => {
      await issue('ONCE', { terms: { ...terms, redemptionsPerCustomerMax: 1_000 } });
      const outcomes = await Promise.all(numbers(200).map((n) => outcome(shop.redeem('ONCE', `once-${n}`))));
      expect(countOf(outcomes, 'done')).toBe(1);
      expect(countOf(outcomes, 'coupon-exhausted-code')).toBe(199);
      expect((await coupons.get('once'))?.redemptionsCount).toBe(1);
    });

    it('lets exactly 10 of 200 customers redeem a shared code with room for 10', async () => {
      await issue('TEN1', { ...shared, terms: { ...terms, redemptionsTotalMax: 10 } });
      const outcomes = await Promise.all(
        numbers(200).map((n) =>
          outcome(shop.redeem('TEN1', `ten-${n}`, { customerId: customerId(`c${n}`) })),
        ),
      );
      expect(countOf(outcomes, 'done')).toBe(10);
      expect(countOf(outcomes, 'coupon-exhausted-campaign')).toBe(190);
    });

    it('lets a shared code be redeemed once by each', async () => {
      await issue('EACH', shared);
      expect(await outcome(shop.redeem('EACH', 'each-1'))).toBe('done');
      expect(await outcome(shop.redeem('EACH', 'each-2'))).toBe('coupon-exhausted-customer');
      expect(await outcome(shop.redeem('EACH', 'each-3', { customerId: customerId('bob') }))).toBe('done');
    });

    it('never spends more than the budget: 15% of 20 € each, 10 € in all, is three times', async () => {
      await issue('MONEY', { ...shared, terms: { ...terms, currency: 'EUR', budget: 10 } });
      const outcomes = await Promise.all(
        numbers(50).map((n) =>
          outcome(shop.redeem('MONEY', `money-${n}`, { customerId: customerId(`c${n}`) })),
        ),
      );
      expect(countOf(outcomes, 'done')).toBe(3);
      expect(countOf(outcomes, 'coupon-exhausted-budget')).toBe(47);
      const small = { customerId: customerId('last'), orderValue: 6.6 };
      expect((await shop.redeem('MONEY', 'money-last', small)).discountAmount).toBe(0.99);
      expect(await coupons.tallies(['redeemed/money', 'redeemed/nothing', 'redeemed/money'])).toEqual(
        new Map([['redeemed/money', { count: 4, minor: 999 }]]),
      );
    });

    it('answers twenty requests with one key at once as one redemption', async () => {
      await issue('RACE', { redemptionsMax: 20, terms: { ...terms, redemptionsPerCustomerMax: 20 } });
      const answers = await Promise.all(numbers(20).map(() => shop.redeem('RACE', 'same')));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect((await coupons.get('RACE'))?.redemptionsCount).toBe(1);
    });

    it('takes one of ten orders that come at once under one key, and refuses the others', async () => {
      await issue('KEYS', { redemptionsMax: 20, terms: { ...terms, redemptionsPerCustomerMax: 20 } });
      const outcomes = await Promise.all(
        numbers(10).map((n) => outcome(shop.redeem('KEYS', 'one-key', { orderId: `keys-${n}` }))),
      );
      expect(countOf(outcomes, 'done')).toBe(1);
      expect(countOf(outcomes, 'idempotency-key-reused')).toBe(9);
      expect((await coupons.get('KEYS'))?.redemptionsCount).toBe(1);
    });

    it('takes a code once on an order, also under two keys at once', async () => {
      await issue('TWICE', { redemptionsMax: 5, terms: { ...terms, redemptionsPerCustomerMax: 5 } });
      const outcomes = await Promise.all(
        ['a', 'b', 'c'].map((key) => outcome(shop.redeem('TWICE', key, { orderId: 'order-twice' }))),
      );
      expect(countOf(outcomes, 'done')).toBe(1);
      expect(countOf(outcomes, 'coupon-already-on-order')).toBe(2);
    });

    it('lets one of two exclusive coupons onto an order when both come at once', async () => {
      await issue('LEFT');
      await issue('RIGHT');
      const outcomes = await Promise.all(
        ['LEFT', 'RIGHT'].map((code) => outcome(shop.redeem(code, code, { orderId: 'order-exclusive' }))),
      );
      expect(outcomes.toSorted()).toEqual(['coupon-not-combinable', 'done']);
      expect((await coupons.order('order-exclusive'))?.coupons).toHaveLength(1);
    });

    it('holds a reservation against others, and counts it out when its time is over', async () => {
      const customers = { terms: { ...terms, redemptionsPerCustomerMax: 9 } };
      await issue('HOLD', customers);
      const held = await shop.reserve('HOLD', 'hold-1', { minutes: 10 });
      expect(held).toMatchObject({ discountAmount: 3, heldUntil: '2026-06-12T00:10:00.000Z' });
      shop.setNow(startMs + 9 * minuteMs);
      expect(await outcome(shop.redeem('HOLD', 'hold-2'))).toBe('coupon-exhausted-code');
      shop.setNow(startMs + 10 * minuteMs + 1);
      expect(await outcome(shop.redeem('HOLD', 'hold-2'))).toBe('done');
      expect(await outcome(shop.redeem('HOLD', 'hold-1'))).toBe('coupon-exhausted-code');
      expect((await coupons.use('HOLD', 'order-hold-1'))?.status).toBe('expired');
      expect(shop.events.sent.map(({ event, properties }) => [event, properties.reason])).toContainEqual([
        'Reprise Coupon Released',
        'expired',
      ]);
      shop.setNow(startMs);
    });

    it('redeems what was reserved once, at the value the order has by then', async () => {
      await issue('KEPT', { terms: { ...terms, currency: 'EUR', budget: 4 } });
      await shop.reserve('KEPT', 'kept');
      expect((await shop.redeem('KEPT', 'kept', { orderValue: 24 })).discountAmount).toBe(3.6);
      expect((await coupons.get('KEPT'))?.redemptionsCount).toBe(1);
      expect(await outcome(shop.release('KEPT', 'order-kept'))).toBe('coupon-redeemed');
      expect(await coupons.expiredHolds(campaignId('kept'), startMs + 1e9, 9)).toEqual([]);
    });

    it('gives a released reservation back, and the coupon can be used again', async () => {
      await issue('BACK');
      await shop.reserve('BACK', 'back-1');
      expect(await shop.release('BACK', 'order-back-1')).toEqual({
        code: 'BACK',
        orderId: 'order-back-1',
        status: 'released',
      });
      expect(await outcome(shop.release('BACK', 'order-back-1', 'another'))).toBe('reservation-unknown');
      expect((await shop.release('BACK', 'order-back-1')).status).toBe('released');
      expect(await outcome(shop.redeem('BACK', 'back-2'))).toBe('done');
      expect((await coupons.get('BACK'))?.redemptionsCount).toBe(1);
    });

    it('gives money back by parts and the redemption with the last', async () => {
      await issue('PART', { terms: { ...terms, currency: 'EUR', budget: 3 } });
      await shop.redeem('PART', 'part-1');
      // Paid 17 of 20: a refund of 5 gives back 5/17 of the 3 taken off, 0.88 rounded down.
      expect(await shop.refund('PART', 'order-part-1', 5)).toMatchObject({
        status: 'redeemed',
        discountGivenBack: 0.88,
      });
      expect(await outcome(shop.refund('PART', 'order-part-1', 12.01, 'too much'))).toBe(
        'refund-exceeds-order',
      );
      expect(await outcome(shop.redeem('PART', 'part-2'))).toBe('coupon-exhausted-code');
      expect(await shop.refund('PART', 'order-part-1', undefined, 'rest')).toEqual({
        code: 'PART',
        orderId: 'order-part-1',
        status: 'refunded',
        discountGivenBack: 2.12,
        discountGivenBackInAll: 3,
      });
      expect(await outcome(shop.redeem('PART', 'part-2'))).toBe('done');
    });

    const referral = {
      reward: { ...terms, expiresAfterDays: 30, redemptionsPerCodeMax: 1 },
      waitDays: 14,
      rewardsMax: 2,
    };
    const forFriends = (advocate: string): Partial<Coupon> => ({
      ...shared,
      advocateId: customerId(advocate),
      terms: { ...terms, referral },
    });
    const rewardsOf = async (advocate: string) =>
      (await coupons.liveOf(customerId(advocate), startMs)).filter(
        ({ rewardFor }) => rewardFor !== undefined,
      );

    it('rewards the advocate with the friend’s redemption, once the order has stood', async () => {
      await issue('BRING', forFriends('amy'));
      await shop.redeem('BRING', 'bring-1', { customerId: customerId('fred') });
      const [reward] = await rewardsOf('amy');
      expect(reward).toMatchObject({
        rewardFor: 'BRING',
        customerId: 'amy',
        validFrom: '2026-06-26T00:00:00.000Z',
        expiresAt: '2026-07-26T00:00:00.000Z',
      });
      const used = { customerId: customerId('amy') };
      expect(await outcome(shop.redeem(reward.code, 'reward', used))).toBe('coupon-not-yet-valid');
      shop.setNow(startMs + 14 * 24 * 60 * minuteMs);
      expect(await outcome(shop.redeem(reward.code, 'reward', used))).toBe('done');
      // Used by then: the refund of the friend's order gives back the friend's, and cannot take this.
      await shop.refund('BRING', 'order-bring-1');
      expect((await coupons.get(reward.code))?.revokedAt).toBeUndefined();
      shop.setNow(startMs);
    });

    it('takes an unused reward back when the friend’s order is refunded, and the place for it is free', async () => {
      await issue('TAKEN', forFriends('bea'));
      await shop.redeem('TAKEN', 'taken-1', { customerId: customerId('gil') });
      const [reward] = await rewardsOf('bea');
      await shop.refund('TAKEN', 'order-taken-1', 5, 'a part');
      expect(await rewardsOf('bea')).toHaveLength(1);
      await shop.refund('TAKEN', 'order-taken-1');
      expect(await rewardsOf('bea')).toEqual([]);
      shop.setNow(startMs + 14 * 24 * 60 * minuteMs);
      const late = { customerId: customerId('bea') };
      expect(await outcome(shop.redeem(reward.code, 'taken-2', late))).toBe('coupon-revoked');
      shop.setNow(startMs);
      for (const [index, friend] of ['hal', 'ida', 'jon'].entries()) {
        await shop.redeem('TAKEN', `taken-more-${index}`, { customerId: customerId(friend) });
      }
      expect(await rewardsOf('bea')).toHaveLength(2);
    });

    it('rewards exactly as often as it may when many friends come at once', async () => {
      await issue('MANY', forFriends('cleo'));
      const outcomes = await Promise.all(
        numbers(20).map((n) =>
          outcome(shop.redeem('MANY', `many-${n}`, { customerId: customerId(`many-friend-${n}`) })),
        ),
      );
      expect(countOf(outcomes, 'done')).toBe(20);
      expect(await rewardsOf('cleo')).toHaveLength(2);
    });

    it('lets a customer be a friend once, of one advocate, also when both codes come at once', async () => {
      await issue('FIRST', forFriends('dora'));
      await issue('OTHER', forFriends('enid'));
      const kim = { customerId: customerId('kim') };
      const outcomes = await Promise.all(
        ['FIRST', 'OTHER'].map((code) => outcome(shop.redeem(code, `kim-${code}`, kim))),
      );
      expect(outcomes.toSorted()).toEqual(['done', 'referral-before']);
    });

    it('closes no ring, whoever comes at once', async () => {
      for (const [code, advocate] of ['ann', 'bo', 'cy'].entries()) {
        await issue(`RING-${code}`, forFriends(advocate));
      }
      // ann by cy's code, bo by ann's, cy by bo's.
      const outcomes = await Promise.all(
        ['ann', 'bo', 'cy'].map((friend, index) =>
          outcome(
            shop.redeem(`RING-${(index + 2) % 3}`, `ring-${friend}`, { customerId: customerId(friend) }),
          ),
        ),
      );
      expect(countOf(outcomes, 'done')).toBeGreaterThanOrEqual(1);
      expect(countOf(outcomes, 'done') + countOf(outcomes, 'referral-by-advocate')).toBe(3);
      expect(countOf(outcomes, 'done')).toBeLessThan(3);
    });

    it('keeps a friend’s reservation for them and forgets it with its end', async () => {
      await issue('LATER', forFriends('fay'));
      await issue('LATER-2', forFriends('gus'));
      const lou = { customerId: customerId('lou') };
      await shop.reserve('LATER', 'lou', lou);
      expect(await rewardsOf('fay')).toEqual([]);
      expect(await outcome(shop.redeem('LATER-2', 'lou-2', lou))).toBe('referral-before');
      await shop.release('LATER', 'order-lou');
      expect(await outcome(shop.redeem('LATER-2', 'lou-2', lou))).toBe('done');
    });

    it('lists a customer’s live coupons, the next to expire first', async () => {
      const of = { customerId: customerId('lister') };
      await issue('LATE-1', { ...of, expiresAt: '2026-07-01T00:00:00.000Z' });
      await issue('SOON-1', { ...of, expiresAt: '2026-06-13T00:00:00.000Z' });
      await issue('PAST-1', { ...of, expiresAt: '2026-06-12T00:00:00.000Z' });
      await issue('FRIENDS-1', { customerId: undefined, advocateId: customerId('lister') });
      const live = await coupons.liveOf(customerId('lister'), startMs);
      expect(live.map(({ code }) => code)).toEqual(['SOON-1', 'FRIENDS-1', 'LATE-1']);
      expect(await coupons.liveOf(customerId('nobody'), startMs)).toEqual([]);
    });

    it('does not issue a code that exists, however it is typed', async () => {
      const first = await issue('SPRING-1');
      const again = couponOf('spr1ngI', { customerId: customerId('bob') });
      expect(await coupons.issue(again)).toEqual({ kind: 'exists', coupon: first });
      expect(await coupons.liveOf(customerId('bob'), startMs)).toEqual([]);
    });
  });
};

contract(
  'memory',
  async () => fakeCouponStore(),
  async () => undefined,
);

const locals: LocalTable[] = [];
const openLocal = async (): Promise<LocalTable> => {
  const local = await startLocalTable();
  locals.push(local);
  return local;
};
const closeLast = async (): Promise<void> => locals.pop()?.close();

contract(
  'DynamoDB',
  async () => {
    const { client, table } = await openLocal();
    return createCouponStore(client, table);
  },
  closeLast,
);

contract(
  'DynamoDB where transactions meet',
  async () => {
    const { client, table } = await openLocal();
    const random = seededRandom('meeting');
    // A third of all transactions is cancelled, before it is written.
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === 'TransactWriteItemsCommand' && random.next() < 1 / 3) {
            throw new TransactionCanceledException({
              message: 'Transaction cancelled',
              CancellationReasons: [{ Code: 'TransactionConflict' }],
              $metadata: {},
            });
          }
          return next(args);
        },
      { step: 'initialize' },
    );
    return createCouponStore(client, table);
  },
  closeLast,
);
