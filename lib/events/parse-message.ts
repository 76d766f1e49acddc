// One message of Segment's HTTP tracking API → StoredEvent, or what is wrong with it.
// Kept as it came: properties, traits, context, and every other field in `extra` (the raw times too); write keys
// never. An event needs userId or anonymousId. Segment's libraries always send messageId; where it is absent it is
// a hash of the source and the whole content, so that sending the same again is the same event.
// Names that start with "Reprise " are our own (loopEvents): from outside they would forge results.

import { shown } from '../base/errors.ts';
import { customerId, messageId } from '../base/ids.ts';
import { idLengthMax } from '../base/limits.ts';
import { anonymousPrefix } from './anonymous.ts';
import { canonicalJson, sha256Hex } from './canonical-json.ts';
import { type Fault, faultOfProperties, isId } from './check-properties.ts';
import { faultOfConsents } from './consent.ts';
import type { EventType, Json, JsonObject, StoredEvent } from './event.ts';
import { idText, isObject } from './meaning.ts';
import { eventTimeMs } from './timestamps.ts';

/** What a message takes over from its request. */
export interface MessageEnvelope {
  /** Given by the route (`/v1/track`); a batch's messages state their own. */
  readonly type?: EventType;
  readonly sentAt?: Json;
  readonly context?: JsonObject;
  readonly receivedAtMs: number;
  /** The key's public id. */
  readonly source: string;
  /** Whether the key is a secret one. */
  readonly fromServer?: boolean;
}

/** How the answer names an event that was not kept. */
export interface Refusal extends Fault {
  readonly index: number;
  readonly messageId?: string;
}

export type Parsed =
  | { readonly kind: 'kept'; readonly event: StoredEvent }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

const eventTypes: readonly string[] = ['track', 'identify', 'page', 'screen', 'alias', 'group'];
const ownFields = new Set([
  'messageId',
  'type',
  'event',
  'userId',
  'anonymousId',
  'properties',
  'traits',
  'context',
  'writeKey',
]);

export const parseMessage = (message: Json, index: number, envelope: MessageEnvelope): Parsed => {
  const refused = (fault: Fault): Parsed => {
    const given = isObject(message) ? idText(message.messageId) : undefined;
    return {
      kind: 'refused',
      refusal: {
        index,
        ...(given !== undefined && { messageId: shown(given) }),
        ...fault,
        ...(fault.received !== undefined && { received: shown(fault.received) }),
      },
    };
  };
  if (!isObject(message)) {
    return refused({
      code: 'event-invalid',
      message: 'The event is no JSON object.',
      received: message,
      action: 'Send an object.',
    });
  }
  const type = envelope.type ?? message.type;
  const fault = faultOfShape(message, type) ?? faultOfIdentity(message);
  if (fault || !isEventType(type)) {
    return refused(fault ?? unknownType(type));
  }
  const atMs = eventTimeMs(
    {
      timestamp: message.timestamp,
      originalTimestamp: message.originalTimestamp,
      sentAt: message.sentAt ?? envelope.sentAt,
    },
    envelope.receivedAtMs,
  );
  if (typeof atMs !== 'number') {
    return refused(atMs);
  }
  const event = storedEvent(message, type, atMs, envelope);
  const meaningFault = faultOfProperties(type, event.event, event.properties) ?? faultOfConsents(event);
  if (meaningFault) {
    return refused(meaningFault);
  }
  return { kind: 'kept', event };
};

const storedEvent = (
  message: JsonObject,
  type: EventType,
  atMs: number,
  envelope: MessageEnvelope,
): StoredEvent => {
  const isNamedPage = type === 'page' || type === 'screen';
  const userId = idText(message.userId);
  const anonymousId = idText(message.anonymousId);
  const extra = extraOf(message, envelope, isNamedPage);
  return {
    messageId: messageId(
      idText(message.messageId) ?? `content-${contentHash(message, type, envelope.source)}`,
    ),
    type,
    event: (isNamedPage ? idText(message.name) : idText(message.event)) ?? '',
    ...(userId !== undefined && { userId: customerId(userId) }),
    ...(anonymousId !== undefined && { anonymousId }),
    timestamp: new Date(atMs).toISOString(),
    receivedAt: new Date(envelope.receivedAtMs).toISOString(),
    source: envelope.source,
    ...(envelope.fromServer && { fromServer: true }),
    properties: isObject(message.properties) ? message.properties : {},
    traits: isObject(message.traits) ? message.traits : {},
    context: { ...envelope.context, ...(isObject(message.context) && message.context) },
    ...(Object.keys(extra).length > 0 && { extra }),
  };
};

