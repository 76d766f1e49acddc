// Candidates: every ranked list that has something to say about this customer, eligible items only, best first.
//   context     similar to the item that is looked at                          tier 0: always before the rest
//   renewal     an own membership, plan or access that ends soon or has ended  tier 1
//   series      the next part of what the customer owns or finished            tier 1
//   <model>     the list published for the customer                            tier 1
//   fresh       the model's answer to what happened since it was trained;
//               of a newcomer to what the profile tells; never what the model
//               answers anybody                                            tier 1
//   neighbours  Σ weight × similarity over the same items; item-knn            tier 1
//   popularity  fills up, and is all a new customer gets; readable items only  tier 2
//   catalogue   newest readable items; only before the first training          tier 2
// In every list a part of a series gives its rank to the first part that is open to the customer (series-order.ts).
// A list of the model that is the same for everybody (popularity) is no list for this customer and left out.
// "Because" names the item of the whole known history, old or new, that adds most to the score in the model that serves;
// for a model that cannot tell, most of Σ weight × similarity over the neighbours, or the one that training found so for
// the published list while it is still in the history; or how many customers alike bought the item. Else: for-you.

import type { ItemId } from '../base/ids.ts';
import { neighbourItemsCountMax, publishedListCountMax, recommendationsCountMax } from '../base/limits.ts';
import { profileFeatures } from '../dataset/customer-features.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { Scored } from '../recommenders/recommender.ts';
import type { ServingModel } from '../recommenders/serving.ts';
import { alikeItems } from './alike.ts';
import type { Assortment } from './assortment.ts';
import { behaviourOf, type HistoryItem, historyOf } from './history.ts';
import { ownCandidates } from './own-candidates.ts';
import {
  because,
  boughtByAlike,
  forYou,
  plainReason,
  type Reason,
  type ReasonOf,
  reasonNaming,
} from './reason.ts';
import type { RecommendationRequest } from './request.ts';
import { inSeriesOrder, type SeriesOrder } from './series-order.ts';

export interface Candidate {
  readonly itemId: ItemId;
  readonly reason: ReasonOf;
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
  readonly series: SeriesOrder;
  /** The popular ones that fill up are bounded (exposure.ts), so that others have to stand by. */
  readonly isPopularBounded: boolean;
  /** False: the lists that are the same for everybody. */
  readonly personalised: boolean;
  readonly nowMs: number;
}

export const candidateLists = (
  request: RecommendationRequest,
  record: CustomerRecord,
  context: CandidateContext,
): CandidateList[] => {
  if (!context.personalised) return fillLists(context).filter((list) => list.items.length > 0);
  const history = historyOf(record.state);
  const reasonOf = strongestReason(record, history, context);
  const lists = [
    ...contextList(request, context),
    ...ownCandidates(history, record.state, context),
    ...publishedList(record, history, reasonOf, context),
    ...freshLists(request, record, history, reasonOf, context),
    ...fillLists(context),
  ];
  return lists.filter((list) => list.items.length > 0);
};

const contextList = ({ contextItem }: RecommendationRequest, context: CandidateContext): CandidateList[] => {
  const { assortment, eligible } = context;
  const looked = contextItem === undefined ? undefined : assortment.item(contextItem);
  if (!looked) return [];
  const alike = new Set(
    alikeItems(looked, assortment, publishedListCountMax).scored.map(({ itemId }) => itemId),
  );
  const reasonOf = (itemId: ItemId): Reason =>
    alike.has(itemId) ? reasonNaming('similar-to', looked) : forYou;
  const items = inSeriesOrder([...alike].filter(eligible), reasonOf, context);
  return [{ source: 'context', tier: 0, weight: 1, items }];
};

/** Without the popular items that training filled it up with: popularity fills up here too, with newer behaviour before it. */
const publishedList = (
  { list }: CustomerRecord,
  history: ReadonlyMap<ItemId, HistoryItem>,
  reasonOf: (itemId: ItemId) => Reason,
  context: CandidateContext,
): CandidateList[] => {
  const { assortment, eligible } = context;
  const listed = (list?.items ?? []).filter(
    ({ itemId, source }) => source !== 'popularity' && eligible(itemId),
  );
  const byId = new Map(listed.map((one) => [one.itemId, one]));
  const items = inSeriesOrder(
    byId.keys(),
    (itemId) => {
      const one = byId.get(itemId);
      const own = one?.because && history.get(one.because);
      if (one?.boughtByAlike !== undefined) return boughtByAlike(one.boughtByAlike);
      return (own && because(itemId, own, assortment)) ?? reasonOf(itemId);
    },
    context,
  );
  return [{ source: listed[0]?.source ?? 'model', tier: 1, weight: 1, items }];
};

