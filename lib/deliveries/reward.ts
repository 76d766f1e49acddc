// Tells an advocate of the reward they earned: one message a reward, through the same path as every other (consent,
// suppression, quiet hours, caps), with the coupon that the friend's redemption issued. The trigger is the event of that
// (lib/events/archive.ts). What a cap leaves no room for waits for room, since the invitation promised the code; it goes
// after the campaign has finished too, and no more once the campaign is cancelled or the reward was taken back.

import { decisionId } from '../base/ids.ts';
import { triggerDelaySMax } from '../base/limits.ts';
import type { Campaign, MessageAction } from '../campaigns/campaign.ts';
import { firstRun } from '../campaigns/schedule.ts';
import { messagesOf } from '../campaigns/shared-codes.ts';
import type { CampaignTrigger, Coupon } from '../ports.ts';
import { closeMessage, deliverMessage } from './deliver.ts';
import type { TriggerContext } from './trigger.ts';

/** Its place in reports, beside the steps of journeys. */
const rewardStepId = 'referral-reward';

/** The outcome, or the instant until which it must wait. */
export const deliverReward = async (
  { campaignId, customerId, at }: CampaignTrigger,
  code: string,
  context: TriggerContext,
): Promise<string | number> => {
  const [campaign, reward] = await Promise.all([
    context.campaigns.get(campaignId),
    context.coupons.get(code),
  ]);
  const isTheirs = reward?.rewardFor !== undefined && reward.customerId === customerId;
  if (campaign === undefined || !isTheirs || reward.campaignId !== campaignId) {
    return 'unknown-reward';
  }
  const action = rewardAction(campaign, reward);
  if (action === undefined) {
    return 'no-reward-message';
  }
  const nowMs = context.clock.nowMs();
  const end = endOf(campaign, reward);
  if (campaign.status === 'paused' && end === undefined) {
    return nowMs + triggerDelaySMax * 1000;
  }
  const record = await context.customers.read(customerId);
  const attempt = {
    campaign,
    member: {
      customerId,
      decisionId: decisionId(reward.decisionId),
      arm: reward.variant,
      propensity: 1,
      assignedAt: at,
    },
    stepId: rewardStepId,
    reward,
    action,
    profile: record.profile,
    record,
    context: { ...context, runId: firstRun(campaign).runId, phase: 'test' as const },
  };
  const outcome = end === undefined ? await deliverMessage(attempt) : await closeMessage(attempt, end);
  const isOver = end !== undefined && outcome.untilMs === undefined;
  return outcome.kind === 'deferred' && !isOver ? (outcome.untilMs ?? nowMs) : (end ?? outcome.kind);
};

const endOf = ({ status }: Campaign, { revokedAt }: Coupon): string | undefined => {
  if (revokedAt !== undefined) {
    return 'reward-revoked';
  }
  return status === 'cancelled' ? 'cancelled' : undefined;
};

/** Of the variant that the code came from: the reward's words with the reward's own terms. */
const rewardAction = ({ variants }: Campaign, { variant }: Coupon): MessageAction | undefined => {
  const messages = variants
    .filter(({ name }) => name === variant)
    .flatMap((one) => messagesOf(one.action))
    .flatMap((message) => (message.kind === 'coupon' ? [message] : []));
  const invitation = messages.find(({ offer }) => offer.referral !== undefined);
  const reward = invitation?.offer.referral?.reward;
  return invitation?.rewardMessage === undefined || reward === undefined
    ? undefined
    : { kind: 'coupon', offer: reward, templates: invitation.rewardMessage.templates };
};
