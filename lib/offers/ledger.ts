// The books of coupons: what one coupon does on one order (CouponUse), which coupons an order has, how often and for
// how much a customer and a campaign have redeemed, and which request was answered how. Every step of the life cycle
//   held → redeemed → refunded   held → released, expired (→ held or redeemed again)
// is one LedgerEntry, written as one transaction: all conditions hold and all of it happens, or nothing does.
// held and redeemed count; released, expired and refunded have given everything back. Money in whole minor units.

import type { CampaignId, CustomerId, ItemId } from '../base/ids.ts';
import type { StoredEvent } from '../events/event.ts';
import type { Coupon } from '../ports.ts';
import { toMinor } from './money.ts';
import { currencyOf, type IssuedTerms, type Stacking } from './offer.ts';

export type UseStatus = 'held' | 'redeemed' | 'released' | 'expired' | 'refunded';

export interface CouponUse {
  readonly code: string;
  readonly campaignId: CampaignId;
  readonly customerId: CustomerId;
  readonly orderId: string;
  readonly status: UseStatus;
  /** Before any coupon, in the major unit, and its currency (ISO 4217) where the order or the offer states one. */
  readonly orderValue: number;
  readonly currency?: string;
  /** What is taken off, in all and by item. */
  readonly discountMinor: number;
  readonly byItem: { readonly [itemId: string]: number };
  readonly gives: readonly {
    readonly itemId: ItemId;
    readonly quantity: number;
    readonly days?: number;
  }[];
  /** Of what the customer paid, given back by refunds; and of the discount. */
  readonly refundedPaidMinor: number;
  readonly refundedDiscountMinor: number;
  /** What requests and what events say was refunded of the payment (refund.ts); absent: nothing, or requests alone. */
  readonly refundsTold?: {
    readonly requestedMinor: number;
    readonly isRequestedWhole: boolean;
    readonly events: { readonly [key: string]: number };
  };
  /** While it is held; ISO 8601. */
  readonly heldUntil?: string;
  readonly redeemedAt?: string;
  /** Set where the use made its customer somebody's friend (referral codes). */
  readonly advocateId?: CustomerId;
  /** The coupon that the advocate got for it. */
  readonly rewardCode?: string;
  /** One more with each entry. */
  readonly revision: number;
}

export type HeldCoupon = Pick<CouponUse, 'code' | 'orderId' | 'customerId'>;

export interface OrderCoupon {
  readonly code: string;
  readonly campaignId: CampaignId;
  readonly stacking?: Stacking;
  readonly discountMinor: number;
  readonly byItem: { readonly [itemId: string]: number };
}

/** Coupons held or redeemed on one order. */
export interface OrderCoupons {
  readonly orderId: string;
  readonly customerId: CustomerId;
  readonly coupons: readonly OrderCoupon[];
  readonly revision: number;
}

export type CouponOperation = 'reserve' | 'redeem' | 'release' | 'refund';

export interface AnsweredRequest {
  readonly code: string;
  readonly operation: CouponOperation;
  readonly idempotencyKey: string;
  readonly at: string;
  /** Of the request's content: the same key with other content is a mistake. */
  readonly fingerprint: string;
  readonly answer: object;
  /** Written to the queue after the transaction, again on every repeat: their message ids make the repeats one. */
  readonly events: readonly StoredEvent[];
}

/** How often and for how much; absent limits do not limit. */
export interface Tally {
  readonly count: number;
  readonly minor: number;
}

export interface TallyChange {
  readonly key: string;
  readonly count: number;
  readonly minor: number;
  readonly countMax?: number;
  readonly minorMax?: number;
}

/** Who brought whom; one row a friend. */
export interface Friendship {
  readonly friendId: CustomerId;
  readonly advocateId: CustomerId;
  readonly code: string;
  readonly orderId: string;
}

