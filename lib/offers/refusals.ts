// Why a coupon cannot be used: each reason as the Failure that the API answers with.

import { Failure, shown } from '../base/errors.ts';
import { couponsPerOrderCountMax } from '../base/limits.ts';
import type { CouponUse } from './ledger.ts';

export const unknownCoupon = (typed: string): Failure =>
  new Failure('not-found', {
    code: 'coupon-unknown',
    message: 'There is no such coupon.',
    received: shown(typed),
    action: 'Compare the code with the one in the message, letter by letter.',
  });

export const ofAnotherCustomer = (customerId: string): Failure =>
  new Failure('forbidden', {
    code: 'coupon-of-another-customer',
    message: 'The coupon was given to another customer.',
    received: shown(customerId),
    action: 'Redeem it for the customer it was sent to.',
  });

export const expired = (code: string, expiresAt: string): Failure =>
  new Failure('gone', {
    code: 'coupon-expired',
    message: `The coupon expired at ${expiresAt}.`,
    received: code,
    action: 'Take the order without it.',
  });

export const revoked = (code: string): Failure =>
  new Failure('gone', {
    code: 'coupon-revoked',
    message: 'The coupon was taken back: the order that earned it was refunded.',
    received: code,
    action: 'Take the order without it.',
  });

export type Exhausted = 'code' | 'customer' | 'campaign' | 'budget';

export const exhausted = (which: Exhausted, code: string): Failure =>
  new Failure('conflict', {
    code: `coupon-exhausted-${which}`,
    message: exhaustedMessages[which],
    received: code,
    action: 'Take the order without it.',
  });

const exhaustedMessages: { readonly [which in Exhausted]: string } = {
  code: 'This code was redeemed as often as it may be.',
  customer: 'This customer has redeemed as many coupons of this campaign as one customer may.',
  campaign: 'All redemptions of this campaign are used up.',
  budget: 'What is left of the campaign’s budget is less than this order’s discount.',
};

export const keyReused = (received: unknown): Failure =>
  new Failure('conflict', {
    code: 'idempotency-key-reused',
    message: 'This Idempotency-Key was used on this code for another order or with other content.',
    received: shown(received),
    action: 'Use a new key for each order; repeat a request with exactly the same body.',
  });

export const alreadyOnOrder = (use: CouponUse): Failure =>
  new Failure('conflict', {
    code: 'coupon-already-on-order',
    message: `The coupon is ${use.status} on this order already.`,
    received: use.orderId,
    action: 'A code works once on an order; repeat a request with its own Idempotency-Key.',
  });

export const orderOfAnother = (orderId: string): Failure =>
  new Failure('conflict', {
    code: 'order-of-another-customer',
    message: 'Another customer has a coupon on an order with this id.',
    received: shown(orderId),
    action: 'Send the order’s own id.',
  });

export const notCombinable = (code: string, other: string): Failure =>
  new Failure('conflict', {
    code: 'coupon-not-combinable',
    message: `The coupon cannot be combined with ${other}, which is on this order.`,
    received: code,
    action: 'Release the other coupon first, or take the order without this one.',
  });

export const orderFull = (orderId: string): Failure =>
  new Failure('conflict', {
    code: 'order-coupons-full',
    message: `An order may have ${couponsPerOrderCountMax} coupons.`,
    received: shown(orderId),
    action: 'Release another coupon first, or take the order without this one.',
  });

export const otherCurrency = (wanted: string, received: string): Failure =>
  new Failure('invalid', {
    code: 'coupon-currency-differs',
    message: `The coupon counts in ${wanted}, the order is in another currency.`,
    received,
    action: `Redeem it on an order in ${wanted}.`,
  });

export const underMinimum = (minimum: number, currency: string | undefined, received: number): Failure =>
  new Failure('invalid', {
    code: 'coupon-minimum-spend',
    message: `The coupon needs an order of at least ${minimum}${currency === undefined ? '' : ` ${currency}`}.`,
    received,
    action: 'Raise the order to the minimum, or take it without the coupon.',
  });

