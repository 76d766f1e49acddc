import { describe, expect, it } from 'vitest';
import { Failure } from '../../lib/base/errors.ts';
import { customerId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { planCampaign } from '../../lib/experiments/plan-campaign.ts';
import { campaign, oneOrder } from '../campaigns/sample.ts';
import { profileOf } from '../deliveries/stage.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';

const draft: Campaign = {
  ...campaign(),
  audience: { all: [{ fact: 'orders', op: 'gte', value: 1 }] },
  holdoutShare: 0.5,
};

const open = (of: Campaign, globalHoldoutShare = 0) => ({
  campaigns: memoryCampaignStore([of]),
  customers: createFakeCustomerStore(),
  catalog: fakeCatalogStore(),
  secrets: fakeSecretStore(),
  clock: { nowMs: () => Date.UTC(2026, 10, 25) },
  settings: { ...defaultSettings, globalHoldoutShare },
});
const one = (of: Campaign): Campaign => ({ ...of, variants: [{ ...of.variants[0], weight: 1 }] });
const question = { repurchaseRate: 0.2, effect: 0.05, audience: 10_000 };

describe('the plan of a campaign', () => {
  it('needs as many customers as the pooled test of two halves does', async () => {
    const of = one(draft);
    const plan = await planCampaign(of.campaignId, question, open(of));
    // n an arm = (z.975 √(2 p̄ q̄) + z.8 √(p1 q1 + p2 q2))² / d², p1 = .2, p2 = .25: 1093.7.
    expect(plan.customersNeeded).toBe(2 * 1094);
    expect(plan).toMatchObject({ reference: 'holdout', audience: 10_000, verdict: 'enough' });
    expect(plan.days).toBe(of.windowDays);
    expect(plan.reachable.power).toBeGreaterThan(0.99);
  });

  it('leaves out those held out everywhere, and says what a small audience can show', async () => {
    const of = one(draft);
    const plan = await planCampaign(of.campaignId, { ...question, audience: 300 }, open(of, 0.1));
    expect(plan.shares).toEqual({ holdout: 0.45, [of.variants[0].name]: 0.45 });
    expect(plan.verdict).toBe('hopeless');
    expect(plan.message.en).toContain('300 can be reached');
    expect(plan.message['zh-CN']).toContain('300');
    expect(plan.reachable.minimalEffect).toBeGreaterThan(0.1);
  });

  it('counts the audience where none is given', async () => {
    const ports = open(draft);
    for (const id of ['ada', 'bob']) {
      await ports.customers.writeProfile(profileOf(id), undefined);
      await ports.customers.writeState(customerId(id), oneOrder);
    }
    await ports.customers.writeProfile(profileOf('new'), undefined);
    const { audience } = await planCampaign(draft.campaignId, { repurchaseRate: 0.2, effect: 0.05 }, ports);
    expect(audience).toBe(2);
  });

  it.each([
    ['an effect of nothing', draft, { ...question, effect: 0 }, 'plan-invalid'],
    ['an audience that nobody is in', draft, { repurchaseRate: 0.2, effect: 0.05 }, 'audience-unknown'],
    ['no arm to compare with', one({ ...draft, holdoutShare: 0 }), question, 'plan-invalid'],
    ['more buyers than there can be', draft, { ...question, effect: 0.9 }, 'plan-invalid'],
  ] as const)('is refused for %s', async (_, of, body, code) => {
    const failure: unknown = await planCampaign(of.campaignId, body, open(of)).catch(
      (error: unknown) => error,
    );
    if (!(failure instanceof Failure)) throw new Error('it was not refused');
    expect(failure.detail.code).toBe(code);
  });
});
