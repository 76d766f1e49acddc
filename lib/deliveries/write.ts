// Writes the message of one delivery: the items it recommends and its rendered, addressed form.
// The delivery's id seeds what is drawn, so that a second attempt writes the same.

import { recommendationId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import type { Coupon, Delivery, OutgoingMessage } from '../ports.ts';
import { type Recommendation, recommend } from '../recommendations/recommend.ts';
import type { Attempt } from './attempt.ts';
import { addressed, renderLetter } from './compose.ts';

export interface Written {
  readonly message: OutgoingMessage;
  readonly recommendation: Recommendation | undefined;
}

export const write = async (
  delivery: Delivery,
  coupon: Coupon | undefined,
  attempt: Attempt,
): Promise<Written | { readonly problem: string }> => {
  const { campaign, member, action, profile, context } = attempt;
  const recommendation = campaign.recommendationsCount > 0 ? await choose(delivery, attempt) : undefined;
  const letter = {
    campaign,
    action,
    customerId: member.customerId,
    decisionId: delivery.decisionId,
    profile,
    coupon,
    items: recommendation?.items ?? [],
  };
  const letterContext = { ...context, timeZone: context.settings.timeZone, nowMs: context.clock.nowMs() };
  try {
    const rendered = renderLetter(letter, letterContext);
    const to = profile?.email ?? '';
    return {
      message: addressed(rendered, delivery, to, context.fromAddress, letterContext),
      recommendation,
    };
  } catch (error) {
    // A template that passed validation can still fail on one customer's values; the others must get their mail.
    return { problem: `template: ${error instanceof Error ? error.message : String(error)}` };
  }
};

/** The same items as the API would answer now. */
const choose = async (
  { deliveryId }: Delivery,
  { campaign, member, record: of, context }: Attempt,
): Promise<Recommendation> =>
  recommend(
    {
      userId: member.customerId,
      limit: campaign.recommendationsCount,
      placement: 'mail',
      exclude: new Set(),
    },
    of,
    await context.assortment(),
    {
      recommendationId: recommendationId(deliveryId),
      nowMs: context.clock.nowMs(),
      random: seededRandom(deliveryId),
      explorationShare: context.settings.explorationShare,
      reranking: context.settings.reranking,
      eligibilityRules: context.settings.eligibilityRules,
    },
  );
