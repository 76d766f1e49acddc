// Hand-made events of one campaign for the tests of this folder. Days count from the assignment.

import { campaignId, customerId, messageId } from '../../lib/base/ids.ts';
import { type JsonObject, loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import { loopSource } from '../../lib/events/loop-event.ts';
import type { AssignedCustomer } from '../../lib/outcomes/collect.ts';

export const dayMs = 86_400_000;
export const t0 = Date.UTC(2026, 2, 1, 9);
export const at = (days: number, ms = 0): string => new Date(t0 + days * dayMs + ms).toISOString();
export const id = campaignId('spring');

let made = 0;

export const event = (
  user: string | undefined,
  name: string,
  timestamp: string,
  properties: JsonObject,
  more: Partial<StoredEvent> = {},
): StoredEvent => ({
  messageId: messageId(`message-${made++}`),
  type: 'track',
  event: name,
  ...(user !== undefined && { userId: customerId(user) }),
  timestamp,
  receivedAt: timestamp,
  source: 'key-web',
  properties,
  traits: {},
  context: {},
  ...more,
});

export const order = (
  user: string,
  orderId: string,
  timestamp: string,
  value: number,
  more: JsonObject = {},
) =>
  event(user, 'Order Completed', timestamp, {
    order_id: orderId,
    total: value,
    currency: 'USD',
    products: [{ product_id: 'sql', price: value, quantity: 1 }],
    ...more,
  });

export const refund = (user: string, orderId: string, timestamp: string, more: JsonObject = {}) =>
  event(user, 'Order Refunded', timestamp, { order_id: orderId, ...more });

export const loop = (
  user: string,
  name: (typeof loopEvents)[keyof typeof loopEvents],
  timestamp: string,
  properties: JsonObject,
) => event(user, name, timestamp, { campaignId: id, ...properties }, { source: loopSource });

export const decision = (user: string, run = 'run-1'): string => `${run}-${user}`;

export const assigned = (user: string, arm: string, run = 'run-1', day = 0): AssignedCustomer => ({
  customerId: customerId(user),
  arm,
  assignedAtMs: t0 + day * dayMs,
  decisionId: decision(user, run),
});

export const assignedEvent = (user: string, variant: string, run = 'run-1', day = 0, phase = 'test') =>
  loop(user, loopEvents.customerAssigned, at(day), {
    runId: run,
    phase,
    variant,
    holdout: variant.endsWith('holdout'),
    decisionId: decision(user, run),
    propensity: 0.5,
  });

export const settled = (user: string, status: string, timestamp: string, more: JsonObject = {}) =>
  loop(user, loopEvents.deliverySettled, timestamp, {
    runId: 'run-1',
    variant: 'A',
    decisionId: decision(user),
    deliveryId: `delivery-${user}`,
    channel: 'email',
    status,
    ...more,
  });

export const reported = (user: string, kind: string, timestamp: string, campaign: string = id) =>
  loop(user, loopEvents.deliveryReported, timestamp, {
    deliveryId: `delivery-${user}`,
    campaignId: campaign,
    kind,
  });
