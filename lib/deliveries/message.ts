// A message as a channel takes it, and what can come of sending it. Types only; texts are rendered and addresses checked.

import type { CampaignId, CustomerId, DeliveryId, ItemId } from '../base/ids.ts';
import type { Purpose } from '../events/customer.ts';

/** One message to one customer; what it consists of depends on the channel. */
export type OutgoingMessage = OutgoingMail | OutgoingSms | OutgoingPush | OutgoingOffer;

export interface OutgoingMail {
  readonly channel: 'email';
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** Already folded header values: List-Unsubscribe, List-Unsubscribe-Post, X-Reprise-Delivery. */
  readonly headers: { readonly [name: string]: string };
  /** SES message tags: come back in its events. */
  readonly tags: { readonly [name: string]: string };
}

export interface OutgoingSms {
  readonly channel: 'sms';
  /** E.164: +4915112345678. */
  readonly to: string;
  readonly text: string;
  /** Marketing goes by the cheapest route, a reminder by the most reliable one. */
  readonly purpose: Purpose;
}

export type PushPlatform = 'ios' | 'android';

export interface OutgoingPush {
  readonly channel: 'push';
  readonly platform: PushPlatform;
  /** What the platform's push service gave this app on this device. */
  readonly token: string;
  readonly title: string;
  readonly body: string;
  /** For the app, not shown: deliveryId, and url where a tap leads. */
  readonly data: { readonly [name: string]: string };
}

/** Not sent anywhere: it is kept, and shown by the app that asks for the customer's offers. */
export interface OutgoingOffer {
  readonly channel: 'in-app';
  readonly offer: InAppOffer;
}

export interface InAppOffer {
  readonly deliveryId: DeliveryId;
  readonly customerId: CustomerId;
  readonly campaignId: CampaignId;
  readonly variant: string;
  readonly decisionId: string;
  readonly purpose: Purpose;
  readonly title: string;
  readonly body: string;
  readonly url?: string;
  /** Where in the app it belongs, by the app's own names; absent: anywhere. */
  readonly placement?: string;
  readonly couponCode?: string;
  /** Items that its words or its address name; absent: none. */
  readonly itemIds?: readonly ItemId[];
  /** The campaign's: of two live offers the larger goes first. */
  readonly priority: number;
  readonly createdAt: string;
  /** Shown before this instant only: when its coupon expires, or the campaign's window ends. */
  readonly expiresAt: string;
}

/** Not sent, and may be sent later: not before `untilMs` where that is known. */
export interface Throttled {
  readonly kind: 'throttled';
  readonly message: string;
  /** What is used up, where it is not the rate: the account's mails of 24 hours. */
  readonly reason?: 'mail-quota';
  readonly untilMs?: number;
}

export type SendResult =
  /** `messageId`: the id by which the service will name it in its reports. */
  | { readonly kind: 'sent'; readonly messageId: string }
  | Throttled
  /** Not sent, and never will be on this channel. `isAddressDead`: nor will anything else to this address. */
  | { readonly kind: 'rejected'; readonly message: string; readonly isAddressDead?: boolean };
