// The catalogue in its table: `item#<itemId>`/`item` holds the item; `created#<yyyy-mm>` and
// `withdrawn#<yyyy-mm>` hold one small row for each item that came or went, so that serving sees both at once
// without reading the catalogue. Those rows are hints: readers check them against the item itself.

import { DeleteCommand, type DynamoDBDocumentClient, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { type ItemId, itemId as toItemId } from '../base/ids.ts';
import { catalogMonthsCountMax, createdItemsCountMax } from '../base/limits.ts';
import type { CatalogItem } from '../events/item.ts';
import type { CatalogStore, Clock } from '../ports.ts';
import { getRows, putRows, type Row } from './dynamodb-rows.ts';

export const createCatalogStore = (
  client: DynamoDBDocumentClient,
  table: string,
  clock: Clock,
): CatalogStore => {
  const get = (itemIds: readonly ItemId[]) => readItems(client, table, itemIds);

  const put = async (items: readonly CatalogItem[]): Promise<void> => {
    const existing = await get(items.map((item) => item.itemId));
    // Hints first: after a crash in between, a hint without its item is ignored and the next try writes both.
    await putRows(
      client,
      table,
      items.flatMap((item) => hintsOf(item, existing.get(item.itemId))),
    );
    await putRows(
      client,
      table,
      items.map((item) => itemRow(item, existing.get(item.itemId))),
    );
  };

  const remove = async (itemId: ItemId): Promise<void> => {
    await putRows(client, table, [withdrawnRow(itemId, new Date(clock.nowMs()).toISOString())]);
    await client.send(new DeleteCommand({ TableName: table, Key: itemKey(itemId) }));
  };

  const page: CatalogStore['page'] = async (limit, after) => {
    const items: CatalogItem[] = [];
    let start: Row | undefined = after && itemKey(after);
    do {
      const scanned = await client.send(
        new ScanCommand({
          TableName: table,
          FilterExpression: 'sk = :item',
          ExpressionAttributeValues: { ':item': 'item' },
          ExclusiveStartKey: start,
        }),
      );
      for (const row of scanned.Items ?? []) items.push(toItem(row));
      start = scanned.LastEvaluatedKey;
    } while (start && items.length <= limit);
    const first = items.slice(0, limit);
    return items.length > limit ? { items: first, next: first[limit - 1].itemId } : { items: first };
  };

  /** Ids under a month's partitions, newest first; stops at `atMs` or when `countMax` are found. */
  const idsSince = async (prefix: string, atMs: number, countMax: number): Promise<ItemId[]> => {
    const found = new Set<ItemId>();
    for (const month of monthsBack(clock.nowMs(), atMs)) {
      let start: Row | undefined;
      do {
        const rows = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk AND sk >= :since',
            ExpressionAttributeValues: {
              ':pk': `${prefix}#${month}`,
              ':since': new Date(atMs).toISOString(),
            },
            ScanIndexForward: false,
            ExclusiveStartKey: start,
          }),
        );
        for (const row of rows.Items ?? []) found.add(toItemId(String(row.itemId)));
        start = rows.LastEvaluatedKey;
      } while (start && found.size < countMax);
      if (found.size >= countMax) break;
    }
    return [...found];
  };

  return {
    get,
    put,
    delete: remove,
    all: async () => (await page(Number.MAX_SAFE_INTEGER)).items,
    page,
    createdSince: async (atMs) => {
      const items = await get(await idsSince('created', atMs, createdItemsCountMax));
      return [...items.values()]
        .filter((item) => Date.parse(item.createdAt) >= atMs)
        .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
        .slice(0, createdItemsCountMax);
    },
    withdrawnSince: async (atMs) => {
      const ids = await idsSince('withdrawn', atMs, Number.MAX_SAFE_INTEGER);
      const items = await get(ids);
      return new Set(ids.filter((id) => items.get(id)?.hidden ?? true));
    },
  };
};

const itemKey = (itemId: ItemId): Row => ({ pk: `item#${itemId}`, sk: 'item' });

const toItem = (row: Row): CatalogItem => {
  const { pk: _pk, sk: _sk, ...item } = row;
  return item as Row & CatalogItem;
};

const withdrawnRow = (itemId: ItemId, atIso: string): Row => ({
  pk: `withdrawn#${atIso.slice(0, 7)}`,
  sk: `${atIso}#${itemId}`,
  itemId,
});

const itemRow = (item: CatalogItem, existing: CatalogItem | undefined): Row => ({
  ...itemKey(item.itemId),
  ...item,
  createdAt: existing?.createdAt ?? item.createdAt,
});

/** A row when the item is new, and one when it has just been hidden. */
const hintsOf = (item: CatalogItem, existing: CatalogItem | undefined): Row[] => {
  const { itemId, createdAt } = item;
  const rows: Row[] = [];
  if (!existing) rows.push({ pk: `created#${createdAt.slice(0, 7)}`, sk: `${createdAt}#${itemId}`, itemId });
  if (item.hidden && existing?.hidden !== true) rows.push(withdrawnRow(itemId, item.updatedAt));
  return rows;
};

/** "2026-03", "2026-02", … from the month of `nowMs` back to that of `atMs`. */
const monthsBack = (nowMs: number, atMs: number): string[] => {
  const months: string[] = [];
  const now = new Date(nowMs);
  for (let back = 0; back < catalogMonthsCountMax; back++) {
    const start = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1);
    months.push(new Date(start).toISOString().slice(0, 7));
    if (start <= atMs) break;
  }
  return months;
};

/** A little behind at worst, at half the price: what came or went is told by the hints. */
const readItems = async (
  client: DynamoDBDocumentClient,
  table: string,
  itemIds: readonly ItemId[],
): Promise<Map<ItemId, CatalogItem>> => {
  const rows = await getRows(client, table, [...new Set(itemIds)].map(itemKey), false);
  return new Map(rows.map((row) => [toItemId(String(row.itemId)), toItem(row)]));
};
