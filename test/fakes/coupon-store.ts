// CouponStore in memory, over the table of test/fakes/delivery-store.ts. Every method yields once before it looks, so
// that tests interleave as callers of a database do; what a commit checks and writes is one step.

import { customerId as idOf } from '../../lib/base/ids.ts';
import {
  campaignTallyKey,
  customerTallyKey,
  type LedgerEntry,
  rewardedKey,
  type Tally,
  type TallyChange,
} from '../../lib/offers/ledger.ts';
import type { CouponStore } from '../../lib/ports.ts';
import { codeKey, type FakeTable, fakeTable } from './delivery-store.ts';

export const fakeCouponStore = (table: FakeTable = fakeTable()): CouponStore => ({
  get: async (code) => table.coupons.get(codeKey(code)),
  liveOf: async (customerId, nowMs) =>
    [...table.coupons.values()]
      .filter(
        (coupon) =>
          (coupon.customerId ?? coupon.advocateId) === customerId &&
          Date.parse(coupon.expiresAt) > nowMs &&
          coupon.revokedAt === undefined,
      )
      .toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : a.expiresAt > b.expiresAt ? 1 : 0)),
  async issue(coupon) {
    const stored = table.coupons.get(codeKey(coupon.code));
    if (stored !== undefined) {
      return { kind: 'exists', coupon: stored };
    }
    table.coupons.set(codeKey(coupon.code), coupon);
    return { kind: 'issued', coupon };
  },
  async view(coupon, { operation, idempotencyKey, orderId, customerId }) {
    await Promise.resolve();
    const current = table.coupons.get(codeKey(coupon.code));
    return (
      current && {
        coupon: current,
        request: table.requests.get(requestKey(coupon.code, operation, idempotencyKey)),
        use: table.uses.get(useKey(coupon.code, orderId)),
        order: table.orders.get(orderId),
        customer: tallyOf(table, customerTallyKey(coupon, customerId ?? idOf(''))),
        campaign: tallyOf(table, campaignTallyKey(coupon)),
      }
    );
  },
  async commit(entry) {
    await Promise.resolve();
    if (!isAllowed(table, entry)) {
      return 'changed';
    }
    write(table, entry);
    return 'done';
  },
  expiredHolds: async (campaignId, nowMs, countMax) =>
    [...table.uses.values()]
      .filter(
        (use) =>
          use.campaignId === campaignId && use.status === 'held' && Date.parse(use.heldUntil ?? '') < nowMs,
      )
      .toSorted((a, b) => Date.parse(a.heldUntil ?? '') - Date.parse(b.heldUntil ?? ''))
      .slice(0, countMax)
      .map(({ code, orderId, customerId }) => ({ code, orderId, customerId })),
  order: async (orderId) => table.orders.get(orderId),
  use: async (code, orderId) => table.uses.get(useKey(code, orderId)),
  async friendView({ campaignId, advocateId = idOf('') }, friendId) {
    await Promise.resolve();
    const friendship = table.friends.get(friendId);
    return {
      ...(friendship && { friendship }),
      isAdvocate: table.advocates.has(friendId),
      rewarded: tallyOf(table, rewardedKey(campaignId, advocateId)),
    };
  },
  async tallies(keys) {
    await Promise.resolve();
    return new Map(keys.flatMap((key) => (table.tallies.has(key) ? [[key, tallyOf(table, key)]] : [])));
  },
});

const useKey = (code: string, orderId: string): string => `${codeKey(code)}/${orderId}`;
const requestKey = (code: string, operation: string, key: string): string =>
  `${codeKey(code)}/${operation}/${key}`;
const tallyOf = (table: FakeTable, key: string): Tally => table.tallies.get(key) ?? { count: 0, minor: 0 };

const isAllowed = (table: FakeTable, entry: LedgerEntry): boolean => {
  const { request, use, order, couponCount } = entry;
  const coupon = table.coupons.get(codeKey(use.code));
  const redemptionsMax = coupon?.redemptionsMax ?? 0;
  return (
    (table.uses.get(useKey(use.code, use.orderId))?.revision ?? 0) === use.revision - 1 &&
    (table.orders.get(order.orderId)?.revision ?? 0) === order.revision - 1 &&
    !(request && table.requests.has(requestKey(request.code, request.operation, request.idempotencyKey))) &&
    coupon !== undefined &&
    !(couponCount > 0 && (coupon.redemptionsCount >= redemptionsMax || coupon.revokedAt !== undefined)) &&
    !(couponCount < 0 && coupon.redemptionsCount <= 0) &&
    entry.tallies.every((change) => fits(tallyOf(table, change.key), change)) &&
    !(entry.friendAdded && table.friends.has(entry.friendAdded.friendId)) &&
    !(entry.notAdvocate && table.advocates.has(entry.notAdvocate)) &&
    !(entry.issued && table.coupons.has(codeKey(entry.issued.code))) &&
    !(entry.revoked && !isUnused(table, entry.revoked))
  );
};

const isUnused = (table: FakeTable, code: string): boolean => {
  const coupon = table.coupons.get(codeKey(code));
  return coupon?.redemptionsCount === 0 && coupon.revokedAt === undefined;
};

const fits = (tally: Tally, { count, minor, countMax, minorMax }: TallyChange): boolean =>
  !(count > 0 && countMax !== undefined && tally.count + count > countMax) &&
  !(minor > 0 && minorMax !== undefined && tally.minor + minor > minorMax);

const write = (table: FakeTable, entry: LedgerEntry): void => {
  const { request, use, order, couponCount, friendAdded, friendRemoved } = entry;
  table.uses.set(useKey(use.code, use.orderId), use);
  table.orders.set(order.orderId, order);
  if (request !== undefined) {
    table.requests.set(requestKey(request.code, request.operation, request.idempotencyKey), request);
  }
  const coupon = table.coupons.get(codeKey(use.code));
  if (coupon !== undefined) {
    table.coupons.set(codeKey(use.code), {
      ...coupon,
      redemptionsCount: coupon.redemptionsCount + couponCount,
    });
  }
  for (const { key, count, minor } of entry.tallies) {
    const tally = tallyOf(table, key);
    table.tallies.set(key, { count: tally.count + count, minor: tally.minor + minor });
  }
  if (friendAdded !== undefined) {
    table.friends.set(friendAdded.friendId, friendAdded);
  }
  if (entry.advocateMarked !== undefined) {
    table.advocates.add(entry.advocateMarked);
  }
  if (entry.issued !== undefined) {
    table.coupons.set(codeKey(entry.issued.code), entry.issued);
  }
  const reward = entry.revoked === undefined ? undefined : table.coupons.get(codeKey(entry.revoked));
  if (reward !== undefined) {
    table.coupons.set(codeKey(reward.code), { ...reward, revokedAt: request?.at ?? '' });
  }
  if (friendRemoved !== undefined) {
    table.friends.delete(friendRemoved);
  }
};
