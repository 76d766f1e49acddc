// An event that Reprise itself writes (names: loopEvents). Its message id is decided by what happened, so that
// writing it twice, after a crash or a redelivery, is one event to everything that reads the archive.

import { hash } from 'node:crypto';
import { type CustomerId, messageId } from '../base/ids.ts';
import type { JsonObject, loopEvents, StoredEvent } from './event.ts';

/** The source of loop events; apps' events carry the id of their key instead. */
export const loopSource = 'reprise';

export interface LoopOccurrence {
  readonly event: (typeof loopEvents)[keyof typeof loopEvents];
  /** What makes this occurrence itself and no other: [deliveryId, 'sent']. */
  readonly identity: readonly string[];
  readonly customerId: CustomerId;
  /** When it happened; ISO 8601, UTC. */
  readonly at: string;
  /** When it is written. */
  readonly nowMs: number;
  readonly properties: JsonObject;
}

export const loopEvent = ({
  event,
  identity,
  customerId,
  at,
  nowMs,
  properties,
}: LoopOccurrence): StoredEvent => ({
  messageId: messageId(`reprise-${hash('sha256', JSON.stringify([event, ...identity])).slice(0, 40)}`),
  type: 'track',
  event,
  userId: customerId,
  timestamp: at,
  receivedAt: new Date(nowMs).toISOString(),
  source: loopSource,
  properties,
  traits: {},
  context: {},
});
