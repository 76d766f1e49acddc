import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import { chooseChannel } from '../../lib/deliveries/channel-choice.ts';
import { channels, consentOf } from '../../lib/events/consent.ts';
import type { Channel, ChannelMessage, CustomerProfile, CustomerRecord } from '../../lib/events/customer.ts';
import { noonMs } from './stage.ts';

const dayMs = 86_400_000;
const words = {
  en: {
    subject: 's',
    html: 'h',
    text: 't',
    sms: 'x',
    push: { title: 'x', body: 'x' },
    inApp: { title: 'x', body: 'x' },
  },
};
const settings = {
  ...defaultSettings,
  consentRequired: { email: false, sms: false, push: false, 'in-app': false },
  push: { android: 'arn', messagesPerSecondMax: 1 },
};
const everywhere: CustomerProfile = {
  customerId: customerId('ada'),
  email: 'ada@example.com',
  phone: '+4915112345678',
  devices: [{ platform: 'android', token: 't', seenAtMs: noonMs }],
  traits: {},
  traitTimes: {},
  suppressed: {},
  createdAtMs: 0,
};
const all: readonly Channel[] = ['email', 'sms', 'push', 'in-app'];
const choose = (
  record: CustomerRecord,
  { of = all, context = {} }: { readonly of?: readonly Channel[]; readonly context?: object } = {},
) =>
  chooseChannel({ channels: of, purpose: 'marketing' }, words, record, {
    settings,
    channels: all,
    ...context,
  });
