// Visible items like one item: by behaviour (the model's neighbours) where there is any, otherwise by what the
// catalogue says of both: the mean of the diversity measure (category, author, series) and the share of common tags.

import type { CatalogItem } from '../events/item.ts';
import type { Scored } from '../recommenders/recommender.ts';
import type { Assortment } from './assortment.ts';
import { similarity } from './diversity.ts';

export interface Alike {
  readonly source: 'neighbours' | 'content';
  /** Best first, never the item itself. */
  readonly scored: readonly Scored[];
}

export const alikeItems = (looked: CatalogItem, assortment: Assortment, countMax: number): Alike => {
  const neighbours = (assortment.serving?.similarItems(looked.itemId, countMax) ?? []).filter(
    ({ itemId }) => itemId !== looked.itemId && assortment.isVisible(itemId),
  );
  if (neighbours.length > 0) return { source: 'neighbours', scored: neighbours };
  const scored = [...assortment.visible()]
    .filter(({ itemId }) => itemId !== looked.itemId)
    .map((item) => ({
      itemId: item.itemId,
      score: (similarity(looked, item) + sharedTags(looked, item)) / 2,
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.itemId < b.itemId ? -1 : 1));
  return { source: 'content', scored: scored.slice(0, countMax) };
};

/** Jaccard. */
const sharedTags = (a: CatalogItem, b: CatalogItem): number => {
  const all = new Set([...a.tags, ...b.tags]);
  return all.size === 0 ? 0 : a.tags.filter((tag) => b.tags.includes(tag)).length / all.size;
};
