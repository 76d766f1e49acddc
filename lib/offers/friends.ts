// Referral: a friend's order by an advocate's code. Refused: the advocate themself (the same customer, e-mail, phone or
// device), who ordered before, who came by a friend before, and who has brought friends: since nobody can be a friend
// after having been an advocate, no ring of any length can close. The advocate's reward is a coupon issued in the
// transaction of the friend's redemption, valid once the order has stood for `waitDays`; a refund of the whole order
// takes it back unless it is used by then. Beyond rewardsMax friends still get theirs.

import type { CustomerId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import type { CustomerProfile, CustomerRecord } from '../events/customer.ts';
import type { StoredEvent } from '../events/event.ts';
import type { CatalogStore, Coupon, CustomerStore, RandomBytes } from '../ports.ts';
import { newCode } from './code.ts';
import { friendReferredEvent, rewardEvent } from './coupon-events.ts';
import { emptyScene, termsOf } from './issue.ts';
import { type CouponLedger, type LedgerEntry, rewardedKey } from './ledger.ts';
import { expiryMs, namedItems, type Referral } from './offer.ts';
import * as refusal from './refusals.ts';

export interface FriendContext {
  readonly coupons: Pick<CouponLedger, 'friendView'>;
  readonly customers: Pick<CustomerStore, 'readMany' | 'linkedUsers'>;
  readonly catalog: Pick<CatalogStore, 'get'>;
  readonly random: RandomBytes;
}

export interface FriendRequest {
  readonly customerId: CustomerId;
  readonly orderId: string;
  readonly anonymousId?: string;
}

/** The entry with what makes its customer a friend, and the events of that; unchanged where the code brings nobody. */
export const withFriend = async (
  entry: LedgerEntry,
  coupon: Coupon,
  request: FriendRequest,
  nowMs: number,
  context: FriendContext,
): Promise<{ readonly entry: LedgerEntry; readonly events: readonly StoredEvent[] }> => {
  const { advocateId, terms } = coupon;
  const { referral } = terms;
  if (advocateId === undefined || referral === undefined) {
    return { entry, events: [] };
  }
  const friendId = request.customerId;
  const view = await context.coupons.friendView(coupon, friendId);
  const isSameUse = view.friendship?.code === coupon.code && view.friendship.orderId === request.orderId;
  if (view.friendship !== undefined && !isSameUse) {
    throw refusal.friendBefore(friendId);
  }
  if (view.isAdvocate) {
    throw refusal.friendIsAdvocate(friendId);
  }
  await refuseUnfit(advocateId, request, context);
  const friend = { friendId, advocateId, code: coupon.code, orderId: request.orderId };
  const joined: LedgerEntry = {
    ...entry,
    use: { ...entry.use, advocateId },
    ...(!isSameUse && { friendAdded: friend, advocateMarked: advocateId, notAdvocate: friendId }),
  };
  if (entry.use.status !== 'redeemed') {
    return { entry: joined, events: [] };
  }
  const referred = friendReferredEvent(friend, coupon, nowMs);
  if (view.rewarded.count >= referral.rewardsMax) {
    return { entry: joined, events: [referred] };
  }
  const reward = await rewardOf(coupon, advocateId, referral, nowMs, context);
  return {
    entry: {
      ...joined,
      use: { ...joined.use, rewardCode: reward.code },
      issued: reward,
      tallies: [
        ...joined.tallies,
        {
          key: rewardedKey(coupon.campaignId, advocateId),
          count: 1,
          minor: 0,
          countMax: referral.rewardsMax,
        },
      ],
    },
    events: [referred, rewardEvent('given', reward, friend, nowMs)],
  };
};

/** What a refund of the whole order takes back; nothing where the reward was used or is reserved. */
export const withoutReward = (entry: LedgerEntry, reward: Coupon | undefined): LedgerEntry => {
  if (reward?.customerId === undefined || reward.redemptionsCount > 0 || reward.revokedAt !== undefined) {
    return entry;
  }
  return {
    ...entry,
    revoked: reward.code,
    tallies: [
      ...entry.tallies,
      { key: rewardedKey(reward.campaignId, reward.customerId), count: -1, minor: 0 },
    ],
  };
};

const rewardOf = async (
  { campaignId, variant, decisionId, code }: Coupon,
  customerId: CustomerId,
  { reward, waitDays, rewardsMax }: Referral,
  nowMs: number,
  { random, catalog }: Pick<FriendContext, 'random' | 'catalog'>,
): Promise<Coupon> => {
  const validFromMs = nowMs + waitDays * dayMs;
  const named = namedItems(reward);
  const items = named.length === 0 ? new Map() : await catalog.get([...new Set(named)]);
  const terms = termsOf(reward, { ...emptyScene, item: (id) => items.get(id) });
  return {
    code: newCode(random),
    campaignId,
    variant,
    decisionId,
    customerId,
    rewardFor: code,
    issuedAt: new Date(nowMs).toISOString(),
    ...(waitDays > 0 && { validFrom: new Date(validFromMs).toISOString() }),
    expiresAt: new Date(expiryMs(reward, validFromMs)).toISOString(),
    redemptionsMax: reward.redemptionsPerCodeMax,
    redemptionsCount: 0,
    // One customer may have several rewards of one campaign, and use each.
    terms: {
      ...terms,
      redemptionsPerCustomerMax: Math.max(
        terms.redemptionsPerCustomerMax,
        rewardsMax * reward.redemptionsPerCodeMax,
      ),
    },
  };
};

const refuseUnfit = async (
  advocateId: CustomerId,
  { customerId: friendId, orderId, anonymousId }: FriendRequest,
  { customers }: FriendContext,
): Promise<void> => {
  if (friendId === advocateId) {
    throw refusal.selfReferral(friendId);
  }
  const [records, links] = await Promise.all([
    customers.readMany([friendId, advocateId]),
    anonymousId === undefined ? new Map<string, CustomerId>() : customers.linkedUsers([anonymousId]),
  ]);
  const friend = records.get(friendId);
  const isSame =
    [...links.values()].includes(advocateId) ||
    isSamePerson(friend?.profile, records.get(advocateId)?.profile);
  if (isSame) {
    throw refusal.selfReferral(friendId);
  }
  if (orderedBefore(friend, orderId)) {
    throw refusal.friendNotNew(friendId);
  }
};

/** By e-mail or phone, however they are written. */
export const isSamePerson = (
  a: Pick<CustomerProfile, 'email' | 'phone'> | undefined,
  b: Pick<CustomerProfile, 'email' | 'phone'> | undefined,
): boolean => {
  const emails = [a?.email, b?.email].map((email) => email && mailbox(email));
  const phones = [a?.phone, b?.phone].map((phone) => phone?.replace(/\D/g, '').replace(/^0+/, ''));
  return (
    (emails[0] !== undefined && emails[0] !== '' && emails[0] === emails[1]) ||
    isSameNumber(phones[0] ?? '', phones[1] ?? '')
  );
};

/** Without case and what follows a plus; at Google also without dots: all of these arrive in one mailbox. */
const mailbox = (email: string): string => {
  const [local = '', domain = ''] = email.normalize('NFKC').trim().toLowerCase().split('@');
  const name = local.replace(/\+.*$/, '');
  return domain === 'gmail.com' || domain === 'googlemail.com'
    ? `${name.replaceAll('.', '')}@gmail.com`
    : `${name}@${domain}`;
};

/** Shorter ones are of no one number. */
const phoneDigitsMin = 7;

/** With or without country code. */
const isSameNumber = (a: string, b: string): boolean =>
  a.length >= phoneDigitsMin && b.length >= phoneDigitsMin && (a.endsWith(b) || b.endsWith(a));

/** Also by refunded orders, and by one that came in several parts. This order may have been reported already. */
const orderedBefore = (record: CustomerRecord | undefined, orderId: string): boolean =>
  Object.keys(record?.state?.orders ?? {}).some((id) => id !== orderId) ||
  (record?.state?.unmatchedRefundedValue ?? 0) > 0;
