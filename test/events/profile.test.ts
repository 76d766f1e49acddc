import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, messageId } from '../../lib/base/ids.ts';
import { traitsCountMax } from '../../lib/base/limits.ts';
import type { CustomerProfile } from '../../lib/events/customer.ts';
import type { JsonObject, StoredEvent } from '../../lib/events/event.ts';
import { foldProfile, mergeProfiles } from '../../lib/events/profile.ts';

const ada = customerId('u1');
let count = 0;
const identify = (traits: JsonObject, atMs = 1_000, context: JsonObject = {}): StoredEvent => ({
  messageId: messageId(`m${++count}`),
  type: 'identify',
  event: '',
  userId: ada,
  timestamp: new Date(atMs).toISOString(),
  receivedAt: new Date(atMs).toISOString(),
  source: 'key',
  properties: {},
  traits,
  context,
});
const profileOf = (...events: readonly StoredEvent[]): CustomerProfile => {
  const profile = foldProfile(undefined, ada, events);
  if (profile === undefined) throw new Error('no profile');
  return profile;
};

describe('an address that bounced', () => {
  const bounced = { reason: 'bounced', atMs: 2_000, address: 'ada@exmaple.com' } as const;
  const suppressedAfter = (email: CustomerProfile['suppressed']['email'], ...events: StoredEvent[]) =>
    foldProfile(
      {
        ...profileOf(identify({ email: 'ada@exmaple.com' })),
        suppressed: { email, sms: { reason: 'manual', atMs: 1 } },
      },
      ada,
      events,
    )?.suppressed;

  it('no longer stops mail once the customer has corrected it', () => {
    expect(suppressedAfter(bounced, identify({ email: 'ada@example.com' }, 3_000))).toEqual({
      sms: { reason: 'manual', atMs: 1 },
    });
  });

  it('goes on stopping it while it is told again, in other letters or by an older event', () => {
    for (const event of [
      identify({ email: 'Ada@Exmaple.com' }, 3_000),
      identify({ email: 'ada@example.com' }, 500),
      identify({ plan: 'pro' }, 3_000),
    ]) {
      expect(suppressedAfter(bounced, event)?.email).toEqual(bounced);
    }
  });

  it('is the only reason that another address lifts', () => {
    for (const email of [
      { reason: 'bounced', atMs: 2_000 },
      { reason: 'unsubscribed', atMs: 2_000 },
      { reason: 'complained', atMs: 2_000 },
    ] as const) {
      expect(suppressedAfter(email, identify({ email: 'ada@example.com' }, 3_000))?.email).toEqual(email);
    }
  });
});

describe('contact fields', () => {
  it('come from the standard traits', () => {
    const traits = {
      email: ' ada@example.com ',
      phone: '+44 20',
      firstName: 'Ada',
      lastName: 'Lovelace',
      locale: 'en-GB',
      timezone: 'Europe/London',
    };
    expect(profileOf(identify(traits))).toMatchObject({
      email: 'ada@example.com',
      phone: '+44 20',
      name: 'Ada Lovelace',
      language: 'en-GB',
      timeZone: 'Europe/London',
      traits,
    });
  });

  it('name goes before its parts, language before locale', () => {
    const traits = { name: 'Countess', firstName: 'Ada', language: 'zh-CN', locale: 'en-GB' };
    expect(profileOf(identify(traits))).toMatchObject({ name: 'Countess', language: 'zh-CN' });
  });

  it("come from the device where the app is silent, and never over the app's word", () => {
    const device = identify({}, 9_000, { locale: 'de-DE', timezone: 'Europe/Berlin' });
    expect(profileOf(device)).toMatchObject({ language: 'de-DE', timeZone: 'Europe/Berlin' });
    const app = identify({ language: 'en', timezone: 'Asia/Shanghai' }, 1_000);
    expect(profileOf(app, device)).toMatchObject({ language: 'en', timeZone: 'Asia/Shanghai' });
  });

  it.each([
    'ada',
    'ada@',
    'ada@example',
    '@example.com',
    'ada@example.com, eve@example.com',
    'ada@example.com\r\nBcc: eve@example.com',
    'Ada <ada@example.com>',
    `${'a'.repeat(250)}@example.com`,
    7,
  ])('an address like %j is kept as a trait and not written to', (email) => {
    const profile = profileOf(identify({ email }));
    expect(profile.email).toBeUndefined();
    expect(profile.traits.email).toBe(email);
  });

  it('a time zone that nobody knows is none', () => {
    expect(profileOf(identify({ timezone: 'Mars/Base' })).timeZone).toBeUndefined();
  });

  it('a contact taken back by a later null is gone', () => {
    expect(
      profileOf(identify({ email: 'ada@example.com' }, 1), identify({ email: null }, 2)).email,
    ).toBeUndefined();
  });
});

