// Goes on in a journey: from a step that was left, through branches and splits, to the next step that has an effect or
// waits, or to the end. Pure: the same state, facts and instant give the same answer; a split is decided by the hash of
// the campaign's salt, the step and the customer. Steps go forward only, so a walk ends.

import { bucket } from '../assignment/assign.ts';
import type { CustomerId } from '../base/ids.ts';
import type { Condition } from './condition.ts';
import type { Journey, JourneyStep, StepId } from './journey.ts';
import { type JourneyEnd, type JourneyState, type StepTaken, stepAt } from './journey-state.ts';
import { hourMs } from './schedule.ts';
import { nextHourMs } from './send-time.ts';

/** What decides where a customer goes on. */
export interface WalkContext {
  readonly nowMs: number;
  readonly salt: string;
  readonly customerId: CustomerId;
  readonly timeZone: string;
  readonly holds: (condition: Condition) => boolean;
}

/** The part of a state that a walk sets. */
export type Standing = Pick<JourneyState, 'stepId' | 'enteredAt' | 'dueAt' | 'awaits' | 'path' | 'ended'>;

export const enterJourney = (journey: Journey, context: WalkContext): Standing =>
  walk(journey, journey.steps[0].stepId, [], context);

/** After the step where the customer stands came to `outcome`. */
export const leaveStep = (
  journey: Journey,
  { stepId, path }: Pick<JourneyState, 'stepId' | 'path'>,
  outcome: string,
  context: WalkContext,
): Standing => {
  const step = stepAt(journey, stepId);
  const taken = [...path, { stepId, at: iso(context.nowMs), outcome }];
  const timedOut = step.kind === 'wait-for-event' && outcome === 'timed-out' ? step.timedOut : undefined;
  return walk(journey, timedOut ?? onward(journey, step), taken, context);
};

export const endJourney = (
  { stepId, enteredAt, path }: Standing,
  ended: JourneyEnd,
  nowMs: number,
): Standing => ({ stepId, enteredAt, dueAt: iso(nowMs), path, ended });

const walk = (
  journey: Journey,
  from: StepId | undefined,
  before: readonly StepTaken[],
  context: WalkContext,
): Standing => {
  const path = [...before];
  const take = (stepId: StepId, outcome: string): number =>
    path.push({ stepId, at: iso(context.nowMs), outcome });
  let at = from;
  while (at !== undefined) {
    const step = stepAt(journey, at);
    if (step.kind === 'exit') {
      take(at, 'exit');
      return ended(path, 'exit', context);
    }
    if (step.kind === 'branch') {
      const yes = context.holds(step.condition);
      take(at, yes ? 'yes' : 'no');
      at = yes ? onward(journey, step) : step.otherwise;
    } else if (step.kind === 'split') {
      const chosen = splitPath(step.paths, bucket(`split\n${at}`, context.salt, context.customerId));
      take(at, chosen);
      at = chosen;
    } else {
      return standing(step, path, context);
    }
  }
  return ended(path, 'completed', context);
};

const standing = (
  step: Extract<JourneyStep, { kind: 'send' | 'wait' | 'wait-until-hour' | 'wait-for-event' }>,
  path: readonly StepTaken[],
  { nowMs, timeZone }: WalkContext,
): Standing => {
  const place = { stepId: step.stepId, enteredAt: iso(nowMs), path };
  switch (step.kind) {
    case 'send':
      return { ...place, dueAt: iso(nowMs) };
    case 'wait':
      return { ...place, dueAt: iso(nowMs + step.hours * hourMs) };
    case 'wait-until-hour':
      return { ...place, dueAt: iso(nextHourMs(nowMs, step.hour, timeZone)) };
    case 'wait-for-event':
      return { ...place, dueAt: iso(nowMs + step.hours * hourMs), awaits: step.event };
  }
};

const ended = (path: readonly StepTaken[], reason: JourneyEnd, { nowMs }: WalkContext): Standing => {
  const last = path.at(-1);
  if (last === undefined) {
    throw new Error('a journey has at least one step');
  }
  return { stepId: last.stepId, enteredAt: last.at, dueAt: iso(nowMs), path, ended: reason };
};

const onward = ({ steps }: Journey, step: JourneyStep): StepId | undefined =>
  step.kind === 'split' || step.kind === 'exit'
    ? undefined
    : (step.next ?? steps[steps.indexOf(step) + 1]?.stepId);

const splitPath = (
  paths: readonly { readonly weight: number; readonly next: StepId }[],
  position: number,
): StepId => {
  let upTo = 0;
  for (const { weight, next } of paths) {
    upTo += weight;
    if (position < upTo) {
      return next;
    }
  }
  // The weights may sum to a little less than 1.
  return paths[paths.length - 1].next;
};

const iso = (ms: number): string => new Date(ms).toISOString();
