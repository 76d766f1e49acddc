// Codes that everybody gets are stored when their campaign starts, so that they work from then on, also before the
// first message, and a code that is taken is told before anything starts. Starting again changes nothing.

import { Failure } from '../base/errors.ts';
import { type CampaignId, customerId, type DecisionId, decisionId } from '../base/ids.ts';
import { emptyScene, issueCoupon, type OfferScene } from '../offers/issue.ts';
import { namedItems } from '../offers/offer.ts';
import type { CatalogStore, Coupon, CouponStore } from '../ports.ts';
import type { Campaign, MessageAction } from './campaign.ts';
import { startsAt } from './schedule.ts';

export interface SharedCodePorts {
  readonly coupons: Pick<CouponStore, 'issue'>;
  /** Texts of the offer name its items. */
  readonly catalog: Pick<CatalogStore, 'get'>;
}

/** Throws conflict when another campaign or variant has one of the codes. */
export const storeSharedCodes = async (
  campaign: Pick<Campaign, 'campaignId' | 'variants' | 'trigger'>,
  { coupons, catalog }: SharedCodePorts,
  nowMs: number,
): Promise<void> => {
  // "So many days" count from when the first message can go out, not from when the campaign was planned.
  const fromMs = Math.max(nowMs, Date.parse(startsAt(campaign.trigger)));
  const items = await catalog.get([
    ...new Set(sharedOffers(campaign).flatMap(({ offer }) => namedItems(offer))),
  ]);
  const scene: OfferScene = { ...emptyScene, item: (id) => items.get(id) };
  for (const coupon of sharedCoupons(campaign, fromMs, scene)) {
    const issued = await coupons.issue(coupon);
    const isOurs =
      issued.kind === 'issued' ||
      (issued.coupon.campaignId === coupon.campaignId && issued.coupon.variant === coupon.variant);
    if (!isOurs) {
      throw new Failure('conflict', {
        code: 'shared-code-taken',
        message: `The code ${coupon.code} of variant ${coupon.variant} belongs to another campaign or variant; the campaign stays a draft.`,
        received: coupon.code,
        action:
          'Choose another sharedCode by PUT, then start it. Codes are the same however they are typed: O is 0, I and L are 1.',
      });
    }
  }
};

/** Of a code that belongs to no one decision. */
export const sharedDecisionId = (campaignId: CampaignId): DecisionId => decisionId(`shared-${campaignId}`);

const sharedOffers = ({ variants }: Pick<Campaign, 'variants'>) =>
  variants.flatMap(({ name, action }) =>
    messagesOf(action).flatMap((message) =>
      message.kind === 'coupon' && message.offer.sharedCode !== undefined
        ? [{ variant: name, offer: message.offer }]
        : [],
    ),
  );

const sharedCoupons = (
  campaign: Pick<Campaign, 'campaignId' | 'variants'>,
  nowMs: number,
  scene: OfferScene,
): readonly Coupon[] =>
  sharedOffers(campaign).map(({ variant, offer }) => {
    const holder = {
      campaignId: campaign.campaignId,
      variant,
      decisionId: decisionId(`shared-${campaign.campaignId}`),
      customerId: customerId(''),
    };
    return issueCoupon(holder, offer, nowMs, { bytes: () => new Uint8Array() }, scene);
  });

/** Every message of an action, a journey's too. */
export const messagesOf = (action: Campaign['variants'][number]['action']): readonly MessageAction[] => {
  switch (action.kind) {
    case 'none':
      return [];
    case 'journey':
      return action.steps.flatMap((step) => (step.kind === 'send' ? [step.message] : []));
    default:
      return [action];
  }
};
