// Takes one customer as far through their journey as they can go now: enter, leave what is over, send, wait.
// A state is written before its step has an effect, and the step's own effect (one delivery a step) can be repeated, so
// that any attempt may die anywhere and the next one goes on; of two at once, one writes and the other follows it.
// A message that may not go now (quiet hours, a throttle) is tried again when it may; one that is refused, suppressed or
// of unknown fate is left behind and never sent again. Nothing is sent after the purchase or the window. Who entered an
// event campaign again while an earlier journey goes on gets no two at once: the later one's messages wait for its end.

import { deliveryRetryMs, deliveryRetryMsMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import {
  journeyRoundMsMin,
  journeyStepAttemptsCountMax,
  journeyStepsCountMax,
} from '../base/workflow-limits.ts';
import type { AudienceMember } from '../campaigns/audience.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { evaluateCondition } from '../campaigns/evaluate.ts';
import { factItems } from '../campaigns/fact-items.ts';
import { customerFacts } from '../campaigns/facts.ts';
import type { Journey } from '../campaigns/journey.ts';
import { type JourneyState, journeyOf, stepAt } from '../campaigns/journey-state.ts';
import {
  endJourney,
  enterJourney,
  leaveStep,
  type Standing,
  type WalkContext,
} from '../campaigns/journey-walk.ts';
import { repeats, runNumber, usableTimeZone } from '../campaigns/schedule.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { CatalogStore, JourneyStore } from '../ports.ts';
import type { DeliverContext, DeliveryOutcome } from './attempt.ts';
import { closeMessage, deliverMessage, notBegun } from './deliver.ts';

export interface JourneyContext extends DeliverContext {
  readonly journeys: JourneyStore;
  readonly catalog: Pick<CatalogStore, 'get'>;
}

export interface Advanced {
  readonly state: JourneyState;
  /** What became of the messages of the steps that were left. */
  readonly deliveries: readonly DeliveryOutcome[];
  /** Why a try failed; the step is tried again when it is due. */
  readonly problem?: string;
}

interface Traveller {
  readonly campaign: Campaign;
  readonly journey: Journey;
  readonly member: AudienceMember;
  readonly record: CustomerRecord;
  readonly context: JourneyContext;
}

export const advanceJourney = async (
  campaign: Campaign,
  member: AudienceMember,
  record: CustomerRecord,
  context: JourneyContext,
): Promise<Advanced> => {
  const journey = journeyOf(campaign, member.arm);
  if (journey === undefined) {
    throw new Error(`variant ${member.arm} of ${campaign.campaignId} is no journey`);
  }
  const traveller = { campaign, journey, member, record, context };
  const deliveries: DeliveryOutcome[] = [];
  let problem: string | undefined;
  let state = await entered(traveller);
  // Each turn leaves a step, waits, or follows another attempt that did.
  for (let turn = 0; turn < 2 * journeyStepsCountMax && isDue(state, context.clock.nowMs()); turn++) {
    const turn = await turnOf(state, traveller);
    problem = turn.problem;
    if (await context.journeys.write(turn.next, state)) {
      state = turn.next;
      deliveries.push(...(turn.delivery === undefined ? [] : [turn.delivery]));
    } else {
      state = await stored(traveller);
    }
  }
  return { state, deliveries, ...(problem !== undefined && { problem }) };
};

/** After a cancellation: the message that the customer's step may have begun is settled, and nothing goes on. */
export const closeJourney = async (
  campaign: Campaign,
  member: AudienceMember,
  record: CustomerRecord,
  context: JourneyContext,
): Promise<DeliveryOutcome> => {
  const journey = journeyOf(campaign, member.arm);
  const { runId, phase } = context;
  const run = { campaignId: campaign.campaignId, runId, phase };
  const state = journey && (await context.journeys.get(run, member.customerId));
  if (journey === undefined || state === undefined || state.ended !== undefined) {
    return notBegun;
  }
  const here = stepAt(journey, state.stepId);
  if (here.kind !== 'send') {
    return notBegun;
  }
  const { stepId, message: action } = here;
  return closeMessage({ campaign, member, stepId, action, profile: record.profile, record, context });
};

const isDue = ({ ended, dueAt }: JourneyState, nowMs: number): boolean =>
  ended === undefined && Date.parse(dueAt) <= nowMs;

const entered = async (traveller: Traveller): Promise<JourneyState> => {
  const { campaign, journey, member, context } = traveller;
  const found = await find(traveller);
  if (found !== undefined) {
    return found;
  }
  const { runId, phase } = context;
  const standing = enterJourney(journey, await walkContext(traveller));
  const state: JourneyState = {
    campaignId: campaign.campaignId,
    runId,
    phase,
    member,
    ...standing,
    revision: 1,
  };
  return (await context.journeys.write(state, undefined)) ? state : stored(traveller);
};

const find = ({ campaign, member, context }: Traveller): Promise<JourneyState | undefined> => {
  const { runId, phase } = context;
  return context.journeys.get({ campaignId: campaign.campaignId, runId, phase }, member.customerId);
};

const stored = async (traveller: Traveller): Promise<JourneyState> => {
  const state = await find(traveller);
  if (state === undefined) {
    throw new Error('a journey is never deleted');
  }
  return state;
};

interface Turn {
  readonly next: JourneyState;
  readonly delivery?: DeliveryOutcome;
  readonly problem?: string;
}

/** One step; a try that fails is put off and, when too many did, the step is left out. */
const turnOf = async (state: JourneyState, traveller: Traveller): Promise<Turn> => {
  try {
    return await step(state, traveller);
  } catch (error) {
    const failures = (state.failures ?? 0) + 1;
    if (failures >= journeyStepAttemptsCountMax) {
      const standing = leaveStep(traveller.journey, state, 'gave-up', await walkContext(traveller));
      return { next: moved(state, standing) };
    }
    const waitMs = Math.min(deliveryRetryMsMax, deliveryRetryMs * 2 ** (failures - 1));
    const dueAt = iso(traveller.context.clock.nowMs() + waitMs);
    const { waitsFor: _, ...standing } = state;
    return { next: { ...standing, failures, dueAt, revision: state.revision + 1 }, problem: String(error) };
  }
};

const step = async (state: JourneyState, traveller: Traveller): Promise<Turn> => {
  const { campaign, journey, member, record, context } = traveller;
  const nowMs = context.clock.nowMs();
  if (nowMs >= Date.parse(member.assignedAt) + campaign.windowDays * dayMs) {
    return { next: moved(state, endJourney(state, 'window-over', nowMs)) };
  }
  if (journey.exitOnPurchase && hasPurchased(record, member.assignedAt)) {
    return { next: moved(state, endJourney(state, 'purchased', nowMs)) };
  }
  const here = stepAt(journey, state.stepId);
  if (here.kind !== 'send') {
    const outcome = here.kind !== 'wait-for-event' ? 'waited' : state.arrived ? 'event' : 'timed-out';
    return { next: moved(state, leaveStep(journey, state, outcome, await walkContext(traveller))) };
  }
  const earlierMs = await earlierJourneyMs(traveller, nowMs);
  if (earlierMs !== undefined) {
    return { next: putOff(state, 'earlier-journey', earlierMs) };
  }
  const { stepId, message: action } = here;
  const delivery = await deliverMessage({
    campaign,
    member,
    stepId,
    action,
    profile: record.profile,
    record,
    context,
  });
  if (delivery.kind === 'deferred') {
    const untilMs = Math.max(delivery.untilMs ?? 0, nowMs + 1_000);
    return { next: putOff(state, delivery.reason ?? 'put-off', untilMs) };
  }
  const outcome = delivery.kind === 'already' ? 'sent' : described(delivery);
  return { next: moved(state, leaveStep(journey, state, outcome, await walkContext(traveller))), delivery };
};

const putOff = (state: JourneyState, waitsFor: string, untilMs: number): JourneyState => ({
  ...state,
  waitsFor,
  dueAt: iso(untilMs),
  revision: state.revision + 1,
});

/**
 * When to look again whether the customer's earlier journey in this campaign has ended; undefined when none is under way.
 * Earlier is who was assigned earlier, so no two wait for each other, and the wait ends within the later one's own window.
 */
const earlierJourneyMs = async (
  { campaign, member, context }: Traveller,
  nowMs: number,
): Promise<number | undefined> => {
  if (campaign.trigger.kind !== 'event' || !repeats(campaign.trigger)) {
    return undefined;
  }
  const age = (assignedAt: string, runId: string): number =>
    Date.parse(assignedAt) - Date.parse(member.assignedAt) || runNumber(runId) - runNumber(context.runId);
  const endMs = (assignedAt: string): number => Date.parse(assignedAt) + campaign.windowDays * dayMs;
  const times = (await context.journeys.of(campaign.campaignId, member.customerId))
    .filter(
      ({ ended, runId, member: { assignedAt } }) =>
        ended === undefined && age(assignedAt, runId) < 0 && nowMs < endMs(assignedAt),
    )
    .map(({ dueAt, member: { assignedAt } }) => Math.min(Date.parse(dueAt), endMs(assignedAt)));
  return times.length === 0 ? undefined : Math.max(nowMs + journeyRoundMsMin, ...times);
};

const described = ({ kind, reason }: DeliveryOutcome): string =>
  kind === 'suppressed' && reason !== undefined ? `suppressed: ${reason}` : kind;

/** What belonged to the step left behind goes: what it waited for, its failures. */
const moved = ({ campaignId, runId, phase, member, revision }: JourneyState, to: Standing): JourneyState => ({
  campaignId,
  runId,
  phase,
  member,
  ...to,
  revision: revision + 1,
});

/** An order after the assignment that was not refunded in full. */
const hasPurchased = ({ state }: CustomerRecord, assignedAt: string): boolean =>
  Object.values(state?.orders ?? {}).some(
    ({ atMs, value, refundedValue }) =>
      atMs > Date.parse(assignedAt) && (value === 0 || refundedValue < value),
  );

const walkContext = async ({
  campaign,
  journey,
  member,
  record,
  context,
}: Traveller): Promise<WalkContext> => {
  const nowMs = context.clock.nowMs();
  const conditions = journey.steps.flatMap((one) => (one.kind === 'branch' ? [one.condition] : []));
  const items = conditions.length === 0 ? new Map() : await factItems(conditions, record, context);
  const facts = customerFacts(record, items, nowMs);
  return {
    nowMs,
    salt: campaign.salt,
    customerId: member.customerId,
    timeZone: usableTimeZone(record.profile?.timeZone, context.settings.timeZone),
    holds: (condition) => evaluateCondition(condition, facts),
  };
};

const iso = (ms: number): string => new Date(ms).toISOString();
