// Recommendations for a customer, and items similar to an item. Model and catalogue news are held in memory.

import { parseRecommendationRequest, parseSimilarRequest } from '../lib/recommendations/request.ts';
import { serveRecommendation } from '../lib/recommendations/serve.ts';
import { similarTo } from '../lib/recommendations/similar.ts';
import {
  assortment,
  clock,
  customerStore,
  eventQueue,
  inForce,
  log,
  pathParameter,
  random,
  respond,
  routes,
  settings,
} from './runtime.ts';

export const handler = routes({
  'GET /v1/users/{userId}/recommendations': async (event) => {
    const query = event.queryStringParameters ?? {};
    const request = parseRecommendationRequest(pathParameter(event, 'userId'), query);
    const recommendation = await serveRecommendation(request, {
      assortment: assortment(),
      customers: customerStore(),
      events: eventQueue(),
      clock: clock(),
      random: random(),
      inForce: inForce(),
      settings: settings(),
      eligibilityRules: settings().eligibilityRules,
      warn: (message, detail) => log('warn', message, detail),
    });
    return respond(200, recommendation);
  },

  'GET /v1/items/{itemId}/similar': async (event) => {
    const request = parseSimilarRequest(pathParameter(event, 'itemId'), event.queryStringParameters ?? {});
    return respond(200, similarTo(request, await assortment()(), clock().nowMs()));
  },
});
