// The two markets of `bench after-ranking`, each cut at an instant: a model trained on what came before serves as it
// would in production (artifact, published lists, customers' states), and what customers took afterwards is known.
//   market      the simulated market: 5,000 learners, a year, the last 60 days are the test
//   ml-100k     ratings as purchases, a film's first genre as its category; the last fifth of the ratings is the test

import { type CustomerId, customerId, messageId, modelVersion } from '../lib/base/ids.ts';
import { type Interactions, typeCode } from '../lib/dataset/interaction.ts';
import { interactionValue } from '../lib/dataset/weights.ts';
import type { CustomerRecord, ListedItem } from '../lib/events/customer.ts';
import type { JsonObject, StoredEvent } from '../lib/events/event.ts';
import type { CatalogItem } from '../lib/events/item.ts';
import { parseItem } from '../lib/events/item-input.ts';
import { behavioursOf } from '../lib/events/meaning.ts';
import { emptyState, foldEvents } from '../lib/events/state.ts';
import { type Assortment, createAssortment } from '../lib/recommendations/assortment.ts';
import { pairsOf } from '../lib/recommenders/history.ts';
import { servingNeighbours } from '../lib/recommenders/item-knn.ts';
import { customerLists } from '../lib/recommenders/lists.ts';
import { createRecommender, recipeOf } from '../lib/recommenders/models.ts';
import { decodeServing, encodeServing } from '../lib/recommenders/serving.ts';
import { learnerHistory } from '../local/market/history.ts';
import { createMarket } from '../local/market/market.ts';
import { readMovies } from './movielens-100k.ts';
import { readTimed } from './ranking-data.ts';

export interface Scene {
  readonly name: string;
  readonly assortment: Assortment;
  readonly customers: readonly SceneCustomer[];
  readonly nowMs: number;
}

export interface SceneCustomer {
  readonly customerId: CustomerId;
  readonly record: CustomerRecord;
  /** Bought after the cut, and not owned before. */
  readonly relevant: ReadonlySet<string>;
}

interface Source {
  readonly name: string;
  readonly items: readonly CatalogItem[];
  /** By customer. */
  readonly events: ReadonlyMap<CustomerId, readonly StoredEvent[]>;
  readonly cutMs: number;
}

const dayMs = 86_400_000;
const endMs = Date.UTC(2026, 0, 1);
const testDays = 60;

export const marketScene = (model: string): Scene => {
  const market = createMarket('after-ranking', { learners: 5_000, endMs });
  const items = market.items.map(({ itemId: id, vector: _vector, popularity: _popularity, ...item }) =>
    parseItem(id, item, market.startMs),
  );
  const events = market.learners.map((learner) => {
    const id = customerId(learner.customerId);
    const messages = learnerHistory(market, learner).messages.filter(({ type }) => type === 'track');
    return [
      id,
      messages.map((message) =>
        tracked(id, message.messageId, message.event ?? '', Date.parse(message.timestamp), {
          ...(message.properties as JsonObject),
        }),
      ),
    ] as const;
  });
  const source = {
    name: 'simulated market',
    items,
    events: new Map(events),
    cutMs: endMs - testDays * dayMs,
  };
  return sceneOf(source, model);
};

/** `directory` holds u.data.gz and u.item as published. */
export const movieScene = async (directory: string, model: string): Promise<Scene> => {
  const rows = await readTimed(`${directory}/u.data.gz`, undefined);
  const movies = await readMovies(`${directory}/u.item`);
  const times = Float64Array.from(rows.atMs).sort();
  const events = new Map<CustomerId, StoredEvent[]>();
  for (let row = 0; row < rows.user.length; row++) {
    const id = customerId(rows.users[rows.user[row]]);
    const own = events.get(id) ?? [];
    events.set(id, own);
    const order = `${id}-${row}`;
    const properties = {
      order_id: order,
      products: [{ product_id: rows.items[rows.item[row]], quantity: 1 }],
    };
    own.push(tracked(id, order, 'Order Completed', rows.atMs[row], properties));
  }
  const items = [...movies.values()].map((item) => ({ ...item, category: item.tags.slice(0, 1) }));
  return sceneOf({ name: 'ml-100k', items, events, cutMs: times[Math.floor(times.length * 0.8)] }, model);
};

