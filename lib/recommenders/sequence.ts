// What follows what, with time: after item a, item b came with weight
//   T_ab = Σ over b later than a of one customer, at most `window` steps on:  δ^(steps − 1) · 2^(−days / half-life) · value_b
//   P(b | a) = T_ab / (Σ_b T_ab + smoothing)
// and a history scores b by Σ_a δ^(steps back) · 2^(−days back / half-life) · value_a · P(b | a) over the items of its
// latest `last` steps. A step is one moment of one customer: what is of one moment has no order and no transition.
// The next in a series of the catalogue starts with `seriesTransitions` of T, so that it follows before anyone took it.
// Cost: events × window; memory: items × successors.

import { dayMs } from '../base/time.ts';
import type { CatalogItem } from '../events/item.ts';
import { rowStarts } from '../numeric/sparse.ts';
import { float32, int32 } from './artifact.ts';
import { growingRows, type Neighbours } from './item-knn-similarity.ts';
import type { CustomerEvents, EventRows, ModelKind, Params, Scorer } from './model.ts';
import { paramsReader } from './params.ts';
import { seriesSteps } from './series-steps.ts';

interface SequenceSettings {
  /** Steps that something may follow after. Default 10. */
  readonly window: number;
  /** Steps of a history that count, the latest. Default 10. */
  readonly last: number;
  /** δ, 0 … 1. Default 0.9. */
  readonly stepDecay: number;
  /** Default 30. */
  readonly gapHalfLifeDays: number;
  /** Weight of transitions at which P is half of what was seen. Default 5. */
  readonly smoothing: number;
  /** Kept per item, the most likely. Default 100. */
  readonly successors: number;
  /** Default 5. */
  readonly seriesTransitions: number;
}

export const sequence: ModelKind = {
  defaults: {
    window: 10,
    last: 10,
    stepDecay: 0.9,
    gapHalfLifeDays: 30,
    smoothing: 5,
    successors: 100,
    seriesTransitions: 5,
  },
  history: 'events',
  fit: ({ events, catalogue }, params) => {
    const settings = settingsOf(params);
    return scorer(transitions(events(), catalogue, settings), settings);
  },
  load: (artifact, params) =>
    scorer(
      {
        rowStart: int32(artifact, 'successors.rowStart'),
        columnIndex: int32(artifact, 'successors.columnIndex'),
        value: float32(artifact, 'successors.value'),
      },
      settingsOf(params),
    ),
};

/** Rows a, entries b with P(b | a), most likely first. */
const transitions = (
  events: CustomerEvents,
  catalogue: readonly (CatalogItem | undefined)[],
  settings: SequenceSettings,
): Neighbours => {
  const items = catalogue.length;
  const occurrences = byItem(events, items);
  const nextOf = nextInSeries(catalogue);
  const weight = new Float64Array(items);
  const found = new Int32Array(items);
  const rowStart = new Int32Array(items + 1);
  const kept = growingRows(settings.successors);
  for (let item = 0; item < items; item++) {
    let size = 0;
    for (const next of settings.seriesTransitions > 0 ? (nextOf.get(item) ?? []) : []) {
      weight[next] = settings.seriesTransitions;
      found[size++] = next;
    }
    for (let place = occurrences.rowStart[item]; place < occurrences.rowStart[item + 1]; place++) {
      size = follow(events, occurrences.event[place], occurrences.end[place], settings, weight, found, size);
    }
    const touched = found.subarray(0, size);
    const total = touched.reduce((sum, other) => sum + weight[other], settings.smoothing);
    for (const other of touched) {
      weight[other] /= total;
    }
    rowStart[item + 1] = kept.add(touched, weight);
    for (const other of touched) {
      weight[other] = 0;
    }
  }
  return { rowStart, ...kept.columns() };
};