export const linesMissing = (): Failure =>
  new Failure('invalid', {
    code: 'order-lines-missing',
    message:
      'What this coupon takes off depends on what is in the order, and the order’s lines were not given.',
    received: 'no lines',
    action: 'Send lines: [{ "itemId": …, "quantity": …, "price": … }].',
  });

export const linesExceedValue = (lines: number, value: number): Failure =>
  new Failure('invalid', {
    code: 'order-lines-exceed-value',
    message: `The lines are worth ${lines} together, more than the order.`,
    received: value,
    action: 'Send the value of the order before any coupon, and each line at its price before any coupon.',
  });

export const notForTheseItems = (code: string): Failure =>
  new Failure('invalid', {
    code: 'coupon-not-for-these-items',
    message: 'None of the order’s items is one that the coupon is for (a bundle needs all of its items).',
    received: code,
    action: 'Add what the coupon is for, or take the order without it.',
  });

export const notSuitable = (itemId: string): Failure =>
  new Failure('forbidden', {
    code: 'coupon-not-suitable',
    message: 'The workspace’s eligibility rules keep an item that the coupon gives from this customer.',
    received: shown(itemId),
    action: 'Take the order without it.',
  });

export const nothingToTakeOff = (code: string): Failure =>
  new Failure('invalid', {
    code: 'coupon-takes-nothing-off',
    message:
      'The coupon would take nothing off this order: it is worth nothing, or sold at its lowest price.',
    received: code,
    action: 'Keep the coupon for another order.',
  });

export const noReservation = (orderId: string): Failure =>
  new Failure('not-found', {
    code: 'reservation-unknown',
    message: 'The coupon is not reserved for this order.',
    received: shown(orderId),
    action: 'Send the order id that it was reserved with.',
  });

export const redeemedAlready = (orderId: string): Failure =>
  new Failure('conflict', {
    code: 'coupon-redeemed',
    message: 'The coupon was redeemed on this order; a reservation can no longer be released.',
    received: shown(orderId),
    action: 'Refund it when the order is taken back.',
  });

export const notRedeemed = (orderId: string): Failure =>
  new Failure('not-found', {
    code: 'redemption-unknown',
    message: 'The coupon was not redeemed on this order.',
    received: shown(orderId),
    action: 'Send the order id that it was redeemed with.',
  });

export const refundTooLarge = (left: number, received: number): Failure =>
  new Failure('invalid', {
    code: 'refund-exceeds-order',
    message: `Of what was paid for this order ${left} is left to refund.`,
    received,
    action: 'Refund at most that, or leave refundValue out to refund the rest.',
  });

export const notYetValid = (code: string, validFrom: string): Failure =>
  new Failure('conflict', {
    code: 'coupon-not-yet-valid',
    message: `The coupon is valid from ${validFrom}, when the order that earned it has stood long enough.`,
    received: code,
    action: 'Take the order without it, or wait until then.',
  });

export const selfReferral = (customerId: string): Failure =>
  new Failure('forbidden', {
    code: 'referral-of-oneself',
    message: 'The code is for friends of the customer who was given it, and this is the same person.',
    received: shown(customerId),
    action: 'Take the order without it.',
  });

export const friendNotNew = (customerId: string): Failure =>
  new Failure('forbidden', {
    code: 'referral-not-new',
    message: 'The code is for a first order, and this customer has ordered before.',
    received: shown(customerId),
    action: 'Take the order without it.',
  });

export const friendBefore = (customerId: string): Failure =>
  new Failure('forbidden', {
    code: 'referral-before',
    message: 'This customer has used or reserved a friend’s code before.',
    received: shown(customerId),
    action: 'Take the order without it, or release the reservation of the other code.',
  });

export const friendIsAdvocate = (customerId: string): Failure =>
  new Failure('forbidden', {
    code: 'referral-by-advocate',
    message: 'Somebody came by this customer’s own code; who brings friends cannot be brought as one.',
    received: shown(customerId),
    action: 'Take the order without it.',
  });

export const tableBusy = (): Failure =>
  new Failure('unavailable', {
    code: 'table-busy',
    message: 'Too many requests met on this coupon; it is not used up.',
    action: 'Send the request again with the same Idempotency-Key.',
  });
