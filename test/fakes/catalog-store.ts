// CatalogStore in memory; passes the same contract suite as the DynamoDB adapter (test/catalog/catalog-store.test.ts).

import type { ItemId } from '../../lib/base/ids.ts';
import { createdItemsCountMax } from '../../lib/base/limits.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import type { CatalogStore, Clock } from '../../lib/ports.ts';

const epoch: Clock = { nowMs: () => 0 };

/** `clock` tells when a deletion happened; without it deletions date from 1970. */
export const fakeCatalogStore = (items: readonly CatalogItem[] = [], clock: Clock = epoch): CatalogStore => {
  const stored = new Map<ItemId, CatalogItem>(items.map((item) => [item.itemId, item]));
  const deletedAtMs = new Map<ItemId, number>();
  const sorted = () => [...stored.values()].sort((a, b) => (a.itemId < b.itemId ? -1 : 1));
  return {
    get: async (itemIds) => {
      const found = new Map<ItemId, CatalogItem>();
      for (const id of itemIds) {
        const item = stored.get(id);
        if (item) found.set(id, item);
      }
      return found;
    },
    put: async (replacements) => {
      for (const item of replacements) {
        stored.set(item.itemId, { ...item, createdAt: stored.get(item.itemId)?.createdAt ?? item.createdAt });
        deletedAtMs.delete(item.itemId);
      }
    },
    delete: async (itemId) => {
      if (stored.delete(itemId)) deletedAtMs.set(itemId, clock.nowMs());
    },
    all: async () => sorted(),
    page: async (limit, after) => {
      const rest = sorted().filter((item) => after === undefined || item.itemId > after);
      const page = rest.slice(0, limit);
      return rest.length > limit ? { items: page, next: page[limit - 1].itemId } : { items: page };
    },
    createdSince: async (atMs) =>
      [...stored.values()]
        .filter((item) => Date.parse(item.createdAt) >= atMs)
        .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
        .slice(0, createdItemsCountMax),
    withdrawnSince: async (atMs) => {
      const hidden = [...stored.values()].filter((item) => item.hidden && Date.parse(item.updatedAt) >= atMs);
      const deleted = [...deletedAtMs].filter(([, deletedMs]) => deletedMs >= atMs);
      return new Set([...hidden.map((item) => item.itemId), ...deleted.map(([itemId]) => itemId)]);
    },
  };
};
