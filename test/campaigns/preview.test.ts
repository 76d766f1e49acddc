import { describe, expect, it } from 'vitest';
import { customerId, itemId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import { parseAction, parsePreview, parseTestSend } from '../../lib/campaigns/api-input.ts';
import type { Campaign, CouponOffer } from '../../lib/campaigns/campaign.ts';
import { estimateAudience } from '../../lib/campaigns/preview.ts';
import { previewCampaign, previewCustomers } from '../../lib/deliveries/campaign-preview.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { readUnsubscribeToken } from '../../lib/deliveries/unsubscribe-link.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { couponCampaign, noonMs, profileOf } from '../deliveries/stage.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { fill, item, oneOrder } from './sample.ts';

const draft: Campaign = {
  ...couponCampaign,
  status: 'draft',
  audience: {
    all: [{ fact: 'orders', op: 'gte', value: 1 }, { not: { fact: 'trait.plan', op: 'eq', value: 'pro' } }],
  },
};

const open = async () => {
  const customers = createFakeCustomerStore();
  await customers.writeProfile(profileOf('ada', { language: 'zh-CN', timeZone: 'Asia/Shanghai' }), undefined);
  await customers.writeState(customerId('ada'), oneOrder);
  await customers.writeProfile(profileOf('pro', { traits: { plan: 'pro' } }), undefined);
  return {
    campaigns: memoryCampaignStore([draft]),
    customers,
    catalog: fakeCatalogStore(),
    secrets: fakeSecretStore(),
    assortment: async () => createAssortment(undefined, [], new Set()),
    clock: { nowMs: () => noonMs + 2 * 3_600_000 },
    settings: { ...defaultSettings, globalHoldoutShare: 0.1 },
    apiUrl: 'https://api.example',
  };
};
const ask = (id: string, estimate = false) => ({ customerId: customerId(id), estimate });

describe('the preview of a campaign on one customer', () => {
  it('says who they are, that they are in the audience, in which arm, and shows every mail in their language', async () => {
    const preview = await previewCampaign(draft.campaignId, ask('ada'), await open());
    expect(preview).toMatchObject({
      customer: { customerId: 'ada', email: 'ada@example.com', timeZone: 'Asia/Shanghai', orders: 1 },
      inAudience: true,
      exclusion: null,
      language: 'zh-CN',
      // 14:00 UTC is 22:00 in Shanghai; the workspace is quiet from 21 to 8.
      quietUntil: '2026-06-11T00:00:00.000Z',
    });
    expect(['coupon', 'reminder', 'nothing', 'holdout', 'global-holdout']).toContain(preview.arm);
    expect(preview.mails.map(({ variant }) => variant)).toEqual(['coupon', 'reminder']);
    expect(preview.mails[0].subject).toMatch(/\p{Script=Han}/u);
    expect(preview.mails[0].html).toContain('XXXX-XXXX-XXXX');
  });

  it('shows an offer as this customer would get it: its item by name, as deep as its margin, or not at all', async () => {
    const [first] = couponCampaign.variants;
    if (first.action.kind !== 'coupon') throw new Error('the first variant sends a coupon');
    const { action } = first;
    const items = [
      { ...item('calm'), title: 'Calm Fund', price: 100, attributes: { risk: 1, cost: 70 } },
      { ...item('wild'), title: 'Wild Fund', price: 100, attributes: { risk: 6, cost: 70 } },
    ];
    const rule = { item: { attribute: 'risk' }, customer: { trait: 'riskTolerance', op: 'gte' } } as const;
    const show = async (change: Partial<CouponOffer>, riskTolerance: number) => {
      const ports = await open();
      await ports.customers.writeProfile(profileOf('cy', { traits: { riskTolerance } }), undefined);
      const offer = { ...action.offer, ...change };
      const offering = { ...draft, variants: [{ ...first, weight: 1, action: { ...action, offer } }] };
      const { mails } = await previewCampaign(draft.campaignId, ask('cy'), {
        ...ports,
        campaigns: memoryCampaignStore([offering]),
        assortment: async () => createAssortment(undefined, items, new Set()),
        settings: { ...ports.settings, eligibilityRules: [rule] },
      });
      const [{ subject, notSent, warnings }] = mails;
      return notSent ?? [subject, ...warnings.map(({ code }) => code)].join(' / ');
    };
    const gift = (id: string) => ({ discount: { kind: 'gift', itemId: itemId(id) } }) as const;
    expect(await show(gift('wild'), 6)).toBe('Wild Fund for free');
    expect(await show(gift('wild'), 5)).toBe('not-suitable');
    expect(await show(gift('mistyped'), 6)).toBe('not-suitable');
    const deep = { kind: 'percent', percent: 50, percentMin: 5 } as const;
    const margin = { share: 0, withoutCost: 'not-discounted' } as const;
    expect(await show({ discount: deep, margin }, 6)).toBe('30% off your next order');
  });

  it('warns of items that the catalogue does not have', async () => {
    const [first] = couponCampaign.variants;
    if (first.action.kind !== 'coupon') throw new Error('the first variant sends a coupon');
    const discount = { kind: 'gift', itemId: itemId('mistyped') } as const;
    const action = { ...first.action, offer: { ...first.action.offer, discount } };
    const ports = await open();
    const { mails } = await previewCampaign(draft.campaignId, ask('ada'), {
      ...ports,
      campaigns: memoryCampaignStore([{ ...draft, variants: [{ ...first, weight: 1, action }] }]),
    });
    expect(mails[0].warnings).toEqual([
      { code: 'offer-item-unknown', message: expect.stringContaining('mistyped') },
    ]);
  });

  it('says which conditions kept someone out', async () => {
    const preview = await previewCampaign(draft.campaignId, ask('pro'), await open());
    expect(preview).toMatchObject({ inAudience: false, exclusion: 'condition' });
    expect(preview.conditions).toEqual([
      { path: 'all.0', fact: 'orders', op: 'gte', value: 1, actual: 0, holds: false },
      { path: 'all.1.not', fact: 'trait.plan', op: 'eq', value: 'pro', actual: 'pro', holds: true },
    ]);
  });

  it('shows several customers at once, in every language, and says what is wrong with one who is not known', async () => {
    const request = {
      customerIds: ['ada', 'nobody'].map(customerId),
      languages: ['en', 'zh-CN'] as const,
      estimate: false,
    };
    const { previews } = await previewCustomers(draft.campaignId, request, await open());
    expect(previews[1]).toMatchObject({
      customer: { customerId: 'nobody' },
      error: { code: 'customer-unknown' },
    });
    const [ada] = previews;
    if (!('mails' in ada)) throw new Error('ada is known');
    expect(ada.mails.map(({ variant, language }) => `${variant} ${language}`)).toEqual([
      'coupon en',
      'coupon zh-CN',
      'reminder en',
      'reminder zh-CN',
    ]);
    expect(ada.mails.map(({ warnings }) => warnings)).toEqual([[], [], [], []]);
    expect(ada.mails[0].subject).toBe('15% off your next order');
  });

  it('has links that stop nobody’s mail: they are not signed with the workspace’s secret', async () => {
    const ports = await open();
    const { mails } = await previewCampaign(draft.campaignId, ask('ada'), ports);
    const [, token] = /unsubscribe\/([\w.-]+)/.exec(mails[0].html ?? '') ?? [];
    expect(token).toMatch(/./);
    const { linkSecret } = await ports.secrets.secrets();
    expect(readUnsubscribeToken(token, linkSecret)).toBeUndefined();
  });

  it('names a missing variable instead of showing a gap, and why a message would not be sent', async () => {
    const en = { subject: '{{ customer.traits.city }}', html: 'h', text: 't' };
    const variants: Campaign['variants'] = [
      { name: 'gap', weight: 0.5, action: { kind: 'reminder', templates: { en } } },
      {
        name: 'cart',
        weight: 0.5,
        action: { kind: 'reminder', templates: defaultTemplates.reminder, focus: 'cart' },
      },
    ];
    const ports = { ...(await open()), campaigns: memoryCampaignStore([{ ...draft, variants }]) };
    const { mails } = await previewCampaign(draft.campaignId, ask('ada'), ports);
    expect(mails[0].problem).toContain('customer.traits.city');
    expect(mails[1]).toMatchObject({ variant: 'cart', notSent: 'nothing-cart' });
    expect(mails[1].subject).toBeUndefined();
  });

  it('shows a message that has nothing but words for another channel', async () => {
    const en = { push: { title: 'Hi {{ customer.name }}', body: 'There' } };
    const pushed: Campaign = {
      ...draft,
      channels: ['push'],
      variants: [{ name: 'push', weight: 1, action: { kind: 'reminder', templates: { en } } }],
    };
    const ports = { ...(await open()), campaigns: memoryCampaignStore([pushed]) };
    const [shown] = (await previewCampaign(draft.campaignId, ask('ada'), ports)).mails;
    expect(shown).toMatchObject({ push: { body: 'There' }, warnings: [] });
    for (const part of ['subject', 'html', 'text', 'problem']) expect(shown).not.toHaveProperty(part);
  });

  it('shows the other channels that the campaign uses, with what an SMS is charged as', async () => {
    const everywhere: Campaign = { ...draft, channels: ['sms', 'push', 'in-app'] };
    const ports = { ...(await open()), campaigns: memoryCampaignStore([everywhere]) };
    const request = { ...ask('ada'), languages: ['en'] as const };
    const [coupon] = (await previewCampaign(draft.campaignId, request, ports)).mails;
    expect(coupon.subject).toBeUndefined();
    expect(coupon.sms).toMatchObject({ encoding: 'gsm-7', text: expect.stringContaining('XXXX-XXXX-XXXX') });
    expect(coupon.push?.title).toBe('15% off, just for you');
    expect(coupon.inApp?.body).toContain('XXXX-XXXX-XXXX');
  });

  it('writes nothing', async () => {
    const ports = await open();
    await previewCampaign(draft.campaignId, ask('ada', true), ports);
    expect((await ports.campaigns.list()).map(({ campaignId }) => campaignId)).toEqual([draft.campaignId]);
    expect(await ports.campaigns.get(draft.campaignId)).toEqual(draft);
    expect(await ports.campaigns.runs(draft.campaignId)).toEqual([]);
  });

  it('does not know unknown customers and campaigns', async () => {
    const ports = await open();
    await expect(previewCampaign(draft.campaignId, ask('nobody'), ports)).rejects.toMatchObject({
      detail: { code: 'customer-unknown' },
    });
    const none = { ...ports, campaigns: memoryCampaignStore() };
    await expect(previewCampaign(draft.campaignId, ask('ada'), none)).rejects.toMatchObject({
      detail: { code: 'campaign-unknown' },
    });
  });
});

describe('the estimate of an audience', () => {
  it('counts exactly in a small workspace, and says so when it stopped at a sample', async () => {
    const { customers, catalog, secrets, settings } = await open();
    await fill(customers, 98);
    expect(await estimateAudience(draft, noonMs, { customers, catalog, secrets, settings })).toEqual({
      customersScanned: 100,
      customersMatching: 99,
      complete: true,
    });
    await fill(customers, 5_100);
    const sample = await estimateAudience(draft, noonMs, { customers, catalog, secrets, settings });
    expect(sample).toMatchObject({ customersScanned: 5_000, complete: false });
  });

  it('holds its slice of an exclusion group and nobody else, the slices together everybody', async () => {
    const { customers, catalog, secrets, settings } = await open();
    await fill(customers, 98);
    const estimate = async (from: number, to: number) => {
      const sliced = { ...draft, exclusion: { group: 'spring', from, to } };
      return (await estimateAudience(sliced, noonMs, { customers, catalog, secrets, settings }))
        .customersMatching;
    };
    const [first, second] = [await estimate(0, 0.5), await estimate(0.5, 1)];
    expect(first + second).toBe(99);
    expect(Math.abs(first - 49.5)).toBeLessThan(20);
  });
});

describe('the input of campaign routes', () => {
  it('is checked', () => {
    expect(parsePreview({ customerId: 'ada' })).toEqual({ customerId: 'ada', estimate: false });
    expect(parsePreview({ customerIds: ['ada', 'bob'], languages: ['en', 'en'] })).toEqual({
      customerIds: ['ada', 'bob'],
      languages: ['en'],
      estimate: false,
    });
    for (const bad of [
      { customer: 'ada' },
      {},
      { customerId: 'a', customerIds: ['b'] },
      { customerIds: [] },
      { customerIds: Array(11).fill('a') },
      { customerId: 'a', languages: ['fr'] },
    ]) {
      expect(() => parsePreview(bad)).toThrow('preview-invalid');
    }
    expect(() => parseTestSend({ customerId: 'ada', to: 'a@b.example, c@d.example' })).toThrow(
      'test-send-invalid',
    );
    expect(parseAction('pause')).toBe('pause');
    expect(() => parseAction('finish')).toThrow('action-unknown');
  });
});
