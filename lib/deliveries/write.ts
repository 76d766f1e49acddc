// Writes the message of one delivery: the items it recommends and its rendered, addressed form.
// The delivery's id seeds what is drawn, so that a second attempt writes the same.

import { recommendationId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import { allowedTo, type FocusItem, focusItems } from '../campaigns/focus.ts';
import type { Coupon, Delivery, OutgoingMessage } from '../ports.ts';
import { type Recommendation, recommend } from '../recommendations/recommend.ts';
import type { Attempt } from './attempt.ts';
import { messageOf } from './channel-message.ts';

export interface Written {
  readonly message: OutgoingMessage;
  readonly recommendation: Recommendation | undefined;
}

export const write = async (
  delivery: Delivery,
  coupon: Coupon | undefined,
  attempt: Attempt,
): Promise<Written | { readonly problem: string } | { readonly nothing: string }> => {
  const { campaign, member, action, profile, context } = attempt;
  const about = await subjectOf(attempt);
  if (about?.length === 0) {
    return { nothing: `nothing-${action.focus}` };
  }
  const recommendation =
    campaign.recommendationsCount > 0 ? await choose(delivery, about ?? [], attempt) : undefined;
  const letter = {
    campaign,
    action,
    customerId: member.customerId,
    decisionId: delivery.decisionId,
    profile,
    coupon,
    items: recommendation?.items ?? [],
    about: about ?? [],
  };
  const { timeZone, shopHosts } = context.settings;
  const messageContext = { ...context, timeZone, shopHosts, nowMs: context.clock.nowMs() };
  try {
    return { message: messageOf(letter, delivery, messageContext), recommendation };
  } catch (error) {
    // A template that passed validation can still fail on one customer's values; the others must get their mail.
    return { problem: `template: ${error instanceof Error ? error.message : String(error)}` };
  }
};

/** Undefined where the message is about nothing in particular. */
const subjectOf = async ({
  campaign,
  action,
  record,
  context,
}: Attempt): Promise<readonly FocusItem[] | undefined> =>
  action.focus === undefined
    ? undefined
    : focusItems(
        action.focus,
        campaign.trigger,
        record.state,
        allowedTo(record.profile, context.settings.eligibilityRules, await context.assortment()),
        context.clock.nowMs(),
      );

/** The same items as the API would answer now, without those that the message is about. */
const choose = async (
  { deliveryId }: Delivery,
  about: readonly FocusItem[],
  { campaign, member, record: of, context }: Attempt,
): Promise<Recommendation> =>
  recommend(
    {
      userId: member.customerId,
      limit: campaign.recommendationsCount,
      placement: 'mail',
      exclude: new Set(about.map(({ item }) => item.itemId)),
    },
    of,
    await context.assortment(),
    {
      recommendationId: recommendationId(deliveryId),
      nowMs: context.clock.nowMs(),
      random: seededRandom(deliveryId),
      explorationShare: context.settings.explorationShare,
      explorationDepth: context.settings.explorationDepth,
      reranking: context.settings.reranking,
      eligibilityRules: context.settings.eligibilityRules,
    },
  );
