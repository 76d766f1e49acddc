// A customer's journeys in one campaign go on at once: an event came that a step waits for, or a short wait is over.
// What an event woke is written before anything else, so that a pause or a crash does not lose it: the state is then
// due, and the campaign's own rounds go on with it. Messages here only make that sooner, and may come twice or never.

import { storeAttemptsMax, triggerDelaySMax } from '../base/limits.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { JourneyState } from '../campaigns/journey-state.ts';
import { putBack } from '../campaigns/trigger.ts';
import type { CampaignTrigger, JourneyStore } from '../ports.ts';
import { type Advanced, advanceJourney } from './journey.ts';
import type { TriggerContext } from './trigger.ts';

/** What became of it, for the log. */
export const resumeJourneys = async (
  trigger: CampaignTrigger,
  campaign: Campaign,
  context: TriggerContext,
): Promise<string> => {
  const { customerId, campaignId, journey } = trigger;
  const states = await context.journeys.of(campaignId, customerId);
  const woken: JourneyState[] = [];
  for (const state of states) {
    const now = journey?.event === undefined ? state : await arrived(state, trigger, journey.event, context);
    if (now !== undefined && now.ended === undefined) {
      woken.push(now);
    }
  }
  const able = woken.filter(({ phase }) => runs(campaign, phase));
  if (able.length === 0) {
    return woken.length === 0 ? 'no-journey-waits' : `campaign-${campaign.status}`;
  }
  const version =
    campaign.recommendationsCount > 0 ? (await context.assortment()).serving?.modelVersion : undefined;
  const record = await context.customers.read(customerId, version);
  for (const { runId, phase, member } of able) {
    const advanced = await advanceJourney(campaign, member, record, { ...context, runId, phase });
    await putBackShortWait(trigger, advanced, context);
  }
  return 'journey-went-on';
};

/** Waits too short for the campaign's rounds come back through the queue. */
export const putBackShortWait = async (
  trigger: CampaignTrigger,
  { state }: Advanced,
  { clock, triggers }: Pick<TriggerContext, 'clock' | 'triggers'>,
): Promise<void> => {
  const nowMs = clock.nowMs();
  const dueMs = Date.parse(state.dueAt);
  if (state.ended === undefined && dueMs > nowMs && dueMs - nowMs <= triggerDelaySMax * 1000) {
    await putBack({ ...trigger, journey: {} }, dueMs, nowMs, triggers);
  }
};

/** A rollout goes on after the campaign has finished; while it is paused, nothing does. */
const runs = ({ status }: Campaign, phase: JourneyState['phase']): boolean =>
  status === 'running' || (status === 'finished' && phase === 'rollout');

/** Notes that the awaited event came, after the step was reached; undefined when nothing waits for it. */
const arrived = async (
  found: JourneyState,
  { at }: CampaignTrigger,
  event: string,
  { journeys, clock }: { readonly journeys: JourneyStore; readonly clock: TriggerContext['clock'] },
): Promise<JourneyState | undefined> => {
  let state: JourneyState | undefined = found;
  for (let attempt = 0; attempt < storeAttemptsMax; attempt++) {
    const isAwaited =
      state?.ended === undefined && state?.awaits === event && Date.parse(at) >= Date.parse(state.enteredAt);
    if (state === undefined || !isAwaited || state.arrived) {
      return isAwaited ? state : undefined;
    }
    const next: JourneyState = {
      ...state,
      arrived: true,
      dueAt: new Date(clock.nowMs()).toISOString(),
      revision: state.revision + 1,
    };
    if (await journeys.write(next, state)) {
      return next;
    }
    state = await journeys.get(state, state.member.customerId);
  }
  throw new Error(`the journey of ${found.member.customerId} changed too often while its event was noted`);
};
