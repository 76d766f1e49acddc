// Histories as models see them: of customers of the training (rows of `pairs`, and their events where the model wants
// them), and of events that are folded in. Both ways give the same for the same events.
// Units: ms since 1970. Cost: a pair takes 8 bytes, an event 17; neither needs more than that to be made.

import { pairWeightMax } from '../base/model-limits.ts';
import { type Interactions, typeCode } from '../dataset/interaction.ts';
import { rowStarts, type SparseMatrix, sparseFromTriplets } from '../numeric/sparse.ts';
import type { CustomerEvents, EventRows, History } from './model.ts';
import type { FoldInEvent } from './recommender.ts';

export const noEvents: EventRows = {
  items: new Int32Array(0),
  atMs: new Float64Array(0),
  types: new Uint8Array(0),
  values: new Float32Array(0),
};

/** Customers × items; entries are summed weights, at most pairWeightMax. `itemsCount` may exceed the interactions'. */
export const pairsOf = (interactions: Interactions, itemsCount = interactions.items.length): SparseMatrix => {
  const { customers, customerIndex, itemIndex, value } = interactions;
  const pairs = sparseFromTriplets(customers.length, itemsCount, customerIndex, itemIndex, value);
  const bounded = pairs.value;
  for (let entry = 0; entry < bounded.length; entry++) {
    bounded[entry] = Math.min(bounded[entry], pairWeightMax);
  }
  return pairs;
};

export const eventsByCustomer = (interactions: Interactions): CustomerEvents => {
  const { customers, customerIndex, itemIndex, atMs, type, value } = interactions;
  const rowStart = rowStarts(customers.length, customerIndex);
  const next = rowStart.slice(0, customers.length);
  const events: CustomerEvents = {
    rowStart,
    items: new Int32Array(value.length),
    atMs: new Float64Array(value.length),
    types: new Uint8Array(value.length),
    values: new Float32Array(value.length),
  };
  for (let row = 0; row < value.length; row++) {
    const place = next[customerIndex[row]]++;
    events.items[place] = itemIndex[row];
    events.atMs[place] = atMs[row];
    events.types[place] = type[row];
    events.values[place] = value[row];
  }
  for (let customer = 0; customer < customers.length; customer++) {
    sortByTime(eventsOf(events, customer));
  }
  return events;
};

/** In place; events of one time stay in their order. A dataset's rows come oldest first: mostly nothing is to be done. */
const sortByTime = ({ items, atMs, types, values }: EventRows): void => {
  const isSorted = atMs.every((time, place) => place === 0 || atMs[place - 1] <= time);
  if (isSorted) {
    return;
  }
  const order = Int32Array.from(atMs, (_, place) => place).sort((a, b) => atMs[a] - atMs[b] || a - b);
  for (const column of [items, atMs, types, values]) {
    const before = column.slice();
    order.forEach((place, to) => {
      column[to] = before[place];
    });
  }
};

/** The stored history of a customer; an empty one for −1. */
export const storedHistory = (
  pairs: SparseMatrix,
  events: CustomerEvents | undefined,
  customer: number,
  nowMs: number,
  features?: readonly string[],
): History => {
  const from = customer < 0 ? 0 : pairs.rowStart[customer];
  const to = customer < 0 ? 0 : pairs.rowStart[customer + 1];
  return {
    items: pairs.columnIndex.subarray(from, to),
    weights: pairs.value.subarray(from, to),
    events: events === undefined || customer < 0 ? noEvents : eventsOf(events, customer),
    features,
    nowMs,
  };
};

export const eventsOf = (
  { rowStart, items, atMs, types, values }: CustomerEvents,
  customer: number,
): EventRows => {
  const from = rowStart[customer];
  const to = rowStart[customer + 1];
  return {
    items: items.subarray(from, to),
    atMs: atMs.subarray(from, to),
    types: types.subarray(from, to),
    values: values.subarray(from, to),
  };
};

/** A history from events: unknown items and weights of 0 or less are left out. */
export const foldedHistory = (
  events: readonly FoldInEvent[],
  indexOf: ReadonlyMap<string, number>,
  trainedMs: number,
  features?: readonly string[],
): History => {
  const known = events
    .filter(({ itemId, value }) => value > 0 && indexOf.has(itemId))
    .toSorted((a, b) => a.atMs - b.atMs);
  const rows: EventRows = {
    items: Int32Array.from(known, ({ itemId }) => indexOf.get(itemId) ?? 0),
    atMs: Float64Array.from(known, ({ atMs }) => atMs),
    types: Uint8Array.from(known, ({ type = 'purchase' }) => typeCode(type)),
    values: Float32Array.from(known, ({ value }) => value),
  };
  const sums = new Map<number, number>();
  rows.items.forEach((item, place) => {
    sums.set(item, (sums.get(item) ?? 0) + rows.values[place]);
  });
  const items = Int32Array.from(sums.keys()).sort();
  return {
    items,
    weights: Float32Array.from(items, (item) => Math.min(sums.get(item) ?? 0, pairWeightMax)),
    events: rows,
    features,
    nowMs: rows.atMs.reduce((latest, atMs) => Math.max(latest, atMs), trainedMs),
  };
};
