// Free trials: which items a customer has for a time, by `Trial Started` (written when a trial's coupon is redeemed, or
// sent by an app: product_id and `ends_at`, or `days` from the event). A trial is access and no ownership: while it
// lasts the item is not recommended as new and its end can be reminded of; nothing that asks what was bought sees it.
// Of several trials of one item the one that ends last stands, the later started of equals; those that end last are kept
// (limits.ts), so that the answer depends on the set of events alone. A purchase of the item makes its trial moot.

import { itemId } from '../base/ids.ts';
import { trialDaysMax, trialsBytesMax, trialsCountMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import type { CustomerState, Trial } from './customer.ts';
import type { StoredEvent } from './event.ts';
import { behaviourName, idOf, idText, numberOf } from './meaning.ts';

export type Trials = NonNullable<CustomerState['trials']>;

/** The trials that events begin; a start that states no length is behaviour alone. */
export const trialsOf = (events: readonly StoredEvent[]): readonly Trials[] =>
  events.flatMap((event) => {
    const name = event.event === 'Trial Started' ? behaviourName(event) : undefined;
    const id = name && idOf(event.properties, name.idFields);
    const startedAtMs = Date.parse(event.timestamp);
    const endsAtMs = id === undefined ? undefined : endOf(event, startedAtMs);
    return id === undefined || endsAtMs === undefined ? [] : [{ [itemId(id)]: { startedAtMs, endsAtMs } }];
  });

const endOf = ({ properties }: StoredEvent, startedAtMs: number): number | undefined => {
  const days = numberOf(properties.days);
  const stated = Date.parse(idText(properties.ends_at) ?? '');
  const endsAtMs = Number.isFinite(stated) ? stated : startedAtMs + (days ?? 0) * dayMs;
  return endsAtMs > startedAtMs && endsAtMs <= startedAtMs + trialDaysMax * dayMs ? endsAtMs : undefined;
};

export const mergeTrials = (all: readonly (Trials | undefined)[]): Trials => {
  const last = new Map<string, Trial>();
  for (const [id, trial] of all.flatMap((trials) => Object.entries(trials ?? {}))) {
    const known = last.get(id);
    if (known === undefined || byEnd(trial, known) < 0) {
      last.set(id, trial);
    }
  }
  const ranked = [...last].sort(([idA, a], [idB, b]) => byEnd(a, b) || (idA < idB ? -1 : 1));
  let bytes = 0;
  const kept = ranked.slice(0, trialsCountMax).filter(([id]) => {
    bytes += Buffer.byteLength(JSON.stringify(id)) + trialBytes;
    return bytes <= trialsBytesMax;
  });
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** Of the two times, and the JSON around them and the id. */
const trialBytes = 32;

/** The one that ends last first. */
const byEnd = (a: Trial, b: Trial): number => b.endsAtMs - a.endsAtMs || b.startedAtMs - a.startedAtMs;

/** The trial under way, unless the item was bought since it began. */
export const trialNow = (
  state: Pick<CustomerState, 'trials' | 'owned'> | undefined,
  id: string,
  nowMs: number,
): Trial | undefined => {
  // Asked for every candidate of an answer, by customers of whom few have a trial.
  const trial = state?.trials === undefined ? undefined : openTrials(state).get(id);
  return trial !== undefined && trial.startedAtMs <= nowMs && nowMs < trial.endsAtMs ? trial : undefined;
};

/** Trials whose item is not held, under way or over. */
export const openTrials = (
  state: Pick<CustomerState, 'trials' | 'owned'> | undefined,
): ReadonlyMap<string, Trial> => {
  const held = new Set(
    Object.entries(state?.owned ?? {}).flatMap(([id, { purchasedAtMs, refundedAtMs }]) =>
      refundedAtMs === undefined || purchasedAtMs > refundedAtMs ? [id] : [],
    ),
  );
  return new Map(Object.entries(state?.trials ?? {}).filter(([id]) => !held.has(id)));
};