/** The time as the device wrote it becomes originalTimestamp, beside the corrected one. */
const extraOf = (message: JsonObject, envelope: MessageEnvelope, isNamedPage: boolean): JsonObject => {
  const others = Object.entries(message).filter(
    ([field]) => !ownFields.has(field) && !(isNamedPage && field === 'name'),
  );
  const { timestamp, ...rest } = Object.fromEntries(others);
  return {
    ...(timestamp !== undefined && { originalTimestamp: timestamp }),
    ...(envelope.sentAt !== undefined && { sentAt: envelope.sentAt }),
    ...rest,
  };
};

/** sentAt is left out: a retry is sent later, and is the same event all the same. */
const contentHash = (message: JsonObject, type: EventType, source: string): string => {
  const { sentAt: _sentAt, writeKey: _writeKey, ...content } = message;
  return sha256Hex(canonicalJson({ ...content, type, source }));
};

const isEventType = (type: unknown): type is EventType =>
  typeof type === 'string' && eventTypes.includes(type);

const unknownType = (received: Json | undefined): Fault => ({
  code: 'type-unknown',
  message: `type must be one of ${eventTypes.join(', ')}.`,
  received,
  action: 'Send the type of the call that made the event.',
});

const faultOfShape = (message: JsonObject, type: Json | undefined): Fault | undefined => {
  if (!isEventType(type)) {
    return unknownType(type);
  }
  for (const field of ['properties', 'traits', 'context']) {
    const value = message[field];
    if (value !== undefined && value !== null && !isObject(value)) {
      return {
        code: `${field}-invalid`,
        message: `${field} must be an object.`,
        received: value,
        action: 'Send { … } or leave it out.',
      };
    }
  }
  if (type !== 'track') {
    return undefined;
  }
  if (typeof message.event !== 'string' || message.event === '') {
    return {
      code: 'event-name-missing',
      message: 'A track event needs `event`, its name.',
      received: message.event,
      action: 'Send a name such as "Product Viewed".',
    };
  }
  return message.event.startsWith('Reprise ')
    ? {
        code: 'event-name-reserved',
        message: 'Names that start with "Reprise " are written by Reprise itself.',
        received: message.event,
        action: 'Use another name.',
      }
    : undefined;
};

const faultOfIdentity = (message: JsonObject): Fault | undefined => {
  for (const field of ['messageId', 'userId', 'anonymousId']) {
    const value = message[field];
    const isAbsent = value === undefined || value === null || value === '';
    const text = idText(value);
    if (!isAbsent && (text === undefined || !isId(text))) {
      return {
        code: field === 'messageId' ? 'message-id-invalid' : 'identity-invalid',
        message: `${field} must be a number or a text of 1 to ${idLengthMax} characters without control characters.`,
        received: value,
        action: 'Send the id as a text.',
      };
    }
  }
  const userId = idText(message.userId);
  if (userId?.startsWith(anonymousPrefix)) {
    return {
      code: 'identity-invalid',
      message: `A userId must not start with "${anonymousPrefix}"; Reprise keeps anonymous visitors under it.`,
      received: userId,
      action: 'Send the visitor as anonymousId, or choose another userId.',
    };
  }
  if (userId === undefined && idText(message.anonymousId) === undefined) {
    return {
      code: 'identity-missing',
      message: 'An event needs userId or anonymousId.',
      action: 'Send the id of the user, or an id of the device before the user is known.',
    };
  }
  return undefined;
};
