// One answer: candidates → eligibility → ranking → re-ranking → exploration → reasons. Pure: record, assortment,
// time and randomness are given, so the same arguments give the same answer; mails use it as the API does.
// A later part of a series never stands before its first open one (series-order.ts): candidates are replaced by it,
// and the exploration pool leaves out before the draws what they and the exposure bounds (exposure.ts) do not allow, so
// that propensities are over what can be shown.
// score is comparable within one answer only; propensity is defined in exploration.ts.

import type { CustomerId, ExperimentId, ItemId, ModelVersion, RecommendationId } from '../base/ids.ts';
import type { Random } from '../base/random.ts';
import type { EligibilityRule, RerankingSettings } from '../base/settings.ts';
import type { CustomerRecord } from '../events/customer.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Assortment } from './assortment.ts';
import { obeysRules } from './attribute-rules.ts';
import { candidateLists } from './candidates.ts';
import { eligibility } from './eligibility.ts';
import { type Draws, fillSlots } from './exploration.ts';
import { historyOf } from './history.ts';
import { readable } from './language.ts';
import { type Ranked, rankCandidates } from './ranking.ts';
import { plainReason, type Reason } from './reason.ts';
import type { RecommendationRequest } from './request.ts';
import { rerank, rerankingFor } from './reranking.ts';
import { seriesOrder } from './series-order.ts';

export interface RecommendedItem {
  readonly itemId: ItemId;
  readonly title: string;
  readonly kind: string;
  readonly price?: number;
  readonly currency?: string;
  /** The item's attribute `url`, where it is a text. */
  readonly url?: string;
  /** From 1. */
  readonly rank: number;
  readonly score: number;
  /** Which list it came from (candidates.ts), or "exploration". */
  readonly source: string;
  readonly propensity: number;
  readonly reason: Reason;
}

export interface Recommendation {
  readonly recommendationId: RecommendationId;
  readonly userId: CustomerId;
  readonly placement: string;
  /** Null before the first training. */
  readonly modelVersion: ModelVersion | null;
  /** ISO 8601. */
  readonly generatedAt: string;
  readonly items: readonly RecommendedItem[];
  /** Share of the ranking's relevance that the order of the answer gives up for diversity and the like, in [0, 1). */
  readonly relevanceLost: number;
  /** The arm of a running experiment that this answer shows. */
  readonly experiment?: { readonly experimentId: ExperimentId; readonly variant: string };
  /** How it was drawn. */
  readonly draws: Draws;
  /** What the caller should know about this answer; absent when there is nothing. */
  readonly notes?: readonly string[];
}

export interface PageContext {
  readonly nowMs: number;
  /** False: popularity alone, whatever is known of the customer; default true. */
  readonly personalised?: boolean;
  /** So many of the next ranked items are explored beside the little known ones; default 0. */
  readonly explorationDepth?: number;
  readonly reranking: RerankingSettings;
  readonly eligibilityRules: readonly EligibilityRule[];
}

export interface RecommendContext extends PageContext {
  readonly recommendationId: RecommendationId;
  readonly random: Random;
  /** Probability of each slot to explore, in [0, 0.5]. */
  readonly explorationShare: number;
}

/** Everything of an answer but its draws. */
export interface Page {
  /** Best first, at most as many as asked for. */
  readonly items: readonly Ranked[];
  /** What may be explored; none of the items. */
  readonly pool: readonly Ranked[];
  readonly relevanceLost: number;
}

export const recommend = (
  request: RecommendationRequest,
  record: CustomerRecord,
  assortment: Assortment,
  { recommendationId, random, explorationShare, ...context }: RecommendContext,
): Recommendation => {
  const { items, pool, relevanceLost } = pageOf(request, record, assortment, context);
  const slots = fillSlots(items, pool, request.limit, explorationShare, random);
  const notes = notesOn(request, assortment);
  return {
    recommendationId,
    userId: request.userId,
    placement: request.placement,
    modelVersion: assortment.serving?.modelVersion ?? null,
    generatedAt: new Date(context.nowMs).toISOString(),
    items: slots.flatMap((slot, index) => {
      const item = assortment.item(slot.item.itemId);
      return item ? [shownItem(item, slot.item, slot.propensity, index + 1)] : [];
    }),
    relevanceLost: Number(relevanceLost.toFixed(4)),
    draws: { slots: slots.length, share: explorationShare, ranked: items.length, pool: pool.length },
    ...(notes.length > 0 ? { notes } : {}),
  };
};

