// Redeems a coupon on an order. Scope read: called by the shop's server.

import { redeemCoupon } from '../lib/offers/redeem.ts';
import { parseRedemption } from '../lib/offers/redemption-input.ts';
import { bodyText, clock, couponStore, eventQueue, pathParameter, respond, routes } from './runtime.ts';

export const handler = routes({
  'POST /v1/coupons/{code}/redemptions': async (event) => {
    const key = event.headers['idempotency-key'];
    const request = parseRedemption(pathParameter(event, 'code'), key, bodyText(event));
    const answer = await redeemCoupon(request, {
      coupons: couponStore(),
      events: eventQueue(),
      clock: clock(),
    });
    return respond(200, answer);
  },
});
