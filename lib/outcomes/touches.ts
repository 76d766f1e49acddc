// What reached each customer in a run: messages, redemptions, clicks, complaints, unsubscribes, from loop events.
// Deliveries and redemptions name their decision, reports name the delivery; a decision of another run or phase is
// another id and passed over. Reading an event twice changes nothing. Clicks of scanners are no touch (clicks.ts).
// Times in ms since 1970.

import type { CustomerId } from '../base/ids.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { idText, numberOf } from '../events/meaning.ts';
import { foldMessages, humanClicks, type Message } from './messages.ts';

export interface Touch {
  sentAtMs?: number;
  isSuppressed: boolean;
  isUnsubscribed: boolean;
  isComplaint: boolean;
  redemptions: Set<string>;
  /** What was taken off, by order; of a redemption told twice the same. */
  redeemedOrders: Map<string, number>;
  /** Coupon codes sent to them, normalized. */
  codes: Set<string>;
  /** By a person. */
  firstClickMs?: number;
}

export const collectTouches = (
  loop: readonly StoredEvent[],
  decisions: ReadonlySet<string>,
): ReadonlyMap<CustomerId, Touch> => {
  const touches = new Map<CustomerId, Touch>();
  const touchOf = (customerId: CustomerId): Touch => {
    const touch = touches.get(customerId) ?? {
      isSuppressed: false,
      isUnsubscribed: false,
      isComplaint: false,
      redemptions: new Set<string>(),
      redeemedOrders: new Map<string, number>(),
      codes: new Set<string>(),
    };
    touches.set(customerId, touch);
    return touch;
  };
  const messages = foldMessages(loop, decisions);
  for (const message of messages.values()) {
    noteMessage(touchOf(message.customerId), message);
  }
  for (const event of loop) {
    if (event.userId === undefined) {
      continue;
    }
    if (
      event.event === loopEvents.couponRedeemed &&
      decisions.has(idText(event.properties.decisionId) ?? '')
    ) {
      noteRedemption(touchOf(event.userId), event);
    }
    const touch = touches.get(event.userId);
    if (touch !== undefined) {
      touch.isUnsubscribed ||= isWithdrawal(event, touch, messages);
    }
  }
  return touches;
};

const noteMessage = (touch: Touch, message: Message): void => {
  if (message.sentAtMs !== undefined) {
    touch.sentAtMs = Math.min(touch.sentAtMs ?? Number.POSITIVE_INFINITY, message.sentAtMs);
  }
  touch.isSuppressed ||= message.ending === 'suppressed';
  touch.isComplaint ||= message.isComplaint;
  if (message.couponCode !== undefined) {
    touch.codes.add(message.couponCode);
  }
  for (const { atMs } of humanClicks(message)) {
    touch.firstClickMs = Math.min(touch.firstClickMs ?? atMs, atMs);
  }
};

const noteRedemption = (touch: Touch, { properties }: StoredEvent): void => {
  const orderId = idText(properties.orderId) ?? '';
  touch.redemptions.add(JSON.stringify([idText(properties.code), orderId]));
  touch.redeemedOrders.set(orderId, numberOf(properties.discountAmount) ?? 0);
};

/** A withdrawal that names its delivery counts for that one; else for the mail that was sent before it. */
const isWithdrawal = (
  { event, properties, timestamp }: StoredEvent,
  touch: Touch,
  messages: ReadonlyMap<string, Message>,
): boolean => {
  const via = properties.via === 'link' || properties.via === 'one-click';
  const delivery = idText(properties.deliveryId);
  const isOurs =
    delivery === undefined
      ? Date.parse(timestamp) >= (touch.sentAtMs ?? Number.POSITIVE_INFINITY)
      : messages.has(delivery);
  return event === loopEvents.consentWithdrawn && via && isOurs;
};
