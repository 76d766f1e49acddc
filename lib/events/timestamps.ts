// Timestamps of Segment's messages, corrected for a device's wrong clock as its spec says:
//   timestamp = receivedAt − (sentAt − original), original being what the device wrote when it happened.
// SDKs write the original as `timestamp` (older ones as `originalTimestamp`) on each message, and `sentAt` on the
// batch or the message. A message with both `timestamp` and `originalTimestamp` was corrected before (an export).
// Without sentAt the time stands as given (a backfill); without any time it is the time of receipt.
// ISO 8601 only, UTC where no offset is given. Refused: more than an hour ahead of receipt, or before 1990.

import { earliestEventMs, futureToleranceMs } from '../base/limits.ts';
import type { Fault } from './check-properties.ts';
import type { Json } from './event.ts';

const isoPattern = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Milliseconds since 1970, or undefined when it is no ISO 8601 time. */
export const parseIsoMs = (text: unknown): number | undefined => {
  const match = typeof text === 'string' ? isoPattern.exec(text) : null;
  if (match === null) {
    return undefined;
  }
  const hasTime = match[0].length > 10;
  const ms = Date.parse(hasTime && match[1] === undefined ? `${match[0]}Z` : match[0]);
  return Number.isNaN(ms) ? undefined : ms;
};

export interface MessageTimes {
  readonly timestamp?: Json;
  readonly originalTimestamp?: Json;
  /** Of the message, else of its batch. */
  readonly sentAt?: Json;
}

/** When it happened, in ms, or what is wrong with it. */
export const eventTimeMs = (times: MessageTimes, receivedAtMs: number): number | Fault => {
  const given = times.timestamp ?? times.originalTimestamp;
  if (given === undefined || given === null) {
    return receivedAtMs;
  }
  const givenMs = parseIsoMs(given);
  const sentMs = times.sentAt === undefined || times.sentAt === null ? undefined : parseIsoMs(times.sentAt);
  if (
    givenMs === undefined ||
    (sentMs === undefined && times.sentAt !== undefined && times.sentAt !== null)
  ) {
    const field = givenMs === undefined ? 'timestamp' : 'sentAt';
    return {
      code: `${field === 'sentAt' ? 'sent-at' : 'timestamp'}-invalid`,
      message: `${field} is no ISO 8601 time.`,
      received: givenMs === undefined ? given : times.sentAt,
      action: 'Send it as 2026-01-31T08:30:00.000Z.',
    };
  }
  const isCorrectedBefore = isGiven(times.timestamp) && isGiven(times.originalTimestamp);
  const ms = sentMs === undefined || isCorrectedBefore ? givenMs : receivedAtMs - (sentMs - givenMs);
  return faultOfTime(ms, receivedAtMs, given) ?? ms;
};

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

const faultOfTime = (ms: number, receivedAtMs: number, received: Json): Fault | undefined => {
  if (ms > receivedAtMs + futureToleranceMs) {
    return {
      code: 'timestamp-in-future',
      message: `timestamp lies more than ${futureToleranceMs / 60_000} minutes after receipt.`,
      received,
      action: 'Send when it happened; with a device clock that may be wrong, send sentAt as well.',
    };
  }
  if (ms < earliestEventMs) {
    return {
      code: 'timestamp-too-early',
      message: `timestamp lies before ${new Date(earliestEventMs).getUTCFullYear()}.`,
      received,
      action: 'Check the unit: seconds taken for milliseconds give dates in 1970.',
    };
  }
  return undefined;
};
