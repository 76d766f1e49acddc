// The event as it is stored: what an app sent (Segment's HTTP tracking API), checked and time-corrected.
// Every part of the loop writes and reads this one shape; NDJSON in the archive is one StoredEvent a line.

import type { CustomerId, ItemId, MessageId, OrderId } from '../base/ids.ts';

export type EventType = 'track' | 'identify' | 'page' | 'screen' | 'alias' | 'group';

/** JSON as it came. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface StoredEvent {
  readonly messageId: MessageId;
  readonly type: EventType;
  /** For track: the event's name ("Order Completed"). For page and screen: the page's name, or ''. */
  readonly event: string;
  /** The app's user id; absent while the user is anonymous. */
  readonly userId?: CustomerId;
  readonly anonymousId?: string;
  /** Corrected by sentAt as the Segment spec says; ISO 8601, UTC, milliseconds. */
  readonly timestamp: string;
  /** When capture accepted it; ISO 8601. The archive is laid out by this date. */
  readonly receivedAt: string;
  /** Which app's write key it came with: the key's public id, never the key. */
  readonly source: string;
  /** It came with a secret key (scope read or admin), which only servers have. */
  readonly fromServer?: true;
  readonly properties: JsonObject;
  readonly traits: JsonObject;
  readonly context: JsonObject;
  /** Every other field of the message, kept as it came. */
  readonly extra?: JsonObject;
}

/** Their places are written into datasets and models: new ones are added at the end. */
export const interactionTypes = [
  'impression',
  'view',
  'wishlist',
  'cart',
  'start',
  'complete',
  'rate',
  'share',
  'purchase',
  'refund',
  'removal',
] as const;

/**
 * What an event means to the loop. Names follow Segment's e-commerce spec; unknown names are kept in the
 * archive and mean nothing here. See lib/events/meaning.ts for the table from names to these.
 */
export type InteractionType = (typeof interactionTypes)[number];

/** One line of an event's meaning: an order of three products gives three. */
export interface Behaviour {
  readonly messageId: MessageId;
  readonly type: InteractionType;
  readonly itemId: ItemId;
  readonly atMs: number;
  /** Purchases, refunds, cart and removals from it: units. Ratings: the rating. Otherwise 1. */
  readonly quantity: number;
  /** Cart and removals: `quantity` is what is in the cart then, not what came or went. */
  readonly isTotal?: true;
  /** Price of one unit, in the order's currency; 0 where not stated. */
  readonly price: number;
  /** Purchases and refunds only. */
  readonly orderId?: OrderId;
}

/** Segment's name for an assignment made by an app: properties {experiment_id, variation_id | variation_name}. */
export const experimentViewed = 'Experiment Viewed';

/** Names of the events that Reprise itself writes, so that the loop closes through data alone. */
export const loopEvents = {
  /** A recommendation was answered: properties {recommendationId, placement, modelVersion, draws: {slots, share, ranked, pool}, asked?: {limit, …}, heldOut?, experiment?: {experimentId, variant, propensity}, items:[{itemId, rank, propensity, source}]}. */
  recommendationServed: 'Reprise Recommendation Served',
  /** A customer was assigned in a campaign: properties {campaignId, runId, phase, variant, holdout, decisionId, propensity, modelVersion, policy}. */
  customerAssigned: 'Reprise Customer Assigned',
  /** A delivery was settled: properties {campaignId, runId, variant, decisionId, deliveryId, channel, status, reason?, couponCode?}. */
  deliverySettled: 'Reprise Delivery Settled',
  /** SES (or SNS) reported: properties {deliveryId, campaignId, kind: delivery|bounce|complaint|open|click, permanent?, link?, userAgent?, network?}. */
  deliveryReported: 'Reprise Delivery Reported',
  /** A coupon was redeemed: properties {code, campaignId, variant, decisionId, orderId, orderValue, discountAmount, currency?}. */
  couponRedeemed: 'Reprise Coupon Redeemed',
  /** A coupon was reserved at checkout: properties as of a redemption, and {heldUntil}. */
  couponReserved: 'Reprise Coupon Reserved',
  /** A reservation ended without an order: properties as of a redemption, and {reason: released|expired}. */
  couponReleased: 'Reprise Coupon Released',
  /** An order with a coupon was refunded: properties as of a redemption, and {discountGivenBack, whole}. */
  couponRefunded: 'Reprise Coupon Refunded',
  /** A friend ordered by an advocate's code: properties {code, advocateId, orderId, campaignId, variant, decisionId}. */
  friendReferred: 'Reprise Friend Referred',
  /** The advocate's reward, and that it was taken back: properties {code, validFrom, expiresAt, friendId, orderId, campaignId, variant, decisionId}. */
  rewardGiven: 'Reprise Referral Rewarded',
  rewardRevoked: 'Reprise Referral Reward Revoked',
  /** The customer took back consent, or the owner stopped the channel (via owner): properties {channel, purpose, via: link|one-click|preferences|owner|bounce|complaint, note?}. */
  consentWithdrawn: 'Reprise Consent Withdrawn',
  /** The customer gave consent again, or the owner freed the channel: properties {channel, purpose, via: link|preferences|owner, note?}. */
  consentGiven: 'Reprise Consent Given',
} as const;
