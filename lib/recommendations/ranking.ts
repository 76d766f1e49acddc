// Ranking by weighted reciprocal rank fusion: score = Σ over lists of weight / (60 + rank), rank from 1
// (Cormack, Clarke & Büttcher 2009; k = 60 is theirs). Ranks, not scores, because the lists' scores have no common unit.
// An item stands in the best tier of its lists and only the lists of that tier count: otherwise popularity, which
// ranks every item, would reorder what was chosen for the customer. Source and reason: the list that gave it most.

import type { ItemId } from '../base/ids.ts';
import type { CandidateList } from './candidates.ts';
import type { ReasonOf } from './reason.ts';

export interface Ranked {
  readonly itemId: ItemId;
  readonly tier: number;
  readonly score: number;
  readonly source: string;
  readonly reason: ReasonOf;
}

const k = 60;

/** Best first: by tier, then by score, then by id so that the same request has the same answer. */
export const rankCandidates = (lists: readonly CandidateList[]): Ranked[] => {
  const ranked = new Map<ItemId, Ranked & { readonly most: number }>();
  for (const { source, tier, weight, items } of lists) {
    for (const [index, { itemId, reason }] of items.entries()) {
      const gain = weight / (k + index + 1);
      const known = ranked.get(itemId);
      if (known && known.tier < tier) continue;
      const former = known?.tier === tier ? known : undefined;
      const leads = !former || gain > former.most;
      ranked.set(itemId, {
        itemId,
        tier,
        score: gain + (former?.score ?? 0),
        most: leads ? gain : former.most,
        source: leads ? source : former.source,
        reason: leads ? reason : former.reason,
      });
    }
  }
  return [...ranked.values()]
    .map(({ most: _most, ...item }) => item)
    .sort((a, b) => a.tier - b.tier || b.score - a.score || (a.itemId < b.itemId ? -1 : 1));
};
