// The extracts of an archive with a campaign to many customers, as lib/adapters/outcome-extracts.ts would have made them of
// its events, written straight as Parquet by DuckDB: parsing the JSON of 50 million events is not what the bench measures.
// Four arms (3 × 30%, a tenth held out), all assigned at one instant; mails of two days with their reports; orders of 180
// days before (1.4 a customer) and of the 30 days after (6.0, 6.3, 6.6% of the mailed, 5.5% of the held out), refunds,
// complaints, clicks, coupons, withdrawals. Everything is a hash of the customer's number: same numbers, same data.

import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { extractFolder, partName, partsCountOf } from '../lib/adapters/outcome-extracts.ts';
import { bucketSql, bucketsCount, rowColumns } from '../lib/adapters/outcome-rows.ts';
import { extractRowsCountMax } from '../lib/base/limits.ts';
import type { ObjectStore } from '../lib/ports.ts';

export const dayMs = 86_400_000;
export const assignedAtMs = Date.UTC(2026, 2, 1, 9);
export const historyDays = 180;
export const windowDays = 30;
export const campaign = 'spring';
export const run = 'run-1';
export const itemsCount = 500;

/** Objects as files below a folder. */
export const folderStore = (folder: string): ObjectStore => ({
  get: async (key) => readFileSync(join(folder, key)),
  put: async (key, bytes) => {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), bytes);
  },
  list: async (prefix) => {
    try {
      return readdirSync(join(folder, prefix))
        .sort()
        .map((name) => ({ key: prefix + name, sizeBytes: statSync(join(folder, prefix, name)).size }));
    } catch {
      return [];
    }
  },
});

/** Answers how many rows there are. */
export const makeExtracts = async (folder: string, customersCount: number): Promise<number> => {
  const store = folderStore(folder);
  const instance = await DuckDBInstance.create(join(folder, 'making.duckdb'), {
    threads: '2',
    memory_limit: '6GB',
  });
  const connection = await instance.connect();
  const sql = async (text: string) => (await connection.runAndReadAll(text)).getRowObjectsJS();
  await sql(customerTable(customersCount));
  await sql(`create table rows (day integer, ${rowColumns})`);
  for (const statement of statements) {
    await sql(`insert into rows by name ${statement}`);
  }
  let made = 0;
  const days = await sql('select day, count(*)::double as n from rows group by day order by day');
  for (const { day: counted, n } of days) {
    const day = Number(counted);
    const date = new Date(assignedAtMs + day * dayMs).toISOString().slice(0, 10);
    await store.put(
      `events/date=${date}/made.ndjson.gz`,
      Buffer.from(`${day} ${Number(n)}`),
      'application/gzip',
    );
    const target = extractFolder(await store.list(`events/date=${date}/`), []);
    const partsCount = partsCountOf(Number(n), extractRowsCountMax);
    await sql(`create or replace temp table ofday as select * exclude (day) from rows where day = ${day}`);
    const write = async (name: string, where: string): Promise<void> => {
      const path = join(folder, target, name);
      mkdirSync(dirname(path), { recursive: true });
      await sql(`copy (select * from ofday where ${where} order by bucket, userId, at_ms) to '${path}.new'
        (format parquet, compression zstd)`);
      renameSync(`${path}.new`, path);
    };
    const width = bucketsCount / partsCount;
    for (let part = 0; part < partsCount; part++) {
      await write(partName(part, partsCount), `bucket between ${part * width} and ${(part + 1) * width - 1}`);
    }
    await write('anonymous.parquet', 'bucket is null');
    made += Number(n);
  }
  connection.closeSync();
  instance.closeSync();
  return made;
};

/** `u(i, k)`: uniform in [0, 1), of customer i for purpose k. */
const customerTable = (customersCount: number): string => `
create macro u(i, k) as (hash(i * 1000 + k) >> 11) / 9007199254740992.0;
create macro id(i, k) as 'reprise-' || md5(k || i);
create table customer as
select i, 'customer-' || i as userId, ${bucketSql.replace('userId', "('customer-' || i)")} as bucket,
  case when u(i, 1) < 0.1 then 'holdout' when u(i, 1) < 0.4 then 'A' when u(i, 1) < 0.7 then 'B' else 'C' end as arm,
  u(i, 2) as chance
from range(${customersCount}) t(i);`;

