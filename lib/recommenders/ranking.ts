// The best n of a score per item. Ties go to the more popular item, then to the one seen first,
// so a model that knows nothing about a history (all zero) answers with popularity.
// Places are positions in popularity order: of two equal scores the lower place is the better.
// Cost: one pass and a heap of n; what is excluded or not accepted is asked only of items that would enter the heap.

import type { ItemId } from '../base/ids.ts';
import type { RecommendOptions, Scored } from './recommender.ts';

export interface RankedItems {
  /** Index → id. */
  readonly ids: readonly ItemId[];
  /** Item indexes from most to least popular. */
  readonly order: Int32Array;
}

/** `scores` by place; `own`: the items of the history, ascending, for `excludeHistory`. */
export const topScored = (
  scores: Float64Array | Float32Array,
  { ids, order }: RankedItems,
  n: number,
  options: RecommendOptions = {},
  own?: Int32Array,
): Scored[] => {
  const { exclude, accept, excludeHistory = false } = options;
  const excluded = excludeHistory ? own : undefined;
  const isAllowed = (place: number): boolean => {
    const item = order[place];
    return (
      !(exclude?.has(ids[item]) ?? false) &&
      (excluded === undefined || !holds(excluded, item)) &&
      (accept === undefined || accept(ids[item]))
    );
  };
  return Array.from(bestPlaces(scores, n, isAllowed), (place) => ({
    itemId: ids[order[place]],
    score: scores[place],
  }));
};

/** Most to least by score; ties by index. */
export const descending = (scores: ArrayLike<number>): Int32Array =>
  Int32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);

const holds = (ascending: Int32Array, item: number): boolean => {
  let [from, to] = [0, ascending.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (ascending[middle] < item) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return ascending[from] === item;
};

/** From scores by item to scores by place. */
export const inOrder = (scores: Float64Array, order: Int32Array): Float64Array => {
  const ordered = new Float64Array(order.length);
  for (let place = 0; place < order.length; place++) {
    ordered[place] = scores[order[place]];
  }
  return ordered;
};

/** The places of the n best scores that are allowed, best first. */
export const bestPlaces = (
  scores: Float64Array | Float32Array,
  n: number,
  isAllowed: (place: number) => boolean,
): Int32Array => {
  const heap = worstOnTop(Math.min(n, scores.length));
  let place = 0;
  for (; place < scores.length && heap.hasRoom(); place++) {
    if (isAllowed(place)) {
      heap.add(scores[place], place);
    }
  }
  // Places come in order: an equal score is the worse one.
  for (let least = heap.least(); place < scores.length; place++) {
    if (scores[place] > least && isAllowed(place)) {
      heap.replaceWorst(scores[place], place);
      least = heap.least();
    }
  }
  return heap.sorted();
};

/** A heap of so many pairs of score and place, the worst on top: the lowest score, of equals the highest place. */
const worstOnTop = (capacity: number) => {
  const scores = new Float64Array(capacity);
  const places = new Int32Array(capacity);
  let size = 0;
  const isWorse = (score: number, place: number, than: number): boolean =>
    score < scores[than] || (score === scores[than] && place > places[than]);
  const put = (at: number, score: number, place: number): void => {
    scores[at] = score;
    places[at] = place;
  };
  const up = (score: number, place: number): void => {
    let child = size - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isWorse(score, place, parent)) break;
      put(child, scores[parent], places[parent]);
      child = parent;
    }
    put(child, score, place);
  };
  const down = (score: number, place: number): void => {
    let parent = 0;
    for (let child = 1; child < size; child = parent * 2 + 1) {
      if (child + 1 < size && isWorse(scores[child + 1], places[child + 1], child)) child++;
      if (isWorse(score, place, child)) break;
      put(parent, scores[child], places[child]);
      parent = child;
    }
    put(parent, score, place);
  };
  return {
    hasRoom: (): boolean => size < capacity,
    least: (): number => (capacity > 0 ? scores[0] : Infinity),
    add: (score: number, place: number): void => {
      size++;
      up(score, place);
    },
    replaceWorst: down,
    /** Takes the heap apart: the worst goes to the end again and again. */
    sorted: (): Int32Array => {
      const found = size;
      while (size > 1) {
        const [worst, worstPlace] = [scores[0], places[0]];
        size--;
        down(scores[size], places[size]);
        put(size, worst, worstPlace);
      }
      return places.subarray(0, found);
    },
  };
};
