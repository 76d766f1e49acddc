import { describe, expect, it } from 'vitest';
import { campaignId } from '../../lib/base/ids.ts';
import { actOnCampaign } from '../../lib/campaigns/administer.ts';
import type { Trigger } from '../../lib/campaigns/campaign.ts';
import { effectOf } from '../../lib/campaigns/effect.ts';
import { pageCampaigns } from '../../lib/campaigns/list.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';
import { campaign, dayMs, iso, movedClock, t0, templateRules } from './sample.ts';

const store = memoryCampaignStore(
  [1, 2, 3, 4].map((day) =>
    campaign({
      campaignId: campaignId(`c${day}`),
      createdAt: iso(t0 + day * dayMs),
      status: day === 2 ? 'finished' : 'running',
    }),
  ),
);
const page = async (query: Record<string, string>) => {
  const { campaigns, next } = await pageCampaigns(query, store);
  return [campaigns.map(({ campaignId }) => String(campaignId)), next];
};

describe('the list of campaigns', () => {
  it('goes newest first, page by page, each campaign on one page', async () => {
    expect(await page({})).toEqual([['c4', 'c3', 'c2', 'c1'], undefined]);
    expect(await page({ limit: '2' })).toEqual([['c4', 'c3'], 'c3']);
    expect(await page({ limit: '2', after: 'c3' })).toEqual([['c2', 'c1'], undefined]);
  });

  it('shows those of one status', async () => {
    expect(await page({ status: 'running', limit: '2' })).toEqual([['c4', 'c3'], 'c3']);
    expect(await page({ status: 'running', limit: '2', after: 'c3' })).toEqual([['c1'], undefined]);
    expect(await page({ status: 'draft' })).toEqual([[], undefined]);
  });

  it('carries neither templates nor the salt', async () => {
    const text = JSON.stringify(await pageCampaigns({}, store));
    expect(text).toContain('"kind":"reminder"');
    expect(text).not.toMatch(/templates|salt|unsubscribeUrl/);
  });

  it.each([
    ['limit', '0'],
    ['status', 'asleep'],
    ['page', '2'],
    ['after', 'nobody'],
  ])('refuses %s=%s', async (name, value) => {
    await expect(page({ [name]: value })).rejects.toMatchObject({
      kind: 'invalid',
      detail: { code: 'query-invalid' },
    });
  });
});

describe('what an action answers', () => {
  const period = { startsAt: iso(t0), endsAt: iso(t0 + dayMs) };
  const triggers: readonly Trigger[] = [
    { kind: 'at', at: iso(t0) },
    { kind: 'recurring', everyDays: 7, ...period },
    { kind: 'event', event: 'Course Completed', ...period },
    { kind: 'before-expiry', days: 7, ...period },
  ];

  it('says what a pause does to those it meets, for each kind of trigger', () => {
    const pauses = triggers.map((trigger) => effectOf(campaign({ trigger }), 'pause'));
    expect(pauses).toEqual([
      expect.stringContaining('not yet reached wait'),
      expect.stringContaining('A run that comes due meanwhile is left out'),
      expect.stringContaining('Whoever sends the event meanwhile waits'),
      expect.stringContaining('A run that comes due meanwhile is left out'),
    ]);
  });

  it('says when a started campaign addresses whom', () => {
    const starts = triggers.map((trigger) => effectOf(campaign({ trigger }), 'start'));
    expect(starts).toEqual([
      expect.stringContaining(iso(t0)),
      expect.stringContaining('every 7 days'),
      expect.stringContaining('Events that were already processed trigger nobody'),
      expect.stringContaining('each ending once'),
    ]);
  });

  it('comes with the campaign, and is not stored', async () => {
    const campaigns = memoryCampaignStore([campaign()]);
    const ports = {
      campaigns,
      coupons: fakeCouponStore(),
      catalog: fakeCatalogStore(),
      workflows: fakeWorkflows(),
      clock: movedClock(),
      random: { bytes: (count: number) => new Uint8Array(count) },
      templates: templateRules,
    };
    const id = campaign().campaignId;
    const paused = await actOnCampaign(id, 'pause', ports);
    expect(paused).toMatchObject({
      status: 'paused',
      effect: expect.stringContaining('Nothing more is sent'),
    });
    expect(await campaigns.get(id)).not.toHaveProperty('effect');
    expect(await actOnCampaign(id, 'cancel', ports)).toMatchObject({
      effect: expect.stringContaining('Coupons already sent stay valid'),
    });
  });
});
