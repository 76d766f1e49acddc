import { describe, expect, it } from 'vitest';
import { sendingAttemptMs } from '../../lib/base/limits.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import type { DeliverContext } from '../../lib/deliveries/attempt.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import { smsSize } from '../../lib/deliveries/sms-segments.ts';
import type { Channel, CustomerProfile } from '../../lib/events/customer.ts';
import { fakeTransport } from '../fakes/transport.ts';
import { couponCampaign, createStage, memberOf, noonMs, profileOf, type Stage } from './stage.ts';

const all: readonly Channel[] = ['push', 'sms', 'email', 'in-app'];
const campaign: Campaign = { ...couponCampaign, channels: all };
const devices = [
  { platform: 'ios' as const, token: 'dead', deviceId: 'phone', seenAtMs: noonMs },
  { platform: 'ios' as const, token: 'alive', deviceId: 'tablet', seenAtMs: noonMs - 86_400_000 },
];
const reachable = { phone: '+49 151 12345678', devices };

const setUp = async (change: Partial<CustomerProfile> = {}) => {
  const stage = createStage();
  const transport = fakeTransport(all);
  const profile = profileOf('ada', { ...reachable, ...change });
  await stage.customers.writeProfile(profile, undefined);
  const context: DeliverContext = {
    ...stage.context,
    transport,
    settings: {
      ...stage.context.settings,
      consentRequired: { email: false, sms: false, push: false, 'in-app': false },
      push: { ios: 'arn:aws:sns:us-east-1:000000000000:app/APNS/shop', messagesPerSecondMax: 1 },
      sms: { messagesPerSecondMax: 1, optOutText: { en: 'STOP to end', 'zh-CN': '' } },
    },
  };
  const deliver = (own: DeliverContext = context, of: Campaign = campaign) =>
    deliverOne(of, memberOf('ada'), { profile }, own);
  return { stage, transport, context, deliver, profile };
};

const delivery = (stage: Stage) => [...stage.table.deliveries.values()][0];
const stored = async (stage: Stage, { customerId }: CustomerProfile) =>
  (await stage.customers.read(customerId)).profile;

