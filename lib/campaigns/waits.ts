// How long a run waits before it looks again: after failures, while it is paused; and whether it has an end by now.

import { deliveryRetryMs, deliveryRetryMsMax, pauseCheckMsMax, pauseCheckMsMin } from '../base/limits.ts';
import type { RunPhaseId } from './assigned.ts';
import type { Campaign } from './campaign.ts';

/** A finished campaign ends its tests; a rollout comes after the finish and is ended by cancelling alone. */
export const ended = ({ status }: Pick<Campaign, 'status'>, { phase }: Pick<RunPhaseId, 'phase'>): boolean =>
  status === 'cancelled' || (status === 'finished' && phase === 'test');

/** Twice as long each time, up to an hour. */
export const retryAfterMs = (attempts: number): number =>
  Math.min(deliveryRetryMsMax, deliveryRetryMs * 2 ** (attempts - 1));

/** A quarter of the pause so far. */
export const pauseCheckMs = ({ pausedAt, createdAt }: Campaign, nowMs: number): number =>
  Math.min(pauseCheckMsMax, Math.max(pauseCheckMsMin, (nowMs - Date.parse(pausedAt ?? createdAt)) / 4));
