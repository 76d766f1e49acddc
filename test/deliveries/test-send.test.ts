import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { testSendsPerHourMax } from '../../lib/base/limits.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { sendTest } from '../../lib/deliveries/test-send.ts';
import { readUnsubscribeToken } from '../../lib/deliveries/unsubscribe-link.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { couponCampaign, createStage, noonMs, profileOf } from './stage.ts';

const draft: Campaign = { ...couponCampaign, status: 'draft' };
const request = { customerId: customerId('ada'), to: 'marketer@shop.example' };

const open = async (campaign: Campaign = draft) => {
  const stage = createStage();
  const customers = createFakeCustomerStore();
  await customers.writeProfile(profileOf('ada', { language: 'zh-CN' }), undefined);
  const ports = {
    campaigns: memoryCampaignStore([campaign]),
    customers,
    catalog: fakeCatalogStore(),
    secrets: fakeSecretStore(),
    assortment: async () => createAssortment(undefined, [], new Set()),
    clock: { nowMs: () => noonMs },
    settings: defaultSettings,
    apiUrl: 'https://api.example',
    transport: stage.context.transport,
    deliveries: stage.context.deliveries,
    fromAddress: 'Shop <hello@shop.example>',
  };
  return { ...stage, ports };
};

describe('a test by mail', () => {
  it('goes to the marketer, marked in the customer’s language, with a code that is not valid', async () => {
    const { ports, mailer } = await open();
    const sent = await sendTest(draft.campaignId, request, ports);
    const [mail] = mailer.sent;
    expect(mail.to).toBe('marketer@shop.example');
    expect(mail.subject).toBe('【测试】送您一张8.5折优惠券');
    expect(mail.html).toContain('XXXX-XXXX-XXXX');
    expect(sent).toMatchObject({ to: mail.to, subject: mail.subject, variant: 'coupon', language: 'zh-CN' });
  });

  it('is no delivery: no coupon, no cap, no event, and nothing by which a report would find one', async () => {
    const { ports, mailer, table, events } = await open();
    await sendTest(draft.campaignId, request, ports);
    expect(table.deliveries.size).toBe(0);
    expect(table.coupons.size).toBe(0);
    expect(events).toEqual([]);
    expect(mailer.sent[0].tags).toEqual({});
    expect(mailer.sent[0].headers).not.toHaveProperty('X-Reprise-Delivery');
    expect((await ports.customers.read(customerId('ada'))).profile).toEqual(
      profileOf('ada', { language: 'zh-CN' }),
    );
  });

  it('looks as the real one does to a mail program, but its way out stops nobody’s mail', async () => {
    const { ports, mailer } = await open();
    await sendTest(draft.campaignId, request, ports);
    const { headers } = mailer.sent[0];
    expect(headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    const [, token] = /unsubscribe\/([\w.-]+)>/.exec(headers['List-Unsubscribe']) ?? [];
    const { linkSecret } = await ports.secrets.secrets();
    expect(readUnsubscribeToken(token, linkSecret)).toBeUndefined();
  });

  it('is of the variant and language that are asked for', async () => {
    const { ports, mailer } = await open();
    await sendTest(draft.campaignId, { ...request, variant: 'reminder', language: 'en' }, ports);
    expect(mailer.sent[0].subject).toBe('[Test] What would you like next?');
    await expect(sendTest(draft.campaignId, { ...request, variant: 'x' }, ports)).rejects.toMatchObject({
      detail: { code: 'message-unknown', action: 'Choose one of coupon, reminder.' },
    });
  });

  it('is not sent with a gap in it', async () => {
    const en = { subject: '{{ customer.traits.city }}', html: 'h', text: 't' };
    const { ports, mailer } = await open({
      ...draft,
      variants: [{ name: 'gap', weight: 1, action: { kind: 'reminder', templates: { en } } }],
    });
    await expect(sendTest(draft.campaignId, request, ports)).rejects.toMatchObject({
      detail: { code: 'test-not-sendable', message: expect.stringContaining('customer.traits.city') },
    });
    expect(mailer.sent).toEqual([]);
  });

  it('of a campaign without mail says where to look instead', async () => {
    const en = { push: { title: 'Hi', body: 'There' } };
    const { ports, mailer } = await open({
      ...draft,
      channels: ['push', 'in-app'],
      variants: [{ name: 'push', weight: 1, action: { kind: 'reminder', templates: { en } } }],
    });
    await expect(sendTest(draft.campaignId, request, ports)).rejects.toMatchObject({
      detail: { code: 'test-without-mail', message: expect.stringContaining('push, in-app') },
    });
    expect(mailer.sent).toEqual([]);
  });

  it('is limited to so many an hour over all campaigns', async () => {
    const { ports, mailer } = await open();
    for (let count = 0; count < testSendsPerHourMax; count++) {
      await sendTest(draft.campaignId, request, ports);
    }
    await expect(sendTest(draft.campaignId, request, ports)).rejects.toMatchObject({
      kind: 'throttled',
      detail: { code: 'tests-too-many' },
    });
    expect(mailer.sent).toHaveLength(testSendsPerHourMax);
    const later = { ...ports, clock: { nowMs: () => noonMs + 3_600_000 } };
    await sendTest(draft.campaignId, request, later);
  });

  it('says that the account’s 24 hours are used up, and not to try again in a minute', async () => {
    const { ports } = await open();
    const spent = { kind: 'throttled', reason: 'mail-quota', message: 'used up' } as const;
    const transport = { turn: async () => spent, send: async () => spent };
    await expect(sendTest(draft.campaignId, request, { ...ports, transport })).rejects.toMatchObject({
      kind: 'throttled',
      detail: { code: 'test-throttled', action: expect.stringMatching(/^Room comes back by the hour/) },
    });
  });

  it('says what the mail service answered', async () => {
    const { ports } = await open();
    const transport = {
      turn: async () => undefined,
      send: async () => ({ kind: 'rejected', message: 'Address not verified' }) as const,
    };
    await expect(sendTest(draft.campaignId, request, { ...ports, transport })).rejects.toMatchObject({
      detail: { code: 'test-rejected', message: expect.stringContaining('Address not verified') },
    });
  });
});
