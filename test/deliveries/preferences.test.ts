import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, messageId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import { answerPreferences } from '../../lib/deliveries/preferences.ts';
import { preferenceToken, unsubscribeToken } from '../../lib/deliveries/unsubscribe-link.ts';
import { channels, consentOf, purposes } from '../../lib/events/consent.ts';
import type { CustomerProfile, Suppression } from '../../lib/events/customer.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import { foldProfile } from '../../lib/events/profile.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { noonMs, profileOf } from './stage.ts';

const secret = 'ab'.repeat(32);
const ada = customerId('ada');
const phone = '+14155550100';

const setUp = async (change: Partial<CustomerProfile> = {}) => {
  const customers = createFakeCustomerStore();
  await customers.writeProfile(profileOf('ada', { phone, ...change }), undefined);
  const events = createFakeEventQueue();
  let nowMs = noonMs;
  const context = { customers, events, clock: { nowMs: () => nowMs }, settings: defaultSettings };
  const ask = (method: 'GET' | 'POST', body = '', token = preferenceToken(ada, secret)) => {
    nowMs += 1000;
    return answerPreferences({ method, token, body, acceptLanguage: undefined }, secret, context);
  };
  const profile = async () => {
    const { profile: stored } = await customers.read(ada);
    if (stored === undefined) throw new Error('ada is gone');
    return stored;
  };
  return { ask, profile, events: events.sent };
};

/** As a browser posts it: everything shown, the ticked boxes. */
const form = (wanted: readonly string[], others: { readonly [field: string]: string } = {}): string => {
  const fields = new URLSearchParams(others);
  for (const channel of ['email', 'sms', 'in-app']) {
    for (const purpose of purposes) fields.append('shown', `${channel}:${purpose}`);
  }
  for (const name of wanted) fields.append('want', name);
  return fields.toString();
};
/** What ada gets when she never said anything: SMS needs a yes. */
const untouched = ['email:marketing', 'email:reminder', 'in-app:marketing', 'in-app:reminder'];