const order = (
  at: string,
  number: string,
): string => `bucket, userId, 'Order Completed' as event, 'key-web' as source,
  floor((${at}) / ${dayMs})::integer as day, (${assignedAtMs} + ${at})::bigint as at_ms, md5('order' || ${number}) as messageId,
  strftime(make_timestamp((${assignedAtMs} + ${at})::bigint * 1000), '%Y-%m-%dT%H:%M:%S.000Z') as receivedAt,
  'order-' || ${number} as order_id, false as is_refund, '0' as part_no, 'USD' as currency, false as odd,
  (1900 + 100 * (hash(${number}) % 80))::double / 100 as value,
  [{'item': 'course-' || (hash(${number}) % ${itemsCount}), 'quantity': 1::double}] as items,
  '{"order_id":"order-' || ${number} || '","total":' || (1900 + 100 * (hash(${number}) % 80))::double / 100
    || ',"currency":"USD","products":[{"product_id":"course-' || (hash(${number}) % ${itemsCount}) || '","quantity":1}]}' as properties`;

const loop = (
  event: string,
  atMs: string,
  k: string,
): string => `bucket, userId, '${event}' as event, 'reprise' as source,
  floor((${atMs}) / ${dayMs})::integer as day, (${assignedAtMs} + ${atMs})::bigint as at_ms, id(i, '${k}') as messageId,
  '2026-03-01T10:00:00.000Z' as receivedAt, '${campaign}' as campaign, false as odd`;

const mailedMs = `floor(u(i, 3) * ${1.5 * dayMs})`;
const buyerShare = `case arm when 'holdout' then 0.055 when 'A' then 0.060 when 'B' then 0.063 else 0.066 end`;
const boughtMs = `floor(u(i, 4) * ${windowDays * dayMs})`;
const json = (pairs: string): string => `'{"campaignId":"${campaign}","runId":"${run}",${pairs}}'`;

const statements: readonly string[] = [
  `select ${loop('Reprise Customer Assigned', '0', 'a')} replace (null as messageId), arm, id(i, 'd') as decision,
    '${run}' as run, 'test' as phase from customer`.replace(' replace (null as messageId)', ''),
  `select ${loop('Reprise Delivery Settled', mailedMs, 's')}, id(i, 'd') as decision, id(i, 'e') as delivery, '${run}' as run,
    case when u(i, 5) < 0.97 then 'sent' else 'suppressed' end as status,
    ${json(`"decisionId":"' || id(i, 'd') || '","deliveryId":"' || id(i, 'e') || '","channel":"email","status":"' ||
      case when u(i, 5) < 0.97 then 'sent' else 'suppressed' end || '"`)} as properties
    from customer where arm <> 'holdout'`,
  ...[
    ['delivery', `${mailedMs} + 2000`, 'true'],
    ['click', `${mailedMs} + 7200000`, `u(i, 6) < case when chance < ${buyerShare} then 0.15 else 0.04 end`],
    ['complaint', `${mailedMs} + 3600000`, 'u(i, 7) < 0.0005'],
  ].map(
    ([
      kind,
      at,
      where,
    ]) => `select ${loop('Reprise Delivery Reported', at, kind)}, id(i, 'e') as delivery, '${kind}' as status,
    ${json(`"deliveryId":"' || id(i, 'e') || '","kind":"${kind}"`)} as properties
    from customer where arm <> 'holdout' and u(i, 5) < 0.97 and ${where}`,
  ),
  `select ${loop('Reprise Consent Withdrawn', `${mailedMs} + 5400000`, 'w')}, ${json('"via":"link","channel":"email"')} as properties
    from customer where arm <> 'holdout' and u(i, 8) < 0.002`,
  `select ${order(boughtMs, "i || '-1'")} from customer where chance < ${buyerShare}`,
  `select ${order(`floor(u(i, 9) * ${windowDays * dayMs})`, "i || '-2'")} from customer where chance < 0.15 * (${buyerShare})`,
  `select bucket, userId, 'Order Refunded' as event, 'key-web' as source, day, at_ms, md5('back' || i) as messageId,
    '2026-03-20T10:00:00.000Z' as receivedAt, 'order-' || i || '-1' as order_id, true as is_refund,
    'm' || md5('back' || i) as part_no, false as odd, '{"order_id":"order-' || i || '-1"}' as properties
    from (select *, floor((${boughtMs}) / ${dayMs})::integer + 2 as day,
      (${assignedAtMs + 2 * dayMs} + ${boughtMs})::bigint as at_ms from customer)
    where chance < ${buyerShare} and u(i, 10) < 0.02 and day < ${windowDays}`,
  `select ${loop('Reprise Coupon Redeemed', boughtMs, 'r')},
    ${json(`"decisionId":"' || id(i, 'd') || '","code":"C' || i || '","orderId":"order-' || i || '-1","discountAmount":5`)} as properties
    from customer where arm = 'C' and chance < ${buyerShare} and u(i, 11) < 0.1`,
  ...[0.75, 0.4, 0.2, 0.08].map(
    (share, k) =>
      `select ${order(`-1 - floor(u(i, ${20 + k}) * ${historyDays * dayMs - 1})`, `i || '-${k}p'`)} from customer
        where u(i, 30) < ${share}`,
  ),
];
