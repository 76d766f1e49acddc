// Where one customer stands in the journey of one run: one row, written under an optimistic lock before anything is
// done that a second attempt could do otherwise. A branch once taken stays taken, because the row is at the step after
// it before that step has an effect.
// Times are ISO 8601. Limits: at most journeyStepsCountMax entries in the path.

import type { RunPhaseId } from './assigned.ts';
import type { AudienceMember } from './audience.ts';
import type { Campaign } from './campaign.ts';
import type { Journey, JourneyStep, StepId } from './journey.ts';

/** A step left behind, and what came of it: `sent`, `waited`, `event`, `timed-out`, `yes`, `no`, `suppressed: capped` … */
export interface StepTaken {
  readonly stepId: StepId;
  readonly at: string;
  readonly outcome: string;
}

export type JourneyEnd = 'completed' | 'exit' | 'purchased' | 'window-over';

export interface JourneyState extends RunPhaseId {
  readonly member: AudienceMember;
  /** The step reached and not yet left; after the end the last one. Never a branch or split: those are walked through. */
  readonly stepId: StepId;
  readonly enteredAt: string;
  /** When it is looked at next. */
  readonly dueAt: string;
  /** The event this step waits for. */
  readonly awaits?: string;
  /** The awaited event was sent; the step is left as soon as the campaign runs. */
  readonly arrived?: boolean;
  /** Why the message of this step was put off: `quiet-hours`, `mail-quota` … */
  readonly waitsFor?: string;
  /** Tries of this step that failed. */
  readonly failures?: number;
  readonly path: readonly StepTaken[];
  readonly ended?: JourneyEnd;
  /** Optimistic lock: 1 when entered. */
  readonly revision: number;
}

/** Who is due: what a batch needs to go on with them. */
export interface WaitingMember {
  readonly member: AudienceMember;
  readonly dueAt: string;
}

export const journeyOf = (campaign: Pick<Campaign, 'variants'>, arm: string): Journey | undefined => {
  const action = campaign.variants.find(({ name }) => name === arm)?.action;
  return action?.kind === 'journey' ? action : undefined;
};

export const hasJourneys = ({ variants }: Pick<Campaign, 'variants'>): boolean =>
  variants.some(({ action }) => action.kind === 'journey');

/** Events that some step of some journey waits for. */
export const awaitedEvents = ({ variants }: Pick<Campaign, 'variants'>): readonly string[] => [
  ...new Set(
    variants.flatMap(({ action }) =>
      action.kind === 'journey'
        ? action.steps.flatMap((step) => (step.kind === 'wait-for-event' ? [step.event] : []))
        : [],
    ),
  ),
];

export const stepAt = ({ steps }: Journey, stepId: StepId): JourneyStep => {
  const step = steps.find((one) => one.stepId === stepId);
  if (step === undefined) {
    throw new Error(`the journey has no step ${stepId}; what runs is never edited`);
  }
  return step;
};
