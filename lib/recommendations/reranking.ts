// After ranking: the answer's items and their order, from the ranked candidates and the workspace's settings.
// Terms against relevance: diversity.ts, calibration.ts, novelty.ts; bounds: exposure.ts; how they combine and which
// goes first: greedy.ts. Eligibility and repurchase rules are before all of this: only eligible items are ranked.
// Relevance is the score over the best score of the item's tier. What the order costs is reported as relevanceLost.

import type { Reranking, RerankingSettings } from '../base/settings.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Assortment } from './assortment.ts';
import { calibrationTerm, distributionOf } from './calibration.ts';
import { diversityTerm, similarity } from './diversity.ts';
import { exposure } from './exposure.ts';
import { chooseGreedily, relevanceLost, type Term } from './greedy.ts';
import type { HistoryItem } from './history.ts';
import { noveltyOf, noveltyTerm } from './novelty.ts';
import type { Ranked } from './ranking.ts';

export interface Reranked {
  /** Best first, at most as many as asked for. */
  readonly items: readonly Ranked[];
  /** Share of the ranking's relevance given up, in [0, 1). */
  readonly relevanceLost: number;
  /** Counts the item in when the bounds still admit it beside the answer; for exploration. */
  readonly admitAlso: (item: CatalogItem) => boolean;
}

/** The workspace's, with what it says otherwise for this placement. */
export const rerankingFor = ({ placements, ...all }: RerankingSettings, placement: string): Reranking =>
  placements && Object.hasOwn(placements, placement) ? { ...all, ...placements[placement] } : all;

export const rerank = (
  ranked: readonly Ranked[],
  count: number,
  history: Iterable<HistoryItem>,
  assortment: Pick<Assortment, 'item' | 'isPopular' | 'serving'>,
  settings: Reranking,
): Reranked => {
  const known = ranked.flatMap((candidate) => {
    const item = assortment.item(candidate.itemId);
    return item ? [{ candidate, item }] : [];
  });
  const items = known.map(({ item }) => item);
  const candidates = { tiers: known.map(({ candidate }) => candidate.tier), relevance: relevanceOf(known) };
  const terms = termsOf(items, history, assortment, settings);
  const bounds = exposure(settings, count, (item) => assortment.isPopular(item.itemId));
  const chosen = chooseGreedily(candidates, count, terms, [
    {
      admits: (place) => bounds.admits(items[place]),
      chose: (place) => bounds.add(items[place]),
    },
  ]);
  return {
    items: chosen.map((place) => known[place].candidate),
    relevanceLost: relevanceLost(candidates, chosen),
    admitAlso: (item) => {
      const isAdmitted = bounds.admits(item);
      if (isAdmitted) bounds.add(item);
      return isAdmitted;
    },
  };
};

const relevanceOf = (known: readonly { readonly candidate: Ranked }[]): number[] => {
  const best = new Map<number, number>();
  for (const { candidate } of known) {
    best.set(candidate.tier, Math.max(candidate.score, best.get(candidate.tier) ?? 0));
  }
  return known.map(({ candidate }) => candidate.score / (best.get(candidate.tier) ?? 1));
};

/** A term of no weight is left out: it would cost time and change nothing. */
const termsOf = (
  items: readonly CatalogItem[],
  history: Iterable<HistoryItem>,
  { item: itemOf, serving }: Pick<Assortment, 'item' | 'serving'>,
  { diversityWeight, calibrationWeight, noveltyWeight }: Reranking,
): Term[] => {
  const terms: Term[] = [];
  if (diversityWeight > 0) {
    terms.push(diversityTerm(diversityWeight, items.length, (a, b) => similarity(items[a], items[b])));
  }
  const taste = calibrationWeight > 0 ? tasteOf(history, itemOf) : undefined;
  if (taste) terms.push(calibrationTerm(calibrationWeight, items.map(broadest), taste));
  if (noveltyWeight > 0 && serving) {
    const { interactionsTotal } = serving;
    const novelty = items.map(({ itemId }) =>
      noveltyOf(serving.interactionsCount(itemId), interactionsTotal),
    );
    terms.push(noveltyTerm(noveltyWeight, novelty));
  }
  return terms;
};

const broadest = ({ category }: CatalogItem): string => category[0] ?? '';

const tasteOf = (history: Iterable<HistoryItem>, itemOf: Assortment['item']) =>
  distributionOf(
    [...history].flatMap(({ itemId, weight }) => {
      const item = itemOf(itemId);
      return item ? [[broadest(item), weight] as const] : [];
    }),
  );
