// The bodies of POST /v1/coupons/{code}/reservations, /redemptions, /releases and /refunds, their header
// Idempotency-Key, and the query of GET /v1/coupons/{code}. Anything else is refused whole, every problem named.

import { z } from 'zod';
import { Failure } from '../base/errors.ts';
import { type CustomerId, customerId, itemId } from '../base/ids.ts';
import { parseInput, parseJson } from '../base/input.ts';
import { couponHoldMsMax, couponLinesCountMax, idLengthMax } from '../base/limits.ts';
import type { PricedLine } from './discount.ts';
import type { StepRequest } from './step.ts';

export interface RedemptionRequest extends StepRequest {
  readonly customerId: CustomerId;
  /** Value of the order before any coupon, in the major unit; ≥ 0. */
  readonly orderValue: number;
  readonly currency?: string;
  readonly lines?: readonly PricedLine[];
  /** Of the device or browser, as events name it; only asked where a code brings friends. */
  readonly anonymousId?: string;
}
export type ReservationRequest = RedemptionRequest & { readonly minutes: number };
export type ReleaseRequest = StepRequest;
export type RefundRequest = StepRequest & {
  /** Of what was paid, in the major unit; absent: all that is left. */
  readonly refundValue?: number;
};

const id = z.string().min(1).max(idLengthMax);
const amount = z.number().min(0).max(1e12);
const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR')
  .optional();
const lines = z
  .array(
    z.strictObject({
      itemId: id.transform(itemId),
      quantity: z.int().min(1).max(1e6).default(1),
      price: amount,
    }),
  )
  .min(1)
  .max(couponLinesCountMax)
  .optional();

const order = {
  customerId: id.transform(customerId),
  orderId: id,
  orderValue: amount,
  currency,
  lines,
  anonymousId: id.optional(),
};
const minutesMax = couponHoldMsMax / 60_000;
const redemption = z.strictObject(order);
const reservation = z.strictObject({ ...order, minutes: z.int().min(1).max(minutesMax).default(15) });
const release = z.strictObject({ orderId: id });
const refund = z.strictObject({ orderId: id, refundValue: amount.optional() });

export const parseRedemption = (code: string, key: string | undefined, text: string): RedemptionRequest =>
  parse(redemption, 'redemption', code, key, text);
export const parseReservation = (code: string, key: string | undefined, text: string): ReservationRequest =>
  parse(reservation, 'reservation', code, key, text);
export const parseRelease = (code: string, key: string | undefined, text: string): ReleaseRequest =>
  parse(release, 'release', code, key, text);
export const parseRefund = (code: string, key: string | undefined, text: string): RefundRequest =>
  parse(refund, 'refund', code, key, text);

const parse = <T extends object>(
  schema: z.ZodType<T>,
  what: string,
  code: string,
  idempotencyKey: string | undefined,
  text: string,
): T & { readonly code: string; readonly idempotencyKey: string } => {
  if (!idempotencyKey || idempotencyKey.length > idLengthMax) {
    throw new Failure('invalid', {
      code: 'idempotency-key-missing',
      message: `The header Idempotency-Key must be there, with 1 to ${idLengthMax} characters.`,
      received: idempotencyKey === undefined ? 'no such header' : `${idempotencyKey.length} characters`,
      action: `Send a key of your own for each ${what}, and the same key when you repeat the request.`,
    });
  }
  return { code, ...parseInput(schema, parseJson(text), what), idempotencyKey };
};

/** What a quote is asked for: an order as it would be. */
export type QuoteRequest = Omit<RedemptionRequest, 'idempotencyKey'>;

const decimal = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,6})?$/, 'must be an amount such as 49.90')
  .transform(Number);
const quote = z.strictObject({
  customerId: order.customerId,
  orderId: id.default('quote'),
  orderValue: decimal,
  currency,
  lines: z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON: [{"itemId":"…","price":49.9}]' });
        return z.NEVER;
      }
    })
    .pipe(lines)
    .optional(),
  anonymousId: id.optional(),
});

export const parseQuote = (
  code: string,
  query: { readonly [name: string]: string | undefined },
): QuoteRequest => ({ code, ...parseInput(quote, query, 'quote') });
