import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import type { Campaign, CouponOffer } from '../../lib/campaigns/campaign.ts';
import { referralCode } from '../../lib/campaigns/referral-code.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
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

const open = (change: Partial<Campaign> = {}) => {
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
      secrets: { secrets: async () => ({ holdoutSalt: 'salt', linkSecret: '00'.repeat(32) }) },
      settings: { globalHoldoutShare: 0 },
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

  it('needs a campaign that runs and offers one', async () => {
    expect(await answerOf(1, open({ holdoutShare: 0, status: 'paused' }))).toBe('campaign-not-running');
    const reminder = [{ name: 'r', weight: 1, action: { kind: 'reminder' as const, templates } }];
    expect(await answerOf(1, open({ holdoutShare: 0, variants: reminder }))).toBe('referral-not-offered');
  });
});
