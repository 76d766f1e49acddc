// A shop with coupons for tests: coupons issued straight into a store, a clock that is set, and what a checkout does.

import { secureRandom } from '../../lib/adapters/clock.ts';
import { Failure } from '../../lib/base/errors.ts';
import { type CustomerId, campaignId, customerId, itemId } from '../../lib/base/ids.ts';
import type { EligibilityRule } from '../../lib/base/settings.ts';
import type { CustomerRecord } from '../../lib/events/customer.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { redeemCoupon, refundCoupon, releaseCoupon, reserveCoupon } from '../../lib/offers/redeem.ts';
import type { RedemptionRequest, ReservationRequest } from '../../lib/offers/redemption-input.ts';
import type { CouponContext } from '../../lib/offers/step.ts';
import type { Coupon, CouponStore } from '../../lib/ports.ts';
import { createFakeEventQueue, type FakeEventQueue } from '../fakes/event-queue.ts';

export const startMs = Date.UTC(2026, 5, 12);
export const ada: CustomerId = customerId('ada');

export const couponOf = (code: string, change: Partial<Coupon> = {}): Coupon => ({
  code,
  campaignId: campaignId('spring'),
  variant: 'coupon',
  decisionId: 'decision-1',
  customerId: ada,
  issuedAt: '2026-06-10T12:00:00.000Z',
  expiresAt: '2026-06-17T12:00:00.000Z',
  redemptionsMax: 1,
  redemptionsCount: 0,
  terms: { discount: { kind: 'percent', percent: 15 }, redemptionsPerCustomerMax: 1 },
  ...change,
});

export const itemOf = (id: string, change: Partial<CatalogItem> = {}): CatalogItem => ({
  itemId: itemId(id),
  title: `Course ${id}`,
  kind: 'course',
  category: ['Data'],
  tags: [],
  price: 50,
  currency: 'EUR',
  repurchase: { kind: 'once' },
  attributes: {},
  hidden: false,
  updatedAt: '2026-01-01T00:00:00.000Z',
  createdAt: '2026-01-01T00:00:00.000Z',
  ...change,
});

export interface Shop {
  readonly context: CouponContext;
  readonly events: FakeEventQueue;
  readonly records: Map<CustomerId, CustomerRecord>;
  /** Anonymous id → user. */
  readonly devices: Map<string, CustomerId>;
  setNow(ms: number): void;
  redeem(code: string, key: string, change?: Partial<RedemptionRequest>): ReturnType<typeof redeemCoupon>;
  reserve(code: string, key: string, change?: Partial<ReservationRequest>): ReturnType<typeof reserveCoupon>;
  release(code: string, orderId: string, key?: string): ReturnType<typeof releaseCoupon>;
  refund(code: string, orderId: string, refundValue?: number, key?: string): ReturnType<typeof refundCoupon>;
}

export const openShop = (
  coupons: CouponStore,
  items: readonly CatalogItem[] = [],
  rules: readonly EligibilityRule[] = [],
): Shop => {
  const events = createFakeEventQueue();
  const records = new Map<CustomerId, CustomerRecord>();
  const devices = new Map<string, CustomerId>();
  let nowMs = startMs;
  const context: CouponContext = {
    coupons,
    catalog: {
      get: async (ids) =>
        new Map(items.filter((item) => ids.includes(item.itemId)).map((item) => [item.itemId, item])),
    },
    customers: {
      readMany: async (ids) =>
        new Map(ids.flatMap((id) => (records.has(id) ? [[id, records.get(id) ?? {}] as const] : []))),
      linkedUsers: async (ids) =>
        new Map(ids.flatMap((id) => (devices.has(id) ? [[id, devices.get(id) ?? ada] as const] : []))),
    },
    settings: { eligibilityRules: rules },
    random: secureRandom,
    events,
    clock: { nowMs: () => nowMs },
  };
  const order = (code: string, key: string) => ({
    code,
    idempotencyKey: key,
    customerId: ada,
    orderId: `order-${key}`,
    orderValue: 20,
    currency: 'EUR',
  });
  return {
    context,
    events,
    records,
    devices,
    setNow: (ms) => {
      nowMs = ms;
    },
    redeem: (code, key, change = {}) => redeemCoupon({ ...order(code, key), ...change }, context),
    reserve: (code, key, change = {}) =>
      reserveCoupon({ ...order(code, key), minutes: 15, ...change }, context),
    release: (code, orderId, key = `release-${orderId}`) =>
      releaseCoupon({ code, orderId, idempotencyKey: key }, context),
    refund: (code, orderId, refundValue, key = `refund-${orderId}`) =>
      refundCoupon(
        { code, orderId, idempotencyKey: key, ...(refundValue !== undefined && { refundValue }) },
        context,
      ),
  };
};

/** The code of the Failure that it ends with, or 'done'. */
export const outcome = async (act: Promise<unknown>): Promise<string> => {
  try {
    await act;
    return 'done';
  } catch (error) {
    if (error instanceof Failure) {
      return error.detail.code;
    }
    throw error;
  }
};

export const countOf = (outcomes: readonly string[], wanted: string): number =>
  outcomes.filter((one) => one === wanted).length;
