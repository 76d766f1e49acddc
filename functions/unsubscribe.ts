// The links at the end of a message: unsubscribe, and preferences. Public: the token in the path is signed.

import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { answerPreferences } from '../lib/deliveries/preferences.ts';
import { answerUnsubscribe } from '../lib/deliveries/unsubscribe.ts';
import {
  bodyText,
  clock,
  customerStore,
  eventQueue,
  pathParameter,
  respondHtml,
  routes,
  secretStore,
  settings,
} from './runtime.ts';

const answer =
  (page: typeof answerPreferences, method: 'GET' | 'POST') => async (event: APIGatewayProxyEventV2) => {
    const token = pathParameter(event, 'token');
    const acceptLanguage = event.headers['accept-language'];
    const { linkSecret } = await secretStore().secrets();
    const context = {
      customers: customerStore(),
      events: eventQueue(),
      clock: clock(),
      settings: settings(),
    };
    const request = { method, token, body: bodyText(event), acceptLanguage };
    return respondHtml(await page(request, linkSecret, context));
  };

export const handler = routes({
  'GET /v1/unsubscribe/{token}': answer(answerUnsubscribe, 'GET'),
  'POST /v1/unsubscribe/{token}': answer(answerUnsubscribe, 'POST'),
  'GET /v1/preferences/{token}': answer(answerPreferences, 'GET'),
  'POST /v1/preferences/{token}': answer(answerPreferences, 'POST'),
});
