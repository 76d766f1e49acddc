// The unmodified server SDK of Segment, pointed at the capture function.

import { Analytics } from '@segment/analytics-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { archiveMessages } from '../../lib/events/archive.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import { encodeEvents } from '../../lib/events/queue-message.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { createFakeTriggerQueue } from '../fakes/trigger-queue.ts';
import { type CaptureServer, startCaptureServer } from './capture-server.ts';

let server: CaptureServer;

beforeEach(async () => {
  server = await startCaptureServer({ nowMs: () => Date.now() });
});
afterEach(() => server.close());

const send = async (
  calls: (analytics: Analytics) => void,
  writeKey = 'wk_ios',
): Promise<{ errors: unknown[]; requests: number; statuses: number[] }> => {
  const analytics = new Analytics({ writeKey, host: server.url, maxRetries: 2, flushAt: 100 });
  const outcome = { errors: [] as unknown[], requests: 0, statuses: [] as number[] };
  analytics.on('error', (error) => outcome.errors.push(error));
  analytics.on('http_request', () => {
    outcome.requests += 1;
  });
  analytics.on('http_response', ({ status }: { status: number }) => outcome.statuses.push(status));
  calls(analytics);
  await analytics.closeAndFlush();
  return outcome;
};

const named = (event: string): StoredEvent => {
  const found = server.queue.sent.find((sent) => sent.event === event);
  if (found === undefined) throw new Error(`${event} was not kept`);
  return found;
};

describe('@segment/analytics-node', () => {
  it('delivers track, identify, page, screen, alias and group in one batch and takes 200 as delivered', async () => {
    const outcome = await send((analytics) => {
      analytics.identify({ userId: 'u1', anonymousId: 'a1', traits: { email: 'ada@example.com' } });
      analytics.track({ userId: 'u1', event: 'Product Viewed', properties: { product_id: 'c1', price: 20 } });
      analytics.page({ userId: 'u1', name: 'Home', properties: { path: '/' } });
      analytics.screen({ anonymousId: 'a2', name: 'Player' });
      analytics.alias({ userId: 'u1', previousId: 'old' });
      analytics.group({ userId: 'u1', groupId: 'g1', traits: { plan: 'pro' } });
    });
    expect(outcome).toEqual({ errors: [], requests: 1, statuses: [200] });
    expect(server.queue.sent.map(({ type }) => type)).toEqual([
      'identify',
      'track',
      'page',
      'screen',
      'alias',
      'group',
    ]);
    expect(named('Product Viewed')).toMatchObject({
      userId: 'u1',
      source: 'key_ios',
      properties: { product_id: 'c1', price: 20 },
    });
    expect(server.queue.sent[0]).toMatchObject({ anonymousId: 'a1', traits: { email: 'ada@example.com' } });
    expect(named('Home').type).toBe('page');
    expect(server.queue.sent[4]?.extra).toMatchObject({ previousId: 'old' });
    expect(server.queue.sent[5]?.extra).toMatchObject({ groupId: 'g1' });
    expect(named('Product Viewed').context.library).toMatchObject({ name: '@segment/analytics-node' });
  });

  it('sends message ids of its own, and they are kept as they came', async () => {
    await send((analytics) => {
      analytics.track({ userId: 'u1', event: 'Signed Up', messageId: 'own-id' });
      analytics.track({ userId: 'u1', event: 'Signed In' });
    });
    expect(named('Signed Up').messageId).toBe('own-id');
    expect(named('Signed In').messageId).toMatch(/^node-next-/);
  });

  it('keeps the time an event was given, less the offset between its clock and ours', async () => {
    const atMs = Date.now() - 3_600_000;
    await send((analytics) => {
      analytics.track({ userId: 'u1', event: 'Signed Up', timestamp: new Date(atMs) });
    });
    // Both clocks are this machine's: only the time on the wire lies between.
    expect(Math.abs(Date.parse(named('Signed Up').timestamp) - atMs)).toBeLessThan(5_000);
  });

  it('identify joins what the visitor did before to the user, traits and order included', async () => {
    await send((analytics) => {
      analytics.track({ anonymousId: 'v1', event: 'Product Viewed', properties: { product_id: 'c1' } });
      analytics.identify({ userId: 'u1', anonymousId: 'v1', traits: { email: 'ada@example.com' } });
      const properties = { order_id: 'o1', products: [{ product_id: 'c2', price: 20, quantity: 1 }] };
      analytics.track({ anonymousId: 'v1', event: 'Order Completed', properties });
    });
    const customers = createFakeCustomerStore();
    const messages = encodeEvents(server.queue.sent).map((body, index) => ({ queueId: `q${index}`, body }));
    const failed = await archiveMessages(messages, {
      objects: createFakeObjectStore(),
      customers,
      triggers: createFakeTriggerQueue(),
      awaitingEvents: async () => [],
      reportsOf: async () => [],
      report: () => {},
    });
    expect(failed).toEqual([]);
    const { profile, state } = await customers.read(customerId('u1'));
    expect(profile?.email).toBe('ada@example.com');
    expect(state?.events.map(({ type, itemId }) => `${type} ${itemId}`).toSorted()).toEqual([
      'purchase c2',
      'view c1',
    ]);
    expect(state?.orders).toMatchObject({ o1: { value: 20, refundedValue: 0 } });
  });

  it('reports refused events as an error, does not send them again, and the valid ones are kept', async () => {
    const outcome = await send((analytics) => {
      analytics.track({ userId: 'u1', event: 'Product Viewed', properties: { product_id: 'c1' } });
      analytics.track({ userId: 'u1', event: 'Product Viewed', properties: { price: 20 } });
    });
    expect(outcome.requests).toBe(1);
    expect(outcome.statuses).toEqual([400]);
    expect(outcome.errors).not.toEqual([]);
    expect(server.queue.sent.map(({ properties }) => properties)).toEqual([{ product_id: 'c1' }]);
  });

  it('sends again after the queue refused, and nothing is lost', async () => {
    server.queue.refuse(1);
    const outcome = await send((analytics) => {
      analytics.track({ userId: 'u1', event: 'Signed Up' });
    });
    expect(outcome.statuses).toEqual([503, 200]);
    expect(outcome.errors).toEqual([]);
    expect(server.queue.sent).toHaveLength(1);
  });

  it('is refused with a revoked key and does not send again', async () => {
    const outcome = await send((analytics) => {
      analytics.track({ userId: 'u1', event: 'Signed Up' });
    }, 'wk_old');
    expect(outcome.statuses).toEqual([401]);
    expect(server.queue.sent).toEqual([]);
  });
});