const profileWith = (change: Partial<CustomerProfile>): CustomerRecord => ({
  profile: { ...everywhere, ...change },
});
let ids = 0;
const message = (channel: Channel, clicked: boolean, daysAgo = 30): ChannelMessage => ({
  id: `m${ids++}`,
  channel,
  atMs: noonMs - daysAgo * dayMs,
  sentAtMs: noonMs - daysAgo * dayMs,
  ...(clicked && { clicks: [{ atMs: noonMs - (daysAgo - 1) * dayMs, link: 'a' }] }),
});
const times = (count: number, make: (index: number) => ChannelMessage): ChannelMessage[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('the channel of a message', () => {
  it('is the campaign’s first that is possible, and says why the others are not', () => {
    const record = profileWith({
      email: undefined,
      suppressed: { sms: { reason: 'unsubscribed', atMs: 1 } },
    });
    expect(choose(record)).toEqual({
      order: ['push', 'in-app'],
      why: 'campaign-order',
      refused: [
        { channel: 'email', reason: 'no-email' },
        { channel: 'sms', reason: 'unsubscribed' },
      ],
    });
  });

  it('needs the channel to be set up, words for it, and an app on the customer’s platform', () => {
    expect(choose({ profile: everywhere }, { context: { channels: ['email'] } }).refused[0]).toEqual({
      channel: 'sms',
      reason: 'sms-not-set-up',
    });
    const { sms: _, ...silent } = words.en;
    const without = chooseChannel(
      { channels: ['sms'], purpose: 'marketing' },
      { en: silent },
      { profile: everywhere },
      { settings, channels: all },
    );
    expect(without.refused).toEqual([{ channel: 'sms', reason: 'no-sms-text' }]);
    const chinese = chooseChannel(
      { channels: ['email', 'sms'], purpose: 'marketing' },
      { en: { push: words.en.push }, 'zh-CN': words.en },
      { profile: everywhere },
      { settings, channels: all },
    );
    // Chinese words are none for who reads English.
    expect(chinese.refused).toEqual([
      { channel: 'email', reason: 'no-email-text' },
      { channel: 'sms', reason: 'no-sms-text' },
    ]);
    const onlyIos = { settings: { ...settings, push: { ios: 'arn', messagesPerSecondMax: 1 } } };
    expect(choose({ profile: everywhere }, { of: ['push'], context: onlyIos }).refused).toEqual([
      { channel: 'push', reason: 'no-device' },
    ]);
  });

  it.each([
    ['push', ['push', 'email', 'sms', 'in-app']],
    [
      ['in-app', 'sms'],
      ['in-app', 'sms', 'email', 'push'],
    ],
    ['fax', ['email', 'sms', 'push', 'in-app']],
  ])('is the one the customer asked for: %j', (preferredChannel, order) => {
    const choice = choose(profileWith({ traits: { preferredChannel } }));
    expect(choice.order).toEqual(order);
    expect(choice.why).toBe(preferredChannel === 'fax' ? 'campaign-order' : 'preference');
  });

  it('is one they responded to before one they did not, by posterior mean: 5 of 18 before 1 of 2, and 1 of 2 before none', () => {
    // (5 + 1) / (18 + 20) = 0.158; (1 + 1) / (2 + 20) = 0.091.
    const messages = [
      ...times(18, (index) => message('sms', index < 5)),
      ...times(2, (index) => message('push', index < 1)),
    ];
    const choice = choose(profileWith({ messages }));
    expect(choice.order).toEqual(['sms', 'push', 'email', 'in-app']);
    expect(choice.why).toBe('response');
  });

  it('is not an untried one only because others brought nothing', () => {
    expect(choose(profileWith({ messages: times(20, () => message('email', false)) })).order[0]).toBe(
      'email',
    );
  });

  it('counts an order for the last message before it, within seven days', () => {
    const messages = [message('email', false, 10), message('push', false, 8), message('sms', false, 1)];
    const at = (daysAgo: number) => ({
      orders: { o: { atMs: noonMs - daysAgo * dayMs, value: 1, refundedValue: 0 } },
    });
    const orderOf = (daysAgo: number) =>
      choose({
        profile: { ...everywhere, messages },
        state: { events: [], owned: {}, revision: 1, ...at(daysAgo) },
      }).order[0];
    expect(orderOf(7)).toBe('push');
    expect(orderOf(0.5)).toBe('sms');
    expect(orderOf(11)).toBe('email');
  });

  it('is never one without consent, an address, or the campaign’s leave, whatever was preferred or worked', () => {
    const consent = fc.option(fc.record({ given: fc.boolean(), atMs: fc.nat() }), { nil: undefined });
    const consents = fc.record(
      Object.fromEntries(channels.map((channel) => [channel, fc.record({ marketing: consent })])),
    );
    const stopped = fc.subarray([...channels]);
    fc.assert(
      fc.property(
        fc.record({
          of: fc.subarray([...channels], { minLength: 1 }),
          consents,
          stopped,
          email: fc.constantFrom(undefined, 'ada@example.com', 'a b'),
          phone: fc.constantFrom(undefined, '+4915112345678', '0151'),
          isAlive: fc.boolean(),
          preferredChannel: fc.constantFrom(...channels),
          responses: fc.array(fc.tuple(fc.constantFrom(...channels), fc.boolean()), { maxLength: 20 }),
          required: fc.record({
            email: fc.boolean(),
            sms: fc.boolean(),
            push: fc.boolean(),
            'in-app': fc.boolean(),
          }),
        }),
        (drawn) => {
          const [device] = everywhere.devices ?? [];
          const profile: CustomerProfile = {
            ...everywhere,
            email: drawn.email,
            phone: drawn.phone,
            devices: [{ ...device, ...(!drawn.isAlive && { deadAtMs: noonMs + 1 }) }],
            consents: drawn.consents,
            suppressed: Object.fromEntries(
              drawn.stopped.map((channel) => [channel, { reason: 'manual' as const, atMs: 1 }]),
            ),
            traits: { preferredChannel: drawn.preferredChannel },
            messages: drawn.responses.map(([channel, clicked]) => message(channel, clicked)),
          };
          const own = { ...settings, consentRequired: drawn.required };
          const { order, refused } = choose({ profile }, { of: drawn.of, context: { settings: own } });
          const allowed = (channel: Channel): boolean =>
            drawn.of.includes(channel) &&
            !drawn.stopped.includes(channel) &&
            consentOf(profile, channel, 'marketing', own) === 'given' &&
            (channel !== 'email' || drawn.email === 'ada@example.com') &&
            (channel !== 'sms' || drawn.phone === '+4915112345678') &&
            (channel !== 'push' || drawn.isAlive);
          // Never a forbidden one, and no permitted one lost.
          expect([...order].sort()).toEqual(channels.filter(allowed).sort());
          expect([...order, ...refused.map(({ channel }) => channel)].sort()).toEqual([...drawn.of].sort());
        },
      ),
      { seed: 4, numRuns: 500 },
    );
  });
});
