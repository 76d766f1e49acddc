// What reached each customer in a run: messages, redemptions, clicks, complaints, unsubscribes, from loop events.
// Deliveries name their decision, reports name the delivery; a decision of another run or phase is another id and passed
// over. Which redemptions are whose: redemptions.ts. Reading an event twice changes nothing. Clicks of scanners are no touch (clicks.ts).
// Times in ms since 1970.

import type { CustomerId } from '../base/ids.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { idText } from '../events/meaning.ts';
import { foldMessages, humanClicks, type Message } from './messages.ts';
import { type Assigned, foldRedemptions, type Redemption } from './redemptions.ts';

export interface Touch {
  sentAtMs?: number;
  isSuppressed: boolean;
  isUnsubscribed: boolean;
  isComplaint: boolean;
  redemptions: Set<string>;
  /** What stayed off, by order. */
  redeemedOrders: Map<string, number>;
  /** Coupon codes sent to them, normalized. */
  codes: Set<string>;
  /** A program followed a link. */
  isScanned: boolean;
  /** By a person. */
  firstClickMs?: number;
}

export const collectTouches = (
  loop: readonly StoredEvent[],
  assignments: ReadonlyMap<string, Assigned>,
  windowDays: number,
): ReadonlyMap<CustomerId, Touch> => {
  const touches = new Map<CustomerId, Touch>();
  const touchOf = (customerId: CustomerId): Touch => {
    const touch = touches.get(customerId) ?? {
      isSuppressed: false,
      isUnsubscribed: false,
      isComplaint: false,
      isScanned: false,
      redemptions: new Set<string>(),
      redeemedOrders: new Map<string, number>(),
      codes: new Set<string>(),
    };
    touches.set(customerId, touch);
    return touch;
  };
  const messages = foldMessages(loop, assignments);
  for (const message of messages.values()) {
    noteMessage(touchOf(message.customerId), message);
  }
  for (const redemption of foldRedemptions(loop, assignments.values(), windowDays)) {
    noteRedemption(touchOf(redemption.customerId), redemption);
  }
  for (const event of loop) {
    const touch = event.userId && touches.get(event.userId);
    if (touch) {
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
  touch.isScanned ||= message.clicks.some(({ rule }) => rule !== undefined);
  for (const { atMs } of humanClicks(message)) {
    touch.firstClickMs = Math.min(touch.firstClickMs ?? atMs, atMs);
  }
};

const noteRedemption = (touch: Touch, { code, orderId, discount }: Redemption): void => {
  touch.redemptions.add(JSON.stringify([code, orderId]));
  touch.redeemedOrders.set(orderId, (touch.redeemedOrders.get(orderId) ?? 0) + discount);
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
