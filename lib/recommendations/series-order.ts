// Series in order: a part is offered only when no part before it is open to this customer; before that the first open
// part stands for it. A part is open when it is eligible (visible, asked for, may be bought), in a language the
// customer reads or in that of the part it would stand for, and not had: finished, or bought with access that lasts.
// So access that has ended opens a part again unless it was finished, and a consumable that is owned holds nothing up.
// Two things wait for nothing: parts after one that was finished (who has finished the second does not need the first,
// which may still come by its own rank), and a part that was bought before (its renewal concerns nobody else).
// Parts of one position do not wait for each other.

import type { ItemId } from '../base/ids.ts';
import type { CustomerState } from '../events/customer.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Assortment } from './assortment.ts';
import type { Candidate } from './candidates.ts';
import { endsAtMs, isHeld, ownedItem } from './eligibility.ts';
import { type HistoryItem, historyOf } from './history.ts';
import { primaryLanguage } from './language.ts';
import { type Reason, reasonNaming } from './reason.ts';

export interface SeriesOrder {
  /** The part to offer instead; the item itself where nothing comes before it. */
  firstOpen(itemId: ItemId): ItemId;
  /** "Next after …", where the part just before this one was bought or finished. */
  nextReason(itemId: ItemId): Reason | undefined;
}

export interface SeriesContext {
  readonly eligible: (itemId: ItemId) => boolean;
  readonly readable: (itemId: ItemId) => boolean;
  readonly nowMs: number;
}

export const seriesOrder = (
  state: CustomerState | undefined,
  assortment: Pick<Assortment, 'item' | 'seriesParts'>,
  { eligible, readable, nowMs }: SeriesContext,
): SeriesOrder => {
  const history = historyOf(state);
  const hasHad = ({ itemId, repurchase }: CatalogItem): boolean => {
    if (history.get(itemId)?.involvement === 'finished') return true;
    const owned = ownedItem(state, itemId);
    return isHeld(owned) && (endsAtMs(repurchase, owned) ?? Number.POSITIVE_INFINITY) > nowMs;
  };
  const finished = farthestFinished(history.values(), assortment);
  // A long series would otherwise be walked for each of its parts.
  const firsts = new Map<string, CatalogItem | undefined>();
  const firstFor = (item: CatalogItem, seriesId: string): CatalogItem | undefined => {
    const language = readable(item.itemId) ? undefined : primaryLanguage(item.language);
    const key = JSON.stringify([seriesId, language]);
    if (!firsts.has(key)) {
      const speaks = (part: CatalogItem): boolean =>
        readable(part.itemId) || primaryLanguage(part.language) === language;
      const parts = assortment.seriesParts(seriesId);
      firsts.set(
        key,
        parts.find(
          (part) =>
            position(part) > (finished.get(seriesId) ?? Number.NEGATIVE_INFINITY) &&
            eligible(part.itemId) &&
            speaks(part) &&
            !hasHad(part),
        ),
      );
    }
    return firsts.get(key);
  };
  return {
    firstOpen: (itemId) => {
      if (isHeld(ownedItem(state, itemId))) return itemId;
      const item = assortment.item(itemId);
      const first = item?.series && firstFor(item, item.series.id);
      return first?.series && item?.series && first.series.position < item.series.position
        ? first.itemId
        : itemId;
    },
    nextReason: (itemId) => {
      const series = assortment.item(itemId)?.series;
      const before =
        series &&
        assortment
          .seriesParts(series.id)
          .findLast((part) => part.series && part.series.position < series.position);
      const involvement = before && history.get(before.itemId)?.involvement;
      return before && involvement && involvement !== 'viewed'
        ? reasonNaming('next-in-series', before)
        : undefined;
    },
  };
};

const position = ({ series }: CatalogItem): number => series?.position ?? Number.NEGATIVE_INFINITY;

/** By series, the position of the farthest part that was finished. */
const farthestFinished = (
  history: Iterable<HistoryItem>,
  assortment: Pick<Assortment, 'item'>,
): ReadonlyMap<string, number> => {
  const farthest = new Map<string, number>();
  for (const { itemId, involvement } of history) {
    const item = involvement === 'finished' ? assortment.item(itemId) : undefined;
    if (item?.series) {
      const known = farthest.get(item.series.id) ?? Number.NEGATIVE_INFINITY;
      farthest.set(item.series.id, Math.max(known, item.series.position));
    }
  }
  return farthest;
};

/** Eligible items, best first, as candidates; a part of a series stands where the best of its series stood. */
export const inSeriesOrder = (
  ranked: Iterable<ItemId>,
  reasonOf: (itemId: ItemId) => Reason,
  { series }: { readonly series: SeriesOrder },
  countMax = Number.POSITIVE_INFINITY,
): Candidate[] => {
  const candidates = new Map<ItemId, Candidate>();
  for (const itemId of ranked) {
    if (candidates.size >= countMax) break;
    const first = series.firstOpen(itemId);
    if (candidates.has(first)) continue;
    const isItself = first === itemId;
    const reason = (): Reason => (isItself ? undefined : series.nextReason(first)) ?? reasonOf(first);
    candidates.set(first, { itemId: first, reason });
  }
  return [...candidates.values()];
};
