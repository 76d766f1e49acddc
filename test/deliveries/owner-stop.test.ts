import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../lib/base/errors.ts';
import { customerId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import { freeChannel, ownerEvent, parseOwnedChannel, stopChannel } from '../../lib/deliveries/owner-stop.ts';
import { resumeChannel, suppressChannel } from '../../lib/deliveries/suppress.ts';
import { reachable } from '../../lib/events/consent.ts';
import type { CustomerProfile } from '../../lib/events/customer.ts';
import { foldProfile } from '../../lib/events/profile.ts';
import { suppressionOf } from '../../lib/events/suppressions.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { noonMs, profileOf } from './stage.ts';

const ada = customerId('ada');
const email = { customerId: ada, channel: 'email' } as const;

const setUp = async (change: Partial<CustomerProfile> = {}) => {
  const customers = createFakeCustomerStore();
  await customers.writeProfile(profileOf('ada', change), undefined);
  const events = createFakeEventQueue();
  let nowMs = noonMs;
  const context = { customers, events, clock: { nowMs: () => (nowMs += 1000) } };
  const profile = async () => (await customers.read(ada)).profile;
  return { context, events, customers, profile };
};
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof Failure ? [error.kind, error.detail.code] : error),
  );

describe('a channel that the owner stops', () => {
  it('is stopped at once as manual, for reminders too, and no link of the customer lifts it', async () => {
    const { context, profile } = await setUp();
    const answer = await stopChannel(email, 'asked by phone', context);
    expect(answer.suppression).toMatchObject({ reason: 'manual', note: 'asked by phone' });
    expect(reachable(await profile(), 'email', 'reminder', defaultSettings)).toBe('manual');
    await resumeChannel(ada, 'email', context);
    expect(reachable(await profile(), 'email', 'marketing', defaultSettings)).toBe('manual');
  });

  it('is one stop and one event however often it is said, and also after the event was refused', async () => {
    const { context, events } = await setUp();
    events.refuse(1);
    expect(await codeOf(stopChannel(email, undefined, context))).toEqual([
      'unavailable',
      'queue-unavailable',
    ]);
    const first = await stopChannel(email, undefined, context);
    expect(await stopChannel(email, undefined, context)).toEqual(first);
    expect(new Set(events.sent.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('of a customer nobody knows yet stands when they come', async () => {
    const { context, customers } = await setUp();
    const bob = customerId('bob');
    await stopChannel({ customerId: bob, channel: 'sms' }, undefined, context);
    expect(suppressionOf((await customers.read(bob)).profile, 'sms')?.reason).toBe('manual');
  });

  it('is free again when the owner says so, and says nothing of what the customer wants', async () => {
    const { context, profile, events } = await setUp();
    await stopChannel(email, undefined, context);
    expect((await freeChannel(email, undefined, context)).suppression).toBeNull();
    expect((await freeChannel(email, undefined, context)).suppression).toBeNull();
    expect(reachable(await profile(), 'email', 'marketing', defaultSettings)).toBeUndefined();
    expect((await profile())?.consents).toBeUndefined();
    expect(new Set(events.sent.map(({ messageId }) => messageId)).size).toBe(2);
  });

  it.each(['unsubscribed', 'complained'] as const)('stays %s when the owner frees it', async (reason) => {
    const { context, profile } = await setUp({ suppressed: { email: { reason, atMs: 5 } } });
    expect(await codeOf(freeChannel(email, undefined, context))).toEqual([
      'conflict',
      'suppression-not-liftable',
    ]);
    await stopChannel(email, undefined, context);
    expect(await codeOf(freeChannel(email, undefined, context))).toEqual([
      'conflict',
      'suppression-not-liftable',
    ]);
    expect(suppressionOf(await profile(), 'email')).toEqual({ reason, atMs: 5 });
  });

  it('is not free again because the customer unsubscribed in the meantime and took that back', async () => {
    const { context, profile } = await setUp();
    await stopChannel(email, undefined, context);
    await suppressChannel(ada, 'email', { reason: 'unsubscribed', atMs: noonMs }, 'link', context);
    await resumeChannel(ada, 'email', context);
    expect(suppressionOf(await profile(), 'email')?.reason).toBe('manual');
  });

  it('is freed of a bounce that stands alone; its late report changes nothing, the next bounce stops it again', async () => {
    const { context, profile } = await setUp();
    const bounce = { reason: 'bounced', atMs: noonMs, address: 'ada@example.com' } as const;
    await suppressChannel(ada, 'email', bounce, 'bounce', context);
    expect((await freeChannel(email, 'the mailbox was full', context)).suppression).toBeNull();
    await suppressChannel(ada, 'email', bounce, 'bounce', context);
    expect(suppressionOf(await profile(), 'email')).toBeUndefined();
    await suppressChannel(ada, 'email', { ...bounce, atMs: noonMs + 3_600_000 }, 'bounce', context);
    expect(suppressionOf(await profile(), 'email')?.reason).toBe('bounced');
  });

  it('is not freed of a bounce of somebody who had unsubscribed', async () => {
    const { context, profile } = await setUp({ suppressed: { email: { reason: 'unsubscribed', atMs: 5 } } });
    const bounce = { reason: 'bounced', atMs: noonMs, address: 'ada@example.com' } as const;
    await suppressChannel(ada, 'email', bounce, 'bounce', context);
    expect(await codeOf(freeChannel(email, undefined, context))).toEqual([
      'conflict',
      'suppression-not-liftable',
    ]);
    expect(suppressionOf(await profile(), 'email')?.reason).toBe('bounced');
  });

  it('is the same in a profile that is folded from the archive, in any order and with repeats', async () => {
    const { context, events, profile } = await setUp();
    await stopChannel(email, 'first', context);
    await freeChannel(email, undefined, context);
    await stopChannel(email, 'second', context);
    await stopChannel({ customerId: ada, channel: 'push' }, undefined, context);
    await freeChannel({ customerId: ada, channel: 'push' }, undefined, context);
    const stored = await profile();
    fc.assert(
      fc.property(fc.shuffledSubarray([...events.sent, ...events.sent], { minLength: 10 }), (order) => {
        let folded: CustomerProfile | undefined;
        for (const event of order) folded = foldProfile(folded, ada, [event]);
        expect(folded?.owner).toEqual(stored?.owner);
        expect(folded?.consents).toBeUndefined();
        expect(suppressionOf(folded, 'email')).toMatchObject({ reason: 'manual', note: 'second' });
      }),
      { seed: 7, numRuns: 50 },
    );
  });

  it('cannot be freed or stopped by an event of an app', () => {
    const word = ownerEvent(email, { stopped: true, atMs: noonMs }, noonMs);
    expect(foldProfile(undefined, ada, [word])?.owner).toBeDefined();
    expect(foldProfile(undefined, ada, [{ ...word, source: 'key' }])?.owner).toBeUndefined();
  });

  it('is one that there is', () => {
    expect(parseOwnedChannel('ada', 'sms')).toEqual({ customerId: ada, channel: 'sms' });
    expect(() => parseOwnedChannel('ada', 'fax')).toThrow(/path-invalid/);
  });
});
