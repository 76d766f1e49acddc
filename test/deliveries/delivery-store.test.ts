// One contract for every DeliveryStore: in memory, and DynamoDB (local/dynamodb.ts).

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCouponStore } from '../../lib/adapters/coupon-store-dynamodb.ts';
import { createDeliveryStore } from '../../lib/adapters/delivery-store-dynamodb.ts';
import { campaignId, customerId, type DeliveryId, deliveryId } from '../../lib/base/ids.ts';
import type { Coupon, CouponStore, Delivery, DeliveryStore } from '../../lib/ports.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { fakeDeliveryStore, fakeTable } from '../fakes/delivery-store.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';

let made = 0;
const newId = (): DeliveryId => deliveryId(`delivery-${made++}`);

const deliveryOf = (id: DeliveryId, change: Partial<Delivery> = {}): Delivery => ({
  deliveryId: id,
  campaignId: campaignId('spring'),
  runId: 'run-1',
  customerId: customerId('ada'),
  decisionId: 'decision-1',
  variant: 'coupon',
  channel: 'email',
  status: 'prepared',
  preparedAt: '2026-06-10T12:00:00.000Z',
  ...change,
});

const couponOf = (code: string): Coupon => ({
  code,
  campaignId: campaignId('spring'),
  variant: 'coupon',
  decisionId: 'decision-1',
  customerId: customerId('ada'),
  issuedAt: '2026-06-10T12:00:00.000Z',
  expiresAt: '2026-06-17T12:00:00.000Z',
  redemptionsMax: 1,
  redemptionsCount: 0,
  terms: { discount: { kind: 'percent', percent: 15 }, redemptionsPerCustomerMax: 1 },
});

interface Stores {
  readonly deliveries: DeliveryStore;
  readonly coupons: CouponStore;
}