export interface LedgerEntry {
  readonly request?: AnsweredRequest;
  /** As it will be; its stored revision must be one less (none for 1). */
  readonly use: CouponUse;
  readonly order: OrderCoupons;
  /** Raises the coupon's own count, up to its redemptionsMax. */
  readonly couponCount: number;
  readonly tallies: readonly TallyChange[];
  /** Reservations in the order of their end. */
  readonly holdAdded?: string;
  readonly holdRemoved?: string;
  readonly friendAdded?: Friendship;
  readonly friendRemoved?: CustomerId;
  /** Has brought somebody, for ever. */
  readonly advocateMarked?: CustomerId;
  /** Must not have brought anybody. */
  readonly notAdvocate?: CustomerId;
  /** A reward, stored with the redemption that earns it. */
  readonly issued?: Coupon;
  /** A reward taken back; must be unused. */
  readonly revoked?: string;
}

/** What a friend's use of a code depends on. */
export interface FriendView {
  readonly friendship?: Friendship;
  readonly isAdvocate: boolean;
  /** Rewards of the code's advocate in its campaign. */
  readonly rewarded: Tally;
}

/** What one consistent read finds; counts without a row are 0. */
export interface LedgerView {
  readonly coupon: Coupon;
  readonly request?: AnsweredRequest;
  readonly use?: CouponUse;
  readonly order?: OrderCoupons;
  readonly customer: Tally;
  readonly campaign: Tally;
}

export interface LedgerQuery {
  readonly operation: CouponOperation;
  readonly idempotencyKey: string;
  readonly customerId?: CustomerId;
  readonly orderId: string;
}

export interface CouponLedger {
  /** Consistent, in one batch; undefined when the coupon is gone. */
  view(coupon: Coupon, query: LedgerQuery): Promise<LedgerView | undefined>;
  /** `changed`: a condition did not hold, or another writer was there first; nothing was written. `attempt` from 0: later ones wait longer. */
  commit(entry: LedgerEntry, attempt: number): Promise<'done' | 'changed'>;
  /** Reservations of a campaign that ended before this, the oldest first. */
  expiredHolds(campaignId: CampaignId, nowMs: number, countMax: number): Promise<readonly HeldCoupon[]>;
  order(orderId: string): Promise<OrderCoupons | undefined>;
  use(code: string, orderId: string): Promise<CouponUse | undefined>;
  /** Consistent, in one batch. */
  friendView(coupon: Coupon, friendId: CustomerId): Promise<FriendView>;
  /** Consistent; those that nothing was counted under are absent. */
  tallies(keys: readonly string[]): Promise<ReadonlyMap<string, Tally>>;
}

/** Rewards have counters of their own beside their campaign's. */
const book = ({ campaignId, rewardFor }: Coupon): string =>
  rewardFor === undefined ? campaignId : `${campaignId}~reward`;
export const customerTallyKey = (coupon: Coupon, customerId: CustomerId): string =>
  `redeemed/${book(coupon)}/${customerId}`;
export const campaignTallyKey = (coupon: Coupon): string => `redeemed/${book(coupon)}`;
export const rewardedKey = (campaignId: CampaignId, advocateId: CustomerId): string =>
  `rewarded/${campaignId}/${advocateId}`;

/** The counters that a use moves: the customer's, and the campaign's where it has a limit. */
export const tallyChanges = (
  coupon: Coupon,
  customerId: CustomerId,
  change: Tally,
): readonly TallyChange[] => {
  const { terms } = coupon;
  const isLimited = terms.redemptionsTotalMax !== undefined || terms.budget !== undefined;
  const changes: TallyChange[] = [
    {
      key: customerTallyKey(coupon, customerId),
      count: change.count,
      minor: 0,
      countMax: terms.redemptionsPerCustomerMax,
    },
    ...(isLimited
      ? [
          {
            key: campaignTallyKey(coupon),
            ...change,
            countMax: terms.redemptionsTotalMax,
            minorMax: budgetMinor(terms),
          },
        ]
      : []),
  ];
  return changes.filter(({ count, minor }) => count !== 0 || minor !== 0);
};

export const budgetMinor = (terms: IssuedTerms): number | undefined =>
  terms.budget === undefined ? undefined : toMinor(terms.budget, currencyOf(terms));
