// Archive → dataset: cleaned interactions, orders and coarse features of customers as Parquet, the catalogue as it stood, and a report of what was
// dropped and why. Everything under datasets/<trainingId>/; report.json is written last and marks it complete, so
// building again under the same id changes nothing.
// Units: ms since 1970; values as lib/dataset/weights.ts. Limits: datasetArchiveBytesMax of archived objects.

import { Failure } from '../base/errors.ts';
import { datasetArchiveBytesMax } from '../base/limits.ts';
import type { CatalogItem } from '../events/item.ts';
import type { Analytics, CatalogStore, Clock, ObjectStore, WithAnalytics } from '../ports.ts';
import { featuresQuery } from './customer-features.ts';
import { cleaningStatements, interactionsQuery, ordersQuery } from './statements.ts';

export interface CleaningReport {
  readonly trainingId: string;
  /** ISO 8601. */
  readonly builtAt: string;
  /** Archived events read, duplicates included. */
  readonly events: number;
  /** Repetitions of a messageId, counted once. */
  readonly duplicates: number;
  /** Left out, by reason: `event-…` and `order-…` count events, `line-…` lines of them. */
  readonly byReason: { readonly [reason: string]: number };
  /** Kept although odd, by reason. */
  readonly noticed: { readonly [reason: string]: number };
  readonly lines: number;
  /** Everyone who sent an event, anonymous visitors included. */
  readonly customers: number;
  /** Customers with a purchase. */
  readonly buyers: number;
  readonly orders: number;
  readonly orderLines: number;
  readonly refunds: number;
  readonly refundLines: number;
  readonly interactions: number;
  /** Purchases of these that refunds took back whole. */
  readonly refundedPurchases: number;
  /** ISO 8601, first and last interaction; absent when there is none. */
  readonly from?: string;
  readonly to?: string;
  /** Items in interactions that the catalogue does not know: learned from, never recommended. */
  readonly unknownItems: { readonly count: number; readonly examples: readonly string[] };
}

export interface DatasetPorts {
  readonly archive: ObjectStore;
  readonly models: ObjectStore;
  readonly catalog: CatalogStore;
  readonly withAnalytics: WithAnalytics;
  readonly clock: Clock;
}

export const datasetKey = (trainingId: string, file: string): string => `datasets/${trainingId}/${file}`;

export const buildDataset = async (trainingId: string, ports: DatasetPorts): Promise<CleaningReport> => {
  const done = await ports.models.get(datasetKey(trainingId, 'report.json'));
  if (done !== undefined) {
    return JSON.parse(new TextDecoder().decode(done)) as CleaningReport;
  }
  const builtAt = new Date(ports.clock.nowMs()).toISOString();
  const objects = (await ports.archive.list('events/')).filter(({ key }) => key.endsWith('.ndjson.gz'));
  checkSize(objects);
  const catalogue = await ports.catalog.all();
  const built = await ports.withAnalytics(async (analytics) => {
    if (objects.length === 0) {
      throw nothingToLearn();
    }
    await cleanInto(analytics, await analytics.fetch(ports.archive, objects, '.ndjson.gz'));
    const report = await reportOf(analytics, trainingId, builtAt, catalogue);
    if (report.interactions === 0) {
      throw nothingToLearn();
    }
    return {
      report,
      interactions: await analytics.parquet(interactionsQuery()),
      orders: await analytics.parquet(ordersQuery),
      customers: await analytics.parquet(featuresQuery),
    };
  });
  const parquet = 'application/vnd.apache.parquet';
  await ports.models.put(datasetKey(trainingId, 'interactions.parquet'), built.interactions, parquet);
  await ports.models.put(datasetKey(trainingId, 'orders.parquet'), built.orders, parquet);
  await ports.models.put(datasetKey(trainingId, 'customers.parquet'), built.customers, parquet);
  await putJson(ports.models, datasetKey(trainingId, 'catalog.json'), catalogue);
  await putJson(ports.models, datasetKey(trainingId, 'report.json'), built.report);
  return built.report;
};

export const putJson = (store: ObjectStore, key: string, value: unknown): Promise<void> =>
  store.put(key, new TextEncoder().encode(JSON.stringify(value)), 'application/json');

/** The object must be there: an earlier step wrote it. */
export const getJson = async <T>(store: ObjectStore, key: string): Promise<T> =>
  JSON.parse(new TextDecoder().decode(await getObject(store, key))) as T;

export const getObject = async (store: ObjectStore, key: string): Promise<Uint8Array> => {
  const bytes = await store.get(key);
  if (bytes === undefined) {
    throw new Failure('not-found', {
      code: 'object-missing',
      message: 'An object that an earlier step wrote is not there.',
      received: key,
      action: 'Start the training again under a new id.',
    });
  }
  return bytes;
};

const cleanInto = async (analytics: Analytics, glob: string): Promise<void> => {
  for (const statement of cleaningStatements(glob)) {
    await analytics.run(statement);
  }
};

const reportOf = async (
  analytics: Analytics,
  trainingId: string,
  builtAt: string,
  catalogue: readonly CatalogItem[],
): Promise<CleaningReport> => {
  const tally = await analytics.rows('select name, n::double as n from tally');
  const counted = new Map(tally.map((row) => [row.name, row.n]));
  const count = (name: string): number => Number(counted.get(name));
  const known = new Set<string>(catalogue.map((item) => item.itemId));
  const items = await analytics.rows('select distinct item from cleaned order by item');
  const unknown = items.map((row) => String(row.item)).filter((item) => !known.has(item));
  const times =
    count('interactions') === 0
      ? {}
      : { from: new Date(count('fromMs')).toISOString(), to: new Date(count('toMs')).toISOString() };
  return {
    trainingId,
    builtAt,
    events: count('events'),
    duplicates: count('duplicates'),
    byReason: await reasons(analytics, 'dropped'),
    noticed: await reasons(analytics, 'noticed'),
    lines: count('lines'),
    customers: count('customers'),
    buyers: count('buyers'),
    orders: count('orders'),
    orderLines: count('orderLines'),
    refunds: count('refunds'),
    refundLines: count('refundLines'),
    interactions: count('interactions'),
    refundedPurchases: count('refundedPurchases'),
    ...times,
    unknownItems: { count: unknown.length, examples: unknown.slice(0, 20) },
  };
};

const reasons = async (
  analytics: Analytics,
  table: 'dropped' | 'noticed',
): Promise<{ [reason: string]: number }> => {
  const rows = await analytics.rows(
    `select reason, sum(n)::double as n from ${table} group by reason having sum(n) > 0 order by reason`,
  );
  return Object.fromEntries(rows.map((row) => [String(row.reason), Number(row.n)]));
};

const checkSize = (objects: readonly { readonly sizeBytes: number }[]): void => {
  const bytes = objects.reduce((sum, object) => sum + object.sizeBytes, 0);
  if (bytes > datasetArchiveBytesMax) {
    throw new Failure('too-large', {
      code: 'archive-too-large',
      message: `The archive is larger than one training reads (${datasetArchiveBytesMax} bytes of gzip).`,
      received: bytes,
      action: 'Move events of the oldest dates out of the archive bucket’s events/ prefix.',
    });
  }
};

const nothingToLearn = (): Failure =>
  new Failure('invalid', {
    code: 'dataset-empty',
    message: 'The archive holds no behaviour to learn from: no views, carts, starts, ratings or purchases.',
    action: 'Send events (for instance "Product Viewed" and "Order Completed") and train again.',
  });
