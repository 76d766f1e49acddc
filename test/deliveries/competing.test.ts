// Ten campaigns at once, over the store in memory and over DynamoDB (local/dynamodb.ts), where they truly meet.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCouponStore } from '../../lib/adapters/coupon-store-dynamodb.ts';
import { createDeliveryStore } from '../../lib/adapters/delivery-store-dynamodb.ts';
import { yieldMsMax } from '../../lib/base/limits.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { fakeDeliveryStore, fakeTable } from '../fakes/delivery-store.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';
import { compete, reminderCampaign } from './competing.ts';
import { noonMs } from './stage.ts';

const memory = () => {
  const table = fakeTable();
  return { table, deliveries: fakeDeliveryStore(table), coupons: fakeCouponStore(table) };
};

/** Neither the order of their names nor of the list is that of their priorities. */
const priorities = [3, 9, 1, 7, 5, 0, 8, 2, 6, 4];
const ten = priorities.map((priority, index) => reminderCampaign(`campaign-${index}`, { priority }));
const rank = (name: string): number => priorities[Number(name.slice('campaign-'.length))];

/** Each customer got one message, from the highest of those whose arm sends to them. */
const expectBestOnly = ({ got, sends, open }: Awaited<ReturnType<typeof compete>>): void => {
  expect(open).toEqual([]);
  for (const [id, campaigns] of sends) {
    const best = campaigns.toSorted((a, b) => rank(b) - rank(a)).slice(0, 1);
    expect(got.get(id), id).toEqual(best);
  }
};

describe('ten campaigns that start at once on the same customers with a cap of one a day', () => {
  it('send nobody two, and everybody the one of the highest priority', async () => {
    const result = await compete({ ...memory(), campaigns: ten, customersCount: 200 });
    expectBestOnly(result);
    expect(result.endedAtMs).toBeLessThan(noonMs + yieldMsMax);
    const wanted = [...result.sends.values()].reduce((sum, campaigns) => sum + campaigns.length, 0);
    const served = [...result.got.values()].flat().length;
    expect(result.suppressed).toEqual({ capped: wanted - served });
  });

  it('send the three of highest priority where the cap is three', async () => {
    const settings = { caps: [{ deliveriesMax: 3, days: 1 }] };
    const { got, sends, open } = await compete({ ...memory(), campaigns: ten, customersCount: 60, settings });
    expect(open).toEqual([]);
    for (const [id, campaigns] of sends) {
      const best = campaigns.toSorted((a, b) => rank(b) - rank(a)).slice(0, 3);
      expect(got.get(id)?.toSorted(), id).toEqual(best.toSorted());
    }
  });

  it('send all where there is no cap, without any waiting', async () => {
    const { got, sends, rounds } = await compete({
      ...memory(),
      campaigns: ten,
      customersCount: 30,
      settings: { caps: [] },
    });
    for (const [id, campaigns] of sends) {
      expect(got.get(id)?.toSorted()).toEqual(campaigns.toSorted());
    }
    expect(rounds).toBe(1);
  });

  it('go by their ids when their priorities are the same', async () => {
    const alike = ['b', 'c', 'a'].map((name) => reminderCampaign(name));
    const { got, sends } = await compete({ ...memory(), campaigns: alike, customersCount: 60 });
    for (const [id, campaigns] of sends) {
      expect(got.get(id)).toEqual(campaigns.toSorted().slice(0, 1));
    }
  });

  it('do not wait for one whose audience the customer is not in, which is paused, or which comes after the cap’s reach', async () => {
    const at = new Date(noonMs + 13 * 3_600_000).toISOString();
    const higher = [
      reminderCampaign('a', { priority: 9, audience: { fact: 'orders', op: 'gte', value: 1 } }),
      reminderCampaign('b', { priority: 9, status: 'paused' }),
      reminderCampaign('c', { priority: 9, trigger: { kind: 'at', at } }),
    ];
    const low = reminderCampaign('low', { priority: 1 });
    const { got, sends, rounds } = await compete({
      ...memory(),
      campaigns: [low],
      others: higher,
      customersCount: 40,
    });
    for (const [id, campaigns] of sends) expect(got.get(id)).toEqual(campaigns);
    expect(rounds).toBe(1);
  });

  it('wait for one that is due later on the day, at most twelve hours, and then go', async () => {
    const at = new Date(noonMs + 3 * 3_600_000).toISOString();
    // It is due, and never delivers.
    const quietHours = { fromHour: 0, toHour: 0 };
    const higher = reminderCampaign('a', { priority: 9, quietHours, trigger: { kind: 'at', at } });
    const low = reminderCampaign('low', { priority: 1, quietHours });
    const { got, sends, endedAtMs } = await compete({
      ...memory(),
      campaigns: [low],
      others: [higher],
      customersCount: 20,
    });
    for (const [id, campaigns] of sends) expect(got.get(id)).toEqual(campaigns);
    expect(endedAtMs).toBeGreaterThanOrEqual(noonMs + 11 * 3_600_000);
    expect(endedAtMs).toBeLessThanOrEqual(noonMs + yieldMsMax + 3_600_000);
  });
});

describe('the same over DynamoDB', () => {
  let local: LocalTable;
  beforeAll(async () => {
    local = await startLocalTable();
  });
  afterAll(() => local.close());

  it('nobody gets two, and everybody the one of the highest priority', async () => {
    expectBestOnly(
      await compete({
        campaigns: ten,
        customersCount: 20,
        deliveries: createDeliveryStore(local.client, local.table),
        coupons: createCouponStore(local.client, local.table),
      }),
    );
  });
});
