// What can be recommended at this moment: the model's catalogue snapshot, with items that came since (news) over
// it and items hidden or deleted since taken out. Built once per model version and refresh, then only read.
// Explorable: visible items with fewer than `fewInteractionsCount` interactions in training, newest first; at that
// count a popularity or neighbour estimate is mostly noise.

import type { ItemId } from '../base/ids.ts';
import { explorationPoolCountMax } from '../base/limits.ts';
import type { CatalogItem } from '../events/item.ts';
import type { ServingModel } from '../recommenders/serving.ts';
import { primaryLanguage } from './language.ts';

const fewInteractionsCount = 10;
/** "Popular" is said of the best fifth of the catalogue, and of the best ten in a small one. */
const popularShare = 0.2;
const popularCountMin = 10;

export interface Assortment {
  /** Absent before the first training. */
  readonly serving?: ServingModel;
  /** Any item known, hidden ones too. */
  item(itemId: ItemId): CatalogItem | undefined;
  isVisible(itemId: ItemId): boolean;
  isPopular(itemId: ItemId): boolean;
  /** The item with the next position in the same series. */
  nextInSeries(item: CatalogItem): CatalogItem | undefined;
  /** The visible parts of a series, by position. */
  seriesParts(seriesId: string): readonly CatalogItem[];
  /** Visible items, newest first; all of them before the first training, afterwards those that came since. */
  readonly news: readonly CatalogItem[];
  readonly explorable: readonly CatalogItem[];
  /** Primary languages in which there are visible items. */
  readonly languages: ReadonlySet<string>;
  /** Visible items in no particular order. */
  visible(): readonly CatalogItem[];
}

export const createAssortment = (
  serving: ServingModel | undefined,
  news: readonly CatalogItem[],
  withdrawn: ReadonlySet<ItemId>,
): Assortment => {
  const items = new Map<ItemId, CatalogItem>();
  for (const item of serving?.items ?? []) items.set(item.itemId, item);
  for (const item of news) items.set(item.itemId, item);
  const isVisible = (itemId: ItemId): boolean =>
    items.get(itemId)?.hidden === false && !withdrawn.has(itemId);
  const visible = [...items.values()].filter((item) => isVisible(item.itemId));
  const popularity = serving?.popularity ?? [];
  const popularCount = Math.max(popularCountMin, Math.ceil(popularity.length * popularShare));
  const popular = new Set(popularity.slice(0, popularCount).map((scored) => scored.itemId));
  const series = bySeries(visible);
  return {
    serving,
    item: (itemId) => items.get(itemId),
    isVisible,
    isPopular: (itemId) => popular.has(itemId),
    nextInSeries: (item) =>
      item.series && series.get(item.series.id)?.find((other) => position(other) > position(item)),
    seriesParts: (seriesId) => series.get(seriesId) ?? [],
    news: newestFirst(news.filter((item) => isVisible(item.itemId))),
    explorable: newestFirst(
      visible.filter((item) => (serving?.interactionsCount(item.itemId) ?? 0) < fewInteractionsCount),
    ).slice(0, explorationPoolCountMax),
    languages: new Set(visible.flatMap((item) => primaryLanguage(item.language) ?? [])),
    visible: () => visible,
  };
};

const position = (item: CatalogItem): number => item.series?.position ?? Number.NEGATIVE_INFINITY;

const bySeries = (items: readonly CatalogItem[]): Map<string, CatalogItem[]> => {
  const series = new Map<string, CatalogItem[]>();
  for (const item of items) {
    if (!item.series) continue;
    const members = series.get(item.series.id);
    if (members) members.push(item);
    else series.set(item.series.id, [item]);
  }
  for (const members of series.values()) members.sort((a, b) => position(a) - position(b));
  return series;
};

const newestFirst = (items: readonly CatalogItem[]): CatalogItem[] =>
  [...items].sort((a, b) => (a.createdAt === b.createdAt ? 0 : a.createdAt < b.createdAt ? 1 : -1));
