import { describe, expect, it } from 'vitest';
import { Failure } from '../../lib/base/errors.ts';
import { customerId, itemId, messageId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import type { CustomerState } from '../../lib/events/customer.ts';
import { planCampaign } from '../../lib/experiments/plan-campaign.ts';
import { campaign, dayMs, oneOrder, state } from '../campaigns/sample.ts';
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
const nowMs = Date.UTC(2026, 10, 25);
const at = (days: number): string => new Date(nowMs + days * dayMs).toISOString();

/** Customers who ordered 50 days ago; the first of them again 10 days ago. */
const shop = async (
  of: Campaign,
  { customers, buyAgain }: { readonly customers: number; readonly buyAgain: number },
) => {
  const ports = open(of);
  for (let i = 0; i < customers; i++) {
    const first = { atMs: nowMs - 50 * dayMs, value: 20, refundedValue: 0 };
    const again = { atMs: nowMs - 10 * dayMs, value: 30, refundedValue: 0 };
    await ports.customers.writeProfile(profileOf(`c${i}`), undefined);
    const orders = { first, ...(i < buyAgain && { again }) };
    await ports.customers.writeState(customerId(`c${i}`), state({ orders }));
  }
  return ports;
};

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

  it('takes from the shop what is not given: what the audience did without it, and a tenth of that', async () => {
    const of = one({ ...draft, windowDays: 30 });
    const ports = await shop(of, { customers: 200, buyAgain: 40 });
    const plan = await planCampaign(of.campaignId, {}, ports);
    expect(plan).toMatchObject({ metric: 'repurchase', audience: 200, dailyArrivals: 0, gatheringDays: 0 });
    // 200 customers had ordered 30 days ago; 40 of them ordered again since.
    expect(plan.baseline).toMatchObject({ value: 0.2, customers: 200 });
    expect(plan.effect).toBeCloseTo(0.02, 12);
    expect(plan.verdict).toBe('hopeless');
    expect(plan.message.en).toMatch(/effects from \d+\.\d points on are found in 80% of all cases/);
    expect(plan.message['zh-CN']).toContain('个百分点');
  });

  it('of revenue goes by what customers differ in, and by its mean', async () => {
    const of = one({ ...draft, metrics: { ...draft.metrics, primary: 'revenue' } });
    const ports = await shop(of, { customers: 100, buyAgain: 50 });
    const plan = await planCampaign(of.campaignId, { effect: 5 }, ports);
    // Half of them spent 30, the others nothing: mean 15, standard deviation 15 √(100 ÷ 99).
    expect(plan.baseline.value).toBeCloseTo(15, 12);
    expect(plan.baseline.standardDeviation).toBeCloseTo(15 * Math.sqrt(100 / 99), 12);
  });

  it('of an event campaign counts who sends the event a day, and what they did after it', async () => {
    const of = one({
      ...draft,
      audience: { all: [] },
      trigger: { kind: 'event', event: 'Product Added', startsAt: at(0), endsAt: at(60) },
    });
    const ports = open(of);
    for (let i = 0; i < 112; i++) {
      // Half of them put something into the cart last week, the others 40 days ago; 14 of these then ordered.
      const atMs = nowMs - (i < 56 ? 5 : 40) * dayMs;
      const bought: CustomerState['orders'] =
        i >= 56 && i < 70 ? { o: { atMs: atMs + dayMs, value: 30, refundedValue: 0 } } : {};
      await ports.customers.writeProfile(profileOf(`c${i}`), undefined);
      await ports.customers.writeState(
        customerId(`c${i}`),
        state({
          events: [{ messageId: messageId(`m${i}`), type: 'cart', itemId: itemId('x'), atMs }],
          orders: bought,
        }),
      );
    }
    const plan = await planCampaign(of.campaignId, {}, ports);
    // 56 in four weeks, for 60 days.
    expect(plan).toMatchObject({ audience: 0, dailyArrivals: 2, gatheringDays: 60 });
    expect(plan.baseline).toMatchObject({ value: 0.25, customers: 56 });
    expect(plan.reachable.customers).toBe(120);
  });

  it.each([
    ['an effect of nothing', draft, { ...question, effect: 0 }, 'plan-invalid'],
    ['an audience that nobody is in', draft, { repurchaseRate: 0.2, effect: 0.05 }, 'audience-unknown'],
    ['no arm to compare with', one({ ...draft, holdoutShare: 0 }), question, 'plan-invalid'],
    ['a shop without a past', draft, { audience: 10_000 }, 'baseline-unknown'],
    ['a spread that a share does not have', draft, { ...question, standardDeviation: 3 }, 'plan-invalid'],
    [
      'a rate where revenue is planned',
      { ...draft, metrics: { ...draft.metrics, primary: 'revenue' } },
      question,
      'plan-invalid',
    ],
    ['more buyers than there can be', draft, { ...question, effect: 0.9 }, 'plan-invalid'],
  ] as const)('is refused for %s', async (_, of, body, code) => {
    const failure: unknown = await planCampaign(of.campaignId, body, open(of)).catch(
      (error: unknown) => error,
    );
    if (!(failure instanceof Failure)) throw new Error('it was not refused');
    expect(failure.detail.code).toBe(code);
  });
});