const contract = (name: string, open: () => Promise<Stores>, close: () => Promise<void>): void => {
  describe(`deliveries in ${name}`, () => {
    let deliveries: DeliveryStore;
    let coupons: CouponStore;
    beforeAll(async () => {
      ({ deliveries, coupons } = await open());
    });
    afterAll(close);

    it('prepares delivery, coupon and cap together', async () => {
      const delivery = deliveryOf(newId(), { couponCode: 'A' });
      const claim = { key: 'cap/ada/1', max: 2, expiresAtS: 2_000_000_000 };
      expect(await deliveries.prepare(delivery, couponOf('A'), [claim])).toEqual({ kind: 'prepared' });
      expect(await deliveries.get(delivery.deliveryId)).toEqual(delivery);
      expect(await coupons.get('A')).toEqual(couponOf('A'));
      expect([...(await deliveries.counts(['cap/ada/1', 'cap/ada/never']))]).toEqual([['cap/ada/1', 1]]);
    });

    it('knows nothing of a delivery that was never prepared', async () => {
      expect(await deliveries.get(newId())).toBeUndefined();
      expect(await deliveries.findByMessageId('never')).toBeUndefined();
      expect((await deliveries.counts([])).size).toBe(0);
    });

    it('gives back the first when it is prepared again, and writes neither coupon nor cap', async () => {
      const first = deliveryOf(newId(), { couponCode: 'B1' });
      const claim = { key: 'cap/bob/1', max: 5 };
      await deliveries.prepare(first, couponOf('B1'), [claim]);
      const again = await deliveries.prepare({ ...first, couponCode: 'B2' }, couponOf('B2'), [claim]);
      expect(again).toEqual({ kind: 'exists', delivery: first });
      expect(await coupons.get('B2')).toBeUndefined();
      expect((await deliveries.counts(['cap/bob/1'])).get('cap/bob/1')).toBe(1);
    });

    it('writes nothing when a cap is reached', async () => {
      const claims = [
        { key: 'cap/cid/day', max: 9 },
        { key: 'cap/cid/week', max: 1 },
      ];
      await deliveries.prepare(deliveryOf(newId()), undefined, claims);
      const delivery = deliveryOf(newId(), { couponCode: 'C' });
      expect(await deliveries.prepare(delivery, couponOf('C'), claims)).toEqual({ kind: 'capped' });
      expect(await deliveries.get(delivery.deliveryId)).toBeUndefined();
      expect(await coupons.get('C')).toBeUndefined();
      expect((await deliveries.counts(['cap/cid/day'])).get('cap/cid/day')).toBe(1);
    });

    it('lets exactly as many through a cap as it allows when fifty come at once', async () => {
      const claim = { key: 'cap/dan/1', max: 3 };
      const results = await Promise.all(
        Array.from({ length: 50 }, () => deliveries.prepare(deliveryOf(newId()), undefined, [claim])),
      );
      expect(results.filter(({ kind }) => kind === 'prepared')).toHaveLength(3);
      expect(results.filter(({ kind }) => kind === 'capped')).toHaveLength(47);
    });

    it('writes nothing when a counter no longer stands as it was read, and leaves it as it stands', async () => {
      const check = { key: 'cap/eve/yesterday', count: 0, expiresAtS: 2_000_000_000 };
      const today = { key: 'cap/eve/today', max: 5 };
      expect(await deliveries.prepare(deliveryOf(newId()), undefined, [today], [check])).toEqual({
        kind: 'prepared',
      });
      await deliveries.prepare(deliveryOf(newId()), undefined, [{ key: check.key, max: 9 }]);
      const late = deliveryOf(newId(), { couponCode: 'LATE' });
      expect(await deliveries.prepare(late, couponOf('LATE'), [today], [check])).toEqual({ kind: 'changed' });
      expect(await deliveries.get(late.deliveryId)).toBeUndefined();
      expect(await coupons.get('LATE')).toBeUndefined();
      const read = { ...check, count: 1 };
      expect(await deliveries.prepare(late, couponOf('LATE'), [today], [read])).toEqual({ kind: 'prepared' });
      const counts = await deliveries.counts([check.key, today.key]);
      expect([counts.get(check.key), counts.get(today.key)]).toEqual([1, 2]);
    });

    it('gives places back once, and only of what is settled as not sent', async () => {
      const key = 'cap/fay/today';
      const id = newId();
      const delivery = deliveryOf(id, { counted: [key] });
      await deliveries.prepare(delivery, undefined, [{ key, max: 5 }]);
      const count = async () => (await deliveries.counts([key])).get(key);
      await deliveries.release(delivery);
      await deliveries.advance(id, 'prepared', 'unknown');
      await deliveries.release(delivery);
      expect(await count()).toBe(1);
      await deliveries.advance(id, 'unknown', 'failed');
      await Promise.all(Array.from({ length: 10 }, () => deliveries.release(delivery)));
      expect(await count()).toBe(0);
      expect((await deliveries.get(id))?.counted).toBeUndefined();
    });

    it('leases exactly as many places as there are, to twenty who want seven each at once', async () => {
      const claim = { key: 'allowance/day', max: 100, expiresAtS: 2_000_000_000 };
      const got = await Promise.all(Array.from({ length: 20 }, () => deliveries.lease(claim, 7)));
      expect(got.reduce((sum, places) => sum + places, 0)).toBe(100);
      await deliveries.giveBack(claim.key, 30);
      expect(await deliveries.lease(claim, 50)).toBe(30);
      expect(await deliveries.lease(claim, 50)).toBe(0);
      expect(await deliveries.lease({ key: 'allowance/none', max: 3 }, 7)).toBe(3);
    });

    it('reads more counters than one request of DynamoDB takes', async () => {
      const keys = Array.from({ length: 250 }, (_, index) => `cap/gus/${index}`);
      await deliveries.prepare(deliveryOf(newId()), undefined, [{ key: keys[249], max: 1 }]);
      expect([...(await deliveries.counts(keys))]).toEqual([[keys[249], 1]]);
    });

    it('lets exactly one of fifty win each step', async () => {
      const delivery = deliveryOf(newId());
      await deliveries.prepare(delivery, undefined, []);
      const wins = await Promise.all(
        Array.from({ length: 50 }, () => deliveries.advance(delivery.deliveryId, 'prepared', 'sending')),
      );
      expect(wins.filter(Boolean)).toHaveLength(1);
    });

    it('steps only from the status that is stored', async () => {
      const id = newId();
      expect(await deliveries.advance(id, 'prepared', 'sending')).toBe(false);
      await deliveries.prepare(deliveryOf(id), undefined, []);
      expect(await deliveries.advance(id, 'sending', 'sent', { messageId: `wrong-${id}` })).toBe(false);
      expect(await deliveries.findByMessageId(`wrong-${id}`)).toBeUndefined();
      expect(await deliveries.get(id)).toEqual(deliveryOf(id));
    });

    it('steps only for the attempt whose mark the row has, when one is given', async () => {
      const id = newId();
      await deliveries.prepare(deliveryOf(id), undefined, []);
      await deliveries.advance(id, 'prepared', 'sending', { sendingBy: 'mine' });
      expect(await deliveries.advance(id, 'sending', 'prepared', {}, 'other')).toBe(false);
      expect((await deliveries.get(id))?.status).toBe('sending');
      const back = { sendingBy: undefined };
      expect(await deliveries.advance(id, 'sending', 'prepared', back, 'mine')).toBe(true);
      expect((await deliveries.get(id))?.sendingBy).toBeUndefined();
      expect(await deliveries.advance(id, 'prepared', 'sending', {}, 'mine')).toBe(false);
    });

    it('is found by the SES message id once sent; removed fields are gone', async () => {
      const id = newId();
      await deliveries.prepare(deliveryOf(id, { reason: 'interrupted' }), undefined, []);
      const change = { messageId: `ses-${id}`, reason: undefined, settledAt: '2026-06-10T12:00:01.000Z' };
      expect(await deliveries.advance(id, 'prepared', 'sent', change)).toBe(true);
      const found = await deliveries.findByMessageId(`ses-${id}`);
      expect(found).toEqual({
        ...deliveryOf(id),
        status: 'sent',
        messageId: `ses-${id}`,
        settledAt: '2026-06-10T12:00:01.000Z',
      });
      expect(found?.reason).toBeUndefined();
    });

    it('refuses to prepare with a code that exists', async () => {
      await deliveries.prepare(deliveryOf(newId(), { couponCode: 'TAKEN' }), couponOf('TAKEN'), []);
      const delivery = deliveryOf(newId(), { couponCode: 'TAKEN' });
      await expect(deliveries.prepare(delivery, couponOf('TAKEN'), [])).rejects.toThrow('coupon-code-taken');
      expect(await deliveries.get(delivery.deliveryId)).toBeUndefined();
    });
  });
};

contract(
  'memory',
  async () => {
    const table = fakeTable();
    return { deliveries: fakeDeliveryStore(table), coupons: fakeCouponStore(table) };
  },
  async () => undefined,
);

let local: LocalTable | undefined;
contract(
  'DynamoDB',
  async () => {
    local = await startLocalTable();
    return {
      deliveries: createDeliveryStore(local.client, local.table),
      coupons: createCouponStore(local.client, local.table),
    };
  },
  async () => local?.close(),
);