/** What stands in the answer and what may be drawn into it; the same for a policy that is only tried out on logs. */
export const pageOf = (
  request: RecommendationRequest,
  record: CustomerRecord,
  assortment: Assortment,
  { nowMs, eligibilityRules, personalised = true, explorationDepth = 0, reranking }: PageContext,
): Page => {
  const eligible = eligibility(
    request,
    record.state,
    assortment,
    nowMs,
    obeysRules(eligibilityRules, record.profile?.traits ?? {}),
  );
  const canRead = readable(record, assortment);
  const series = seriesOrder(record.state, assortment, { eligible, readable: canRead, nowMs });
  const settings = rerankingFor(reranking, request.placement);
  const isPopularBounded = settings.popularShareMax < 1;
  const candidates = {
    assortment,
    eligible,
    readable: canRead,
    series,
    isPopularBounded,
    personalised,
    nowMs,
  };
  const ranked = rankCandidates(candidateLists(request, record, candidates));
  const history = personalised ? historyOf(record.state).values() : [];
  const chosen = rerank(ranked, request.limit, history, assortment, settings);
  const mayExplore = (item: CatalogItem): boolean =>
    eligible(item.itemId) &&
    canRead(item.itemId) &&
    series.firstOpen(item.itemId) === item.itemId &&
    chosen.admitAlso(item);
  const pool = explorable(chosen.items, assortment, mayExplore, nowMs);
  const next = rankedNext(ranked, [...chosen.items, ...pool], explorationDepth, assortment, chosen.admitAlso);
  return { items: chosen.items, pool: [...pool, ...next], relevanceLost: chosen.relevanceLost };
};

/** The best of those that found no place, as far as the bounds admit them. */
const rankedNext = (
  ranked: readonly Ranked[],
  placed: readonly Ranked[],
  count: number,
  assortment: Assortment,
  admits: (item: CatalogItem) => boolean,
): Ranked[] => {
  if (count === 0) return [];
  const taken = new Set(placed.map(({ itemId }) => itemId));
  const next: Ranked[] = [];
  for (const one of ranked) {
    if (next.length === count) break;
    const item = taken.has(one.itemId) ? undefined : assortment.item(one.itemId);
    if (item !== undefined && admits(item)) next.push({ ...one, source: 'exploration' });
  }
  return next;
};

/** Newer items come first in the pool, also where a bound admits few; none of the ranked ones is in it. Before the first training all are unknown. */
const explorable = (
  ranked: readonly Ranked[],
  assortment: Assortment,
  accept: (item: CatalogItem) => boolean,
  nowMs: number,
): Ranked[] => {
  if (!assortment.serving) return [];
  const taken = new Set(ranked.map(({ itemId }) => itemId));
  return assortment.explorable
    .filter((item) => !taken.has(item.itemId) && accept(item))
    .map((item) => ({
      itemId: item.itemId,
      tier: 3,
      score: 0,
      source: 'exploration',
      reason: () => plainReason(item, assortment, nowMs),
    }));
};

const shownItem = (
  item: CatalogItem,
  { score, source, reason }: Ranked,
  propensity: number,
  rank: number,
): RecommendedItem => ({
  itemId: item.itemId,
  title: item.title,
  kind: item.kind,
  price: item.price,
  currency: item.currency,
  url: typeof item.attributes.url === 'string' ? item.attributes.url : undefined,
  rank,
  score,
  source,
  propensity,
  reason: reason(),
});

const notesOn = (
  { contextItem, kind, category, tag }: RecommendationRequest,
  assortment: Assortment,
): string[] => {
  const notes: string[] = [];
  if (!assortment.serving) {
    notes.push(
      'No model has been trained yet: these are the newest items of the catalogue. POST /v1/admin/trainings starts a training.',
    );
  }
  const noneHas = (name: string, wanted: string | undefined, has: (item: CatalogItem) => boolean): void => {
    if (wanted !== undefined && !assortment.visible().some(has)) {
      notes.push(`No visible item has the ${name} "${wanted}".`);
    }
  };
  noneHas('kind', kind, (item) => item.kind === kind);
  noneHas('category', category, (item) => item.category.some((step) => step === category));
  noneHas('tag', tag, (item) => item.tags.some((own) => own === tag));
  if (contextItem !== undefined && !assortment.item(contextItem)) {
    notes.push(`The context item "${contextItem}" is not in the catalogue and was left out of account.`);
  }
  return notes;
};
