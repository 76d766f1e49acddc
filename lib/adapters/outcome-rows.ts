// Of the archive's NDJSON the rows that outcomes are made of, with what SQL needs of them in columns of their own (DuckDB).
// What an order line is, is decided by lib/events/meaning.ts; here the same stands in SQL, and where the two could differ
// (ids that are fractions, items named twice, coupons typed in) the row is `odd`: TypeScript then judges its customer.
// Loop events count only from Reprise itself (source): a public write key cannot assign, send or redeem.

import { jsonMacros } from '../dataset/json-macros.ts';
import { loopEvents } from '../events/event.ts';
import { loopSource } from '../events/loop-event.ts';
import { type BehaviourName, behaviourNames } from '../events/meaning.ts';
import { readLines, sqlText, sqlTexts } from './archive-duckdb.ts';

const orderNames: readonly (readonly [string, BehaviourName])[] = Object.entries(behaviourNames).filter(
  ([, { orders }]) => orders !== undefined,
);
const loopNames: readonly string[] = [
  loopEvents.customerAssigned,
  loopEvents.deliverySettled,
  loopEvents.deliveryReported,
  loopEvents.couponRedeemed,
  loopEvents.couponRefunded,
  loopEvents.consentWithdrawn,
];

/** 12 bits of the customer's id, whichever version of DuckDB: null for anonymous visitors. */
export const bucketsCount = 4_096;
export const bucketSql = '(md5_number_upper(userId) >> 52)::USMALLINT';

/** As in `rows`; `part_no` is the order's part, or the refund it is. */
export const rowColumns = `bucket USMALLINT, event VARCHAR, userId VARCHAR, at_ms BIGINT, messageId VARCHAR,
  anonymousId VARCHAR, receivedAt VARCHAR, source VARCHAR, properties JSON, campaign VARCHAR, run VARCHAR, phase VARCHAR,
  arm VARCHAR, decision VARCHAR, delivery VARCHAR, status VARCHAR, order_id VARCHAR, is_refund BOOLEAN, part_no VARCHAR,
  value DOUBLE, currency VARCHAR, items STRUCT(item VARCHAR, quantity DOUBLE)[], odd BOOLEAN`;

export const createRows = `${jsonMacros}
create macro odd_id(j) as coalesce(json_type(j) = 'DOUBLE' or (json_type(j) <> 'VARCHAR' and length(j->>'$') > 15), false);
create table meaning as select * from (values ${orderNames
  .map(
    ([event, { orders, lines, idFields }]) =>
      `(${sqlText(event)}, ${sqlText(orders ?? '')}, ${sqlText(lines)}, [${sqlTexts(idFields)}])`,
  )
  .join(', ')}) as t(event, orders, lines, id_fields);
create table rows (${rowColumns});`;

const line = `list_filter(case lines when 'products' then json_extract(properties, '$.products[*]') else [properties] end,
  p -> json_type(p) = 'OBJECT')`;
const quantity = `case when orders = 'renewal' then 1 else coalesce(number_of(p->'quantity'), 1) end`;
const firstItem = `list_filter(list_transform(id_fields, f -> id_text(json_extract(p, '$."' || f || '"'))), i -> i is not null)[1]`;

/** `ownNames`: events of apps that a metric counts. */
export const insertRows = (glob: string, ownNames: readonly string[] = []): string => `
insert into rows
with kept as (
  select messageId, event, nullif(userId, '') as userId, anonymousId, "timestamp"::TIMESTAMP as happened, receivedAt, source,
    properties
  from ${readLines(glob)}
  where type = 'track' and (
    (event in (${sqlTexts([...orderNames.map(([name]) => name), ...ownNames])}) and source <> ${sqlText(loopSource)})
    or (source = ${sqlText(loopSource)} and event in (${sqlTexts(loopNames)})))),
lined as (
  select *, case when orders is not null then ${line} end as lines_of,
    coalesce(id_text(properties->'order_id'), case when orders = 'renewal' then messageId end) as order_id
  from kept left join meaning using (event)),
told as (
  select *, list_filter(list_transform(lines_of, p -> {'item': ${firstItem},
      'quantity': greatest(0, ${quantity})::DOUBLE}), i -> i.item is not null) as items
  from lined)
select case when userId is not null then ${bucketSql} end, event, userId, epoch_ms(happened), messageId, anonymousId, receivedAt,
  source, case when event <> ${sqlText(loopEvents.customerAssigned)} then properties end,
  properties->>'$.campaignId', properties->>'$.runId', properties->>'$.phase', properties->>'$.variant',
  id_text(properties->'decisionId'), id_text(properties->'deliveryId'),
  coalesce(properties->>'$.status', properties->>'$.kind'),
  case when orders is not null then order_id end, orders = 'refund',
  case when orders = 'refund' then coalesce('r' || id_text(properties->'refund_id') || '#' ||
      coalesce(id_text(properties->'part'), '0'), 'm' || messageId)
    when orders is not null then coalesce(id_text(properties->'part'), '0') end,
  case when orders is null or (orders = 'refund' and not json_exists(properties, '$.products')) then null
    else coalesce(number_of(properties->'revenue'), number_of(properties->'total'),
      list_reduce(list_prepend(0.0::DOUBLE, list_transform(lines_of,
        p -> coalesce(number_of(p->'price'), 0)::DOUBLE * (${quantity})::DOUBLE)), lambda a, b: a + b)) end,
  case when orders is not null then upper(id_text(properties->'currency')) end,
  items,
  orders is not null and (id_text(properties->'coupon') is not null or odd_id(properties->'order_id')
    or odd_id(properties->'part') or odd_id(properties->'refund_id')
    or len(list_distinct(list_transform(items, i -> i.item))) < len(items)
    or len(list_filter(lines_of, p -> len(list_filter(id_fields, f -> odd_id(json_extract(p, '$."' || f || '"')))) > 0)) > 0)
from told`;
