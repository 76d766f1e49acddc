import { describe, expect, it } from 'vitest';
import { Failure } from '../../lib/base/errors.ts';
import { campaignId, customerId, deliveryId } from '../../lib/base/ids.ts';
import type { IssuedTerms } from '../../lib/offers/offer.ts';
import { redeemCoupon } from '../../lib/offers/redeem.ts';
import { parseRedemption, type RedemptionRequest } from '../../lib/offers/redemption-input.ts';
import type { CouponContext } from '../../lib/offers/step.ts';
import type { Coupon } from '../../lib/ports.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { fakeDeliveryStore, fakeTable } from '../fakes/delivery-store.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';

const nowMs = Date.UTC(2026, 5, 12);

const coupon: Coupon = {
  code: '10AB-CDEF-GH1K',
  campaignId: campaignId('spring'),
  variant: 'coupon',
  decisionId: 'decision-ada',
  customerId: customerId('ada'),
  issuedAt: '2026-06-10T12:00:00.000Z',
  expiresAt: '2026-06-17T12:00:00.000Z',
  redemptionsMax: 1,
  redemptionsCount: 0,
  terms: { discount: { kind: 'percent', percent: 15 }, redemptionsPerCustomerMax: 1 },
};

const setUp = async (change: Partial<IssuedTerms> = {}, issued: Partial<Coupon> = {}) => {
  const table = fakeTable();
  await fakeDeliveryStore(table).prepare(
    {
      deliveryId: deliveryId('delivery-1'),
      campaignId: coupon.campaignId,
      runId: 'run-1',
      customerId: customerId('ada'),
      decisionId: coupon.decisionId,
      variant: 'coupon',
      channel: 'email',
      status: 'prepared',
      preparedAt: coupon.issuedAt,
    },
    { ...coupon, ...issued, terms: { ...coupon.terms, ...change } },
    [],
  );
  const events = createFakeEventQueue();
  const clock = { nowMs: () => nowMs };
  const coupons = fakeCouponStore(table);
  const context: CouponContext = {
    coupons,
    catalog: { get: async () => new Map() },
    settings: { eligibilityRules: [] },
    customers: { readMany: async () => new Map(), linkedUsers: async () => new Map() },
    random: { bytes: (count) => new Uint8Array(count) },
    events,
    clock,
  };
  return { context, events, table };
};

const request = (change: Partial<RedemptionRequest> = {}): RedemptionRequest => ({
  code: coupon.code,
  customerId: customerId('ada'),
  orderId: 'order-1',
  orderValue: 19.99,
  currency: 'EUR',
  idempotencyKey: 'key-1',
  ...change,
});

const failureOf = async (act: Promise<unknown>): Promise<readonly [string, string]> => {
  const error: unknown = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`);
  return [error.kind, error.detail.code];
};

describe('redeeming a coupon', () => {
  it('answers the discount and writes it as an event', async () => {
    const { context, events } = await setUp();
    expect(await redeemCoupon(request({ code: 'ioab cdef ghlk' }), context)).toEqual({
      code: coupon.code,
      campaignId: 'spring',
      variant: 'coupon',
      customerId: 'ada',
      orderId: 'order-1',
      orderValue: 19.99,
      currency: 'EUR',
      discount: { kind: 'percent', percent: 15 },
      discountAmount: 3,
      redeemedAt: '2026-06-12T00:00:00.000Z',
    });
    expect(events.sent).toHaveLength(1);
    expect(events.sent[0]).toMatchObject({
      event: 'Reprise Coupon Redeemed',
      userId: 'ada',
      properties: { code: coupon.code, campaignId: 'spring', decisionId: 'decision-ada', orderId: 'order-1' },
    });
  });

  it('answers the same to the same key, also after the code expired, as one event', async () => {
    const { context, events } = await setUp();
    const first = await redeemCoupon(request(), context);
    const later = { ...context, clock: { nowMs: () => Date.UTC(2027, 0, 1) } };
    expect(await redeemCoupon(request(), later)).toEqual(first);
    expect(new Set(events.sent.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('writes the event on the repeat when the first try ended before it', async () => {
    const { context, events } = await setUp();
    events.refuse(1);
    await expect(redeemCoupon(request(), context)).rejects.toThrow();
    await redeemCoupon(request(), context);
    expect(events.sent).toHaveLength(1);
  });

  it('refuses the same key for another order', async () => {
    const { context } = await setUp({ redemptionsPerCustomerMax: 9 }, { redemptionsMax: 9 });
    await redeemCoupon(request(), context);
    expect(await failureOf(redeemCoupon(request({ orderId: 'order-2' }), context))).toEqual([
      'conflict',
      'idempotency-key-reused',
    ]);
  });

  it.each([
    ['not-found', 'coupon-unknown', {}, {}, { code: '00AB-CDEF-GH1K' }],
    ['not-found', 'coupon-unknown', {}, {}, { code: 'nothing like a code' }],
    ['forbidden', 'coupon-of-another-customer', {}, {}, { customerId: customerId('eve') }],
    ['gone', 'coupon-expired', {}, { expiresAt: '2026-06-12T00:00:00.000Z' }, {}],
    ['invalid', 'coupon-minimum-spend', { minimumSpend: 20 }, {}, {}],
    [
      'invalid',
      'coupon-currency-differs',
      { discount: { kind: 'amount' as const, amount: 5, currency: 'USD' } },
      {},
      {},
    ],
    ['conflict', 'coupon-exhausted-code', {}, { redemptionsCount: 1 }, {}],
    ['conflict', 'coupon-exhausted-customer', { redemptionsPerCustomerMax: 0 }, {}, {}],
    ['conflict', 'coupon-exhausted-campaign', { redemptionsTotalMax: 0 }, {}, {}],
  ] as const)('fails as %s with %s', async (kind, code, offer, issued, change) => {
    const { context, events, table } = await setUp(offer, issued);
    expect(await failureOf(redeemCoupon(request(change), context))).toEqual([kind, code]);
    expect(events.sent).toEqual([]);
    expect(table.uses.size).toBe(0);
  });

  it('takes the minimum spend itself', async () => {
    const { context } = await setUp({ minimumSpend: 19.99 });
    expect((await redeemCoupon(request(), context)).discountAmount).toBe(3);
  });
});

describe('the request of a redemption', () => {
  const body = '{"customerId":"ada","orderId":"o1","orderValue":20}';

  it('is taken with its key', () => {
    expect(parseRedemption('C', 'k', body)).toEqual({
      code: 'C',
      customerId: 'ada',
      orderId: 'o1',
      orderValue: 20,
      idempotencyKey: 'k',
    });
  });

  it.each([
    [undefined, body, 'idempotency-key-missing'],
    ['', body, 'idempotency-key-missing'],
    ['k', 'no json', 'body-not-json'],
    ['k', '{"customerId":"ada","orderId":"o1"}', 'redemption-invalid'],
    ['k', '{"customerId":"ada","orderId":"o1","orderValue":-1}', 'redemption-invalid'],
    ['k', '{"customerId":"ada","orderId":"o1","orderValue":"20"}', 'redemption-invalid'],
    ['k', '{"customerId":"ada","orderId":"o1","orderValue":20,"currency":"euro"}', 'redemption-invalid'],
    ['k', '{"customerId":"ada","orderId":"o1","orderValue":20,"total":1}', 'redemption-invalid'],
  ])('is refused with key %j and body %j as %s', async (key, text, code) => {
    expect((await failureOf(Promise.resolve().then(() => parseRedemption('C', key, text))))[1]).toBe(code);
  });
});
