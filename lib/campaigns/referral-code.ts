// POST /v1/users/{userId}/referrals { campaignId }: the customer's own code for friends, to be shown in an app. The same
// that a message would carry, made when it is first asked for; one a customer and campaign, for ever.
// The assignment is kept: who is held out, or in an arm without the offer, has no code.

import { z } from 'zod';
import { Failure, shown } from '../base/errors.ts';
import { type CustomerId, campaignId as campaignIdOf } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { idLengthMax } from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { issueCoupon, keyedBytes } from '../offers/issue.ts';
import type { CouponOffer, Referral } from '../offers/offer.ts';
import { offerTexts } from '../offers/texts.ts';
import type { CampaignStore, Clock, Coupon, CouponStore, SecretStore } from '../ports.ts';
import { existingCampaign } from './administer.ts';
import { assignMember } from './assigned.ts';
import type { Campaign } from './campaign.ts';
import { firstRun } from './schedule.ts';
import { messagesOf } from './shared-codes.ts';

export interface ReferralPorts {
  readonly campaigns: CampaignStore;
  readonly coupons: Pick<CouponStore, 'issue' | 'friendView'>;
  readonly secrets: SecretStore;
  readonly settings: Pick<WorkspaceSettings, 'globalHoldoutShare'>;
  readonly clock: Clock;
}

export interface ReferralAnswer {
  readonly code: string;
  readonly campaignId: string;
  readonly expiresAt: string;
  /** "15% off", by language. */
  readonly friendRewardText: { readonly en: string; readonly 'zh-CN': string };
  readonly rewardText: { readonly en: string; readonly 'zh-CN': string };
  readonly waitDays: number;
  readonly rewardsCount: number;
  readonly rewardsMax: number;
}

const body = z.strictObject({ campaignId: z.string().min(1).max(idLengthMax) });

export const referralCode = async (
  customerId: CustomerId,
  input: unknown,
  ports: ReferralPorts,
): Promise<ReferralAnswer> => {
  const id = campaignIdOf(parseInput(body, input, 'referral').campaignId);
  const campaign = await existingCampaign(id, ports.campaigns);
  const coupon = await ownCode(campaign, customerId, ports);
  const referral = coupon.terms.referral;
  if (referral === undefined) {
    throw new Error(`the code ${coupon.code} of ${customerId} brings no friends`);
  }
  const { rewarded } = await ports.coupons.friendView(coupon, customerId);
  return answerOf(coupon, referral, rewarded.count);
};

const ownCode = async (
  campaign: Campaign,
  customerId: CustomerId,
  { coupons, secrets, settings, clock }: ReferralPorts,
): Promise<Coupon> => {
  const { campaignId } = campaign;
  const nowMs = clock.nowMs();
  const workspace = await secrets.secrets();
  const at = new Date(nowMs).toISOString();
  const member = assignMember(campaign, firstRun(campaign).runId, customerId, at, workspace, settings);
  const offer = referralOffer(campaign, member.arm);
  if (offer === undefined || campaign.status !== 'running') {
    throw new Failure('forbidden', {
      code: offer === undefined ? 'referral-not-offered' : 'campaign-not-running',
      message:
        offer === undefined
          ? 'The campaign offers this customer no code for friends: it has none, or they are in another arm or held out.'
          : `The campaign is ${campaign.status}.`,
      received: shown(customerId),
      action: 'Show no invitation to this customer.',
    });
  }
  const issued = await coupons.issue(
    issueCoupon(
      { ...member, campaignId, variant: member.arm },
      offer,
      nowMs,
      keyedBytes(workspace.linkSecret, 'referral', campaignId, customerId),
    ),
  );
  return issued.coupon;
};

const referralOffer = ({ variants }: Campaign, arm: string): CouponOffer | undefined =>
  variants
    .filter(({ name }) => name === arm)
    .flatMap(({ action }) => messagesOf(action))
    .flatMap((message) => (message.kind === 'coupon' ? [message.offer] : []))
    .find(({ referral }) => referral !== undefined);

const answerOf = (coupon: Coupon, referral: Referral, rewardsCount: number): ReferralAnswer => {
  const texts = (terms: Coupon['terms']) => ({
    en: offerTexts(terms, 'en').discountText,
    'zh-CN': offerTexts(terms, 'zh-CN').discountText,
  });
  return {
    code: coupon.code,
    campaignId: coupon.campaignId,
    expiresAt: coupon.expiresAt,
    friendRewardText: texts(coupon.terms),
    rewardText: texts(referral.reward),
    waitDays: referral.waitDays,
    rewardsCount,
    rewardsMax: referral.rewardsMax,
  };
};
