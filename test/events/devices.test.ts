import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, messageId } from '../../lib/base/ids.ts';
import { channelMessagesCountMax, devicesCountMax } from '../../lib/base/limits.ts';
import { countsByChannel, withMessages } from '../../lib/events/channel-record.ts';
import { channels } from '../../lib/events/consent.ts';
import type { ChannelMessage, Device } from '../../lib/events/customer.ts';
import { liveDevices, withDevices, withoutToken } from '../../lib/events/devices.ts';
import { loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import { foldProfile } from '../../lib/events/profile.ts';

const dayMs = 86_400_000;
const ada = customerId('ada');

const eventAt = (day: number, device: object, event = 'Product Viewed'): StoredEvent => ({
  messageId: messageId(`m-${day}-${JSON.stringify(device)}-${event}`),
  type: 'track',
  event,
  userId: ada,
  timestamp: new Date(day * dayMs + 3_600_000).toISOString(),
  receivedAt: new Date(day * dayMs + 3_600_000).toISOString(),
  source: 'app',
  properties: {},
  traits: {},
  context: { device: { ...device } },
});

const phone = { id: 'phone', type: 'iOS', token: 'a' };
const tokensOf = (events: readonly StoredEvent[]): string[] =>
  liveDevices(foldProfile(undefined, ada, events)).map(({ token }) => token);

describe('devices', () => {
  it('come from context.device of any event, the one seen last first', () => {
    expect(tokensOf([eventAt(1, phone), eventAt(2, { type: 'android', token: 'b' })])).toEqual(['b', 'a']);
  });

  it('have one token each: the later one', () => {
    expect(tokensOf([eventAt(1, phone), eventAt(2, { ...phone, token: 'new' })])).toEqual(['new']);
  });

  it.each([
    ['no token', { id: 'x', type: 'ios' }],
    ['another platform', { type: 'windows', token: 'x' }],
    ['a token that is none', { type: 'ios', token: 'a b' }],
    ['a token too long', { type: 'ios', token: 'x'.repeat(513) }],
  ])('with %s are none', (_, device) => {
    expect(foldProfile(undefined, ada, [eventAt(1, device)])).toBeUndefined();
  });

  it('write the profile once a day', () => {
    const first = foldProfile(undefined, ada, [eventAt(1, phone)]);
    expect(foldProfile(first, ada, [eventAt(1, phone, 'Order Completed')])).toBe(first);
    expect(foldProfile(first, ada, [eventAt(2, phone)])).not.toBe(first);
  });

  it('are dead after a sign-out or their push service’s word, until they are seen on a later day', () => {
    const out = [eventAt(1, phone), eventAt(2, phone, 'Signed Out')];
    expect(tokensOf(out)).toEqual([]);
    expect(tokensOf([...out, eventAt(3, phone)])).toEqual(['a']);
    const seen = foldProfile(undefined, ada, [eventAt(1, phone)]);
    const disowned = seen && withoutToken(seen, 'a', 1 * dayMs + 7_200_000);
    expect(liveDevices(disowned)).toEqual([]);
    expect(liveDevices(foldProfile(disowned, ada, [eventAt(1, phone)]))).toEqual([]);
    expect(liveDevices(foldProfile(disowned, ada, [eventAt(2, phone)]))).toHaveLength(1);
  });

  it('are the same in any order and any number of times, and bounded', () => {
    const device = fc.record({
      platform: fc.constantFrom('ios' as const, 'android' as const),
      token: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm'),
      deviceId: fc.constantFrom('p', 'q', undefined),
      seenAtMs: fc.nat(20).map((day) => day * dayMs),
    });
    fc.assert(
      fc.property(fc.array(device, { maxLength: 30 }), fc.array(fc.nat(29)), (drawn, again) => {
        const devices: Device[] = drawn.map(({ deviceId, ...rest }) => ({
          ...rest,
          ...(deviceId !== undefined && { deviceId }),
        }));
        const once = withDevices(undefined, devices);
        const repeats = again.flatMap((index) => devices[index] ?? []);
        const backwards = [...repeats, ...devices.toReversed()];
        const oneByOne = backwards.reduce<readonly Device[] | undefined>(
          (known, each) => withDevices(known, [each]),
          undefined,
        );
        expect(oneByOne?.map(({ token, seenAtMs }) => [token, seenAtMs])).toEqual(
          once?.map(({ token, seenAtMs }) => [token, seenAtMs]),
        );
        expect(once?.length ?? 0).toBeLessThanOrEqual(devicesCountMax);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

const loop = (event: string, properties: object): StoredEvent => ({
  ...eventAt(1, {}),
  event,
  properties: { channel: 'sms', channelsCount: 2, preparedAt: '2026-06-01T00:00:00.000Z', ...properties },
});

describe('what became of messages', () => {
  const sent = loop(loopEvents.deliverySettled, { deliveryId: 'd1', status: 'sent' });
  const click = loop(loopEvents.deliveryReported, { deliveryId: 'd1', kind: 'click' });

  it('is one entry a delivery, whatever comes first and however often', () => {
    const expected = [
      {
        id: 'd1',
        channel: 'sms',
        atMs: Date.UTC(2026, 5, 1),
        sentAtMs: Date.parse(sent.timestamp),
        clicks: [{ atMs: Date.parse(click.timestamp), link: expect.stringMatching(/^[0-9a-f]{6}$/) }],
      },
    ];
    for (const events of [
      [sent, click],
      [click, sent],
      [click, sent, click, sent],
    ]) {
      const profile = events.reduce<ReturnType<typeof foldProfile>>(
        (known, event) => foldProfile(known, ada, [event]),
        undefined,
      );
      expect(profile?.messages).toEqual(expected);
    }
  });

  it('is not noted where there was no choice, nothing was sent, or it was only opened', () => {
    for (const event of [
      loop(loopEvents.deliverySettled, { deliveryId: 'd', status: 'sent', channelsCount: undefined }),
      loop(loopEvents.deliverySettled, { deliveryId: 'd', status: 'unknown' }),
      loop(loopEvents.deliveryReported, { deliveryId: 'd', kind: 'open' }),
    ]) {
      expect(foldProfile(undefined, ada, [event])).toBeUndefined();
    }
  });

  it('is the same in any order, with the newest kept', () => {
    const message = fc.record({
      number: fc.nat(40),
      sent: fc.boolean(),
      clicked: fc.boolean(),
      ms: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 80 }), (drawn) => {
        const messages: ChannelMessage[] = drawn.map(({ number, ...flags }) => ({
          id: `d${number}`,
          channel: channels[number % channels.length],
          atMs: Math.floor(number / 2) * dayMs,
          ...(flags.sent && { sentAtMs: flags.ms }),
          ...(flags.clicked && { clicks: [{ atMs: flags.ms, link: String(flags.ms % 3) }] }),
        }));
        const forwards = withMessages(undefined, messages);
        const oneByOne = messages
          .toReversed()
          .reduce<readonly ChannelMessage[] | undefined>(
            (known, each) => withMessages(known, [each]),
            undefined,
          );
        expect(oneByOne).toEqual(forwards);
        expect(forwards?.length ?? 0).toBeLessThanOrEqual(channelMessagesCountMax);
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  const secondsLater = (seconds: number): string =>
    new Date(Date.UTC(2026, 5, 2) + seconds * 1_000).toISOString();
  const reported = (kind: string, seconds: number, properties: object = {}): StoredEvent => ({
    ...loop(loopEvents.deliveryReported, { deliveryId: 'd1', kind, ...properties }),
    timestamp: secondsLater(seconds),
  });
  const byPerson = { userAgent: 'Mozilla/5.0 (iPhone) Safari', network: '192.0.2.0' };
  const byGateway = { userAgent: 'Mozilla/5.0 (Windows) Chrome', network: '198.51.100.0' };

  it.each([
    ['a person', [reported('click', 600, { link: 'a', ...byPerson })], 1],
    ['a program that names itself', [reported('click', 600, { link: 'a', userAgent: 'SafeLinks bot' })], 0],
    ['a program without a name', [reported('click', 600, { link: 'a', userAgent: '' })], 0],
    ['somebody within five seconds of the delivery', [reported('click', 64, { link: 'a', ...byGateway })], 0],
    [
      'a gateway that follows every link, long after the delivery',
      Array.from({ length: 30 }, (_, link) =>
        reported('click', 600 + link / 100, { link: `${link}`, ...byGateway }),
      ),
      0,
    ],
    [
      'a gateway and later a person',
      [
        ...Array.from({ length: 30 }, (_, link) => reported('click', 62, { link: `${link}`, ...byGateway })),
        reported('click', 900, { link: '3', ...byPerson }),
      ],
      1,
    ],
    [
      'a gateway that comes back within its visit',
      [
        reported('click', 64, { link: 'a', ...byGateway }),
        reported('click', 300, { link: 'a', ...byGateway }),
      ],
      0,
    ],
  ])('has no response in clicks of programs, by the rules of the reports: %s', (_, clicks, responses) => {
    const settled = { ...sent, timestamp: secondsLater(0) };
    const events = [settled, reported('delivery', 60), ...clicks];
    for (const order of [events, events.toReversed()]) {
      const profile = order.reduce<ReturnType<typeof foldProfile>>(
        (known, event) => foldProfile(known, ada, [event]),
        undefined,
      );
      expect(countsByChannel(profile?.messages ?? [], [], 7).get('sms')).toEqual({ messages: 1, responses });
    }
  });

  it('counts messages and responses of each channel', () => {
    const at = (id: string, channel: 'email' | 'sms', day: number, clicked = false): ChannelMessage => ({
      id,
      channel,
      atMs: day * dayMs,
      sentAtMs: day * dayMs,
      ...(clicked && { clicks: [{ atMs: (day + 1) * dayMs, link: 'a' }] }),
    });
    const messages = [at('a', 'email', 1, true), at('b', 'email', 2), at('c', 'sms', 10)];
    // Day 12 is two days after c; day 25 is too late for anything; day 5 is three after b.
    const counts = countsByChannel(messages, [12 * dayMs, 25 * dayMs, 5 * dayMs], 7);
    expect(counts.get('email')).toEqual({ messages: 2, responses: 2 });
    expect(counts.get('sms')).toEqual({ messages: 1, responses: 1 });
  });
});
