// The unsubscribe link of a mail. Public: the token in the path is signed.

import type { APIGatewayProxyEventV2 } from 'aws-lambda';
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
} from './runtime.ts';

const answer = (method: 'GET' | 'POST') => async (event: APIGatewayProxyEventV2) => {
  const token = pathParameter(event, 'token');
  const acceptLanguage = event.headers['accept-language'];
  const { linkSecret } = await secretStore().secrets();
  const context = { customers: customerStore(), events: eventQueue(), clock: clock() };
  const request = { method, token, body: bodyText(event), acceptLanguage };
  return respondHtml(await answerUnsubscribe(request, linkSecret, context));
};

export const handler = routes({
  'GET /v1/unsubscribe/{token}': answer('GET'),
  'POST /v1/unsubscribe/{token}': answer('POST'),
});
