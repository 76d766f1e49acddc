// Diversity by maximal marginal relevance (Carbonell & Goldstein 1998): next comes the item with the greatest
//   λ · relevance − (1 − λ) · (greatest similarity to an item already chosen),   λ = 0.8
// Relevance is the score over the best score of its tier; a tier is used up before the next begins.
// Similarity in [0, 1]: half by the shared part of the category path, a quarter each for author and series.
// Cost: answer's length × candidates.

import type { ItemId } from '../base/ids.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Ranked } from './ranking.ts';

/** At 0.8 an item falls behind when its score is a quarter worse than that of a wholly different one. */
const lambda = 0.8;

export const diversify = (
  ranked: readonly Ranked[],
  count: number,
  itemOf: (itemId: ItemId) => CatalogItem | undefined,
): Ranked[] => {
  const bestOfTier = new Map<number, number>();
  for (const { tier, score } of ranked) bestOfTier.set(tier, Math.max(score, bestOfTier.get(tier) ?? 0));
  const rest = ranked.map((candidate) => ({
    candidate,
    item: itemOf(candidate.itemId),
    relevance: candidate.score / (bestOfTier.get(candidate.tier) ?? 1),
    closest: 0,
  }));
  const chosen: Ranked[] = [];
  while (chosen.length < count && rest.length > 0) {
    const tier = Math.min(...rest.map(({ candidate }) => candidate.tier));
    let best = -1;
    let bestGain = Number.NEGATIVE_INFINITY;
    for (const [index, { candidate, relevance, closest }] of rest.entries()) {
      const gain = lambda * relevance - (1 - lambda) * closest;
      if (candidate.tier === tier && gain > bestGain) {
        best = index;
        bestGain = gain;
      }
    }
    const [next] = rest.splice(best, 1);
    chosen.push(next.candidate);
    for (const other of rest) {
      if (next.item && other.item) other.closest = Math.max(other.closest, similarity(next.item, other.item));
    }
  }
  return chosen;
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
