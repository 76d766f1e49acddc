// What came of the items of a page: clicks that name the recommendation, or kept orders of the shown item by the same
// customer, from the page's moment on and within the window. An order counts for each page that showed the item in time.
// A click is a Product Clicked or Product Viewed with `recommendation_id` (or `recommendationId`).

import type { ItemId } from '../../base/ids.ts';
import { dayMs } from '../../base/time.ts';
import type { StoredEvent } from '../../events/event.ts';
import { behavioursOf, idText } from '../../events/meaning.ts';
import { foldOrders } from '../../outcomes/orders.ts';
import type { EvaluationRequest } from './evaluation.ts';
import type { ServedPage } from './served-page.ts';

/** Of one customer's events: whether an item of a page led to the outcome. */
export const pageOutcomes = (
  events: readonly StoredEvent[],
  { outcome, windowDays }: Pick<EvaluationRequest, 'outcome' | 'windowDays'>,
): ((page: ServedPage, itemId: ItemId) => boolean) => {
  const found = outcome === 'click' ? clicksOf(events) : ordersOf(events);
  const windowMs = windowDays * dayMs;
  return ({ recommendationId, atMs }, itemId) =>
    (found.get(outcome === 'click' ? `${recommendationId}\n${itemId}` : itemId) ?? []).some(
      (ms) => ms >= atMs && ms < atMs + windowMs,
    );
};

const clicksOf = (events: readonly StoredEvent[]): ReadonlyMap<string, readonly number[]> => {
  const clicks = new Map<string, number[]>();
  for (const event of events) {
    const { properties } = event;
    const recommendation = idText(properties.recommendation_id) ?? idText(properties.recommendationId);
    if (recommendation === undefined) continue;
    for (const { type, itemId, atMs } of behavioursOf(event)) {
      if (type === 'view') note(clicks, `${recommendation}\n${itemId}`, atMs);
    }
  }
  return clicks;
};

const ordersOf = (events: readonly StoredEvent[]): ReadonlyMap<string, readonly number[]> => {
  const bought = new Map<string, number[]>();
  for (const { kept, units, atMs } of foldOrders(events).orders) {
    for (const [itemId, count] of kept ? units : []) {
      if (count > 0) note(bought, itemId, atMs);
    }
  }
  return bought;
};

const note = (times: Map<string, number[]>, key: string, atMs: number): void => {
  const known = times.get(key);
  if (known) known.push(atMs);
  else times.set(key, [atMs]);
};
