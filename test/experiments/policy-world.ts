// A shop whose customers are known: what an item is worth when it is looked at and how later places fall off are given, so
// the true value of every policy can be worked out by hand. Pages are served by the code that serves, logged by it, and
// clicked and bought by the shop's customers; an owned item is not shown again.

import { type CustomerId, customerId, messageId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import { defaultReranking } from '../../lib/base/settings.ts';
import { archiveContentType, archiveObjects } from '../../lib/events/archive-object.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import { emptyState, foldEvents } from '../../lib/events/state.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { slotTable } from '../../lib/recommendations/exploration.ts';
import { parseRecommendationRequest } from '../../lib/recommendations/request.ts';
import { serveRecommendation } from '../../lib/recommendations/serve.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { catalogItem, fakeServingModel } from '../fakes/serving-model.ts';

export const dayMs = 86_400_000;
export const fromMs = Date.UTC(2026, 8, 1);
export const toMs = fromMs + 10 * dayMs;
export const nowMs = toMs + 20 * dayMs;
export const slots = 5;
export const depth = 12;
export const share = 0.3;
export const itemsCount = 30;
export const plain = { ...defaultReranking, diversityWeight: 0, calibrationWeight: 0 };

const items = Array.from({ length: itemsCount }, (_, i) => catalogItem(`i${i}`, 0));
/** The third, eighth, thirteenth … are worth most. */
export const worth = (i: number): number => 0.03 + (i % 5 === 2 ? 0.3 : 0) + i / 1_000;
const looks = (place: number): number => (place + 1) ** -0.7;
const numbers = Array.from({ length: itemsCount }, (_, i) => i);
const reach = slots + depth;
/** By version, best first: v1 in the order of the catalogue; v2 knows what is worth most of what v1 may show; v3 the others. */
export const orders: { readonly [version: string]: readonly number[] } = {
  v1: numbers,
  v2: [...numbers.slice(0, reach).sort((a, b) => worth(b) - worth(a)), ...numbers.slice(reach)],
  v3: numbers.toReversed(),
};

export const assortmentOf = async (version = 'v1') =>
  createAssortment(
    fakeServingModel({
      version,
      trainedAtMs: fromMs - dayMs,
      items,
      neighbours: {},
      popularity: orders[version].map((i) => `i${i}`),
    }),
    [],
    new Set(),
  );

interface LoggedPage {
  readonly owned: ReadonlySet<number>;
}

export interface World {
  readonly archive: ReturnType<typeof createFakeObjectStore>;
  readonly pages: readonly LoggedPage[];
  readonly events: readonly StoredEvent[];
  /** Of a policy on the logged pages: expected share of shown items that are clicked. */
  readonly truth: (version: string, share: number) => number;
}

export const simulate = async (
  seed: string,
  { customersCount = 600, pagesEach = 4, explorationDepth = depth, explorationShare = share } = {},
): Promise<World> => {
  const random = seededRandom(seed);
  const assortment = await assortmentOf();
  const events: StoredEvent[] = [];
  const pages: LoggedPage[] = [];
  for (let c = 0; c < customersCount; c++) {
    const id = customerId(`c${c}`);
    let state = emptyState;
    const owned = new Set<number>();
    for (let p = 0; p < pagesEach; p++) {
      const atMs = fromMs + ((p + random.next()) / pagesEach) * (toMs - fromMs - dayMs);
      pages.push({ owned: new Set(owned) });
      const queue = createFakeEventQueue();
      const { items: shown, recommendationId } = await serveRecommendation(
        parseRecommendationRequest(id, { limit: String(slots), placement: 'home' }),
        {
          assortment: async () => assortment,
          customers: { read: async () => ({ state }) },
          events: queue,
          clock: { nowMs: () => Math.floor(atMs) },
          random: { bytes: (count) => Uint8Array.from({ length: count }, () => random.int(256)) },
          inForce: async () => ({ experiments: [], salt: undefined }),
          settings: {
            explorationShare,
            explorationDepth,
            reranking: plain,
            globalHoldoutShare: 0,
            globalHoldoutPeriod: 'quarter',
          },
          eligibilityRules: [],
          warn: () => {},
        },
      );
      const done: StoredEvent[] = [];
      for (const [place, { itemId: shownId }] of shown.entries()) {
        const i = Number(shownId.slice(1));
        if (random.next() >= looks(place) * worth(i)) continue;
        const click = { product_id: shownId, recommendation_id: recommendationId };
        done.push(event(id, 'Product Clicked', atMs + 60_000, click));
        if (random.next() < 0.3) {
          owned.add(i);
          const products = [{ product_id: shownId, price: 10, quantity: 1 }];
          done.push(
            event(id, 'Order Completed', atMs + 3_600_000, {
              order_id: `${recommendationId}-${i}`,
              products,
            }),
          );
        }
      }
      state = foldEvents(state, done);
      events.push(...queue.sent, ...done);
    }
  }
  const archive = createFakeObjectStore();
  for (const { key, bytes } of archiveObjects(events)) await archive.put(key, bytes, archiveContentType);
  const truth = (version: string, target: number): number =>
    pages.reduce((sum, { owned }) => sum + pageValue(orders[version], owned, target, explorationDepth), 0) /
    pages.length;
  return { archive, pages, events, truth };
};

let made = 0;
const event = (
  userId: CustomerId,
  name: string,
  atMs: number,
  properties: StoredEvent['properties'],
): StoredEvent => {
  const at = new Date(Math.floor(atMs)).toISOString();
  return {
    messageId: messageId(`m${made++}`),
    type: 'track',
    event: name,
    userId,
    timestamp: at,
    receivedAt: at,
    source: 'app',
    properties,
    traits: {},
    context: {},
  };
};

/** By the model's order without what is owned: the best five, and the next as many as are explored. */
const pageValue = (
  order: readonly number[],
  owned: ReadonlySet<number>,
  explorationShare: number,
  explorationDepth: number,
): number => {
  const open = order.filter((i) => !owned.has(i));
  const [ranked, pool] = [open.slice(0, slots), open.slice(slots, slots + explorationDepth)];
  const table = slotTable({ slots, share: explorationShare, ranked: ranked.length, pool: pool.length });
  const examined = (row: Float64Array): number =>
    row.reduce((sum, each, place) => sum + each * looks(place), 0);
  const ofRanked = ranked.reduce((sum, i, place) => sum + worth(i) * examined(table.ranked[place]), 0);
  const ofPool = pool.reduce((sum, i) => sum + worth(i) * examined(table.pool), 0);
  return (ofRanked + ofPool) / slots;
};
