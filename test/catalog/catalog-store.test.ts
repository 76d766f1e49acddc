import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCatalogStore } from '../../lib/adapters/catalog-store-dynamodb.ts';
import { type ItemId, itemId } from '../../lib/base/ids.ts';
import { createdItemsCountMax } from '../../lib/base/limits.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import { parseItem } from '../../lib/events/item-input.ts';
import type { CatalogStore, Clock } from '../../lib/ports.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';

const nowMs = Date.UTC(2026, 2, 15);
const clock: Clock = { nowMs: () => nowMs };
const dayMs = 86_400_000;

const item = (id: string, daysAgo: number, change: object = {}): CatalogItem =>
  parseItem(id, { title: `Title ${id}`, ...change }, nowMs - daysAgo * dayMs);
const ids = (items: readonly CatalogItem[]): string[] => items.map((one) => one.itemId);

let local: LocalTable;
beforeAll(async () => {
  local = await startLocalTable();
});
afterAll(() => local.close());

/** Each test works on its own ids; the DynamoDB suite shares one table, so lists are cut to them. */
const implementations: readonly [string, () => CatalogStore][] = [
  ['in memory', () => fakeCatalogStore([], clock)],
  ['on DynamoDB', () => createCatalogStore(local.client, local.table, clock)],
];

describe.each(implementations)('a catalogue %s', (_, open) => {
  const all = async (store: CatalogStore, prefix: string) =>
    (await store.all()).filter((one) => one.itemId.startsWith(prefix));

  it('gives back what was put, undefined fields left out, and nothing for an unknown id', async () => {
    const store = open();
    const put = item('get-1', 0, {
      series: { id: 's', position: 2 },
      tags: ['a'],
      attributes: { n: { m: [1] } },
    });
    await store.put([put]);
    const found = await store.get([put.itemId, itemId('get-unknown'), put.itemId]);
    expect([...found]).toEqual([[put.itemId, put]]);
  });

  it('replaces an item wholly but keeps when it was first taken', async () => {
    const store = open();
    await store.put([item('put-1', 40, { level: 'beginner' })]);
    await store.put([item('put-1', 3, { title: 'New title' })]);
    const [stored] = await all(store, 'put-');
    expect(stored).toEqual({
      ...item('put-1', 3, { title: 'New title' }),
      createdAt: item('put-1', 40).createdAt,
    });
  });

  it('lists every item once in pages of any size', async () => {
    const store = open();
    await store.put(Array.from({ length: 37 }, (_unused, index) => item(`page-${index}`, 0)));
    for (const limit of [1, 10, 36, 37, 1_000]) {
      const seen: string[] = [];
      let after: ItemId | undefined;
      do {
        const page: Awaited<ReturnType<CatalogStore['page']>> = await store.page(limit, after);
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...ids(page.items));
        after = page.next;
      } while (after !== undefined);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((id) => id.startsWith('page-'))).toHaveLength(37);
    }
  });

  it('tells new items, newest first, over the turn of months', async () => {
    const store = open();
    await store.put([item('new-30', 30), item('new-1', 1), item('new-60', 60), item('new-14', 14)]);
    const since = await store.createdSince(nowMs - 31 * dayMs);
    expect(ids(since).filter((id) => id.startsWith('new-'))).toEqual(['new-1', 'new-14', 'new-30']);
  });

  it('tells items hidden or deleted lately, until they are shown again', async () => {
    const store = open();
    await store.put([
      item('gone-1', 90),
      item('gone-2', 90),
      item('gone-3', 90),
      item('gone-4', 90, { hidden: true }),
    ]);
    await store.put([item('gone-1', 2, { hidden: true }), item('gone-2', 2, { hidden: true })]);
    await store.put([item('gone-2', 1)]);
    await store.delete(itemId('gone-3'));
    const withdrawn = await store.withdrawnSince(nowMs - 10 * dayMs);
    expect([...withdrawn].filter((id) => id.startsWith('gone-')).sort()).toEqual(['gone-1', 'gone-3']);
  });

  it('forgets a deleted item, and deleting it again changes nothing', async () => {
    const store = open();
    await store.put([item('delete-1', 0)]);
    await store.delete(itemId('delete-1'));
    await store.delete(itemId('delete-1'));
    expect(await all(store, 'delete-')).toEqual([]);
    expect(ids(await store.createdSince(nowMs - dayMs))).not.toContain('delete-1');
  });

  it('takes an import of several hundred items at once and still tells only the newest of them as new', async () => {
    const store = open();
    await store.put(Array.from({ length: 450 }, (_unused, index) => item(`bulk-${index}`, 0)));
    expect(await all(store, 'bulk-')).toHaveLength(450);
    expect(await store.createdSince(nowMs - dayMs)).toHaveLength(createdItemsCountMax);
  });
});
