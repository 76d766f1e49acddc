// DeliveryStore in memory. Its table is shared with the coupon store, as one DynamoDB table is.

import { Failure } from '../../lib/base/errors.ts';
import { normalizeCode } from '../../lib/offers/code.ts';
import type { AnsweredRequest, CouponUse, Friendship, OrderCoupons, Tally } from '../../lib/offers/ledger.ts';
import type { CounterClaim, Coupon, Delivery, DeliveryStore } from '../../lib/ports.ts';

export interface FakeTable {
  readonly deliveries: Map<string, Delivery>;
  readonly coupons: Map<string, Coupon>;
  readonly uses: Map<string, CouponUse>;
  readonly requests: Map<string, AnsweredRequest>;
  readonly orders: Map<string, OrderCoupons>;
  readonly friends: Map<string, Friendship>;
  readonly advocates: Set<string>;
  readonly tallies: Map<string, Tally>;
  readonly counters: Map<string, number>;
}

/** Codes are looked up however they are typed. */
export const codeKey = (code: string): string => normalizeCode(code) ?? code;

export const fakeTable = (): FakeTable => ({
  deliveries: new Map(),
  coupons: new Map(),
  uses: new Map(),
  requests: new Map(),
  orders: new Map(),
  friends: new Map(),
  advocates: new Set(),
  tallies: new Map(),
  counters: new Map(),
});

export const isFull = (table: FakeTable, claim: CounterClaim): boolean =>
  (table.counters.get(claim.key) ?? 0) >= claim.max;

export const raise = (table: FakeTable, claim: CounterClaim): void => {
  table.counters.set(claim.key, (table.counters.get(claim.key) ?? 0) + 1);
};

export const fakeDeliveryStore = (table: FakeTable = fakeTable()): DeliveryStore => ({
  get: async (id) => table.deliveries.get(id),
  async prepare(delivery, coupon, caps, checks = []) {
    const earlier = table.deliveries.get(delivery.deliveryId);
    if (earlier !== undefined) {
      return { kind: 'exists', delivery: earlier };
    }
    if (caps.some((claim) => isFull(table, claim))) {
      return { kind: 'capped' };
    }
    if (checks.some(({ key, count }) => (table.counters.get(key) ?? 0) !== count)) {
      return { kind: 'changed' };
    }
    if (coupon !== undefined && table.coupons.has(codeKey(coupon.code))) {
      throw new Failure('conflict', {
        code: 'coupon-code-taken',
        message: 'A coupon with this code exists already.',
        action: 'Try again: the next code will be another.',
      });
    }
    for (const claim of caps) {
      raise(table, claim);
    }
    table.deliveries.set(delivery.deliveryId, delivery);
    if (coupon !== undefined) {
      table.coupons.set(codeKey(coupon.code), coupon);
    }
    return { kind: 'prepared' };
  },
  async advance(id, from, to, change, sendingBy) {
    const stored = table.deliveries.get(id);
    if (stored?.status !== from || (sendingBy !== undefined && stored.sendingBy !== sendingBy)) {
      return false;
    }
    table.deliveries.set(id, { ...stored, ...change, status: to });
    return true;
  },
  findByMessageId: async (messageId) =>
    [...table.deliveries.values()].find((delivery) => delivery.messageId === messageId),
  async release({ deliveryId, counted = [] }) {
    const stored = table.deliveries.get(deliveryId);
    if (stored?.counted === undefined || (stored.status !== 'suppressed' && stored.status !== 'failed')) {
      return;
    }
    const { counted: _, ...rest } = stored;
    table.deliveries.set(deliveryId, rest);
    for (const key of counted) {
      table.counters.set(key, (table.counters.get(key) ?? 0) - 1);
    }
  },
  async lease({ key, max }, wanted) {
    const count = table.counters.get(key) ?? 0;
    const got = Math.max(0, Math.min(wanted, max - count));
    table.counters.set(key, count + got);
    return got;
  },
  async giveBack(key, count) {
    table.counters.set(key, (table.counters.get(key) ?? 0) - count);
  },
  counts: async (keys) =>
    new Map(
      keys.flatMap((key) => {
        const count = table.counters.get(key);
        return count === undefined ? [] : [[key, count]];
      }),
    ),
});
