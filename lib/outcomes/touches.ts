// What reached each customer in a run: deliveries, redemptions, clicks, complaints, unsubscribes, from loop events.
// Deliveries and redemptions name their decision, reports name the delivery; a decision of another run or phase is
// another id and passed over. Reading an event twice changes nothing. Times in ms since 1970.

import type { CustomerId } from '../base/ids.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { idText } from '../events/meaning.ts';
import { normalizeCode } from '../offers/code.ts';

export interface Touch {
  sentAtMs?: number;
  isSuppressed: boolean;
  isUnsubscribed: boolean;
  isComplaint: boolean;
  redemptions: Set<string>;
  redeemedOrders: Set<string>;
  /** Coupon codes sent to them, normalized. */
  codes: Set<string>;
  firstClickMs?: number;
}

export const collectTouches = (
  loop: readonly StoredEvent[],
  decisions: ReadonlySet<string>,
): ReadonlyMap<CustomerId, Touch> => {
  const touches = new Map<CustomerId, Touch>();
  const deliveries = new Set<string>();
  const touchOf = (customerId: CustomerId): Touch => {
    const touch = touches.get(customerId) ?? {
      isSuppressed: false,
      isUnsubscribed: false,
      isComplaint: false,
      redemptions: new Set<string>(),
      redeemedOrders: new Set<string>(),
      codes: new Set<string>(),
    };
    touches.set(customerId, touch);
    return touch;
  };
  // Deliveries and redemptions name their decision; reports name the delivery, so they come second.
  for (const event of loop) {
    if (event.userId !== undefined && decisions.has(idText(event.properties.decisionId) ?? '')) {
      noteDecision(touchOf(event.userId), event, deliveries);
    }
  }
  for (const event of loop) {
    const touch = event.userId === undefined ? undefined : touches.get(event.userId);
    if (touch !== undefined) {
      noteReport(touch, event, deliveries);
    }
  }
  return touches;
};

const noteDecision = (
  touch: Touch,
  { event, properties, timestamp }: StoredEvent,
  deliveries: Set<string>,
): void => {
  if (event === loopEvents.deliverySettled) {
    deliveries.add(idText(properties.deliveryId) ?? '');
    if (properties.status === 'sent') {
      touch.sentAtMs = Math.min(touch.sentAtMs ?? Number.POSITIVE_INFINITY, Date.parse(timestamp));
    }
    touch.isSuppressed ||= properties.status === 'suppressed';
    const code = idText(properties.couponCode);
    if (code !== undefined) {
      touch.codes.add(normalizeCode(code) ?? code);
    }
  }
  if (event === loopEvents.couponRedeemed) {
    const orderId = idText(properties.orderId) ?? '';
    touch.redemptions.add(JSON.stringify([idText(properties.code), orderId]));
    touch.redeemedOrders.add(orderId);
  }
};

const noteReport = (
  touch: Touch,
  { event, properties, timestamp }: StoredEvent,
  deliveries: ReadonlySet<string>,
): void => {
  const atMs = Date.parse(timestamp);
  if (event === loopEvents.deliveryReported && deliveries.has(idText(properties.deliveryId) ?? '')) {
    touch.isComplaint ||= properties.kind === 'complaint';
    if (properties.kind === 'click') {
      touch.firstClickMs = Math.min(touch.firstClickMs ?? atMs, atMs);
    }
  }
  // A withdrawal that names its delivery counts for that one; else for the mail that was sent before it.
  const via = properties.via === 'link' || properties.via === 'one-click';
  const delivery = idText(properties.deliveryId);
  const isOurs =
    delivery === undefined ? atMs >= (touch.sentAtMs ?? Number.POSITIVE_INFINITY) : deliveries.has(delivery);
  touch.isUnsubscribed ||= event === loopEvents.consentWithdrawn && via && isOurs;
};
