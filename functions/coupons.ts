// Coupons at a shop's checkout: a quote, reservations, redemptions, releases, refunds; and customers' own codes for
// friends. Scope read: called by the shop's server.

import { customerId } from '../lib/base/ids.ts';
import { parseJson } from '../lib/base/input.ts';
import { referralCode } from '../lib/campaigns/referral-code.ts';
import { quoteCoupon } from '../lib/offers/quote.ts';
import { redeemCoupon, refundCoupon, releaseCoupon, reserveCoupon } from '../lib/offers/redeem.ts';
import {
  parseQuote,
  parseRedemption,
  parseRefund,
  parseRelease,
  parseReservation,
} from '../lib/offers/redemption-input.ts';
import {
  bodyText,
  campaignStore,
  catalogStore,
  clock,
  couponStore,
  customerStore,
  eventQueue,
  pathParameter,
  random,
  respond,
  routes,
  secretStore,
  settings,
} from './runtime.ts';

const ports = () => ({
  coupons: couponStore(),
  catalog: catalogStore(),
  customers: customerStore(),
  settings: settings(),
  random: random(),
  events: eventQueue(),
  clock: clock(),
});

const referralPorts = () => ({
  campaigns: campaignStore(),
  coupons: couponStore(),
  secrets: secretStore(),
  customers: customerStore(),
  catalog: catalogStore(),
  settings: settings(),
  clock: clock(),
});

type Event = Parameters<typeof pathParameter>[0];
const inputOf = (event: Event) =>
  [pathParameter(event, 'code'), event.headers['idempotency-key'], bodyText(event)] as const;

export const handler = routes({
  'GET /v1/coupons/{code}': async (event) =>
    respond(
      200,
      await quoteCoupon(parseQuote(pathParameter(event, 'code'), event.queryStringParameters ?? {}), ports()),
    ),
  'POST /v1/users/{userId}/referrals': async (event) =>
    respond(
      200,
      await referralCode(
        customerId(pathParameter(event, 'userId')),
        parseJson(bodyText(event)),
        referralPorts(),
      ),
    ),
  'POST /v1/coupons/{code}/reservations': async (event) =>
    respond(200, await reserveCoupon(parseReservation(...inputOf(event)), ports())),
  'POST /v1/coupons/{code}/redemptions': async (event) =>
    respond(200, await redeemCoupon(parseRedemption(...inputOf(event)), ports())),
  'POST /v1/coupons/{code}/releases': async (event) =>
    respond(200, await releaseCoupon(parseRelease(...inputOf(event)), ports())),
  'POST /v1/coupons/{code}/refunds': async (event) =>
    respond(200, await refundCoupon(parseRefund(...inputOf(event)), ports())),
});
