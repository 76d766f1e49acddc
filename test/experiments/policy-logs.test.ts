// PolicyLogs over an archive of hand-made objects.

import { beforeAll, describe, expect, it } from 'vitest';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { createPolicyLogs } from '../../lib/adapters/policy-logs-duckdb.ts';
import { customerId, messageId } from '../../lib/base/ids.ts';
import { archiveContentType, archiveObject } from '../../lib/events/archive-object.ts';
import { loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import type { CustomersLog } from '../../lib/experiments/policy/evaluation.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';

const t0 = Date.UTC(2026, 2, 10, 9);
const hourMs = 3_600_000;
const event = (id: string, hours: number, change: Partial<StoredEvent>): StoredEvent => {
  const at = new Date(t0 + hours * hourMs).toISOString();
  return {
    messageId: messageId(id),
    type: 'track',
    event: 'Product Viewed',
    timestamp: at,
    receivedAt: at,
    source: 'app',
    properties: { product_id: 'x' },
    traits: {},
    context: {},
    ...change,
  };
};
const served = (id: string, user: string, hours: number, version = 'v1'): StoredEvent =>
  event(id, hours, {
    event: loopEvents.recommendationServed,
    source: 'reprise',
    userId: customerId(user),
    properties: { recommendationId: id, modelVersion: version },
  });
const archive = createFakeObjectStore();
const put = async (name: string, events: readonly StoredEvent[]): Promise<void> => {
  const { key, bytes } = archiveObject(events, name);
  await archive.put(key, bytes, archiveContentType);
};
const crowd = Array.from({ length: 100 }, (_, i) => served(`crowd-${i}`, `c${i % 50}`, 48));

beforeAll(async () => {
  await put('a', [
    event('seen-1', -2, { anonymousId: 'phone' }),
    event('other', -2, { userId: customerId('stranger') }),
    event('tab-1', -1, { anonymousId: 'tab' }),
  ]);
  await put('b', [
    event('who', 0, {
      type: 'identify',
      event: '',
      userId: customerId('ann'),
      anonymousId: 'phone',
      traits: { language: 'en' },
    }),
    served('r1', 'ann', 1),
    served('r2', 'ann', 2, 'v2'),
    served('r3', 'anon:tab', 1),
    { ...served('forged', 'ann', 1), source: 'app' },
    event('bought', 3, {
      userId: customerId('ann'),
      event: 'Order Completed',
      properties: { order_id: 'o' },
    }),
  ]);
  // Regrouped: the same page stands in two objects.
  await put('c', [served('r1', 'ann', 1)]);
  await put('d', crowd);
});

const read = async (fromHours: number, toHours: number, pagesMax = 1_000, byVersion = false) => {
  const logs = createPolicyLogs(archive, createFakeCustomerStore(), withDuckDb);
  const parts: CustomersLog[] = [];
  const query = { fromMs: t0 + fromHours * hourMs, toMs: t0 + toHours * hourMs, untilMs: t0 + 96 * hourMs };
  const { customersShare } = await logs.pages({ ...query, pagesMax, byVersion }, async (part) => {
    parts.push(part);
  });
  return { parts, customersShare };
};
const ids = (events: readonly StoredEvent[] = []): string[] => events.map(({ messageId: id }) => id);

describe('served pages from the archive', () => {
  it('come once each, of Reprise alone, with all that their customers did and told, visits before the identify too', async () => {
    const { parts, customersShare } = await read(0, 24);
    expect(customersShare).toBe(1);
    expect(parts).toHaveLength(1);
    const [{ served: pages, events }] = parts;
    expect(ids(pages).toSorted()).toEqual(['r1', 'r2', 'r3']);
    expect(ids(events.get(customerId('ann')))).toEqual(['seen-1', 'who', 'bought']);
    expect(events.get(customerId('ann'))?.[1]).toMatchObject({
      type: 'identify',
      traits: { language: 'en' },
    });
    expect(ids(events.get(customerId('anon:tab')))).toEqual(['tab-1']);
    expect([...events.keys()].toSorted()).toEqual(['ann', 'anon:tab']);
  });

  it('come by the version that made them, where it is asked for', async () => {
    const { parts } = await read(0, 24, 1_000, true);
    expect(parts.map(({ served: pages }) => ids(pages).toSorted())).toEqual([['r1', 'r3'], ['r2']]);
  });

  it('are of a part of the customers, each with all their pages, where there are more than asked for', async () => {
    const { parts, customersShare } = await read(40, 60, 20);
    const pages = parts.flatMap(({ served: all }) => all);
    expect(pages).toHaveLength(20);
    expect(new Set(pages.map(({ userId }) => userId)).size).toBe(10);
    expect(customersShare).toBeCloseTo(10 / 50, 12);
  });
});
