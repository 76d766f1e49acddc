// POST /v1/users/{userId}/referrals { campaignId }: the customer's own code for friends, to be shown in an app. The same
// that a message would carry, made when it is first asked for; one a customer and campaign, for ever.
// The assignment is kept: who is held out, or in an arm without the offer, has no code. Nor has whom an item of the offer
// or of its reward does not suit (any more), and a code that has ended is not given back.

import { z } from 'zod';
import { inSlice } from '../assignment/exclusion.ts';
import type { HoldoutSettings } from '../assignment/holdout-period.ts';
import { Failure, shown } from '../base/errors.ts';
import { type CustomerId, campaignId as campaignIdOf } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { idLengthMax } from '../base/limits.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { issueCoupon, keyedBytes } from '../offers/issue.ts';
import type { CouponOffer, Referral } from '../offers/offer.ts';
import { itemsOffered, suitsStill } from '../offers/suits-still.ts';
import { offerTexts } from '../offers/texts.ts';
import type {
  CampaignStore,
  CatalogStore,
  Clock,
  Coupon,
  CouponStore,
  CustomerStore,
  SecretStore,
} from '../ports.ts';
import { existingCampaign } from './administer.ts';
import type { Campaign } from './campaign.ts';
import { memberOfRun } from './member-of-run.ts';
import { firstRun } from './schedule.ts';
import { messagesOf } from './shared-codes.ts';

export interface ReferralPorts {
  readonly campaigns: CampaignStore;
  readonly coupons: Pick<CouponStore, 'issue' | 'friendView'>;
  readonly secrets: SecretStore;
  readonly customers: Pick<CustomerStore, 'read'>;
  readonly catalog: Pick<CatalogStore, 'get'>;
  readonly settings: HoldoutSettings & Pick<WorkspaceSettings, 'eligibilityRules'>;
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

const ownCode = async (campaign: Campaign, customerId: CustomerId, ports: ReferralPorts): Promise<Coupon> => {
  const { coupons, secrets, clock } = ports;
  const { campaignId } = campaign;
  const nowMs = clock.nowMs();
  const workspace = await secrets.secrets();
  const { runId } = firstRun(campaign);
  const member = await memberOfRun(campaign, runId, customerId, nowMs, workspace, ports);
  const offer = referralOffer(campaign, member.arm);
  const isOffered = offer !== undefined && inSlice(customerId, campaign.exclusion, workspace.holdoutSalt);
  if (!isOffered || campaign.status !== 'running') {
    throw new Failure('forbidden', {
      code: isOffered ? 'campaign-not-running' : 'referral-not-offered',
      message: isOffered
        ? `The campaign is ${campaign.status}.`
        : 'The campaign offers this customer no code for friends: it has none, or they are in another arm or slice or held out.',
      received: shown(customerId),
      action: 'Show no invitation to this customer.',
    });
  }
  await refuseUnsuited(offer, customerId, ports);
  const { coupon } = await coupons.issue(
    issueCoupon(
      { ...member, campaignId, variant: member.arm },
      offer,
      nowMs,
      keyedBytes(workspace.linkSecret, 'referral', campaignId, customerId),
    ),
  );
  if (coupon.revokedAt !== undefined || Date.parse(coupon.expiresAt) <= nowMs) {
    throw new Failure('gone', {
      code: 'referral-code-ended',
      message: `The customer's code for friends of this campaign ended ${coupon.revokedAt ?? coupon.expiresAt}.`,
      received: shown(customerId),
      action: 'Show no invitation to this customer; a new campaign gives a new code.',
    });
  }
  return coupon;
};

const refuseUnsuited = async (
  offer: CouponOffer,
  customerId: CustomerId,
  { customers, ...context }: ReferralPorts,
): Promise<void> => {
  const named = itemsOffered(offer);
  const { profile } = named.length === 0 ? {} : await customers.read(customerId);
  const suits = await suitsStill(named, profile?.traits ?? {}, context);
  if (!suits(named)) {
    throw new Failure('forbidden', {
      code: 'referral-not-suitable',
      message:
        "The offer, or the reward for it, names an item that the workspace's eligibility rules keep from this customer.",
      received: shown(customerId),
      action: 'Show no invitation to this customer.',
    });
  }
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
