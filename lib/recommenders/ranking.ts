// The best n of a score per item. Ties go to the more popular item, then to the one seen first,
// so a model that knows nothing about a history (all zero) answers with popularity.
// Cost: one pass and a heap of n; a full sort when n is a large part of the items.

import type { ItemId } from '../base/ids.ts';
import type { RecommendOptions, Scored } from './recommender.ts';

export interface RankedItems {
  /** Index → id. */
  readonly ids: readonly ItemId[];
  /** Item indexes from most to least popular. */
  readonly order: Int32Array;
}

export const topScored = (
  scores: Float64Array,
  items: RankedItems,
  n: number,
  options?: RecommendOptions,
): Scored[] => {
  const isAllowed = (item: number): boolean => allowed(items.ids[item], options);
  return topItems(scores, items.order, n, isAllowed).map((item) => ({
    itemId: items.ids[item],
    score: scores[item],
  }));
};

/** Item indexes, best first; `order` holds them from most to least popular. */
export const topItems = (
  scores: Float64Array,
  order: Int32Array,
  n: number,
  isAllowed: (item: number) => boolean,
): number[] => {
  const places =
    n * 4 > order.length
      ? sortedPlaces(scores, order, isAllowed).slice(0, n)
      : heapPlaces(scores, order, n, isAllowed);
  return places.map((place) => order[place]);
};

/** Most to least by score; ties by index. */
export const descending = (scores: ArrayLike<number>): Int32Array =>
  Int32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);

const allowed = (id: ItemId, options: RecommendOptions | undefined): boolean =>
  options === undefined ||
  (!(options.exclude?.has(id) ?? false) && (options.accept === undefined || options.accept(id)));

/** Places are positions in popularity order: of two equal scores the lower place is the better. */
const sortedPlaces = (
  scores: Float64Array,
  order: Int32Array,
  isAllowed: (item: number) => boolean,
): number[] => {
  const places: number[] = [];
  for (let place = 0; place < order.length; place++) {
    if (isAllowed(order[place])) {
      places.push(place);
    }
  }
  return places.sort((a, b) => scores[order[b]] - scores[order[a]] || a - b);
};

const heapPlaces = (
  scores: Float64Array,
  order: Int32Array,
  n: number,
  isAllowed: (item: number) => boolean,
): number[] => {
  const heap: number[] = []; // the worst kept place on top
  const worse = (a: number, b: number): boolean => {
    const difference = scores[order[a]] - scores[order[b]];
    return difference < 0 || (difference === 0 && a > b);
  };
  for (let place = 0; place < order.length; place++) {
    const full = heap.length === n;
    if ((full && (n === 0 || scores[order[place]] <= scores[order[heap[0]]])) || !isAllowed(order[place])) {
      continue;
    }
    if (full) {
      heap[0] = place;
      siftDown(heap, worse);
    } else {
      heap.push(place);
      siftUp(heap, worse);
    }
  }
  return heap.sort((a, b) => scores[order[b]] - scores[order[a]] || a - b);
};

const siftUp = (heap: number[], worse: (a: number, b: number) => boolean): void => {
  let child = heap.length - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!worse(heap[child], heap[parent])) {
      return;
    }
    [heap[child], heap[parent]] = [heap[parent], heap[child]];
    child = parent;
  }
};

const siftDown = (heap: number[], worse: (a: number, b: number) => boolean): void => {
  let parent = 0;
  for (;;) {
    let child = parent * 2 + 1;
    if (child >= heap.length) {
      return;
    }
    if (child + 1 < heap.length && worse(heap[child + 1], heap[child])) {
      child++;
    }
    if (!worse(heap[child], heap[parent])) {
      return;
    }
    [heap[child], heap[parent]] = [heap[parent], heap[child]];
    parent = child;
  }
};
