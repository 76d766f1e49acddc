import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { suppressChannel } from '../../lib/deliveries/suppress.ts';
import { answerUnsubscribe } from '../../lib/deliveries/unsubscribe.ts';
import {
  preferenceToken,
  readUnsubscribeToken,
  unsubscribeToken,
} from '../../lib/deliveries/unsubscribe-link.ts';
import type { CustomerProfile } from '../../lib/events/customer.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { noonMs, profileOf } from './stage.ts';

const secret = 'ab'.repeat(32);
const ada = customerId('ada');
const token = unsubscribeToken({ customerId: ada, channel: 'email' }, secret);

const setUp = async (change: Partial<CustomerProfile> = {}) => {
  const customers = createFakeCustomerStore();
  await customers.writeProfile(profileOf('ada', change), undefined);
  const events = createFakeEventQueue();
  let nowMs = noonMs;
  const context = { customers, events, clock: { nowMs: () => nowMs } };
  const ask = (method: 'GET' | 'POST', body = '', given = token, acceptLanguage?: string) => {
    nowMs += 1000;
    return answerUnsubscribe({ method, token: given, body, acceptLanguage }, secret, context);
  };
  const suppression = async () => (await customers.read(ada)).profile?.suppressed.email;
  return { ask, suppression, events, customers, context };
};

describe('the unsubscribe token', () => {
  it.each(['ada', '李雷/韩梅梅 1?&#', 'x'.repeat(256)])('carries the customer through a URL: %s', (id) => {
    const made = unsubscribeToken({ customerId: customerId(id), channel: 'email' }, secret);
    expect(encodeURIComponent(made)).toBe(made);
    expect(readUnsubscribeToken(made, secret)).toEqual({ customerId: id, channel: 'email' });
  });

  it('is worth nothing when any character of it, or the secret, is another', () => {
    for (let index = 0; index < token.length; index++) {
      const other = token[index] === 'A' ? 'B' : 'A';
      const changed = token.slice(0, index) + other + token.slice(index + 1);
      // The last character of a 32-byte signature carries two unused bits; change all six there instead.
      if (index < token.length - 1) expect(readUnsubscribeToken(changed, secret)).toBeUndefined();
    }
    expect(readUnsubscribeToken(token, 'cd'.repeat(32))).toBeUndefined();
    for (const bad of ['', '.', 'a.b', `${token}.x`, token.split('.')[0]]) {
      expect(readUnsubscribeToken(bad, secret)).toBeUndefined();
    }
  });
});