const tracked = (
  id: CustomerId,
  message: string,
  event: string,
  atMs: number,
  properties: JsonObject,
): StoredEvent => {
  const timestamp = new Date(atMs).toISOString();
  return {
    messageId: messageId(message),
    type: 'track',
    event,
    userId: id,
    timestamp,
    receivedAt: timestamp,
    source: 'bench',
    properties,
    traits: {},
    context: {},
  };
};

const sceneOf = ({ name, items, events, cutMs }: Source, model: string): Scene => {
  const before = [...events].map(
    ([id, own]) => [id, own.filter(({ timestamp }) => Date.parse(timestamp) < cutMs)] as const,
  );
  const interactions = interactionsOf(before);
  const catalogue = new Map<string, CatalogItem>(items.map((item) => [item.itemId, item]));
  const recommender = createRecommender(recipeOf(model));
  recommender.fit(interactions, catalogue, cutMs);
  const neighbours = servingNeighbours(pairsOf(interactions));
  const version = modelVersion('bench');
  const counts = new Map<string, number>();
  for (const item of interactions.itemIndex) {
    counts.set(interactions.items[item], (counts.get(interactions.items[item]) ?? 0) + 1);
  }
  const bytes = encodeServing(recommender.save(), {
    modelVersion: version,
    trainedAtMs: cutMs,
    items,
    neighbours,
    interactionCounts: counts,
  });
  const lists = new Map<string, readonly ListedItem[]>(
    customerLists(recommender, interactions, catalogue, neighbours),
  );
  const customers = before.flatMap(([id, own]) => {
    const listed = lists.get(id);
    const state = foldEvents(emptyState, own);
    const relevant = bought(events.get(id) ?? [], cutMs).filter((item) => !Object.hasOwn(state.owned, item));
    if (!listed || relevant.length === 0) return [];
    const list = { modelVersion: version, items: listed };
    return [{ customerId: id, record: { list, state }, relevant: new Set(relevant) }];
  });
  const assortment = createAssortment(decodeServing(bytes), [], new Set());
  return { name, assortment, customers, nowMs: cutMs };
};

const bought = (events: readonly StoredEvent[], fromMs: number): string[] =>
  events
    .filter(({ timestamp }) => Date.parse(timestamp) >= fromMs)
    .flatMap(behavioursOf)
    .filter(({ type }) => type === 'purchase')
    .map(({ itemId }) => itemId);

const interactionsOf = (events: readonly (readonly [CustomerId, readonly StoredEvent[]])[]): Interactions => {
  const rows = events.flatMap(([id, own]) =>
    own
      .flatMap(behavioursOf)
      .filter(({ type }) => interactionValue(type) > 0)
      .map((behaviour) => ({ id, ...behaviour })),
  );
  const customers = [...new Set(rows.map(({ id }) => id))];
  const items = [...new Set(rows.map(({ itemId }) => itemId))];
  const customerIndex = new Map(customers.map((id, index) => [id, index]));
  const itemIndex = new Map(items.map((id, index) => [id, index]));
  return {
    customers,
    items,
    customerIndex: Int32Array.from(rows, ({ id }) => customerIndex.get(id) ?? 0),
    itemIndex: Int32Array.from(rows, ({ itemId }) => itemIndex.get(itemId) ?? 0),
    value: Float32Array.from(rows, ({ type }) => interactionValue(type)),
    atMs: Float64Array.from(rows, ({ atMs }) => atMs),
    type: Uint8Array.from(rows, ({ type }) => typeCode(type)),
  };
};
