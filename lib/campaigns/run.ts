// One run of a campaign as it is stored: when it froze, how many were assigned to each arm, how deliveries went.
// Written by campaign-freeze alone (its steps run one after the other), so a plain write is enough.

import type { CampaignId } from '../base/ids.ts';
import type { AllocationBatch } from './allocation.ts';
import type { Phase } from './audience.ts';

export interface CampaignRun {
  readonly campaignId: CampaignId;
  readonly runId: string;
  /** When the test phase froze; ISO 8601. Looks and windows count from here. */
  readonly frozenAt: string;
  /** The campaign was paused when this run came due, and the run was left out. */
  readonly skipped?: boolean;
  /** The workflow execution that has the run: its name, the how manieth of this run, and its checks so far. */
  readonly execution?: { readonly name: string; readonly part: number; readonly checks: number };
  /** What drew the arms of a frozen audience, where weights are chosen by outcomes. */
  readonly allocation?: AllocationBatch;
  readonly phases: { readonly [phase in Phase]?: RunPhase };
}

export interface RunPhase {
  readonly frozenAt: string;
  /** Customers assigned, by arm, holdouts included. */
  readonly arms: { readonly [arm: string]: number };
  readonly batchesCount: number;
  /** Tries after the first because something failed; quiet hours and pauses are not counted. */
  readonly attempts: number;
  /** Sums over the batches' progress files at the last check. */
  readonly deliveries?: DeliveryCounts;
  /** Nothing of the frozen batches is open: their progress is not read again. */
  readonly delivered?: boolean;
  readonly journeys?: JourneyRounds;
}

/** Rounds of customers whose step in a journey was due. */
export interface JourneyRounds {
  readonly count: number;
  /** When the latest was made; ISO 8601. */
  readonly madeAt?: string;
  /** The round that was made and not looked at since. */
  readonly last?: {
    readonly batchesCount: number;
    readonly customersCount: number;
    /** Up to when its customers were due. */
    readonly dueUntil: string;
  };
  /** After failures: no round before this. */
  readonly retryAt?: string;
  /** After a cancellation: messages that were begun are settled, in one round once every attempt is over. */
  readonly closing?: 'waits' | 'made';
  /** Sums of the frozen batches, and of the rounds after them. */
  readonly first: DeliveryCounts;
  readonly later: DeliveryCounts;
}

export interface DeliveryCounts {
  /** Decided for good (of a journey: entered): sent, suppressed, refused by the mail service, or unknown after a crash. */
  readonly settled: number;
  readonly sent: number;
  readonly suppressed: { readonly [reason: string]: number };
  /** Refused for ever by the service that sends, by its reason. */
  readonly refused: { readonly [reason: string]: number };
  /** Whether it went out cannot be known (a crash, an answer that never came), when it was counted; reports may tell. */
  readonly unknown: number;
  /** Waiting for the end of quiet hours or of a throttle. */
  readonly deferred: number;
  /** The same by what they wait for; who was not come to yet is not among them. */
  readonly waiting?: { readonly [reason: string]: number };
  /** Could not be delivered so far; when attempts are used up, for good. */
  readonly failed: number;
  /** Journeys that ended, by how. */
  readonly ended?: { readonly [reason: string]: number };
}
