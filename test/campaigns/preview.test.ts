import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import { parseAction, parsePreview } from '../../lib/campaigns/api-input.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { estimateAudience } from '../../lib/campaigns/preview.ts';
import { previewCampaign } from '../../lib/deliveries/campaign-preview.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { couponCampaign, noonMs, profileOf } from '../deliveries/stage.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { fill, oneOrder } from './sample.ts';

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

  it('says which conditions kept someone out', async () => {
    const preview = await previewCampaign(draft.campaignId, ask('pro'), await open());
    expect(preview).toMatchObject({ inAudience: false, exclusion: 'condition' });
    expect(preview.conditions).toEqual([
      { path: 'all.0', fact: 'orders', op: 'gte', value: 1, actual: 0, holds: false },
      { path: 'all.1.not', fact: 'trait.plan', op: 'eq', value: 'pro', actual: 'pro', holds: true },
    ]);
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
    const { customers, catalog, settings } = await open();
    await fill(customers, 98);
    expect(await estimateAudience(draft, noonMs, { customers, catalog, settings })).toEqual({
      customersScanned: 100,
      customersMatching: 99,
      complete: true,
    });
    await fill(customers, 5_100);
    const sample = await estimateAudience(draft, noonMs, { customers, catalog, settings });
    expect(sample).toMatchObject({ customersScanned: 5_000, complete: false });
  });
});

describe('the input of campaign routes', () => {
  it('is checked', () => {
    expect(parsePreview({ customerId: 'ada' })).toEqual({ customerId: 'ada', estimate: false });
    expect(() => parsePreview({ customer: 'ada' })).toThrow('preview-invalid');
    expect(parseAction('pause')).toBe('pause');
    expect(() => parseAction('finish')).toThrow('action-unknown');
  });
});
