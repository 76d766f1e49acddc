// A capture request (Segment's HTTP tracking API) → an answer, given only after the queue has accepted.
//   200 { success: true }   every event was kept
//   400 { error, accepted, refused: [{ index, messageId, code, message, received, action }] }   the `accepted`
//       valid events were kept, each refused one is named. Segment's libraries do not retry a 400 and report it
//   400 { error }   not understood or over a limit (500 KB, 32 KB an event, 2,500 events): nothing was kept
//   401   the key; 503   the queue did not accept: nothing acknowledged, the libraries send again
// Sending again whatever was answered is safe: events are counted by messageId.

import { Failure, shown } from '../base/errors.ts';
import { batchEventsCountMax, eventBytesMax, requestBytesMax } from '../base/limits.ts';
import type { Clock, EventQueue } from '../ports.ts';
import type { EventType, Json, JsonObject } from './event.ts';
import { idText, isObject } from './meaning.ts';
import { parseMessage, type Refusal } from './parse-message.ts';
import { type RequestBody, readBody } from './request-body.ts';
import { authorizeWrite, type FindKey, keyOfHeader } from './write-key.ts';

export interface CaptureRequest extends RequestBody {
  /** The last part of the path: `batch`, `b`, `track`, … */
  readonly route: string;
  readonly authorization: string | undefined;
}

export interface CaptureAnswer {
  readonly statusCode: 200 | 400;
  readonly body: { readonly success: true } | RefusedAnswer;
}

export interface RefusedAnswer {
  readonly error: { readonly code: string; readonly message: string; readonly action: string };
  /** How many events of the request were kept. */
  readonly accepted: number;
  readonly refused: readonly Refusal[];
}

export interface CapturePorts {
  readonly findKey: FindKey;
  readonly queue: EventQueue;
  readonly clock: Clock;
}

/** One-letter routes are those of analytics.js in the browser. */
const typeByRoute: { readonly [route: string]: EventType | 'batch' } = {
  batch: 'batch',
  b: 'batch',
  track: 'track',
  t: 'track',
  identify: 'identify',
  i: 'identify',
  page: 'page',
  p: 'page',
  screen: 'screen',
  s: 'screen',
  alias: 'alias',
  a: 'alias',
  group: 'group',
  g: 'group',
};

export const captureRequest = async (
  request: CaptureRequest,
  { findKey, queue, clock }: CapturePorts,
): Promise<CaptureAnswer> => {
  const headerKey = keyOfHeader(request.authorization);
  const known = headerKey === undefined ? undefined : await authorizeWrite(findKey, headerKey);
  const body = readBody(request);
  const key = known ?? (await authorizeWrite(findKey, idText(body.writeKey)));
  const { type, messages, sentAt, context } = messagesOf(request.route, body);
  const receivedAtMs = clock.nowMs();
  const parsed = messages.map((message, index) =>
    parseMessage(message, index, {
      type,
      sentAt,
      context,
      receivedAtMs,
      source: key.keyId,
      fromServer: key.scope !== 'write',
    }),
  );
  const kept = parsed.flatMap((one) => (one.kind === 'kept' ? [one.event] : []));
  const refused = parsed.flatMap((one) => (one.kind === 'refused' ? [one.refusal] : []));
  if (kept.length > 0) {
    await queue.send(kept);
  }
  return refused.length === 0
    ? { statusCode: 200, body: { success: true } }
    : { statusCode: 400, body: refusedAnswer(kept.length, refused) };
};

interface Messages {
  readonly type?: EventType;
  readonly messages: readonly Json[];
  readonly sentAt?: Json;
  readonly context?: JsonObject;
}

const messagesOf = (route: string, body: JsonObject): Messages => {
  const type = Object.hasOwn(typeByRoute, route) ? typeByRoute[route] : undefined;
  if (type === undefined) {
    throw new Failure('not-found', {
      code: 'route-unknown',
      message: 'There is no such call.',
      received: shown(route),
      action: 'Use /v1/batch, /v1/b, /v1/track, /v1/identify, /v1/page or /v1/screen.',
    });
  }
  if (type !== 'batch') {
    checkSizes([body], {});
    return { type, messages: [body] };
  }
  const { batch, sentAt } = body;
  const context = isObject(body.context) ? body.context : {};
  if (!Array.isArray(batch) || batch.length > batchEventsCountMax) {
    throw new Failure('invalid', {
      code: Array.isArray(batch) ? 'batch-too-long' : 'batch-invalid',
      message: `batch must be an array of at most ${batchEventsCountMax} events. Nothing of it was kept.`,
      received: Array.isArray(batch) ? batch.length : shown(batch),
      action: 'Send { "batch": [ … ] }, more events in several requests.',
    });
  }
  checkSizes(batch, context);
  return { messages: batch, context, ...(sentAt !== undefined && sentAt !== null && { sentAt }) };
};

/** The batch's context counts for each event that takes it over: it must not multiply a small request. */
const checkSizes = (messages: readonly Json[], context: JsonObject): void => {
  const contextBytes = Object.keys(context).length === 0 ? 0 : Buffer.byteLength(JSON.stringify(context));
  const sizes = messages.map((message) => Buffer.byteLength(JSON.stringify(message)) + contextBytes);
  const index = sizes.findIndex((bytes) => bytes > eventBytesMax);
  if (index >= 0) {
    throw new Failure('invalid', {
      code: 'event-too-large',
      message: `Event ${index} has ${sizes[index]} bytes; at most ${eventBytesMax} are taken. Nothing of the request was kept.`,
      received: shown(messages[index]),
      action: 'Send less in it, or split an order over several events with properties.part 1, 2, 3, …',
    });
  }
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  if (contextBytes > 0 && total > requestBytesMax) {
    throw new Failure('invalid', {
      code: 'request-too-large',
      message: `With the batch's context on each event the request has more than ${requestBytesMax} bytes. Nothing of it was kept.`,
      received: total,
      action: 'Send fewer events in one request.',
    });
  }
};

const refusedAnswer = (accepted: number, refused: readonly Refusal[]): RefusedAnswer => ({
  error: {
    code: accepted > 0 ? 'some-events-refused' : 'all-events-refused',
    message: `${refused.length} of ${accepted + refused.length} events were refused; ${accepted} were kept.`,
    action: 'Correct the refused events and send them again; those kept need not be sent again.',
  },
  accepted,
  refused,
});
