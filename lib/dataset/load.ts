// A dataset's interactions as columns in memory, oldest first; ids are indexed in first-seen order.
// 400,000 rows take about 20 MB. `refundedMs` is when a refund took a purchase back, NaN where none did.

import { type CustomerId, customerId, type ItemId, itemId } from '../base/ids.ts';
import { interactionTypes } from '../events/event.ts';
import type { Analytics, ObjectStore, WithAnalytics } from '../ports.ts';
import { datasetKey } from './build.ts';
import type { Interactions } from './interaction.ts';

export interface DatasetRows extends Interactions {
  readonly refundedMs: Float64Array;
}

export const loadDataset = (
  trainingId: string,
  models: ObjectStore,
  withAnalytics: WithAnalytics,
): Promise<DatasetRows> =>
  withAnalytics(async (analytics) => {
    const object = { key: datasetKey(trainingId, 'interactions.parquet'), sizeBytes: 0 };
    const path = await analytics.fetch(models, [object], '.parquet');
    await analytics.run(`
      create table place as select *, file_row_number as n from read_parquet('${path}', file_row_number = true);
      create table customer_index as
      select customer, row_number() over (order by min(n)) - 1 as customer_i from place group by customer;
      create table item_index as
      select item, row_number() over (order by min(n)) - 1 as item_i from place group by item;`);
    const [customerIndex, itemIndex, value, atMs, type, refundedMs] = await analytics.numbers(`
      select customer_i::double, item_i::double, value::double, at_ms::double, type_i::double,
        refunded_ms::double
      from place join (${typeTable}) using (type) join customer_index using (customer) join item_index using (item) order by n`);
    return {
      customers: await ids(analytics, 'customer', customerId),
      items: await ids(analytics, 'item', itemId),
      customerIndex: Int32Array.from(customerIndex),
      itemIndex: Int32Array.from(itemIndex),
      value: Float32Array.from(value),
      atMs,
      type: Uint8Array.from(type),
      refundedMs,
    };
  });

/** Type names to their places in interactionTypes. */
const typeTable = `select * from (values ${interactionTypes.map((type, place) => `('${type}', ${place})`).join(', ')}) as t(type, type_i)`;

const ids = async <Id extends CustomerId | ItemId>(
  analytics: Analytics,
  name: 'customer' | 'item',
  brand: (text: string) => Id,
): Promise<readonly Id[]> => {
  const rows = await analytics.rows(`select ${name} as id from ${name}_index order by ${name}_i`);
  return rows.map((row) => brand(String(row.id)));
};
