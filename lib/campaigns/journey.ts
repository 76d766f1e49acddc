// A journey: what happens to one customer of a variant, step by step, after the assignment.
// Steps are a list; each goes on to the next one in the list unless it names another, which must stand later, so a
// journey has no loops, ends after at most journeyStepsCountMax steps, and its longest time can be stated beforehand.
// Entry is the campaign's trigger: once in its life, or once a run where the trigger repeats.
// Units last: Hours. Local times are the customer's.

import type { MessageAction } from './campaign.ts';
import type { Condition } from './condition.ts';

/** Unique in its journey; letters, digits, hyphens. Part of the id of the delivery it makes, so it never changes. */
export type StepId = string;

/** Where a step goes on; absent: the next in the list, or the end. */
interface Onward {
  readonly stepId: StepId;
  readonly next?: StepId;
}

export type JourneyStep =
  /** One message. A customer who may not get it (consent, caps) goes on with the next step. */
  | (Onward & { readonly kind: 'send'; readonly message: MessageAction })
  /** From the moment the step is reached. */
  | (Onward & { readonly kind: 'wait'; readonly hours: number })
  /** Until the customer's clock shows this hour next; at once when it does. */
  | (Onward & { readonly kind: 'wait-until-hour'; readonly hour: number })
  /**
   * Until the customer sends this event (timestamps from the moment the step is reached on); `timedOut` is where those
   * go on who have not within `hours`, absent: where all do.
   */
  | (Onward & {
      readonly kind: 'wait-for-event';
      readonly event: string;
      readonly hours: number;
      readonly timedOut?: StepId;
    })
  /** By the customer's facts at that moment; `otherwise` is where those go on for whom it is false (a step `exit` ends it). */
  | (Onward & { readonly kind: 'branch'; readonly condition: Condition; readonly otherwise: StepId })
  /** At random by weight (they sum to 1), decided by the campaign's salt, the step and the customer. */
  | {
      readonly stepId: StepId;
      readonly kind: 'split';
      readonly paths: readonly { readonly weight: number; readonly next: StepId }[];
    }
  | { readonly stepId: StepId; readonly kind: 'exit' };

export interface Journey {
  readonly kind: 'journey';
  readonly steps: readonly JourneyStep[];
  /** Who orders after the assignment, and is not refunded in full, leaves before the next step. Default true. */
  readonly exitOnPurchase: boolean;
}
