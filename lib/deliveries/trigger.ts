// One message of an event campaign: assign, deliver, or put back what must wait (lib/campaigns/trigger.ts says how
// nobody is lost). Throws when something failed that is to be tried again: the message then comes back by itself.

import { Failure, shown } from '../base/errors.ts';
import { putBack, stepTrigger, type TriggerPorts } from '../campaigns/trigger.ts';
import type { CampaignTrigger, TriggerQueue } from '../ports.ts';
import type { DeliverContext } from './attempt.ts';
import { deliverOne } from './deliver.ts';

export type TriggerContext = Omit<DeliverContext, 'runId' | 'phase'> &
  Omit<TriggerPorts, 'listVersion'> & { readonly triggers: TriggerQueue };

/** What became of it, for the log: `sent`, `suppressed`, `put-back`, or why nothing was to be done. */
export const deliverTrigger = async (body: string, context: TriggerContext): Promise<string> => {
  const trigger = parseTrigger(body);
  const nowMs = context.clock.nowMs();
  const step = await stepTrigger(trigger, nowMs, {
    ...context,
    listVersion: async () => (await context.assortment()).serving?.modelVersion,
  });
  if (step.kind === 'done') {
    return step.reason;
  }
  const untilMs = step.kind === 'later' ? step.untilMs : await deliver(step, context);
  if (typeof untilMs === 'string') {
    return untilMs;
  }
  await putBack(trigger, untilMs, nowMs, context.triggers);
  return 'put-back';
};

/** The outcome, or the instant until which it must wait. */
const deliver = async (
  { campaign, member, record }: Extract<Awaited<ReturnType<typeof stepTrigger>>, { kind: 'deliver' }>,
  context: TriggerContext,
): Promise<string | number> => {
  const outcome = await deliverOne(campaign, member, record, { ...context, runId: 'run-1', phase: 'test' });
  return outcome.kind === 'deferred' ? (outcome.untilMs ?? context.clock.nowMs()) : outcome.kind;
};

const parseTrigger = (body: string): CampaignTrigger => {
  const trigger: CampaignTrigger = JSON.parse(body);
  if (!trigger.campaignId || !trigger.customerId || Number.isNaN(Date.parse(trigger.at))) {
    throw new Failure('invalid', {
      code: 'trigger-invalid',
      message: 'The message is no campaign trigger; it will end in the dead-letter queue.',
      received: shown(body),
      action: 'Look at who writes to the triggers queue.',
    });
  }
  return trigger;
};