describe('traits', () => {
  it('of an earlier identify that arrives late do not overwrite, new ones join', () => {
    const profile = profileOf(identify({ plan: 'pro', a: 1 }, 2_000));
    expect(foldProfile(profile, ada, [identify({ plan: 'free', b: 2 }, 1_000)])).toMatchObject({
      traits: { plan: 'pro', a: 1, b: 2 },
      traitTimes: { plan: 2_000, a: 2_000, b: 1_000 },
      createdAtMs: 1_000,
    });
  });

  it('that tell nothing new give the very same profile', () => {
    const event = identify({ plan: 'pro' });
    const profile = profileOf(event);
    expect(foldProfile(profile, ada, [event])).toBe(profile);
    expect(foldProfile(profile, ada, [])).toBe(profile);
  });

  it('do not touch what was suppressed', () => {
    const suppressed = { email: { reason: 'complained', atMs: 5 } } as const;
    const profile = { ...profileOf(identify({ email: 'a@example.com' })), suppressed };
    expect(foldProfile(profile, ada, [identify({ email: 'b@example.com' }, 9_000)])?.suppressed).toEqual(
      suppressed,
    );
  });

  it('beyond the bound are forgotten from the oldest on, contact traits last', () => {
    const many = Array.from({ length: traitsCountMax + 50 }, (_, index) =>
      identify({ [`t${index}`]: index }, 1_000 + index),
    );
    const profile = profileOf(identify({ email: 'ada@example.com' }, 1), ...many);
    expect(Object.keys(profile.traits)).toHaveLength(traitsCountMax);
    expect(profile.email).toBe('ada@example.com');
    expect(profile.traits.t0).toBeUndefined();
    expect(profile.traits[`t${traitsCountMax + 49}`]).toBe(traitsCountMax + 49);
  });

  it('with a document for a value stay in the archive only', () => {
    expect(profileOf(identify({ cv: 'x'.repeat(2_000), plan: 'pro' })).traits).toEqual({ plan: 'pro' });
  });

  it('give the same profile in any order, repeated, and joined from an anonymous one', () => {
    const anyIdentify = fc
      .record({
        traits: fc.dictionary(
          fc.constantFrom('email', 'name', 'a', 'b'),
          fc.oneof(fc.constantFrom('x@y.zz', 'p@q.rr'), fc.integer(), fc.constant(null)),
        ),
        atMs: fc.integer({ min: 0, max: 4 }),
      })
      .map(({ traits, atMs }) => identify(traits, atMs));
    const runs = fc
      .array(anyIdentify, { minLength: 1, maxLength: 10 })
      .chain((all) =>
        fc.tuple(
          fc.constant(all),
          fc.shuffledSubarray(all, { minLength: all.length }),
          fc.shuffledSubarray(all),
          fc.nat(10),
        ),
      );
    fc.assert(
      fc.property(runs, ([all, shuffled, repeated, cut]) => {
        const once = profileOf(...all);
        const later = [...shuffled, ...repeated].reduce(
          (profile: CustomerProfile | undefined, event) => foldProfile(profile, ada, [event]),
          undefined,
        );
        expect(later).toEqual(once);
        const anonymous = foldProfile(undefined, customerId('anon:v1'), shuffled.slice(0, cut));
        expect(mergeProfiles(foldProfile(undefined, ada, shuffled.slice(cut)), ada, anonymous)).toEqual(once);
      }),
      { numRuns: 300 },
    );
  });
});
