// A customer's offers for an app to show, and what the app tells about them. Scope read: called by the app's server.

import { reportOffer } from '../lib/deliveries/app-reports.ts';
import { offersShown, parseCustomerId, parseOffersRequest } from '../lib/deliveries/offers-shown.ts';
import {
  campaignStore,
  catalogStore,
  clock,
  couponStore,
  customerStore,
  deliveryStore,
  eventQueue,
  inbox,
  pathParameter,
  respond,
  routes,
  settings,
} from './runtime.ts';

export const handler = routes({
  'GET /v1/users/{userId}/offers': async (event) => {
    const request = parseOffersRequest(pathParameter(event, 'userId'), event.queryStringParameters ?? {});
    const offers = await offersShown(request, {
      inbox: inbox(),
      coupons: couponStore(),
      catalog: catalogStore(),
      campaigns: campaignStore(),
      customers: customerStore(),
      clock: clock(),
      settings: settings(),
    });
    return respond(200, { offers });
  },

  'POST /v1/users/{userId}/offers/{deliveryId}/{action}': async (event) => {
    await reportOffer(
      parseCustomerId(pathParameter(event, 'userId')),
      pathParameter(event, 'deliveryId'),
      pathParameter(event, 'action'),
      { deliveries: deliveryStore(), events: eventQueue(), clock: clock() },
    );
    return respond(202, { accepted: true });
  },
});
