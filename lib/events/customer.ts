// The customer's record in three parts, each written by one writer:
//   profile  contact, consent, traits: identify events and the preference page
//   state    fresh behaviour: the archive function, idempotent under duplicates and any order of arrival
//   list     recommendations: the publish step of training, one per model version
// Bounds: limits.ts (100 events, 400 orders, 4,000 owned items).

import type { CustomerId, ItemId, MessageId, ModelVersion } from '../base/ids.ts';
import type { InteractionType, JsonObject } from './event.ts';

export type Channel = 'email' | 'sms' | 'push' | 'in-app';
/** What a message is for. Marketing sells; a reminder concerns what the customer already has (renewal, progress). */
export type Purpose = 'marketing' | 'reminder';
export type Language = 'en' | 'zh-CN';

export interface CustomerProfile {
  readonly customerId: CustomerId;
  readonly email?: string;
  readonly phone?: string;
  readonly name?: string;
  readonly language?: string;
  /** IANA name; quiet hours are kept in it. */
  readonly timeZone?: string;
  /** All traits as identified, later ones over earlier ones by the event's timestamp. */
  readonly traits: JsonObject;
  /** Timestamp (ms) of the identify that set each trait, so that late arrivals do not overwrite. */
  readonly traitTimes: { readonly [trait: string]: number };
  /** Channels that were stopped as a whole, with since when and why. */
  readonly suppressed: { readonly [channel in Channel]?: Suppression };
  /** What the owner said of each channel (lib/events/owner-words.ts); absent: nothing. */
  readonly owner?: OwnerWords;
  /** What they said about each channel and purpose (lib/events/consent.ts); absent: nothing was ever said. */
  readonly consents?: Consents;
  /** Devices that can be pushed to, the one seen last first (lib/events/devices.ts); absent: none. */
  readonly devices?: readonly Device[];
  /** What became of messages on which there was a choice of channels, newest first (lib/events/channel-record.ts). */
  readonly messages?: readonly ChannelMessage[];
  readonly createdAtMs: number;
}

export interface Suppression {
  readonly reason: 'unsubscribed' | 'bounced' | 'complained' | 'manual';
  /** That this address takes no mail is all that stands against the channel: another address lifts it. */
  readonly address?: string;
  readonly atMs: number;
  /** Why the owner stopped it. */
  readonly note?: string;
}

export interface OwnerWord {
  /** Otherwise freed. */
  readonly stopped: boolean;
  readonly atMs: number;
  readonly note?: string;
}
export type OwnerWords = { readonly [channel in Channel]?: OwnerWord };

export interface Consent {
  readonly given: boolean;
  readonly atMs: number;
}
export type Consents = { readonly [channel in Channel]?: { readonly [purpose in Purpose]?: Consent } };

export interface Device {
  readonly platform: 'ios' | 'android';
  /** What APNs or FCM gave the app on this device. */
  readonly token: string;
  readonly deviceId?: string;
  /** Start of the day (UTC) on which it was last seen. */
  readonly seenAtMs: number;
  /** When its push service disowned it, or the customer signed out there. */
  readonly deadAtMs?: number;
}

export interface ChannelMessage {
  /** The delivery's. */
  readonly id: string;
  readonly channel: Channel;
  /** When the delivery was prepared. */
  readonly atMs: number;
  /** When it was settled as sent; absent: not known to be. */
  readonly sentAtMs?: number;
  /** When the receiver's server first took it, where that was reported. */
  readonly deliveredAtMs?: number;
  /** The latest clicks that did not name themselves a program. */
  readonly clicks?: readonly NotedClick[];
}

/** As little of a click as tells programs from people; link and visitor (program and network) are short hashes. */
export interface NotedClick {
  readonly atMs: number;
  readonly link: string;
  readonly by?: string;
}

export interface FreshEvent {
  readonly messageId: MessageId;
  readonly type: InteractionType;
  readonly itemId: ItemId;
  readonly atMs: number;
  /** Cart and removals: units; absent: 1. */
  readonly quantity?: number;
  /** Cart and removals: `quantity` is all there is in the cart then, not what came or went. */
  readonly isTotal?: true;
}

export interface OwnedItem {
  /** Latest purchase, ms since 1970. */
  readonly purchasedAtMs: number;
  /** Latest refund, if any; owned while purchasedAtMs > refundedAtMs. Of the item, or of its whole order. */
  readonly refundedAtMs?: number;
  /** Latest refund that named the item itself. */
  readonly itemRefundedAtMs?: number;
  /** Short hash of the order of the latest purchase: a refund of that whole order takes the item back. */
  readonly order?: string;
}

/** Free access for a time (lib/events/trials.ts); ms since 1970. */
export interface Trial {
  readonly startedAtMs: number;
  readonly endsAtMs: number;
}

export interface OrderSummary {
  readonly atMs: number;
  /** Paid for the whole order, in its currency, before refunds. */
  readonly value: number;
  readonly refundedValue: number;
}

/** One part of an order, or one refund; what `orders` is summed from. */
export interface OrderLine {
  readonly kind: 'order' | 'refund';
  readonly orderId: string;
  /** Part of the order ("0" when it is in one event); of a refund, its refund_id or message id. */
  readonly part: string;
  readonly atMs: number;
  /** Paid or refunded; `whole`: a refund of everything the order was worth. */
  readonly value: number | 'whole';
}

/** What is ranked at or below this was forgotten to stay within limits, and stays forgotten. */
export interface Floor {
  readonly atMs: number;
  readonly key: string;
}

export interface CustomerState {
  /** Newest first by (atMs, messageId); at most freshEventsCountMax. */
  readonly events: readonly FreshEvent[];
  readonly owned: { readonly [itemId: string]: OwnedItem };
  /** By item, also ended ones; absent: none. */
  readonly trials?: { readonly [itemId: string]: Trial };
  /** Purchases by order id, summed from `lines`; refunds of orders that are not here are in unmatchedRefundedValue. */
  readonly orders: { readonly [orderId: string]: OrderSummary };
  /** At most freshOrdersCountMax, the oldest go first. Absent: each order is one line. */
  readonly lines?: readonly OrderLine[];
  /** Refunded under an order id without a purchase (a cancellation with a number of its own); absent: 0. */
  readonly unmatchedRefundedValue?: number;
  readonly floors?: { readonly events?: Floor; readonly owned?: Floor; readonly lines?: Floor };
  /** Optimistic lock: a write states the revision it read. 0 for a customer never written. */
  readonly revision: number;
}

export interface ListedItem {
  readonly itemId: ItemId;
  /** Blended model score, larger is better; comparable within one list only. */
  readonly score: number;
  readonly source: string;
  readonly because?: ItemId;
  /** In place of `because`: so many of the customers most like this one bought it. */
  readonly boughtByAlike?: number;
}

export interface PublishedList {
  readonly modelVersion: ModelVersion;
  readonly items: readonly ListedItem[];
}

/** What one read gives. Absent parts were never written. */
export interface CustomerRecord {
  readonly profile?: CustomerProfile;
  readonly state?: CustomerState;
  readonly list?: PublishedList;
}
