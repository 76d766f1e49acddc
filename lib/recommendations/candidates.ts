// Candidates: every ranked list that has something to say about this customer, eligible items only, best first.
//   context     similar to the item that is looked at                          tier 0: always before the rest
//   renewal     an own membership, plan or access that ends soon or has ended  tier 1
//   series      the next part of what the customer owns or finished            tier 1
//   <model>     the list published for the customer                            tier 1
//   fresh       the model's answer to what happened since it was trained       tier 1
//   neighbours  Σ weight × similarity over the same items; item-knn            tier 1
//   popularity  fills up, and is all a new customer gets; readable items only  tier 2
//   catalogue   newest readable items; only before the first training          tier 2

import type { ItemId } from '../base/ids.ts';
import { neighbourItemsCountMax, publishedListCountMax, recommendationsCountMax } from '../base/limits.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { ServingModel } from '../recommenders/serving.ts';
import { alikeItems } from './alike.ts';
import type { Assortment } from './assortment.ts';
import { type HistoryItem, historyOf } from './history.ts';
import { ownCandidates } from './own-candidates.ts';
import { because, forYou, plainReason, type Reason, reasonNaming } from './reason.ts';
import type { RecommendationRequest } from './request.ts';

export interface Candidate {
  readonly itemId: ItemId;
  readonly reason: Reason;
}

export interface CandidateList {
  readonly source: string;
  readonly tier: number;
  /** What its ranks weigh in fusion, beside 1 for the published list. */
  readonly weight: number;
  /** Best first. */
  readonly items: readonly Candidate[];
}

export interface CandidateContext {
  readonly assortment: Assortment;
  readonly eligible: (itemId: ItemId) => boolean;
  /** In a language the customer reads (language.ts). */
  readonly readable: (itemId: ItemId) => boolean;
  readonly nowMs: number;
}

export const candidateLists = (
  request: RecommendationRequest,
  record: CustomerRecord,
  context: CandidateContext,
): CandidateList[] => {
  const history = historyOf(record.state);
  const lists = [
    ...contextList(request, context),
    ...ownCandidates(history, record.state, context),
    ...publishedList(record, history, context),
    ...freshLists(request, record, history, context),
    ...fillLists(context),
  ];
  return lists.filter((list) => list.items.length > 0);
};

const contextList = (
  { contextItem }: RecommendationRequest,
  { assortment, eligible }: CandidateContext,
): CandidateList[] => {
  const looked = contextItem === undefined ? undefined : assortment.item(contextItem);
  if (!looked) return [];
  const items = alikeItems(looked, assortment, publishedListCountMax)
    .scored.filter((scored) => eligible(scored.itemId))
    .map(({ itemId }) => ({ itemId, reason: reasonNaming('similar-to', looked) }));
  return [{ source: 'context', tier: 0, weight: 1, items }];
};

/** Without the popular items that training filled it up with: popularity fills up here too, with newer behaviour before it. */
const publishedList = (
  { list }: CustomerRecord,
  history: ReadonlyMap<ItemId, HistoryItem>,
  { assortment, eligible }: CandidateContext,
): CandidateList[] => {
  const listed = (list?.items ?? []).filter(
    ({ itemId, source }) => source !== 'popularity' && eligible(itemId),
  );
  const items = listed.map(({ itemId, because: id }) => {
    const own = id === undefined ? undefined : history.get(id);
    return { itemId, reason: (own && because(own, assortment)) ?? forYou };
  });
  return [{ source: listed[0]?.source ?? 'model', tier: 1, weight: 1, items }];
};

/** The model folds in what it has not seen: all of the history where it published no list for this customer. */
const freshLists = (
  request: RecommendationRequest,
  record: CustomerRecord,
  history: ReadonlyMap<ItemId, HistoryItem>,
  { assortment, eligible }: CandidateContext,
): CandidateList[] => {
  const { serving } = assortment;
  if (!serving) return [];
  const isFiltered = [request.kind, request.category, request.tag].some((filter) => filter !== undefined);
  const unseen = [...history.values()].filter(
    ({ atMs }) => !record.list || isFiltered || atMs > serving.trainedAtMs,
  );
  if (unseen.length === 0) return [];
  const events = unseen.map(({ itemId, weight, atMs }) => ({ itemId, value: weight, atMs }));
  const neighbours = contributions(unseen.slice(0, neighbourItemsCountMax), serving, eligible);
  const reasonOf = (itemId: ItemId): Reason => {
    const strongest = neighbours.get(itemId)?.strongest;
    return (strongest && because(strongest, assortment)) ?? forYou;
  };
  const fresh = serving
    .foldIn(events, publishedListCountMax, { accept: eligible })
    .filter(({ score }) => score > 0);
  const ranked = [...neighbours.values()].sort((a, b) => b.score - a.score || (a.itemId < b.itemId ? -1 : 1));
  const toItems = (scored: readonly { readonly itemId: ItemId }[]): Candidate[] =>
    scored.slice(0, publishedListCountMax).map(({ itemId }) => ({ itemId, reason: reasonOf(itemId) }));
  return [
    { source: 'fresh', tier: 1, weight: 1, items: toItems(fresh) },
    { source: 'neighbours', tier: 1, weight: 0.5, items: toItems(ranked) },
  ];
};

interface Contribution {
  readonly itemId: ItemId;
  score: number;
  strongest: HistoryItem;
  strongestShare: number;
}

/** Σ weight × similarity for every eligible neighbour, and which item of the history gave the most of it. */
const contributions = (
  history: readonly HistoryItem[],
  serving: ServingModel,
  eligible: (itemId: ItemId) => boolean,
): Map<ItemId, Contribution> => {
  const found = new Map<ItemId, Contribution>();
  for (const own of history) {
    for (const { itemId, score } of serving.similarItems(own.itemId, publishedListCountMax)) {
      const share = score * own.weight;
      if (share <= 0 || !eligible(itemId)) continue;
      const known = found.get(itemId);
      if (!known) {
        found.set(itemId, { itemId, score: share, strongest: own, strongestShare: share });
        continue;
      }
      known.score += share;
      if (share > known.strongestShare) {
        known.strongest = own;
        known.strongestShare = share;
      }
    }
  }
  return found;
};

/** Enough to fill the longest answer; before the first training the newest items of the catalogue. */
const fillLists = ({ assortment, eligible, readable, nowMs }: CandidateContext): CandidateList[] => {
  const source = assortment.serving ? 'popularity' : 'catalogue';
  const ranked = assortment.serving?.popularity ?? assortment.news;
  const items: Candidate[] = [];
  for (const { itemId } of ranked) {
    const item = assortment.item(itemId);
    if (items.length === recommendationsCountMax) break;
    if (item && eligible(itemId) && readable(itemId))
      items.push({ itemId, reason: plainReason(item, assortment, nowMs) });
  }
  return [{ source, tier: 2, weight: 1, items }];
};
