// Diversity by maximal marginal relevance (Carbonell & Goldstein 1998): next comes the item with the greatest
//   λ · relevance − (1 − λ) · (greatest similarity to an item already chosen);   the weight here is 1 − λ.
// Similarity of items in [0, 1]: half by the shared part of the category path, a quarter each for author and series.
// Cost of a choice: one similarity for each candidate.

import type { CatalogItem } from '../events/item.ts';
import type { Term } from './greedy.ts';

/** `similarity` of the candidates at two places. */
export const diversityTerm = (
  weight: number,
  count: number,
  similarity: (a: number, b: number) => number,
): Term => {
  const closest = new Float64Array(count);
  return {
    weight,
    gain: (place) => -closest[place],
    chose: (place) => {
      for (let other = 0; other < count; other++) {
        closest[other] = Math.max(closest[other], similarity(place, other));
      }
    },
  };
};

export const similarity = (a: CatalogItem, b: CatalogItem): number =>
  0.5 * sharedPath(a.category, b.category) +
  0.25 * Number(a.author !== undefined && a.author === b.author) +
  0.25 * Number(a.series !== undefined && a.series.id === b.series?.id);

/** Length of the common beginning over the longer path; two items without a category share nothing. */
const sharedPath = (a: readonly string[], b: readonly string[]): number => {
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 0;
  let shared = 0;
  while (shared < Math.min(a.length, b.length) && a[shared] === b[shared]) shared++;
  return shared / longest;
};
