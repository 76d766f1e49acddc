// How much an event counts in a model, by two parameters that any recipe may have:
//   weights               `given`: the table of lib/dataset/weights.ts (default); `learned`: from what was followed by a
//                         purchase, see learnEventWeights
//   recencyHalfLifeDays   an event of this age counts half, of any age at least recencyMin (default: age does not count)
// Training and fold-in apply the same: the model keeps the factors. Popularity, which fades by itself, takes the weights
// without the recency. In a recipe that holds recipes only those of the outermost count.

import { dayMs } from '../base/time.ts';
import { type Interactions, purchaseCode } from '../dataset/interaction.ts';
import { interactionWeights } from '../dataset/weights.ts';
import { interactionTypes } from '../events/event.ts';
import { eventsByCustomer, eventsOf } from './history.ts';
import type { EventRows, Params } from './model.ts';
import { paramsReader } from './params.ts';
import type { FoldInEvent } from './recommender.ts';

export interface EventWeighting {
  /** By interaction type: what its value is multiplied by. */
  readonly factors: readonly number[];
  readonly recencyHalfLifeDays?: number;
}

/** What was long ago is still known: the weight of an event never falls below this share, and never to 0. */
const recencyMin = 0.01;
/** A behaviour rarely followed by a purchase still tells what somebody looked at. */
const learnedWeightMin = 0.01;
const horizonDays = 30;
/** Events at which what was counted and the documented weight count alike. */
const priorEventsCount = 200;

/** What the recipe asks for; undefined where events count as they are. */
export const eventWeighting = (
  model: string,
  params: Params,
  interactions: Interactions,
  nowMs: number,
): EventWeighting | undefined => {
  const read = paramsReader(model, params);
  const isLearned = params.weights !== undefined && read.oneOf('weights', ['given', 'learned']) === 'learned';
  const recencyHalfLifeDays =
    params.recencyHalfLifeDays === undefined ? undefined : read.number('recencyHalfLifeDays', 0.01);
  if (!isLearned && recencyHalfLifeDays === undefined) {
    return undefined;
  }
  const given = interactionTypes.map((type) => interactionWeights[type]);
  const learned = isLearned ? learnEventWeights(interactions, nowMs) : given;
  return {
    factors: given.map((weight, type) => (weight > 0 ? learned[type] / weight : 1)),
    ...(recencyHalfLifeDays !== undefined && { recencyHalfLifeDays }),
  };
};

/**
 * By interaction type, the share of its events that the customer's first purchase of the item followed within
 * `horizonDays`; a purchase is 1. Counted are events before that purchase (what is done with something owned says nothing
 * of buying it), and only those whose horizon ended before `nowMs`. Shrunk towards the documented weight w0,
 *   w = (followed + s · w0) / (events + s),  s = priorEventsCount,
 * and kept in its order: a behaviour documented as stronger never ends up weaker (pooled where the counts say so).
 */
export const learnEventWeights = (interactions: Interactions, nowMs: number): readonly number[] => {
  const counted = new Float64Array(interactionTypes.length);
  const followed = new Float64Array(interactionTypes.length);
  const events = eventsByCustomer(interactions);
  for (let customer = 0; customer + 1 < events.rowStart.length; customer++) {
    count(eventsOf(events, customer), nowMs, counted, followed);
  }
  const estimates = interactionTypes.map((type, code) => {
    const given = interactionWeights[type];
    const weight = (followed[code] + priorEventsCount * given) / (counted[code] + priorEventsCount);
    return { code, given, weight, events: counted[code] + priorEventsCount };
  });
  const weights = interactionTypes.map((type) => interactionWeights[type]);
  const learnable = estimates.filter(({ code, given }) => given > 0 && code !== purchaseCode);
  for (const { codes, weight } of inOrder(learnable)) {
    for (const code of codes) {
      weights[code] = Math.min(1, Math.max(learnedWeightMin, weight));
    }
  }
  return weights;
};

/** Values times the factor of their type. */
export const withTypeWeights = (interactions: Interactions, { factors }: EventWeighting): Interactions => ({
  ...interactions,
  value: interactions.value.map((value, row) => value * factors[interactions.type[row]]),
});

/** Values times what is left of them at their age. */
export const withRecency = (
  interactions: Interactions,
  { recencyHalfLifeDays }: EventWeighting,
  nowMs: number,
): Interactions => ({
  ...interactions,
  value: interactions.value.map(
    (value, row) => value * recency(nowMs - interactions.atMs[row], recencyHalfLifeDays),
  ),
});

/** The same for events that are folded in, at the time of the latest of them or of the training. */
export const weighedEvents = (
  events: readonly FoldInEvent[],
  weighting: EventWeighting | undefined,
  trainedMs: number,
): readonly FoldInEvent[] => {
  if (weighting === undefined) {
    return events;
  }
  const { factors, recencyHalfLifeDays } = weighting;
  const nowMs = events.reduce((latest, { atMs }) => Math.max(latest, atMs), trainedMs);
  return events.map((event) => ({
    ...event,
    value:
      event.value *
      factors[interactionTypes.indexOf(event.type ?? 'purchase')] *
      recency(nowMs - event.atMs, recencyHalfLifeDays),
  }));
};

const recency = (ageMs: number, halfLifeDays: number | undefined): number =>
  halfLifeDays === undefined ? 1 : Math.max(recencyMin, 2 ** (-Math.max(0, ageMs) / (halfLifeDays * dayMs)));

const count = (
  { items, atMs, types }: EventRows,
  nowMs: number,
  counted: Float64Array,
  followed: Float64Array,
): void => {
  const boughtMs = new Map<number, number>();
  for (let event = items.length - 1; event >= 0; event--) {
    if (types[event] === purchaseCode) {
      boughtMs.set(items[event], atMs[event]);
    }
  }
  const horizonMs = horizonDays * dayMs;
  for (let event = 0; event < items.length; event++) {
    const waitMs = (boughtMs.get(items[event]) ?? Number.POSITIVE_INFINITY) - atMs[event];
    if (types[event] === purchaseCode || waitMs < 0 || atMs[event] + horizonMs > nowMs) {
      continue;
    }
    counted[types[event]]++;
    followed[types[event]] += waitMs <= horizonMs ? 1 : 0;
  }
};

interface Estimate {
  readonly code: number;
  readonly given: number;
  readonly weight: number;
  readonly events: number;
}

interface Pool {
  readonly codes: readonly number[];
  readonly weight: number;
  readonly events: number;
}

/** Isotonic regression along the documented weights (pool adjacent violators, weighted by events). */
const inOrder = (estimates: readonly Estimate[]): readonly Pool[] => {
  const sorted = [...estimates].sort((a, b) => a.given - b.given || a.weight - b.weight);
  const pools: Pool[] = [];
  for (const { code, weight, events } of sorted) {
    let pool: Pool = { codes: [code], weight, events };
    for (let last = pools.at(-1); last !== undefined && last.weight > pool.weight; last = pools.at(-1)) {
      pools.pop();
      const all = last.events + pool.events;
      pool = {
        codes: [...last.codes, ...pool.codes],
        weight: (last.weight * last.events + pool.weight * pool.events) / all,
        events: all,
      };
    }
    pools.push(pool);
  }
  return pools;
};
