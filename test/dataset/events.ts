// Stored events made by hand, and the dataset they give.

import { gzipSync } from 'node:zlib';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { customerId, messageId } from '../../lib/base/ids.ts';
import { buildDataset, type CleaningReport } from '../../lib/dataset/build.ts';
import { purchaseCode } from '../../lib/dataset/interaction.ts';
import { type DatasetRows, loadDataset } from '../../lib/dataset/load.ts';
import type { JsonObject, StoredEvent } from '../../lib/events/event.ts';
import type { CatalogItem } from '../../lib/events/item.ts';
import type { Analytics } from '../../lib/ports.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeObjectStore, type FakeObjectStore } from '../fakes/object-store.ts';

export const dayMs = 86_400_000;
export const startMs = Date.UTC(2026, 0, 1);
export const atDay = (day: number): string => new Date(startMs + day * dayMs).toISOString();

let made = 0;

export const stored = (
  change: Partial<StoredEvent> & { readonly user?: string; readonly day?: number },
): StoredEvent => {
  const { user, day = 0, ...rest } = change;
  made++;
  return {
    messageId: messageId(`m${made}`),
    type: 'track',
    event: '',
    ...(user !== undefined && { userId: customerId(user) }),
    timestamp: atDay(day),
    receivedAt: atDay(day),
    source: 'key',
    properties: {},
    traits: {},
    context: {},
    ...rest,
  };
};

export const tracked = (user: string, event: string, day: number, properties: JsonObject): StoredEvent =>
  stored({ user, event, day, properties });

export const bought = (user: string, order: string, day: number, ...items: readonly string[]): StoredEvent =>
  tracked(user, 'Order Completed', day, {
    order_id: order,
    products: items.map((product_id) => ({ product_id, quantity: 1, price: 10 })),
  });

export const archiveOf = async (
  ...objects: readonly (readonly (StoredEvent | string)[])[]
): Promise<FakeObjectStore> => {
  const archive = createFakeObjectStore();
  for (const [index, events] of objects.entries()) {
    const text = events
      .map((event) => (typeof event === 'string' ? event : JSON.stringify(event)))
      .join('\n');
    const key = `events/date=2026-01-01/${String(index).padStart(5, '0')}.ndjson.gz`;
    await archive.put(key, gzipSync(`${text}\n`), 'application/x-ndjson');
  }
  return archive;
};

export interface Built {
  readonly report: CleaningReport;
  readonly rows: DatasetRows;
  readonly models: FakeObjectStore;
  /** What a query says of the orders table, `orders` being its Parquet file. */
  readonly orders: () => Promise<readonly { readonly [column: string]: unknown }[]>;
}

export const datasetOf = async (
  archive: FakeObjectStore,
  items: readonly CatalogItem[] = [],
): Promise<Built> => {
  const models = createFakeObjectStore();
  const report = await buildDataset('t', {
    archive,
    models,
    catalog: fakeCatalogStore(items),
    withAnalytics: withDuckDb,
    clock: { nowMs: () => startMs + 400 * dayMs },
  });
  const orders = (): Promise<readonly { readonly [column: string]: unknown }[]> =>
    withDuckDb(async (analytics: Analytics) => {
      const path = await analytics.fetch(
        models,
        [{ key: 'datasets/t/orders.parquet', sizeBytes: 0 }],
        '.parquet',
      );
      return analytics.rows(
        `select customer, order_id, at_ms::double as at_ms, value, refunded from read_parquet('${path}') order by order_id`,
      );
    });
  return { report, models, orders, rows: await loadDataset('t', models, withDuckDb) };
};

/** Rows in words: customer item value (purchase) (refunded). */
export const rowsInWords = (rows: DatasetRows): string[] =>
  Array.from(rows.atMs, (_, row) => {
    const refunded = rows.refundedMs[row];
    const day = (refunded - startMs) / dayMs;
    return [
      rows.customers[rows.customerIndex[row]],
      rows.items[rows.itemIndex[row]],
      rows.value[row].toFixed(2),
      ...(rows.type[row] === purchaseCode ? ['bought'] : []),
      ...(Number.isNaN(refunded) ? [] : [`refunded on day ${day}`]),
    ].join(' ');
  });