/** Adds what comes after one event of its customer (whose events end at `end`); the number of items found so far. */
const follow = (
  { items, atMs, values }: CustomerEvents,
  event: number,
  end: number,
  { window, stepDecay, gapHalfLifeDays }: SequenceSettings,
  weight: Float64Array,
  found: Int32Array,
  count: number,
): number => {
  let size = count;
  let steps = 0;
  for (let later = event + 1; later < end; later++) {
    steps += atMs[later] > atMs[later - 1] ? 1 : 0;
    if (steps > window) {
      break;
    }
    if (steps > 0 && items[later] !== items[event]) {
      if (weight[items[later]] === 0) {
        found[size++] = items[later];
      }
      const gap = 2 ** ((atMs[event] - atMs[later]) / (gapHalfLifeDays * dayMs));
      // Never 0, so that an item is found once.
      weight[items[later]] += Math.max(Number.MIN_VALUE, stepDecay ** (steps - 1) * gap * values[later]);
    }
  }
  return size;
};

/** The events of every item, each with where the events of its customer end. */
const byItem = (events: CustomerEvents, items: number) => {
  const rowStart = rowStarts(items, events.items);
  const next = rowStart.slice(0, items);
  const event = new Int32Array(events.items.length);
  const end = new Int32Array(events.items.length);
  for (let customer = 0; customer + 1 < events.rowStart.length; customer++) {
    for (let one = events.rowStart[customer]; one < events.rowStart[customer + 1]; one++) {
      const place = next[events.items[one]]++;
      event[place] = one;
      end[place] = events.rowStart[customer + 1];
    }
  }
  return { rowStart, event, end };
};

/** By item index, the items of the next higher position in the same series. */
const nextInSeries = (
  catalogue: readonly (CatalogItem | undefined)[],
): ReadonlyMap<number, readonly number[]> => {
  const next = new Map<number, number[]>();
  for (const [before, after] of seriesSteps(catalogue)) {
    next.set(before, [...(next.get(before) ?? []), after]);
  }
  return next;
};

const scorer = (successors: Neighbours, settings: SequenceSettings): Scorer => {
  const { rowStart, columnIndex, value } = successors;
  const add = (item: number, weight: number, out: Float64Array): void => {
    for (let entry = rowStart[item]; entry < rowStart[item + 1]; entry++) {
      out[columnIndex[entry]] += weight * value[entry];
    }
  };
  return {
    scoreHistory: ({ events }, out) => {
      for (const [item, weight] of latestWeights(events, settings)) {
        add(item, weight, out);
      }
    },
    explain: ({ items, events }) => {
      const weights = latestWeights(events, settings);
      return (asked, out) => {
        items.forEach((item, place) => {
          const found = columnIndex.subarray(rowStart[item], rowStart[item + 1]).indexOf(asked);
          out[place] = found < 0 ? 0 : (weights.get(item) ?? 0) * value[rowStart[item] + found];
        });
      };
    },
    scoreSimilar: (item, out) => add(item, 1, out),
    arrays: {
      'successors.rowStart': rowStart,
      'successors.columnIndex': columnIndex,
      'successors.value': value,
    },
  };
};

/** The items of the latest steps, each with the weight of where it weighs most. */
const latestWeights = (
  { items, atMs, values }: EventRows,
  { last, stepDecay, gapHalfLifeDays }: SequenceSettings,
): ReadonlyMap<number, number> => {
  const weights = new Map<number, number>();
  const end = atMs.length - 1;
  let steps = 0;
  for (let event = end; event >= 0; event--) {
    steps += event < end && atMs[event] < atMs[event + 1] ? 1 : 0;
    if (steps >= last) {
      break;
    }
    const gap = 2 ** ((atMs[event] - atMs[end]) / (gapHalfLifeDays * dayMs));
    const weight = stepDecay ** steps * gap * values[event];
    weights.set(items[event], Math.max(weights.get(items[event]) ?? 0, weight));
  }
  return weights;
};

const settingsOf = (params: Params): SequenceSettings => {
  const read = paramsReader('sequence', params);
  return {
    window: read.whole('window', 1),
    last: read.whole('last', 1),
    stepDecay: read.number('stepDecay', 0, 1),
    gapHalfLifeDays: read.number('gapHalfLifeDays', 0.001),
    smoothing: read.number('smoothing', 0),
    successors: read.whole('successors', 1),
    seriesTransitions: read.number('seriesTransitions', 0),
  };
};
