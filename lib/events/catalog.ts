// The catalogue's operations over its store: put, read, delete, page, import. Items are checked before any write.
// Writing the same request again gives the same catalogue.

import { z } from 'zod';
import { Failure } from '../base/errors.ts';
import { type ItemId, itemId } from '../base/ids.ts';
import { parseInput, wholeNumber } from '../base/input.ts';
import { idLengthMax, itemsPageCountMax } from '../base/limits.ts';
import type { CatalogStore } from '../ports.ts';
import type { CatalogItem } from './item.ts';
import { parseItems } from './item-import.ts';
import { parseItem } from './item-input.ts';

export const readItem = async (catalog: CatalogStore, id: string): Promise<CatalogItem> => {
  const item = (await catalog.get([itemId(id)])).get(itemId(id));
  if (item) return item;
  throw new Failure('not-found', {
    code: 'item-not-found',
    message: 'The catalogue has no such item.',
    received: id,
    action: 'Take an id from GET /v1/items, or put the item first.',
  });
};

/** Gives back what the store holds now: createdAt of an item it had already is the former one. */
export const putItem = async (
  catalog: CatalogStore,
  id: string,
  body: unknown,
  nowMs: number,
): Promise<CatalogItem> => {
  await catalog.put([parseItem(id, body, nowMs)]);
  return readItem(catalog, id);
};

export const deleteItem = async (catalog: CatalogStore, id: string): Promise<void> => {
  await readItem(catalog, id);
  await catalog.delete(itemId(id));
};

export const importItems = async (
  catalog: CatalogStore,
  contentType: string,
  body: string,
  nowMs: number,
): Promise<{ readonly imported: number }> => {
  const items = parseItems(contentType, body, nowMs);
  await catalog.put(items);
  return { imported: items.length };
};

const pageSchema = z.strictObject({
  limit: wholeNumber(1, itemsPageCountMax).default(100),
  after: z.string().min(1).max(idLengthMax).optional(),
});

/** Query `limit` (default 100) and `after` (the `next` of the page before). */
export const pageItems = (
  catalog: CatalogStore,
  query: { readonly [name: string]: string | undefined },
): Promise<{ readonly items: readonly CatalogItem[]; readonly next?: ItemId }> => {
  const { limit, after } = parseInput(pageSchema, query, 'query');
  return catalog.page(limit, after === undefined ? undefined : itemId(after));
};
