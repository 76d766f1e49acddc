import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, messageId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import {
  type ConsentChoice,
  channels,
  choicesOf,
  choicesOfEvent,
  consentOf,
  purposes,
  reachable,
  withConsents,
} from '../../lib/events/consent.ts';
import type { CustomerProfile } from '../../lib/events/customer.ts';
import type { Json, JsonObject, StoredEvent } from '../../lib/events/event.ts';
import { parseMessage } from '../../lib/events/parse-message.ts';
import { foldProfile } from '../../lib/events/profile.ts';
import { profileOf } from '../deliveries/stage.ts';

const ada = customerId('ada');
let count = 0;
const event = (change: Partial<StoredEvent>, atMs = 1_000): StoredEvent => ({
  messageId: messageId(`c${++count}`),
  type: 'track',
  event: '',
  userId: ada,
  timestamp: new Date(atMs).toISOString(),
  receivedAt: new Date(atMs).toISOString(),
  source: 'key',
  properties: {},
  traits: {},
  context: {},
  ...change,
});
const says = (name: string, properties: JsonObject, source = 'key') =>
  choicesOfEvent(event({ event: name, properties, source }));
const withPhone = (change: Partial<CustomerProfile> = {}) =>
  profileOf('ada', { phone: '+4915112345', ...change });

describe('consent', () => {
  it('where it is required is missing until it is given, and elsewhere there until it is withdrawn', () => {
    const profile = withPhone();
    expect(consentOf(profile, 'sms', 'marketing', defaultSettings)).toBe('not-given');
    expect(consentOf(profile, 'email', 'marketing', defaultSettings)).toBe('given');
    const said = withPhone({
      consents: {
        sms: { marketing: { given: true, atMs: 1 } },
        email: { marketing: { given: false, atMs: 1 } },
      },
    });
    expect(consentOf(said, 'sms', 'marketing', defaultSettings)).toBe('given');
    expect(consentOf(said, 'sms', 'reminder', defaultSettings)).toBe('not-given');
    expect(consentOf(said, 'email', 'marketing', defaultSettings)).toBe('withdrawn');
    expect(consentOf(said, 'email', 'reminder', defaultSettings)).toBe('given');
  });

  it.each([
    [withPhone(), 'email', undefined],
    [withPhone(), 'sms', 'consent-not-given'],
    [withPhone({ phone: undefined }), 'sms', 'no-phone'],
    [withPhone({ phone: '12' }), 'sms', 'phone-invalid'],
    [withPhone({ email: undefined }), 'email', 'no-email'],
    [withPhone({ email: 'a@b.c, d@e.f' }), 'email', 'email-invalid'],
    [withPhone({ suppressed: { email: { reason: 'bounced', atMs: 1 } } }), 'email', 'bounced'],
    [
      withPhone({ consents: { email: { marketing: { given: false, atMs: 1 } } } }),
      'email',
      'consent-withdrawn',
    ],
    [undefined, 'in-app', undefined],
  ] as const)('and address decide who can be reached (%#)', (profile, channel, reason) => {
    expect(reachable(profile, channel, 'marketing', defaultSettings)).toBe(reason);
  });

  it('never lifts what stopped a whole channel', () => {
    const profile = withPhone({
      suppressed: { email: { reason: 'complained', atMs: 1 } },
      consents: { email: { marketing: { given: true, atMs: 9 } } },
    });
    expect(reachable(profile, 'email', 'marketing', defaultSettings)).toBe('complained');
  });
});

