// One message of an event campaign: assign, deliver, or put back what must wait (lib/campaigns/trigger.ts says how
// nobody is lost). Throws when something failed that is to be tried again: the message then comes back by itself.

import { Failure, shown } from '../base/errors.ts';
import { decisionId as toDecisionId } from '../base/ids.ts';
import { journeyOf } from '../campaigns/journey-state.ts';
import { eventRunAt } from '../campaigns/schedule.ts';
import { putBack, stepTrigger, type TriggerPorts } from '../campaigns/trigger.ts';
import type { CampaignTrigger, JourneyStore, OrderRefund, TriggerQueue } from '../ports.ts';
import type { DeliverContext } from './attempt.ts';
import { closeMessage, deliverOne } from './deliver.ts';
import { deliveryIdOf } from './identity.ts';
import { advanceJourney } from './journey.ts';
import { putBackShortWait, resumeJourneys } from './journey-trigger.ts';
import { deliverReward } from './reward.ts';

export type TriggerContext = Omit<DeliverContext, 'runId' | 'phase'> &
  Omit<TriggerPorts, 'listVersion'> & {
    readonly triggers: TriggerQueue;
    readonly journeys: JourneyStore;
    /** A refund that came in place of a trigger. */
    readonly refundOrder: (refund: OrderRefund) => Promise<string>;
  };

/** What became of it, for the log: `sent`, `suppressed`, `put-back`, or why nothing was to be done. */
export const deliverTrigger = async (body: string, context: TriggerContext): Promise<string> => {
  const trigger = parseTrigger(body);
  if ('refund' in trigger) {
    return context.refundOrder(trigger);
  }
  const nowMs = context.clock.nowMs();
  if (trigger.journey !== undefined) {
    return goOn(trigger, nowMs, context);
  }
  if (trigger.reward !== undefined) {
    return tellReward(trigger, trigger.reward, nowMs, context);
  }
  const step = await stepTrigger(trigger, nowMs, {
    ...context,
    listVersion: async () => (await context.assortment()).serving?.modelVersion,
  });
  const untilMs =
    step.kind === 'later'
      ? step.untilMs
      : step.kind === 'done'
        ? await closeBegun(trigger, step.reason, context)
        : await deliver(trigger, step, context);
  if (typeof untilMs === 'string') {
    return untilMs;
  }
  await putBack(trigger, untilMs, nowMs, context.triggers);
  return 'put-back';
};

/**
 * Nothing more is sent: the campaign ended, or the customer no longer belongs to its audience. What an earlier message
 * began before its function died is brought to an end all the same: its code and its places would stay taken.
 */
const closeBegun = async (
  { campaignId, customerId, at }: CampaignTrigger,
  reason: string,
  context: TriggerContext,
): Promise<string | number> => {
  const campaign = await context.campaigns.get(campaignId);
  const runId = campaign && eventRunAt(campaign, Date.parse(at))?.runId;
  if (campaign === undefined || runId === undefined) {
    return reason;
  }
  const run = { runId, phase: 'test' } as const;
  const begun = await context.deliveries.get(deliveryIdOf(campaign, run.runId, run.phase, customerId));
  const action = campaign.variants.find(({ name }) => name === begun?.variant)?.action;
  const isOpen = begun?.status === 'prepared' || begun?.status === 'sending';
  if (!isOpen || action === undefined || action.kind === 'none' || action.kind === 'journey') {
    return reason;
  }
  const { decisionId, variant: arm, preparedAt: assignedAt } = begun;
  const member = { customerId, decisionId: toDecisionId(decisionId), arm, propensity: 1, assignedAt };
  const attempt = {
    campaign,
    member,
    action,
    profile: undefined,
    record: {},
    context: { ...context, ...run },
  };
  const outcome = await closeMessage(attempt, reason);
  return outcome.kind === 'deferred' ? (outcome.untilMs ?? context.clock.nowMs()) : reason;
};

const tellReward = async (
  trigger: CampaignTrigger,
  code: string,
  nowMs: number,
  context: TriggerContext,
): Promise<string> => {
  const notBeforeMs = trigger.notBefore === undefined ? 0 : Date.parse(trigger.notBefore);
  const untilMs = nowMs < notBeforeMs ? notBeforeMs : await deliverReward(trigger, code, context);
  if (typeof untilMs === 'string') {
    return untilMs;
  }
  await putBack(trigger, untilMs, nowMs, context.triggers);
  return 'put-back';
};

const goOn = async (trigger: CampaignTrigger, nowMs: number, context: TriggerContext): Promise<string> => {
  const notBeforeMs = trigger.notBefore === undefined ? 0 : Date.parse(trigger.notBefore);
  if (nowMs < notBeforeMs) {
    await putBack(trigger, notBeforeMs, nowMs, context.triggers);
    return 'put-back';
  }
  const campaign = await context.campaigns.get(trigger.campaignId);
  return campaign === undefined ? 'unknown-campaign' : resumeJourneys(trigger, campaign, context);
};

/** The outcome, or the instant until which it must wait; longer waits of a journey are the campaign's rounds'. */
const deliver = async (
  trigger: CampaignTrigger,
  { campaign, runId, member, record }: Extract<Awaited<ReturnType<typeof stepTrigger>>, { kind: 'deliver' }>,
  context: TriggerContext,
): Promise<string | number> => {
  const run = { ...context, runId, phase: 'test' } as const;
  if (journeyOf(campaign, member.arm) !== undefined) {
    const advanced = await advanceJourney(campaign, member, record, run);
    await putBackShortWait(trigger, advanced, context);
    return advanced.state.ended === undefined ? 'journey-waits' : 'journey-ended';
  }
  const outcome = await deliverOne(campaign, member, record, run);
  return outcome.kind === 'deferred' ? (outcome.untilMs ?? context.clock.nowMs()) : outcome.kind;
};

const parseTrigger = (body: string): CampaignTrigger | OrderRefund => {
  const trigger: CampaignTrigger | OrderRefund = JSON.parse(body);
  if ('refund' in trigger && trigger.customerId && trigger.orderId) {
    return trigger;
  }
  if (
    'refund' in trigger ||
    !trigger.campaignId ||
    !trigger.customerId ||
    Number.isNaN(Date.parse(trigger.at))
  ) {
    throw new Failure('invalid', {
      code: 'trigger-invalid',
      message: 'The message is no campaign trigger; it will end in the dead-letter queue.',
      received: shown(body),
      action: 'Look at who writes to the triggers queue.',
    });
  }
  return trigger;
};
