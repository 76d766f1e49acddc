// Events ↔ queue messages. A message is NDJSON, one StoredEvent a line, gzipped and in base64 (SQS takes text only):
// about a sixth of the plain size. Bounds: queueMessageBytesMax as sent, queueMessageInflatedBytesMax as NDJSON.

import { gunzipSync, gzipSync } from 'node:zlib';
import { Failure, shown } from '../base/errors.ts';
import { queueMessageBytesMax, queueMessageInflatedBytesMax } from '../base/limits.ts';
import type { StoredEvent } from './event.ts';

/** As few messages as hold the events, in their order. */
export const encodeEvents = (events: readonly StoredEvent[]): string[] => {
  if (events.length === 0) {
    return [];
  }
  const lines = `${events.map((event) => JSON.stringify(event)).join('\n')}\n`;
  if (Buffer.byteLength(lines) <= queueMessageInflatedBytesMax) {
    // Level 3: half the time of the default for a tenth more bytes.
    const body = gzipSync(lines, { level: 3 }).toString('base64');
    if (body.length <= queueMessageBytesMax) {
      return [body];
    }
  }
  if (events.length === 1) {
    throw new Error('an event within eventBytesMax always fits one queue message');
  }
  const middle = Math.ceil(events.length / 2);
  return [...encodeEvents(events.slice(0, middle)), ...encodeEvents(events.slice(middle))];
};

/** Throws Failure('invalid') for a message that is not ours: it belongs into the dead-letter queue. */
export const decodeMessage = (body: string): StoredEvent[] => {
  try {
    const lines = gunzipSync(Buffer.from(body, 'base64'), { maxOutputLength: queueMessageInflatedBytesMax });
    return parseEvents(lines.toString('utf8'));
  } catch (error) {
    throw new Failure('invalid', {
      code: 'message-invalid',
      message: `The queue message holds no events: ${error instanceof Error ? error.message : String(error)}`,
      received: shown(body),
      action: 'Look at it in the dead-letter queue; nothing of it was kept.',
    });
  }
};

/** NDJSON of StoredEvents, as in queue messages and in the archive. */
export const parseEvents = (lines: string): StoredEvent[] =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const event: StoredEvent = JSON.parse(line);
      const isEvent =
        typeof event?.messageId === 'string' &&
        typeof event.event === 'string' &&
        typeof event.properties === 'object' &&
        !Number.isNaN(Date.parse(event.timestamp)) &&
        !Number.isNaN(Date.parse(event.receivedAt)) &&
        (event.userId ?? event.anonymousId) !== undefined;
      if (!isEvent) {
        throw new Error(`not a stored event: ${shown(line)}`);
      }
      return event;
    });