describe('the unsubscribe page', () => {
  it('changes nothing when it is opened: scanners open every link', async () => {
    const { ask, suppression, events } = await setUp();
    const { statusCode, html } = await ask('GET');
    expect(statusCode).toBe(200);
    expect(html).toContain('Stop marketing mail?');
    expect(html).toContain('<form method="post"');
    expect(await suppression()).toBeUndefined();
    expect(events.sent).toEqual([]);
  });

  it.each([
    ['the button', 'action=unsubscribe', 'link'],
    ['one-click, urlencoded', 'List-Unsubscribe=One-Click', 'one-click'],
    [
      'one-click, multipart',
      '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
      'one-click',
    ],
    ['nothing at all', '', 'link'],
  ])('unsubscribes at once by POST of %s', async (_name, body, via) => {
    const { ask, suppression, events } = await setUp();
    const { statusCode, html } = await ask('POST', body);
    expect(statusCode).toBe(200);
    expect(html).toContain('You are unsubscribed');
    expect(await suppression()).toEqual({ reason: 'unsubscribed', atMs: noonMs + 1000 });
    expect(events.sent).toHaveLength(1);
    expect(events.sent[0]).toMatchObject({
      event: 'Reprise Consent Withdrawn',
      userId: 'ada',
      properties: { channel: 'email', purpose: 'marketing', via },
    });
  });

  it('counts a repeated POST as one withdrawal', async () => {
    const { ask, suppression, events } = await setUp();
    await ask('POST');
    await ask('POST');
    expect(await suppression()).toEqual({ reason: 'unsubscribed', atMs: noonMs + 1000 });
    expect(new Set(events.sent.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('lets the customer come back, and leave again as a new withdrawal', async () => {
    const { ask, suppression, events } = await setUp();
    await ask('POST');
    expect((await ask('GET')).html).toContain('Subscribe again');
    expect((await ask('POST', 'action=resubscribe')).html).toContain('Welcome back');
    expect(await suppression()).toBeUndefined();
    await ask('POST');
    expect(await suppression()).toBeDefined();
    expect(events.sent.map(({ event }) => event)).toEqual([
      'Reprise Consent Withdrawn',
      'Reprise Consent Given',
      'Reprise Consent Withdrawn',
    ]);
    expect(new Set(events.sent.map(({ messageId }) => messageId)).size).toBe(3);
  });

  it.each(['bounced', 'complained', 'manual'] as const)(
    'does not let a link lift what is %s, and offers no button for it',
    async (reason) => {
      const { ask, suppression } = await setUp({ suppressed: { email: { reason, atMs: 5 } } });
      expect((await ask('GET')).html).not.toContain('<form');
      await ask('POST', 'action=resubscribe');
      expect(await suppression()).toEqual({ reason, atMs: 5 });
    },
  );

  it('works for a customer whose profile is not there yet', async () => {
    const { context } = await setUp();
    const bob = customerId('bob');
    const bobs = unsubscribeToken({ customerId: bob, channel: 'email' }, secret);
    await answerUnsubscribe(
      { method: 'POST', token: bobs, body: '', acceptLanguage: undefined },
      secret,
      context,
    );
    expect((await context.customers.read(bob)).profile?.suppressed.email?.reason).toBe('unsubscribed');
  });

  it('speaks the customer’s language and shows only a masked address', async () => {
    const { ask } = await setUp({ language: 'zh', email: 'a<b>&@example.com' });
    const { html } = await ask('GET');
    expect(html).toContain('<html lang="zh-CN">');
    expect(html).toContain('不再接收营销邮件');
    expect(html).toContain('a•••@example.com');
    expect(html).not.toContain('<b>');
  });

  it('escapes an address that is markup', async () => {
    const { ask } = await setUp({ email: '<@<script>alert(1)</script>' });
    const { html } = await ask('GET');
    expect(html).not.toContain('<script');
    expect(html).toContain('&#60;script&#62;');
  });

  it('stops the channel that the message came on and no other', async () => {
    const { ask, suppression, customers, events } = await setUp();
    const sms = unsubscribeToken({ customerId: ada, channel: 'sms' }, secret);
    expect((await ask('GET', '', sms)).html).toContain('Stop marketing text messages?');
    await ask('POST', '', sms);
    expect((await customers.read(ada)).profile?.suppressed.sms?.reason).toBe('unsubscribed');
    expect(await suppression()).toBeUndefined();
    expect(events.sent[0].properties).toMatchObject({ channel: 'sms' });
  });

  it('still takes the links of first mails, which named a purpose and no channel', () => {
    const payload = Buffer.from('["ada","marketing"]').toString('base64url');
    expect(token.split('.')[0]).toBe(payload);
  });

  it('leads to the page of preferences', async () => {
    const { ask } = await setUp();
    const [, link] = /href="([^"]+)"/.exec((await ask('GET')).html) ?? [];
    const address = new URL(link, 'https://api.example/v1/unsubscribe/x').pathname;
    expect(address).toBe(`/v1/preferences/${preferenceToken(ada, secret)}`);
  });

  it('answers a link that was cut off with a page in the reader’s language and status 404', async () => {
    const { ask } = await setUp();
    const english = await ask('POST', '', token.slice(0, -5));
    expect(english.statusCode).toBe(404);
    expect(english.html).toContain('This link is not valid');
    expect((await ask('GET', '', 'x', 'zh-CN,zh;q=0.9')).html).toContain('链接无效');
  });
});

describe('suppression', () => {
  it('keeps the strongest reason and the earliest time, in any order', async () => {
    const steps = [
      { reason: 'unsubscribed', atMs: 300, via: 'link' },
      { reason: 'bounced', atMs: 200, via: 'bounce' },
      { reason: 'complained', atMs: 400, via: 'complaint' },
    ] as const;
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const { context, suppression } = await setUp();
      for (const index of order) {
        const { via, ...wanted } = steps[index];
        await suppressChannel(ada, 'email', wanted, via, context);
      }
      expect((await suppression())?.reason).toBe('complained');
    }
  });

  it('is not lost when ten writers change the profile at once', async () => {
    const { context, customers } = await setUp();
    const others = Array.from({ length: 5 }, async (_, index) => {
      const { profile } = await customers.read(ada);
      await customers.writeProfile({ ...profileOf('ada'), ...profile, name: `n${index}` }, profile);
    });
    await Promise.all([
      ...others,
      ...Array.from({ length: 5 }, () =>
        suppressChannel(ada, 'email', { reason: 'bounced', atMs: 1 }, 'bounce', context),
      ),
    ]);
    expect((await customers.read(ada)).profile?.suppressed.email?.reason).toBe('bounced');
  });
});

it('an address that bounced stays stopped as a whole when its customer unsubscribed too, in either order', async () => {
  const bounced = { reason: 'bounced', atMs: 2, address: 'ada@example.com' } as const;
  const unsubscribed = { reason: 'unsubscribed', atMs: 1 } as const;
  for (const suppressions of [
    [bounced, unsubscribed],
    [unsubscribed, bounced],
    [bounced, unsubscribed, bounced],
  ]) {
    const customers = createFakeCustomerStore();
    await customers.writeProfile(profileOf('ada'), undefined);
    const context = { customers, events: { send: async () => {} }, clock: { nowMs: () => 3 } };
    for (const suppression of suppressions) {
      await suppressChannel(customerId('ada'), 'email', suppression, 'link', context);
    }
    const { profile } = await customers.read(customerId('ada'));
    expect(profile?.suppressed.email).toEqual({ reason: 'bounced', atMs: 1 });
  }
});
