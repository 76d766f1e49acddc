// A mail as one customer would get it, without preparing or sending anything: a code that is not valid, and missing
// variables as errors, so that the marketer sees them before customers would see a gap.

import { Failure } from '../base/errors.ts';
import type { CustomerId } from '../base/ids.ts';
import type { Campaign, Focus } from '../campaigns/campaign.ts';
import type { FocusItem } from '../campaigns/focus.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { Coupon } from '../ports.ts';
import type { RecommendedItem } from '../recommendations/recommend.ts';
import { type LetterContext, renderLetter } from './compose.ts';
import type { RenderedMail } from './template.ts';

const dayMs = 86_400_000;
const previewCode = 'XXXX-XXXX-XXXX';

/** One entry a variant that sends something. */
export const previewMails = (
  campaign: Campaign,
  customerId: CustomerId,
  record: CustomerRecord,
  items: readonly RecommendedItem[],
  about: (focus: Focus) => readonly FocusItem[],
  context: LetterContext,
): readonly ({ readonly variant: string } & RenderedMail)[] =>
  campaign.variants.flatMap(({ name, action }) => {
    if (action.kind === 'none' || action.kind === 'journey') {
      return [];
    }
    const issued = { campaignId: campaign.campaignId, variant: name, decisionId: 'preview', customerId };
    const coupon: Coupon | undefined =
      action.kind === 'coupon'
        ? {
            ...issued,
            code: previewCode,
            issuedAt: new Date(context.nowMs).toISOString(),
            expiresAt: new Date(context.nowMs + action.offer.expiresAfterDays * dayMs).toISOString(),
            redemptionsMax: 0,
            redemptionsCount: 0,
          }
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
    try {
      return [{ variant: name, ...renderLetter(letter, context, { strict: true }) }];
    } catch (error) {
      throw new Failure('invalid', {
        code: 'template-not-renderable',
        message: `The mail of variant ${name} cannot be rendered: ${error instanceof Error ? error.message : String(error)}`,
        action: 'Correct the template, or give the variable a default: {{ name | default: "" }}.',
      });
    }
  });