describe('a message that a channel does not take', () => {
  it('goes to the next device, then to the next channel, under one delivery with one coupon', async () => {
    const { stage, transport, deliver, profile } = await setUp();
    transport.next.push(
      { kind: 'rejected', message: 'EndpointDisabled', isAddressDead: true },
      { kind: 'rejected', message: 'PlatformApplicationDisabled' },
    );
    expect(await deliver()).toEqual({ kind: 'sent' });
    expect(transport.messages).toMatchObject([
      { channel: 'sms', to: '+4915112345678', text: expect.stringMatching(/STOP to end$/) },
    ]);
    expect(stage.table.deliveries.size).toBe(1);
    expect(stage.table.coupons.size).toBe(1);
    expect(delivery(stage)).toMatchObject({
      status: 'sent',
      channel: 'sms',
      channelReason: 'fallback',
      channelsCount: 4,
      messageId: 'sns-1',
      attempts: [
        { channel: 'push', reason: 'EndpointDisabled', isAddressDead: true },
        { channel: 'push', reason: 'PlatformApplicationDisabled' },
      ],
    });
    // Struck off for the next message, and only that one.
    expect((await stored(stage, profile))?.devices).toMatchObject([
      { token: 'dead', deadAtMs: noonMs },
      { token: 'alive' },
    ]);
  });

  it('says how many segments an SMS was charged as, on its row and in its event, and forgets it where another channel took it', async () => {
    const { stage, transport, deliver } = await setUp({ devices: [] });
    expect(await deliver()).toEqual({ kind: 'sent' });
    const [message] = transport.messages;
    const { segments } = smsSize(message.channel === 'sms' ? message.text : '');
    expect(delivery(stage).segments).toBe(segments);
    expect(stage.events.at(-1)?.properties).toMatchObject({ channel: 'sms', status: 'sent', segments });
    const other = await setUp({ devices: [] });
    other.transport.next.push({ kind: 'rejected', message: 'no route' });
    expect(await other.deliver()).toEqual({ kind: 'sent' });
    expect(delivery(other.stage)).toMatchObject({ channel: 'email', status: 'sent' });
    expect(delivery(other.stage).segments).toBeUndefined();
    expect(other.stage.events.at(-1)?.properties).not.toHaveProperty('segments');
  });

  it('stops SMS to a number that opted out', async () => {
    const { stage, transport, deliver, profile } = await setUp({ devices: [] });
    transport.next.push({ kind: 'rejected', message: 'opted out', isAddressDead: true });
    expect(await deliver()).toEqual({ kind: 'sent' });
    expect(transport.messages.map(({ channel }) => channel)).toEqual(['email']);
    expect((await stored(stage, profile))?.suppressed.sms).toEqual({ reason: 'unsubscribed', atMs: noonMs });
  });

  it('fails when no channel is left, with every try', async () => {
    const { stage, transport, deliver } = await setUp({ devices: [], phone: undefined });
    const two = { ...campaign, channels: ['email', 'in-app'] as const };
    transport.next.push({ kind: 'rejected', message: 'a' }, { kind: 'rejected', message: 'b' });
    expect(await deliver(undefined, two)).toEqual({ kind: 'failed', reason: 'b' });
    expect(delivery(stage).attempts).toMatchObject([{ reason: 'a' }, { reason: 'b' }]);
  });

  it('never falls back when nobody knows whether it went out', async () => {
    const { transport, deliver, stage } = await setUp();
    transport.next.push({ kind: 'throws', error: new Error('socket hang up') });
    expect(await deliver()).toMatchObject({ kind: 'unknown' });
    expect(await deliver()).toMatchObject({ kind: 'unknown' });
    expect(transport.messages).toEqual([]);
    expect(delivery(stage)).toMatchObject({ channel: 'push', status: 'unknown' });
  });

  it('waits for its channel when that is throttled, until the time it names', async () => {
    const { transport, deliver } = await setUp();
    transport.next.push({ kind: 'throttled', message: 'quota', untilMs: noonMs + 5 });
    expect(await deliver()).toEqual({ kind: 'deferred', reason: 'throttled', untilMs: noonMs + 5 });
    expect(await deliver()).toEqual({ kind: 'sent' });
    expect(transport.messages.map(({ channel }) => channel)).toEqual(['push']);
  });

  it('is not even claimed while its channel has no turn', async () => {
    const { context, transport, deliver, stage } = await setUp();
    const spent = { kind: 'throttled' as const, message: 'spent', untilMs: noonMs + 7 };
    const late = { ...context, transport: { ...transport, turn: async () => spent } };
    expect(await deliver(late)).toEqual({ kind: 'deferred', reason: 'throttled', untilMs: noonMs + 7 });
    expect(delivery(stage).status).toBe('prepared');
  });

  it('does not go where a cap of its own was not asked', async () => {
    const { context, transport, deliver } = await setUp({ devices: [] });
    const caps = [{ deliveriesMax: 1, days: 1, channel: 'email' as const }];
    const capped = { ...context, settings: { ...context.settings, caps } };
    transport.next.push({ kind: 'rejected', message: 'no' });
    expect(await deliver(capped)).toEqual({ kind: 'sent' });
    expect(transport.messages.map(({ channel }) => channel)).toEqual(['in-app']);
  });

  it('takes the next channel when the first one’s cap is full', async () => {
    const { context, transport, deliver } = await setUp({ devices: [] });
    const caps = [{ deliveriesMax: 1, days: 1, channel: 'sms' as const }];
    const capped = { ...context, settings: { ...context.settings, caps } };
    await deliver(capped);
    const other = { ...campaign, campaignId: 'other' as Campaign['campaignId'] };
    expect(await deliver(capped, other)).toEqual({ kind: 'sent' });
    expect(transport.messages.map(({ channel }) => channel)).toEqual(['sms', 'email']);
  });

  it('moves when its channel was lost while it waited', async () => {
    const { context, transport, deliver, profile } = await setUp({ devices: [] });
    transport.next.push({ kind: 'throttled', message: 'slow down' });
    await deliver();
    const off = { ...profile, suppressed: { sms: { reason: 'unsubscribed' as const, atMs: noonMs } } };
    expect(await deliverOne(campaign, memberOf('ada'), { profile: off }, context)).toEqual({ kind: 'sent' });
    expect(transport.messages.map(({ channel }) => channel)).toEqual(['email']);
  });

  it('is one message, wherever the process dies between the tries', async () => {
    for (let dieAfter = 1; dieAfter <= 12; dieAfter++) {
      const { stage, transport, context, deliver } = await setUp();
      transport.next.push({ kind: 'rejected', message: 'dead', isAddressDead: true });
      let changes = 0;
      const mortal = <T>(act: () => Promise<T>): Promise<T> =>
        changes++ < dieAfter ? act() : Promise.reject(new Error('died'));
      const { deliveries, customers, events } = context;
      const dying: DeliverContext = {
        ...context,
        deliveries: {
          ...deliveries,
          prepare: (...args) => mortal(() => deliveries.prepare(...args)),
          advance: (...args) => mortal(() => deliveries.advance(...args)),
        },
        customers: { ...customers, writeProfile: (...args) => mortal(() => customers.writeProfile(...args)) },
        events: { send: (...args) => mortal(() => events.send(...args)) },
      };
      await deliver(dying).catch(() => undefined);
      stage.setNow(noonMs + sendingAttemptMs);
      await deliver();
      expect(transport.messages.length, `died after ${dieAfter}`).toBeLessThanOrEqual(1);
      expect(stage.table.coupons.size).toBe(1);
      expect(['sent', 'unknown']).toContain(delivery(stage).status);
    }
  });
});

describe('an in-app offer', () => {
  const inApp = { ...campaign, channels: ['in-app'] as const };

  it('is kept with the coupon’s own expiry', async () => {
    const { transport, deliver, stage } = await setUp();
    await deliver(undefined, inApp);
    const [coupon] = stage.table.coupons.values();
    expect(transport.messages).toMatchObject([
      {
        channel: 'in-app',
        offer: {
          deliveryId: delivery(stage).deliveryId,
          couponCode: coupon.code,
          expiresAt: coupon.expiresAt,
          purpose: 'marketing',
        },
      },
    ]);
  });

  it('is there at once in quiet hours and whatever the send time is: what waits in the app disturbs nobody', async () => {
    const { transport, deliver, stage } = await setUp();
    const nightMs = noonMs + 11 * 3_600_000;
    stage.setNow(nightMs);
    const nightly = { ...inApp, sendTime: { kind: 'local-hour', hour: 9 } as const };
    expect(await deliver(undefined, { ...nightly, channels: ['push'] })).toMatchObject({ kind: 'deferred' });
    expect(await deliver(undefined, nightly)).toEqual({ kind: 'sent' });
    expect(transport.messages).toMatchObject([
      { channel: 'in-app', offer: { createdAt: new Date(nightMs).toISOString() } },
    ]);
  });

  it('is put again after a crash: it is one row, so it is never unknown', async () => {
    const { transport, deliver, stage } = await setUp();
    transport.next.push({ kind: 'throws', error: new Error('socket hang up') });
    expect(await deliver(undefined, inApp)).toMatchObject({ kind: 'deferred' });
    expect(await deliver(undefined, inApp)).toEqual({ kind: 'sent' });
    expect(delivery(stage).status).toBe('sent');
  });
});
