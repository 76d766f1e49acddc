// OutcomeSource over an archive of hand-made objects: the counts below are counted by hand.

import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { createOutcomeSource } from '../../lib/adapters/outcomes-duckdb.ts';
import { customerId } from '../../lib/base/ids.ts';
import { loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import type { RunOutcomes } from '../../lib/outcomes/collect.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { assignedEvent, at, dayMs, decision, event, id, loop, order, refund, settled, t0 } from './sample.ts';

const archive = createFakeObjectStore();
const customers = createFakeCustomerStore();
const put = async (date: string, name: string, events: readonly StoredEvent[]): Promise<void> => {
  const lines = events.map((one) => `${JSON.stringify(one)}\n`).join('');
  await archive.put(`events/date=${date}/${name}.ndjson.gz`, gzipSync(lines), 'application/gzip');
};
const read = async (runIds: readonly string[], toMs = t0 + 31 * dayMs): Promise<RunOutcomes> => {
  const source = createOutcomeSource(archive, customers, withDuckDb);
  return source.collect(
    { campaignId: id, runIds, fromMs: t0, toMs, historyDays: 0, ownEvents: [] },
    { windowDays: 30, asOfMs: toMs, costsOf: async () => new Map() },
  );
};

const bought = order('ann', 'o1', at(2), 40);
const unnamed = event(
  undefined,
  'Order Completed',
  at(3),
  { order_id: 'o2', total: 25, currency: 'USD', products: [] },
  { anonymousId: 'phone-1' },
);

beforeAll(async () => {
  await customers.linkAnonymous('phone-1', customerId('bob'));
  await put('2026-03-01', 'assigned-spring-run-1', [
    assignedEvent('ann', 'A'),
    assignedEvent('bob', 'A'),
    assignedEvent('cat', 'holdout'),
    assignedEvent('dan', 'global-holdout'),
  ]);
  await put('2026-03-11', 'assigned-spring-run-2', [
    assignedEvent('ann', 'A', 'run-2', 10),
    assignedEvent('eve', 'holdout', 'run-2', 10),
  ]);
  await put('2026-03-20', 'assigned-rollout', [assignedEvent('cat', 'A', 'run-1', 19, 'rollout')]);
  // Regrouped: the same order stands in two objects, among other events.
  await put('2026-03-03', 'a', [bought, event('ann', 'Product Viewed', at(2), { product_id: 'sql' })]);
  await put('2026-03-03', 'b', [settled('ann', 'sent', at(0.5)), bought]);
  await put('2026-03-04', 'c', [unnamed, order('stranger', 'o9', at(3), 99)]);
  await put('2026-03-05', 'd', [
    order('cat', 'o3', at(4), 15),
    refund('cat', 'o3', at(5)),
    order("d'an", 'o4', at(4), 15),
    order('dan', 'o5', at(4), 15),
    order('eve', 'o6', at(4), 15),
  ]);
  // An app cannot speak for Reprise: same name, but another source.
  await put('2026-03-06', 'forged', [
    { ...assignedEvent('mallory', 'A'), source: 'key-web' },
    { ...settled('bob', 'sent', at(1)), source: 'key-web' },
  ]);
  await put('2026-03-07', 'late', [
    loop('ann', loopEvents.couponRedeemed, at(2), { code: 'X', decisionId: decision('ann'), orderId: 'o1' }),
    { ...order('bob', 'o7', at(1), 5), receivedAt: at(6) },
  ]);
  await archive.put(
    'events/date=2026-03-07/readme.txt',
    new TextEncoder().encode('not events'),
    'text/plain',
  );
});

describe('outcomes from the archive', () => {
  test('count each order once, with anonymous ids resolved and refunds deducted', async () => {
    const { arms, conflictsCount } = await read(['run-1']);
    expect(conflictsCount).toBe(0);
    expect(arms.get('A')).toMatchObject({ customers: 2, conversions: 2, orders: 3, revenueSum: 70, sent: 1 });
    expect(arms.get('A')).toMatchObject({ redemptions: 1, couponOrders: 1, couponRevenue: 40 });
    expect(arms.get('holdout')).toMatchObject({ customers: 1, conversions: 0, revenueSum: 0 });
    expect(arms.get('global-holdout')).toMatchObject({ customers: 1, conversions: 1, revenueSum: 15 });
    expect([...arms.keys()].sort()).toEqual(['A', 'global-holdout', 'holdout']);
  });

  test('of one run know nothing of the others', async () => {
    const { arms } = await read(['run-2'], t0 + 41 * dayMs);
    expect(arms.get('A')).toMatchObject({ customers: 1, conversions: 0 });
    expect(arms.get('holdout')).toMatchObject({ customers: 1, conversions: 0 });
  });

  test('over both runs count the customer of both from the first', async () => {
    const { arms } = await read(['run-1', 'run-2'], t0 + 41 * dayMs);
    expect(arms.get('A')).toMatchObject({ customers: 2, conversions: 2, revenueSum: 70 });
    expect(arms.get('holdout')?.customers).toBe(2);
  });

  test('read nothing received after the day of the look', async () => {
    const { arms } = await read(['run-1'], t0 + 2.5 * dayMs);
    expect(arms.get('A')).toMatchObject({ conversions: 1, revenueSum: 40 });
  });

  test('for a report hold every assignment of the run’s customers, of other runs and of the rollout too', async () => {
    const source = createOutcomeSource(archive, customers, withDuckDb);
    const query = {
      campaignId: id,
      runIds: ['run-1'],
      fromMs: t0,
      toMs: t0 + 31 * dayMs,
      historyDays: 0,
      ownEvents: [],
    };
    const { assignments, events } = await source.history(query);
    expect(
      new Set(assignments.map(({ customerId: who, arm, runId, phase }) => `${who} ${arm} ${runId} ${phase}`)),
    ).toEqual(
      new Set([
        'ann A run-1 test',
        'ann A run-2 test',
        'bob A run-1 test',
        'cat A run-1 rollout',
        'cat holdout run-1 test',
        'dan global-holdout run-1 test',
      ]),
    );
    expect(
      new Set(events.flatMap(({ userId, properties }) => (userId ? [properties.order_id] : []))),
    ).toEqual(new Set(['o1', 'o2', 'o3', 'o5', 'o7', undefined]));
  });

  test('reach back as far as asked, for what was known of the customers before', async () => {
    const source = createOutcomeSource(archive, customers, withDuckDb);
    const ask = async (historyDays: number) => {
      const query = { campaignId: id, runIds: ['run-2'], fromMs: t0 + 10 * dayMs, toMs: t0 + 41 * dayMs };
      const scope = { windowDays: 30, asOfMs: query.toMs, historyDays, costsOf: async () => new Map() };
      return (await source.collect({ ...query, historyDays, ownEvents: [] }, scope)).segments;
    };
    // Ann ordered on day 2 and Eve on day 4; both were assigned on day 10.
    expect([...(await ask(9)).keys()]).toEqual(['1']);
    expect([...(await ask(3)).keys()]).toEqual(['0']);
  });

  test('hold the app’s own events that the plan counts, and how events came in', async () => {
    const source = createOutcomeSource(archive, customers, withDuckDb);
    const query = { campaignId: id, runIds: ['run-1'], fromMs: t0, toMs: t0 + 31 * dayMs, historyDays: 0 };
    const plain = await source.history({ ...query, ownEvents: [] });
    expect(plain.events.some((one) => one.event === 'Product Viewed')).toBe(false);
    const viewed = await source.history({ ...query, ownEvents: ['Product Viewed'] });
    expect(viewed.events.filter((one) => one.event === 'Product Viewed')).toHaveLength(1);
    // The newest from the app was received on day 6, of 9 orders and a refund since day 2 (o1 twice).
    expect(plain.feed).toEqual({
      newestEventMs: t0 + 6 * dayMs,
      usualGapMs: expect.closeTo((4 * dayMs) / 10, -3),
    });
  });

  test('for a bandit name the batch of each assignment, where there is one', async () => {
    const zoe = assignedEvent('zoe', 'A', 'run-bandit', 24);
    await put('2026-03-25', 'batched', [{ ...zoe, properties: { ...zoe.properties, batch: 4 } }]);
    const source = createOutcomeSource(archive, customers, withDuckDb);
    const query = { campaignId: id, fromMs: t0, toMs: t0 + 31 * dayMs, historyDays: 0, ownEvents: [] };
    const batches = async (runId: string) =>
      new Set((await source.history({ ...query, runIds: [runId] })).assignments.map(({ batch }) => batch));
    expect(await batches('run-bandit')).toEqual(new Set([4]));
    expect(await batches('run-1')).toEqual(new Set([undefined]));
  });

  test('of a campaign that assigned nobody are empty', async () => {
    expect((await read(['run-9'])).arms.size).toBe(0);
  });
});
