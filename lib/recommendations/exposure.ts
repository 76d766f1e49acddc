// Bounds on what an answer exposes: at most so many of its items may be among the most popular, by one author, in one
// series. Bounds are counts, worked out from the length asked for: a share of it is rounded down. They hold for every
// item of the answer, explored ones included, as far as there is anything else to show.

import type { Reranking } from '../base/settings.ts';
import type { CatalogItem } from '../events/item.ts';

export interface Exposure {
  admits(item: CatalogItem): boolean;
  add(item: CatalogItem): void;
}

export const exposure = (
  { popularShareMax, authorCountMax, authorShareMax, seriesCountMax }: Reranking,
  answerLength: number,
  isPopular: (item: CatalogItem) => boolean,
): Exposure => {
  const bounds: readonly [(item: CatalogItem) => string | undefined, number][] = [
    [(item) => (isPopular(item) ? 'popular' : undefined), shareOf(answerLength, popularShareMax)],
    // One item of an author is always allowed: a share of less would leave out every author.
    [(item) => item.author, Math.max(1, Math.min(authorCountMax, shareOf(answerLength, authorShareMax)))],
    [(item) => item.series?.id, seriesCountMax],
  ];
  // A bound of the whole answer bounds nothing, however many could be drawn into it.
  const limits = bounds
    .filter(([, countMax]) => countMax < answerLength)
    .map(([keyOf, countMax]) => countedBy(keyOf, countMax));
  return {
    admits: (item) => limits.every((limit) => limit.admits(item)),
    add: (item) => {
      for (const limit of limits) limit.add(item);
    },
  };
};

/** 0.29 × 100 is 28.999… in binary; what is asked for is 29. */
const shareOf = (count: number, share: number): number => Math.floor(count * share + 1e-9);

const countedBy = (keyOf: (item: CatalogItem) => string | undefined, countMax: number): Exposure => {
  const counts = new Map<string, number>();
  return {
    admits: (item) => {
      const key = keyOf(item);
      return key === undefined || (counts.get(key) ?? 0) < countMax;
    },
    add: (item) => {
      const key = keyOf(item);
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
    },
  };
};
