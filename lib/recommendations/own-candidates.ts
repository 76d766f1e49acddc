// Candidates that follow from what the customer holds: renewals that are due or lapsed, and the next part of a series.
// Series keep their order here too (series-order.ts): who owns the second part alone is offered the first, and who has
// finished it the third.
// A lapsed item is brought up for one more period, at most 90 days; after that it comes back by its rank alone.

import { type ItemId, itemId as toItemId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import type { CustomerState } from '../events/customer.ts';
import type { Candidate, CandidateContext, CandidateList } from './candidates.ts';
import { endsAtMs, isHeld } from './eligibility.ts';
import type { HistoryItem } from './history.ts';
import { forYou, type Reason, reasonNaming } from './reason.ts';
import { inSeriesOrder } from './series-order.ts';

const lapsedDaysMax = 90;
/** Ranks of these two count double in fusion: a due renewal and a next part are wanted more than a likely taste. */
const ownWeight = 2;

export const ownCandidates = (
  history: ReadonlyMap<ItemId, HistoryItem>,
  state: CustomerState | undefined,
  context: CandidateContext,
): CandidateList[] => [
  { source: 'renewal', tier: 1, weight: ownWeight, items: renewals(state, context) },
  { source: 'series', tier: 1, weight: ownWeight, items: nextParts(history, context) },
];

/** The one that ended or ends first comes first. */
const renewals = (
  state: CustomerState | undefined,
  { assortment, eligible, nowMs }: CandidateContext,
): Candidate[] => {
  const due = Object.entries(state?.owned ?? {}).flatMap(([id, owned]) => {
    const item = assortment.item(toItemId(id));
    const rule = item?.repurchase;
    const endMs = rule && isHeld(owned) ? endsAtMs(rule, owned) : undefined;
    if (!item || endMs === undefined || !eligible(item.itemId)) return [];
    const lapsedMs = nowMs - endMs;
    const periodMs = endMs - owned.purchasedAtMs;
    if (lapsedMs > Math.min(periodMs, lapsedDaysMax * dayMs)) return [];
    const reason = () => reasonNaming(lapsedMs < 0 ? 'renews-soon' : 'access-ended', item);
    return [{ itemId: item.itemId, endMs, reason }];
  });
  return due
    .sort((a, b) => a.endMs - b.endMs || (a.itemId < b.itemId ? -1 : 1))
    .map(({ itemId, reason }) => ({ itemId, reason }));
};

/** After the farthest part of each series that was bought or finished; the series touched last comes first. */
const nextParts = (history: ReadonlyMap<ItemId, HistoryItem>, context: CandidateContext): Candidate[] => {
  const { assortment, eligible } = context;
  const farthest = new Map<string, ItemId>();
  for (const { itemId, involvement } of history.values()) {
    const series = assortment.item(itemId)?.series;
    if (!series || involvement === 'viewed') continue;
    const known = farthest.get(series.id);
    const knownPosition = known && assortment.item(known)?.series?.position;
    if (knownPosition === undefined || series.position > knownPosition) farthest.set(series.id, itemId);
  }
  const reasons = new Map<ItemId, Reason>();
  for (const last of farthest.values()) {
    const owned = assortment.item(last);
    const next = owned && assortment.nextInSeries(owned);
    if (next && eligible(next.itemId)) reasons.set(next.itemId, reasonNaming('next-in-series', owned));
  }
  return inSeriesOrder(reasons.keys(), (itemId) => reasons.get(itemId) ?? forYou, context);
};
