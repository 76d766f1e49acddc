// Events from apps, by Segment's HTTP tracking API, and the settings its SDKs ask for first.

import { type CapturePorts, captureRequest } from '../lib/events/capture.ts';
import { sdkSettings } from '../lib/events/sdk-settings.ts';
import { cachedKeys } from '../lib/events/write-key.ts';
import { clock, eventQueue, http, keyStore, once, pathParameter, required, respond } from './runtime.ts';

export const captureHandler = (ports: () => CapturePorts) =>
  http(async (event) => {
    if (event.routeKey.startsWith('GET ')) {
      return respond(200, sdkSettings(pathParameter(event, 'writeKey'), required('REPRISE_API_URL')));
    }
    const request = {
      route: event.routeKey.split('/').at(-1) ?? '',
      body: event.body,
      isBase64Encoded: event.isBase64Encoded,
      authorization: event.headers.authorization,
      contentEncoding: event.headers['content-encoding'],
    };
    const { statusCode, body } = await captureRequest(request, ports());
    return respond(statusCode, body);
  });

export const handler = captureHandler(
  once(() => ({ findKey: cachedKeys(keyStore(), clock()), queue: eventQueue(), clock: clock() })),
);
