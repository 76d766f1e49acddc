// Items similar to one item, for its page (alike.ts says how). No customer is involved: nothing is left out because
// it is owned, and nothing is logged.

import { Failure } from '../base/errors.ts';
import type { ItemId, ModelVersion } from '../base/ids.ts';
import { type Alike, alikeItems } from './alike.ts';
import type { Assortment } from './assortment.ts';
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
    readonly source: Alike['source'];
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
  const { source, scored } = alikeItems(looked, assortment, limit);
  const items = scored.flatMap(({ itemId: id, score }, index) => {
    const item = assortment.item(id);
    if (!item) return [];
    const reason = reasonNaming('similar-to', looked);
    return [{ itemId: id, title: item.title, kind: item.kind, rank: index + 1, score, source, reason }];
  });
  return {
    itemId,
    modelVersion: assortment.serving?.modelVersion ?? null,
    generatedAt: new Date(nowMs).toISOString(),
    items,
  };
};

const unknownItem = (itemId: ItemId): Failure =>
  new Failure('not-found', {
    code: 'item-not-found',
    message: 'The catalogue has no such item.',
    received: itemId,
    action: 'Take an id from GET /v1/items; an item that was put a moment ago is known within 15 seconds.',
  });
