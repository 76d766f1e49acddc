import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../lib/base/errors.ts';
import { customerId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { startCampaign } from '../../lib/experiments/start-campaign.ts';
import { campaign, dayMs, iso, state, t0, templateRules } from '../campaigns/sample.ts';
import { profileOf } from '../deliveries/stage.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';

const variants = campaign()
  .variants.slice(0, 1)
  .map((variant) => ({ ...variant, weight: 1 }));
const draft = (change: Partial<Campaign> = {}): Campaign => {
  const { startedAt: _, ...rest } = campaign({ variants, holdoutShare: 0.5, lookDays: [], ...change });
  return { ...rest, status: 'draft', audience: { all: [{ fact: 'orders', op: 'gte', value: 1 }] } };
};

let workflows: ReturnType<typeof fakeWorkflows>;
beforeEach(() => {
  workflows = fakeWorkflows();
});

/** Customers who ordered 50 days ago, every fifth again 10 days ago. */
const shop = async (of: Campaign, count: number) => {
  const customers = createFakeCustomerStore();
  for (let i = 0; i < count; i++) {
    const id = customerId(`c${i}`);
    const order = (days: number) => ({ atMs: t0 - days * dayMs, value: 20, refundedValue: 0 });
    await customers.writeProfile(profileOf(id), undefined);
    await customers.writeState(id, state({ orders: { a: order(50), ...(i % 5 === 0 && { b: order(10) }) } }));
  }
  return {
    campaigns: memoryCampaignStore([of]),
    customers,
    catalog: fakeCatalogStore(),
    secrets: fakeSecretStore(),
    coupons: fakeCouponStore(),
    settings: { ...defaultSettings, globalHoldoutShare: 0 },
    clock: { nowMs: () => t0 },
    random: { bytes: (count: number) => new Uint8Array(count) },
    templates: templateRules,
    workflows,
  };
};

const start = async (of: Campaign, count: number, body: unknown = {}) =>
  startCampaign(of.campaignId, body, await shop(of, count));
const refusal = async (of: Campaign, count: number, body: unknown = {}): Promise<Failure> => {
  const failure: unknown = await start(of, count, body).catch((error: unknown) => error);
  if (!(failure instanceof Failure)) throw new Error('it was not refused');
  return failure;
};

describe('the start of a campaign', () => {
  it('that could find an effect goes ahead', async () => {
    expect((await start(draft(), 1_000)).status).toBe('running');
    expect(workflows.campaigns.size).toBe(1);
  });

  it('that would rather miss than find half as many buyers again is refused with the figures', async () => {
    const failure = await refusal(draft(), 200);
    // 20% buy again without it; 10 points more are found in 38% of all cases with 100 customers in each arm.
    expect(failure.kind).toBe('conflict');
    expect(failure.detail.code).toBe('experiment-hopeless');
    expect(failure.detail.message).toMatch(
      /^\d+ customers are needed to find an effect of 10\.0 points and 200 can be reached/,
    );
    expect(failure.detail.action).toContain('{"force": true}');
    expect(workflows.campaigns.size).toBe(0);
  });

  it('is refused where an arm would be too small for any estimate', async () => {
    expect((await refusal(draft(), 90)).detail.message).toContain('45 of them in its smallest arm');
  });

  it('goes ahead all the same when told to, or when a larger effect is looked for', async () => {
    expect((await start(draft(), 90, { force: true })).status).toBe('running');
    expect((await start(draft(), 200, { effect: 0.25 })).status).toBe('running');
    expect((await refusal(draft(), 1_000, { effect: 0.01 })).detail.code).toBe('experiment-hopeless');
  });

  it('that is no test, or of whose size nothing is known, is not refused', async () => {
    expect((await start(draft({ holdoutShare: 0 }), 10)).status).toBe('running');
    const trigger = { kind: 'event', event: 'Own', startsAt: iso(t0), endsAt: iso(t0 + 9 * dayMs) } as const;
    expect((await start(draft({ trigger }), 10)).status).toBe('running');
  });

  it('takes no other word', async () => {
    expect((await refusal(draft(), 1_000, { forced: true })).kind).toBe('invalid');
  });
});