describe('the preference page', () => {
  it('shows what the customer gets now and changes nothing when it is opened', async () => {
    const { ask, profile, events } = await setUp();
    const before = await profile();
    const { statusCode, html } = await ask('GET');
    expect(statusCode).toBe(200);
    expect(html).toContain('value="email:marketing" checked');
    expect(html).toContain('value="sms:marketing">');
    expect(html).not.toContain('push:');
    expect(html).not.toMatch(/<script|https?:\/\//);
    expect(html).toContain('a•••@example.com');
    expect(await profile()).toEqual(before);
    expect(events).toEqual([]);
  });

  it('stores each channel and purpose by itself, and writes an event for what is new', async () => {
    const { ask, profile, events } = await setUp();
    const wanted = ['email:reminder', 'in-app:marketing', 'in-app:reminder', 'sms:reminder'];
    const { html } = await ask('POST', form(wanted));
    expect(html).toContain('Saved.');
    const stored = await profile();
    expect(consentOf(stored, 'email', 'marketing', defaultSettings)).toBe('withdrawn');
    expect(consentOf(stored, 'email', 'reminder', defaultSettings)).toBe('given');
    expect(consentOf(stored, 'sms', 'reminder', defaultSettings)).toBe('given');
    expect(consentOf(stored, 'sms', 'marketing', defaultSettings)).toBe('not-given');
    expect(events.map(({ event, properties }) => [event, properties])).toEqual([
      ['Reprise Consent Withdrawn', { channel: 'email', purpose: 'marketing', via: 'preferences' }],
      ['Reprise Consent Given', { channel: 'sms', purpose: 'reminder', via: 'preferences' }],
    ]);
  });

  it('takes the same form twice as one change, and an untouched one as none', async () => {
    const { ask, profile, events } = await setUp();
    await ask('POST', form(untouched));
    expect(events).toEqual([]);
    expect((await profile()).consents).toBeUndefined();
    await ask('POST', form(['sms:marketing']));
    const once = await profile();
    const count = events.length;
    await ask('POST', form(['sms:marketing']));
    expect(await profile()).toEqual(once);
    expect(events).toHaveLength(count);
  });

  it('leaves alone what the form did not show', async () => {
    const { ask, profile } = await setUp();
    await ask('POST', 'shown=sms:marketing&want=sms:marketing&shown=nonsense&want=email:reminder');
    expect((await profile()).consents).toEqual({
      sms: { marketing: { given: true, atMs: noonMs + 1000 } },
    });
    await ask('POST', '');
    expect(Object.keys((await profile()).consents ?? {})).toEqual(['sms']);
  });

  it('lifts an own unsubscription for what is ticked, and for that only', async () => {
    const { ask, profile } = await setUp({ suppressed: { email: { reason: 'unsubscribed', atMs: 5 } } });
    expect((await ask('GET')).html).toContain('You unsubscribed from all of these');
    await ask('POST', form(['in-app:marketing', 'in-app:reminder']));
    expect((await profile()).suppressed.email).toBeDefined();
    await ask('POST', form(['email:reminder', 'in-app:marketing', 'in-app:reminder']));
    const stored = await profile();
    expect(stored.suppressed).toEqual({});
    expect(consentOf(stored, 'email', 'reminder', defaultSettings)).toBe('given');
    expect(consentOf(stored, 'email', 'marketing', defaultSettings)).toBe('withdrawn');
  });

  it.each(['bounced', 'complained', 'manual'] as const)(
    'never lifts what is %s, and offers no box for it',
    async (reason) => {
      const suppressed: { email: Suppression } = { email: { reason, atMs: 5 } };
      const { ask, profile, events } = await setUp({ suppressed });
      const { html } = await ask('GET');
      expect(html).toContain('value="email:marketing" disabled');
      expect(html).not.toContain('name="shown" value="email:');
      await ask('POST', form(untouched));
      expect((await profile()).suppressed).toEqual(suppressed);
      expect(events).toEqual([]);
    },
  );

  it('keeps channel and language liked best over what the app tells later, until they are taken back', async () => {
    const { ask, profile } = await setUp({ language: 'en', traits: { locale: 'en' } });
    const { html } = await ask('POST', form(untouched, { preferredChannel: 'sms', language: 'zh-CN' }));
    expect(html).toContain('<html lang="zh-CN">');
    expect(html).toContain('<option value="sms" selected>');
    const stored = await profile();
    expect(stored.traits.preferredChannel).toBe('sms');
    const login: StoredEvent = {
      messageId: messageId('login'),
      type: 'identify',
      event: '',
      userId: ada,
      timestamp: new Date(noonMs + 86_400_000).toISOString(),
      receivedAt: new Date(noonMs + 86_400_000).toISOString(),
      source: 'ios',
      properties: {},
      traits: { language: 'en', $language: 'fr' },
      context: {},
    };
    expect(foldProfile(stored, ada, [login])?.language).toBe('zh-CN');
    await ask('POST', form(untouched, { preferredChannel: 'none', language: 'none' }));
    expect(await profile()).toMatchObject({ language: 'en', traits: { preferredChannel: null } });
  });

  it('says by its events what it stored: the archive comes to the same consents', async () => {
    const names = channels.flatMap((channel) => purposes.map((purpose) => `${channel}:${purpose}`));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.subarray(names), { maxLength: 4 }), async (forms) => {
        const { ask, profile, events } = await setUp();
        const first = await profile();
        for (const wanted of forms) await ask('POST', form(wanted));
        expect((foldProfile(first, ada, events) ?? first).consents).toEqual((await profile()).consents);
      }),
      { numRuns: 50, seed: 7 },
    );
  });

  it('takes no other link for its own, and answers a bad one in whole words', async () => {
    const { ask, events } = await setUp();
    const other = unsubscribeToken({ customerId: ada, channel: 'email' }, secret);
    for (const token of [other, preferenceToken(ada, 'cd'.repeat(32)), 'x', '']) {
      const { statusCode, html } = await ask('POST', form([]), token);
      expect(statusCode).toBe(404);
      expect(html).toContain('This link is not valid');
    }
    expect(events).toEqual([]);
  });
});
