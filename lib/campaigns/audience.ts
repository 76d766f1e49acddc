// The frozen audience of one run: who was assigned to what, in batches that a distributed map works off.
// Batches hold only those a variant sends to; holdouts and `none` arms are in the assigned events alone, and the
// campaign's own holdout also in holdout files, which a rollout reads. All keys are in the archive bucket.
// Limits: deliveryBatchCustomersCountMax members a batch, so that one file stays under about 50 KB.

import type { CampaignId, CustomerId, DecisionId } from '../base/ids.ts';

export type Phase = 'test' | 'rollout';

export interface AudienceMember {
  readonly customerId: CustomerId;
  readonly decisionId: DecisionId;
  /** A variant's name, `holdout` (the campaign's own) or `global-holdout`. */
  readonly arm: string;
  /** Probability with which this arm was chosen. */
  readonly propensity: number;
  /** Of a bandit: the batch whose weights were drawn by. */
  readonly batch?: number;
  /** ISO 8601; the measurement window starts here. */
  readonly assignedAt: string;
}

export interface AudienceBatch {
  readonly campaignId: CampaignId;
  readonly runId: string;
  readonly phase: Phase;
  readonly members: readonly AudienceMember[];
}

/** One line of batches.json, which the distributed map reads. */
export interface BatchEntry {
  readonly batchKey: string;
  readonly customersCount: number;
}

/** What campaign-deliver writes beside each batch after every attempt. */
export interface DeliveryProgress {
  /** Members settled for good: sent, suppressed, unknown or refused for ever. */
  readonly done: number;
  /** Members to try again at `untilMs` (quiet hours, throttling). */
  readonly deferred: readonly string[];
  /** Earliest instant at which a deferred member may be tried. */
  readonly untilMs?: number;
  /** Members whose attempt failed and may be tried again. */
  readonly failed: readonly string[];
  readonly paused?: boolean;
  readonly cancelled?: boolean;
  readonly counts: {
    readonly sent?: number;
    readonly unknown?: number;
    readonly refused?: { readonly [reason: string]: number };
    readonly suppressed?: { readonly [reason: string]: number };
    readonly ended?: { readonly [reason: string]: number };
    /** Deferred members by what they wait for. */
    readonly waiting?: { readonly [reason: string]: number };
  };
}

const folder = (campaignId: string, runId: string, phase: Phase): string =>
  `campaigns/${campaignId}/${runId}/${phase}`;

const numbered = (index: number): string => String(index).padStart(5, '0');

export const batchesKey = (campaignId: string, runId: string, phase: Phase): string =>
  `${folder(campaignId, runId, phase)}/batches.json`;

export const batchKey = (campaignId: string, runId: string, phase: Phase, index: number): string =>
  `${folder(campaignId, runId, phase)}/batch-${numbered(index)}.json`;

/** What a round of due journeys delivers, beside the frozen audience's own batches. */
export const roundBatchesKey = (campaignId: string, runId: string, phase: Phase, round: number): string =>
  `${folder(campaignId, runId, phase)}/due-${numbered(round)}/batches.json`;

export const roundBatchKey = (
  campaignId: string,
  runId: string,
  phase: Phase,
  round: number,
  index: number,
): string => `${folder(campaignId, runId, phase)}/due-${numbered(round)}/batch-${numbered(index)}.json`;

/** The freeze's own instant, written before anything else so that a second attempt repeats it. */
export const freezeKey = (campaignId: string, runId: string, phase: Phase): string =>
  `${folder(campaignId, runId, phase)}/freeze.json`;

/** The campaign's own holdout, for the rollout: AudienceBatches that nothing delivers. */
export const holdoutPrefix = (campaignId: string, runId: string): string =>
  `${folder(campaignId, runId, 'test')}/holdout-`;

export const holdoutKey = (campaignId: string, runId: string, index: number): string =>
  `${holdoutPrefix(campaignId, runId)}${numbered(index)}.json`;

/** Name of an archive object of assigned events, which stand among all others under the date of the freeze. */
export const assignedEventsName = (campaignId: string, runId: string, phase: Phase, index: number): string =>
  `assigned-${campaignId}-${runId}-${phase}-${numbered(index)}`;

/** Notes the key of an object of assigned events before it is written: freezing may list these, not all events. */
export const eventsNotePrefix = (campaignId: string, runId: string, phase: Phase): string =>
  `${folder(campaignId, runId, phase)}/events-`;

export const eventsNoteKey = (campaignId: string, runId: string, phase: Phase, index: number): string =>
  `${eventsNotePrefix(campaignId, runId, phase)}${numbered(index)}.json`;

/** `…/batch-00003.json` → `…/progress-00003.json`. */
export const progressKey = (keyOfBatch: string): string =>
  keyOfBatch.replace(/\/batch-(\d+)\.json$/, '/progress-$1.json');