/** The model folds in what it has not seen: all of the history where it published no list for this customer. */
const freshLists = (
  request: RecommendationRequest,
  record: CustomerRecord,
  history: ReadonlyMap<ItemId, HistoryItem>,
  reasonOf: (itemId: ItemId) => Reason,
  context: CandidateContext,
): CandidateList[] => {
  const { assortment, eligible } = context;
  const { serving } = assortment;
  if (!serving) return [];
  const isFiltered = [request.kind, request.category, request.tag].some((filter) => filter !== undefined);
  const isUnseen = ({ atMs }: { readonly atMs: number }): boolean =>
    !record.list || isFiltered || atMs > serving.trainedAtMs;
  const events = behaviourOf(record.state).filter(isUnseen);
  const features = record.profile === undefined ? [] : profileFeatures(record.profile);
  // Of a customer with neither list nor behaviour, features alone may tell.
  if (events.length === 0 && (record.list !== undefined || features.length === 0)) return [];
  const fresh = freshScored(serving, events, features, context);
  const unseen = [...history.values()].filter(isUnseen).slice(0, neighbourItemsCountMax);
  const neighbours = contributions(unseen, serving, eligible);
  const ranked = [...neighbours.values()].sort((a, b) => b.score - a.score || (a.itemId < b.itemId ? -1 : 1));
  const toItems = (scored: readonly { readonly itemId: ItemId }[]): Candidate[] =>
    inSeriesOrder(
      scored.map(({ itemId }) => itemId),
      reasonOf,
      context,
      publishedListCountMax,
    );
  return [
    { source: 'fresh', tier: 1, weight: 1, items: toItems(fresh) },
    { source: 'neighbours', tier: 1, weight: 0.5, items: toItems(ranked) },
  ];
};

/**
 * The model's answer, unless it is the one that it gives to anybody. Where nothing that the customer did is known to the
 * model, that is asked for too; and where nothing was done, the profile's language is all that says what can be read.
 */
const freshScored = (
  serving: ServingModel,
  events: ReturnType<typeof behaviourOf>,
  features: readonly string[],
  { eligible, readable }: CandidateContext,
): readonly Scored[] => {
  if (!serving.isPersonal) return [];
  const accept = (itemId: ItemId): boolean => eligible(itemId) && (events.length > 0 || readable(itemId));
  const answerTo = (known: typeof events, told: readonly string[]): readonly Scored[] =>
    serving
      .foldIn(known, publishedListCountMax, { accept, features: told })
      .filter(({ score }) => score !== 0);
  const scored = answerTo(events, features);
  if (events.some(({ itemId }) => serving.interactionsCount(itemId) > 0)) return scored;
  const anybodys = answerTo([], []);
  const isAnybodys =
    scored.length === anybodys.length &&
    scored.every(({ itemId, score }, place) => {
      const other = anybodys[place];
      return other.itemId === itemId && other.score === score;
    });
  return isAnybodys ? [] : scored;
};

/** Worked out once, and only when a list asks for it: a history can hold thousands of owned items. */
const strongestReason = (
  { state }: CustomerRecord,
  history: ReadonlyMap<ItemId, HistoryItem>,
  { assortment, eligible }: CandidateContext,
): ((itemId: ItemId) => Reason) => {
  const { serving } = assortment;
  if (!serving) return () => forYou;
  let strongestOf: ((itemId: ItemId) => HistoryItem | undefined) | undefined;
  return (itemId) => {
    strongestOf ??= byModel(serving, state, history) ?? byNeighbours(serving, history, eligible);
    const strongest = strongestOf(itemId);
    return (strongest && because(itemId, strongest, assortment)) ?? forYou;
  };
};

type StrongestOf = (itemId: ItemId) => HistoryItem | undefined;

const byModel = (
  serving: ServingModel,
  state: CustomerRecord['state'],
  history: ReadonlyMap<ItemId, HistoryItem>,
): StrongestOf | undefined => {
  const because = serving.because(behaviourOf(state));
  return (
    because &&
    ((itemId) => {
      const named = because(itemId);
      return named && history.get(named);
    })
  );
};

const byNeighbours = (
  serving: ServingModel,
  history: ReadonlyMap<ItemId, HistoryItem>,
  eligible: (itemId: ItemId) => boolean,
): StrongestOf => {
  const found = contributions([...history.values()], serving, eligible);
  return (itemId) => found.get(itemId)?.strongest;
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

/** Enough to fill the longest answer, popular or not; before the first training the newest items of the catalogue. */
const fillLists = (context: CandidateContext): CandidateList[] => {
  const { assortment, eligible, readable, nowMs } = context;
  const source = assortment.serving ? 'popularity' : 'catalogue';
  const ranked: readonly { readonly itemId: ItemId }[] = assortment.serving?.popularity ?? assortment.news;
  const countMax = recommendationsCountMax * (context.isPopularBounded ? 2 : 1);
  const wanted = function* (): Generator<ItemId> {
    let popularCount = 0;
    for (const { itemId } of ranked) {
      const isCounted = context.isPopularBounded && assortment.isPopular(itemId);
      if (isCounted && popularCount === recommendationsCountMax) continue;
      if (!eligible(itemId) || !readable(itemId)) continue;
      if (isCounted) popularCount += 1;
      yield itemId;
    }
  };
  const reasonOf = (itemId: ItemId): Reason => {
    const item = assortment.item(itemId);
    return item ? plainReason(item, assortment, nowMs) : forYou;
  };
  return [
    {
      source,
      tier: 2,
      weight: 1,
      items: inSeriesOrder(wanted(), reasonOf, context, countMax),
    },
  ];
};
