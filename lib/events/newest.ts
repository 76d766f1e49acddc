// The newest entries of a growing set, within a count and a sum of bytes, whatever the order of arrival.
// Entries are ranked by time, then key. What did not fit raises the floor, and nothing at or below the floor comes
// back: so the answer depends on the set alone, not on how it was cut into deliveries. This needs that an entry's
// size depends on its key only, and that an entry known twice keeps the later rank.

import type { Floor } from './customer.ts';

export interface Bounds<T> {
  readonly countMax: number;
  readonly bytesMax: number;
  /** Upper bound of an entry's stored size; a function of its key alone. */
  readonly bytesOf: (entry: T) => number;
}

export interface Newest<T> {
  /** Newest first. */
  readonly kept: readonly T[];
  readonly floor?: Floor;
}

export const newestWithin = <T extends Floor>(
  entries: Iterable<T>,
  floor: Floor | undefined,
  { countMax, bytesMax, bytesOf }: Bounds<T>,
): Newest<T> => {
  const ranked = [...entries].filter((entry) => floor === undefined || byRank(entry, floor) < 0).sort(byRank);
  let bytes = 0;
  for (const [index, entry] of ranked.entries()) {
    bytes += bytesOf(entry);
    if (index >= countMax || bytes > bytesMax) {
      return { kept: ranked.slice(0, index), floor: { atMs: entry.atMs, key: entry.key } };
    }
  }
  return { kept: ranked, ...(floor && { floor }) };
};

/** Newest first. */
const byRank = (a: Floor, b: Floor): number =>
  b.atMs - a.atMs || (a.key < b.key ? -1 : Number(a.key > b.key));

/** One entry a key: the later, and of two at the same time the one whose text is greater. */
export const latestByKey = <T extends Floor>(
  entries: Iterable<T>,
  tieOf: (entry: T) => string,
): Map<string, T> => {
  const latest = new Map<string, T>();
  for (const entry of entries) {
    const known = latest.get(entry.key);
    const isLater =
      known === undefined ||
      entry.atMs > known.atMs ||
      (entry.atMs === known.atMs && tieOf(entry) > tieOf(known));
    if (isLater) {
      latest.set(entry.key, entry);
    }
  }
  return latest;
};
