// A mail as one customer would get it, without preparing or sending anything: a code that is not valid, and missing
// variables as errors, so that the marketer sees them before customers would see a gap.

import { Failure } from '../base/errors.ts';
import { type CustomerId, decisionId } from '../base/ids.ts';
import type { Campaign, CouponOffer, Focus, MessageAction } from '../campaigns/campaign.ts';
import type { FocusItem } from '../campaigns/focus.ts';
import type { StepId } from '../campaigns/journey.ts';
import type { CustomerRecord } from '../events/customer.ts';
import { issueCoupon } from '../offers/issue.ts';
import type { Coupon } from '../ports.ts';
import type { RecommendedItem } from '../recommendations/recommend.ts';
import { type LetterContext, renderLetter } from './compose.ts';
import type { RenderedMail } from './template.ts';

const previewCode = 'XXXX-XXXX-XXXX';

export interface PreviewedMail extends RenderedMail {
  readonly variant: string;
  /** The step of a journey that sends it. */
  readonly stepId?: StepId;
}

/** One entry a message: of a variant that is one, or of each sending step of its journey. */
export const previewMails = (
  campaign: Campaign,
  customerId: CustomerId,
  record: CustomerRecord,
  items: readonly RecommendedItem[],
  about: (focus: Focus) => readonly FocusItem[],
  context: LetterContext,
): readonly PreviewedMail[] =>
  messagesOf(campaign).map(({ variant, stepId, action }) => {
    const coupon =
      action.kind === 'coupon'
        ? previewCoupon(campaign.campaignId, variant, customerId, action.offer, context)
        : undefined;
    const letter = {
      campaign,
      action,
      customerId,
      decisionId: 'preview',
      profile: record.profile,
      coupon,
      items,
      about: action.focus === undefined ? [] : about(action.focus),
    };
    const step = stepId === undefined ? {} : { stepId };
    try {
      return { variant, ...step, ...renderLetter(letter, context, { strict: true }) };
    } catch (error) {
      const where = stepId === undefined ? '' : ` in step ${stepId}`;
      throw new Failure('invalid', {
        code: 'template-not-renderable',
        message: `The mail of variant ${variant}${where} cannot be rendered: ${error instanceof Error ? error.message : String(error)}`,
        action: 'Correct the template, or give the variable a default: {{ name | default: "" }}.',
      });
    }
  });

interface Sent {
  readonly variant: string;
  readonly stepId?: StepId;
  readonly action: MessageAction;
}

const messagesOf = ({ variants }: Campaign): readonly Sent[] =>
  variants.flatMap(({ name: variant, action }): readonly Sent[] => {
    if (action.kind === 'none') {
      return [];
    }
    return action.kind === 'journey'
      ? action.steps.flatMap((step) =>
          step.kind === 'send' ? [{ variant, stepId: step.stepId, action: step.message }] : [],
        )
      : [{ variant, action }];
  });

/** With a code that is not valid, unless everybody gets the same. */
const previewCoupon = (
  campaignId: Campaign['campaignId'],
  variant: string,
  customerId: CustomerId,
  offer: CouponOffer,
  { nowMs }: LetterContext,
): Coupon => {
  const issued = issueCoupon(
    { campaignId, variant, decisionId: decisionId('preview'), customerId },
    offer,
    nowMs,
    { bytes: (count) => new Uint8Array(count) },
  );
  return {
    ...issued,
    ...(offer.sharedCode === undefined && { code: (offer.codePattern ?? previewCode).replaceAll('?', 'X') }),
  };
};
