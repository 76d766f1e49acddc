// Items similar to one item, for its page: by behaviour (the model's neighbours) where there is any, otherwise by
// what the catalogue says of both (category, author, series, tags). No customer is involved, so nothing is logged.

import { Failure } from '../base/errors.ts';
import type { ItemId, ModelVersion } from '../base/ids.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Assortment } from './assortment.ts';
import { similarity } from './diversity.ts';
import { type Reason, reasonNaming } from './reason.ts';

export interface SimilarItems {
  readonly itemId: ItemId;
  readonly modelVersion: ModelVersion | null;
  readonly generatedAt: string;
  readonly items: readonly {
    readonly itemId: ItemId;
    readonly title: string;
    readonly kind: string;
    readonly rank: number;
    readonly score: number;
    /** `neighbours`: the model's; `content`: the catalogue's. */
    readonly source: 'neighbours' | 'content';
    readonly reason: Reason;
  }[];
}

export const similarTo = (
  { itemId, limit }: { readonly itemId: ItemId; readonly limit: number },
  assortment: Assortment,
  nowMs: number,
): SimilarItems => {
  const looked = assortment.item(itemId);
  if (!looked) throw unknownItem(itemId);
  const { serving } = assortment;
  const isTrained = serving !== undefined && serving.interactionsCount(itemId) > 0;
  const scored = isTrained ? serving.similarItems(itemId, limit * 2) : byContent(looked, assortment);
  const items = scored
    .flatMap(({ itemId: id, score }) => {
      const item = assortment.item(id);
      return item && assortment.isVisible(id) && id !== itemId ? [{ item, score }] : [];
    })
    .slice(0, limit)
    .map(({ item, score }, index) => ({
      itemId: item.itemId,
      title: item.title,
      kind: item.kind,
      rank: index + 1,
      score,
      source: isTrained ? ('neighbours' as const) : ('content' as const),
      reason: reasonNaming('similar-to', looked),
    }));
  return {
    itemId,
    modelVersion: serving?.modelVersion ?? null,
    generatedAt: new Date(nowMs).toISOString(),
    items,
  };
};

/** Alike by the diversity measure, and by the share of common tags; items with nothing in common are left out. */
const byContent = (looked: CatalogItem, assortment: Assortment) =>
  [...assortment.visible()]
    .map((item) => ({
      itemId: item.itemId,
      score: (similarity(looked, item) + sharedTags(looked, item)) / 2,
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.itemId < b.itemId ? -1 : 1));

/** Jaccard. */
const sharedTags = (a: CatalogItem, b: CatalogItem): number => {
  const all = new Set([...a.tags, ...b.tags]);
  return all.size === 0 ? 0 : a.tags.filter((tag) => b.tags.includes(tag)).length / all.size;
};

const unknownItem = (itemId: ItemId): Failure =>
  new Failure('not-found', {
    code: 'item-not-found',
    message: 'The catalogue has no such item.',
    received: itemId,
    action: 'Take an id from GET /v1/items; an item that was put a moment ago is known within 15 seconds.',
  });
