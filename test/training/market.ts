// A small market of two tastes, and everything a training needs, in memory.

import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { seededRandom } from '../../lib/base/random.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import { promoteModel, publishShard, selectModel } from '../../lib/recommenders/selection.ts';
import {
  evaluateCandidate,
  fitModel,
  startTraining,
  tuneCandidate,
} from '../../lib/recommenders/training.ts';
import { archiveOf, bought, dayMs, startMs, tracked } from '../dataset/events.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeModelRegistry } from '../fakes/model-registry.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { itemOf } from '../recommenders/interactions.ts';

export const itemsCount = 24;

/** Customers buy items of their own half, eight each over 100 days, looking at each a day before. */
export const marketEvents = (customers: number): StoredEvent[] => {
  const random = seededRandom('training market');
  return Array.from({ length: customers }, (_, customer) => {
    const half = customer % 2;
    const items = random
      .shuffle(Array.from({ length: itemsCount / 2 }, (_, index) => index * 2 + half))
      .slice(0, 8);
    return items.flatMap((item, place) => {
      const day = 1 + place * 12 + random.int(10);
      return [
        tracked(`c${customer}`, 'Product Viewed', day - 1, { product_id: `i${item}` }),
        bought(`c${customer}`, `o${customer}-${place}`, day, `i${item}`),
      ];
    });
  }).flat();
};

export const marketPorts = async (events: readonly StoredEvent[]) => {
  const clock = { nowMs: (): number => startMs + 120 * dayMs };
  return {
    archive: await archiveOf(events),
    models: createFakeObjectStore(),
    catalog: fakeCatalogStore(
      Array.from({ length: itemsCount }, (_, index) =>
        itemOf(`i${index}`, { category: [`half ${index % 2}`] }),
      ),
    ),
    customers: createFakeCustomerStore(),
    registry: fakeModelRegistry(),
    clock,
    withAnalytics: withDuckDb,
  };
};

export type MarketPorts = Awaited<ReturnType<typeof marketPorts>>;

/** The state machine's way through the steps; `stopAfter` ends it as a killed process would. */
export const runTraining = async (
  ports: MarketPorts,
  input: Parameters<typeof startTraining>[0],
  stopAfter = Number.POSITIVE_INFINITY,
) => {
  let steps = 0;
  const step = async <T>(work: Promise<T>): Promise<T> => {
    const answer = await work;
    steps++;
    if (steps >= stopAfter) {
      throw new Error('killed');
    }
    return answer;
  };
  const { trainingId } = input;
  const { candidates } = await step(startTraining(input, ports));
  for (const candidate of candidates) {
    const { tune } = candidate;
    const tuned = tune === undefined ? candidate : await step(tuneCandidate({ ...candidate, tune }, ports));
    await step(evaluateCandidate(tuned, ports));
  }
  const selection = await step(selectModel(trainingId, ports));
  const { outcome, version, recipe } = selection;
  if (outcome === 'refused' || version === undefined || recipe === undefined) {
    return selection;
  }
  const { shards } = await step(fitModel({ trainingId, version, recipe }, ports));
  for (const shard of shards) {
    await step(publishShard(shard, ports));
  }
  await step(promoteModel({ trainingId, version }, ports));
  return selection;
};
