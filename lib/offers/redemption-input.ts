// POST /v1/coupons/{code}/redemptions: the body { customerId, orderId, orderValue, currency? } and the header
// Idempotency-Key. Anything else is refused whole, with every problem named.

import { z } from 'zod';
import { Failure } from '../base/errors.ts';
import { type CustomerId, customerId } from '../base/ids.ts';
import { parseInput, parseJson } from '../base/input.ts';
import { idLengthMax } from '../base/limits.ts';

export interface RedemptionRequest {
  readonly code: string;
  readonly customerId: CustomerId;
  readonly orderId: string;
  /** Value of the order before the coupon, in the major unit; ≥ 0. */
  readonly orderValue: number;
  readonly currency?: string;
  readonly idempotencyKey: string;
}

const body = z.strictObject({
  customerId: z.string().min(1).max(idLengthMax),
  orderId: z.string().min(1).max(idLengthMax),
  orderValue: z.number().min(0).max(1e12),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR')
    .optional(),
});

export const parseRedemption = (
  code: string,
  idempotencyKey: string | undefined,
  text: string,
): RedemptionRequest => {
  if (!idempotencyKey || idempotencyKey.length > idLengthMax) {
    throw new Failure('invalid', {
      code: 'idempotency-key-missing',
      message: `The header Idempotency-Key must be there, with 1 to ${idLengthMax} characters.`,
      received: idempotencyKey === undefined ? 'no such header' : `${idempotencyKey.length} characters`,
      action: 'Send a key of your own for each redemption, and the same key when you repeat the request.',
    });
  }
  const { customerId: customer, ...order } = parseInput(body, parseJson(text), 'redemption');
  return { code, customerId: customerId(customer), ...order, idempotencyKey };
};
