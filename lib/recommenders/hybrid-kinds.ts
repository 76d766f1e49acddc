// Kinds in one list: courses, books, plans stand in one item space, and a customer of one kind gets others, too.
// A quota: of the first t items that the history lacks, at least ⌊t × share⌋ are of kinds that the customer has not
// taken yet, the best of those by score; beyond `depth` items the scores are as they were. Scores are only raised.
// Shapes: one kind index an item, −1 where the catalogue does not know the item.

import type { CatalogItem } from '../events/item.ts';

export const kindsOf = (catalogue: readonly (CatalogItem | undefined)[]): Int32Array => {
  const indexes = new Map<string, number>();
  return Int32Array.from(catalogue, (item) => {
    if (item === undefined) {
      return -1;
    }
    const index = indexes.get(item.kind) ?? indexes.size;
    indexes.set(item.kind, index);
    return index;
  });
};

/** The kinds among these items. */
export const takenKinds = (kinds: Int32Array, items: ArrayLike<number>): ReadonlySet<number> => {
  const taken = new Set<number>();
  for (let place = 0; place < items.length; place++) {
    taken.add(kinds[items[place]]);
  }
  return taken;
};

export const raiseOtherKinds = (
  scores: Float64Array,
  kinds: Int32Array,
  history: Int32Array,
  share: number,
  depth: number,
): void => {
  const taken = takenKinds(kinds, history);
  const own = new Set(history);
  const isNew = (item: number): boolean => kinds[item] >= 0 && !taken.has(kinds[item]);
  const lacking = Array.from(scores.keys()).filter((item) => !own.has(item));
  const best = (items: number[]): readonly number[] =>
    items.sort((a, b) => scores[b] - scores[a] || a - b).slice(0, depth);
  const fresh = best(lacking.filter(isNew));
  const usual = best(lacking.filter((item) => !isNew(item)));
  if (history.length === 0 || fresh.length === 0 || usual.length === 0) {
    return;
  }
  let [nextFresh, nextUsual, above] = [0, 0, Number.POSITIVE_INFINITY];
  for (let place = 1; place <= depth && nextFresh < fresh.length && nextUsual < usual.length; place++) {
    const [candidate, other] = [fresh[nextFresh], usual[nextUsual]];
    if (scores[candidate] <= scores[other] && nextFresh < Math.floor(place * share)) {
      scores[candidate] = between(scores[other], above);
    }
    if (scores[candidate] > scores[other]) {
      above = scores[candidate];
      nextFresh++;
    } else {
      above = scores[other];
      nextUsual++;
    }
  }
};

/** Just above `low` where nothing stands above; half way where there is room. */
const between = (low: number, above: number): number => {
  const high = above === Number.POSITIVE_INFINITY ? low + Math.max(1, Math.abs(low)) * 1e-6 : above;
  return low + (high - low) / 2;
};