describe('what an event says about consent', () => {
  it('by an identify trait, by a track event of an app, and by the preference page', () => {
    const trait = event({
      type: 'identify',
      traits: { consents: { sms: { marketing: true }, email: { marketing: false, reminder: true } } },
    });
    expect(choicesOfEvent(trait)).toEqual([
      { channel: 'email', purpose: 'marketing', given: false, atMs: 1_000 },
      { channel: 'email', purpose: 'reminder', given: true, atMs: 1_000 },
      { channel: 'sms', purpose: 'marketing', given: true, atMs: 1_000 },
    ]);
    const push = { channel: 'push', purpose: 'reminder' };
    expect(says('Consent Given', push)).toEqual([{ ...push, given: true, atMs: 1_000 }]);
    expect(says('Reprise Consent Withdrawn', { ...push, via: 'link' }, 'reprise')).toEqual([
      { ...push, given: false, atMs: 1_000 },
    ]);
  });

  it('is nothing when a bounce stopped the channel, or when somebody else uses our names', () => {
    const email = { channel: 'email', purpose: 'marketing' };
    expect(says('Reprise Consent Withdrawn', { ...email, via: 'bounce' }, 'reprise')).toEqual([]);
    expect(says('Reprise Consent Given', email)).toEqual([]);
    expect(says('Consent Given', email, 'reprise')).toEqual([]);
  });

  it('never counts as later than its receipt', () => {
    const ahead = event({
      event: 'Consent Given',
      properties: { channel: 'sms', purpose: 'marketing' },
      receivedAt: new Date(400).toISOString(),
    });
    expect(choicesOfEvent(ahead)).toMatchObject([{ atMs: 400 }]);
  });

  it('is refused by capture when it cannot be understood as a whole', () => {
    const parse = (message: JsonObject) =>
      parseMessage({ userId: 'ada', ...message }, 0, { receivedAtMs: 1_000, source: 'key' });
    const codeOf = (message: JsonObject) => {
      const parsed = parse(message);
      return parsed.kind === 'refused' ? parsed.refusal.code : undefined;
    };
    const odd: readonly Json[] = [
      true,
      { sms: true },
      { fax: { marketing: true } },
      { sms: { marketing: 'yes' } },
    ];
    for (const consents of odd) {
      expect(codeOf({ type: 'identify', traits: { consents } })).toBe('consents-invalid');
    }
    expect(codeOf({ type: 'identify', traits: { consents: { sms: { marketing: true } } } })).toBeUndefined();
    expect(codeOf({ type: 'track', event: 'Consent Given', properties: { channel: 'sms' } })).toBe(
      'consent-invalid',
    );
  });
});

describe('consents of a profile', () => {
  it('are those of its events in any order, cut and repeated; a withdrawal wins over a consent of the same time', () => {
    const choice: fc.Arbitrary<ConsentChoice> = fc.record({
      channel: fc.constantFrom(...channels),
      purpose: fc.constantFrom(...purposes),
      given: fc.boolean(),
      atMs: fc.nat(3),
    });
    const eventOf = ({ channel, purpose, given, atMs }: ConsentChoice) =>
      given
        ? event({ type: 'identify', traits: { consents: { [channel]: { [purpose]: true } } } }, atMs)
        : event({ event: 'Consent Withdrawn', properties: { channel, purpose } }, atMs);
    fc.assert(
      fc.property(
        fc
          .array(choice, { minLength: 1, maxLength: 12 })
          .chain((all) =>
            fc.tuple(
              fc.constant(all),
              fc.shuffledSubarray(all, { minLength: all.length }),
              fc.shuffledSubarray(all),
            ),
          ),
        ([all, shuffled, repeated]) => {
          const folded = [...shuffled, ...repeated].reduce(
            (profile: CustomerProfile | undefined, one) => foldProfile(profile, ada, [eventOf(one)]),
            undefined,
          );
          for (const channel of channels) {
            for (const purpose of purposes) {
              const said = all.filter((one) => one.channel === channel && one.purpose === purpose);
              const lastMs = Math.max(...said.map(({ atMs }) => atMs));
              const last = said.filter(({ atMs }) => atMs === lastMs);
              expect(folded?.consents?.[channel]?.[purpose]).toEqual(
                said.length === 0 ? undefined : { given: last.every(({ given }) => given), atMs: lastMs },
              );
            }
          }
          expect(withConsents(undefined, choicesOf(folded?.consents))).toEqual(folded?.consents);
        },
      ),
    );
  });
});
