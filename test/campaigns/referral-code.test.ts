import { describe, expect, it } from 'vitest';
import { type CustomerId, customerId, itemId } from '../../lib/base/ids.ts';
import type { EligibilityRule } from '../../lib/base/settings.ts';
import type { Campaign, CouponOffer } from '../../lib/campaigns/campaign.ts';
import { referralCode } from '../../lib/campaigns/referral-code.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { profileOf } from '../deliveries/stage.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { campaign, movedClock, templates } from './sample.ts';

const terms = { discount: { kind: 'percent' as const, percent: 15 }, redemptionsPerCustomerMax: 1 };
const offer: CouponOffer = {
  ...terms,
  expiresAfterDays: 60,
  redemptionsPerCodeMax: 1,
  referral: {
    reward: {
      discount: { kind: 'amount', amount: 10, currency: 'CNY' },
      redemptionsPerCustomerMax: 1,
      expiresAfterDays: 30,
      redemptionsPerCodeMax: 1,
    },
    waitDays: 14,
    rewardsMax: 5,
  },
};

interface World {
  readonly items?: readonly CatalogItem[];
  readonly rules?: readonly EligibilityRule[];
}

const open = (change: Partial<Campaign> = {}, world: World = {}) => {
  const running = campaign({
    status: 'running',
    holdoutShare: 0.5,
    variants: [{ name: 'invitation', weight: 1, action: { kind: 'coupon', offer, templates } }],
    ...change,
  });
  const coupons = fakeCouponStore();
  return {
    coupons,
    id: running.campaignId,
    ports: {
      campaigns: memoryCampaignStore([running]),
      coupons,
      secrets: fakeSecretStore({ holdoutSalt: 'salt', linkSecret: '00'.repeat(32) }),
      customers: {
        read: async (id: CustomerId) => ({ profile: profileOf(id, { traits: { tolerance: 2 } }) }),
      },
      catalog: fakeCatalogStore(world.items),
      settings: {
        globalHoldoutShare: 0,
        globalHoldoutPeriod: 'for-ever' as const,
        eligibilityRules: world.rules ?? [],
      },
      clock: movedClock(),
    },
  };
};
const answerOf = (index: number, { ports, id }: ReturnType<typeof open>) =>
  referralCode(customerId(`c${index}`), { campaignId: id }, ports).catch(
    (error: { readonly detail: { readonly code: string } }) => error.detail.code,
  );

describe('a customer’s code for friends', () => {
  it('is theirs alone and the same each time, with both rewards in words', async () => {
    const scene = open({ holdoutShare: 0 });
    const first = await answerOf(1, scene);
    expect(first).toMatchObject({
      friendRewardText: { en: '15% off', 'zh-CN': '8.5折' },
      rewardText: { en: 'CN¥10 off', 'zh-CN': '立减¥10' },
      waitDays: 14,
      rewardsCount: 0,
      rewardsMax: 5,
    });
    expect(await answerOf(1, scene)).toEqual(first);
    const codes = await Promise.all([1, 2, 3].map((index) => answerOf(index, scene)));
    expect(new Set(codes.map((answer) => (typeof answer === 'string' ? answer : answer.code))).size).toBe(3);
    expect((await scene.coupons.liveOf(customerId('c1'), scene.ports.clock.nowMs()))[0]).toMatchObject({
      advocateId: 'c1',
    });
  });

  it('is not given to those held out, and there are some: half of forty', async () => {
    const scene = open();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => answerOf(index, scene)));
    const refused = answers.filter((answer) => answer === 'referral-not-offered').length;
    expect(refused).toBeGreaterThan(5);
    expect(refused).toBeLessThan(35);
    expect(answers.filter((answer) => typeof answer !== 'string')).toHaveLength(40 - refused);
  });

  it('is not given outside the slice of the campaign: the halves of a group share nobody', async () => {
    const inside = async (from: number, to: number) => {
      const scene = open({ holdoutShare: 0, exclusion: { group: 'g', from, to } });
      const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => answerOf(index, scene)));
      return answers.map((answer) => answer !== 'referral-not-offered');
    };
    const [first, second] = [await inside(0, 0.5), await inside(0.5, 1)];
    expect(first.map((is, i) => is !== second[i])).toEqual(Array(40).fill(true));
    expect(first.filter((is) => is).length).toBeGreaterThan(5);
  });

  it('needs a campaign that runs and offers one', async () => {
    expect(await answerOf(1, open({ holdoutShare: 0, status: 'paused' }))).toBe('campaign-not-running');
    const reminder = [{ name: 'r', weight: 1, action: { kind: 'reminder' as const, templates } }];
    expect(await answerOf(1, open({ holdoutShare: 0, variants: reminder }))).toBe('referral-not-offered');
  });

  it('is not given back once it has ended', async () => {
    const scene = open({ holdoutShare: 0 });
    await answerOf(1, scene);
    scene.ports.clock.nowIs(scene.ports.clock.nowMs() + 60 * 86_400_000);
    expect(await answerOf(1, scene)).toBe('referral-code-ended');
  });

  it('is not given to whom the reward for it does not suit any more', async () => {
    const fund: CatalogItem = {
      itemId: itemId('fund'),
      title: 'Fund',
      kind: 'fund',
      category: [],
      tags: [],
      attributes: { risk: 3 },
      repurchase: { kind: 'once' },
      hidden: false,
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00.000Z',
    };
    const reward = { ...offer.referral?.reward, discount: { kind: 'gift', itemId: fund.itemId } };
    const giving = { ...offer, referral: { ...offer.referral, reward } } as CouponOffer;
    const action = { kind: 'coupon' as const, offer: giving, templates };
    const change = { holdoutShare: 0, variants: [{ name: 'invitation', weight: 1, action }] };
    const rules = [{ item: { attribute: 'risk' }, customer: { trait: 'tolerance', op: 'gte' as const } }];
    expect(await answerOf(1, open(change, { items: [fund], rules }))).toBe('referral-not-suitable');
    const calm = { ...fund, attributes: { risk: 2 } };
    expect(await answerOf(1, open(change, { items: [calm], rules }))).toMatchObject({ rewardsMax: 5 });
  });
});
