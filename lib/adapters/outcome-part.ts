// Outcomes of the customers of one part of the buckets, in SQL (DuckDB): from rows of outcome-rows.ts to a row a customer,
// in the columns of lib/outcomes/measurement.ts, and to the counts of lib/outcomes/summary.ts. The same as collectOutcomes,
// which stays the reference: customers whose story SQL does not tell in the same way are left in the table `odd` for
// it: several assignments, an order in several events or refunds, coupons, withdrawals, clicks of buyers, messages of
// another arm, devices linked later; of those who only clicked it is asked whether they were programs (table clicker).
// Tables: part → customer, placed (orders), odd, bought, past, message, told. Units: ms, hundredths in *_h.

import { dayMs } from '../base/time.ts';
import { loopEvents } from '../events/event.ts';
import { moneyColumns } from '../outcomes/measurement.ts';
import { endings } from '../outcomes/messages.ts';
import { cappedRevenue } from '../outcomes/metrics.ts';
import type { OutcomeQuery } from '../ports.ts';
import { sqlText, sqlTexts } from './archive-duckdb.ts';

export interface PartScope {
  readonly query: OutcomeQuery;
  readonly windowDays: number;
  readonly asOfMs: number;
  /** Undefined: the past is not told. */
  readonly historyDays: number | undefined;
}

const { customerAssigned, deliverySettled, deliveryReported, consentWithdrawn } = loopEvents;
const couponEvents = [loopEvents.couponRedeemed, loopEvents.couponRefunded];

/** `from`: the rows of the part, with properties; only what is asked here is kept in memory. */
export const partTables = (from: string, { query, asOfMs }: PartScope): string => `
create or replace temp table part as
select event, userId, at_ms, arm, decision, delivery, status, order_id, is_refund, value, currency, odd,
  event = ${sqlText(customerAssigned)} as is_assignment
from (${from})
where case when event = ${sqlText(customerAssigned)}
    then campaign = ${sqlText(query.campaignId)} and phase = 'test' and run in (${sqlTexts(query.runIds)})
  when event in (${sqlTexts([deliverySettled, deliveryReported, ...couponEvents])})
    then campaign = ${sqlText(query.campaignId)} and at_ms < ${asOfMs}
      and (event <> ${sqlText(deliveryReported)} or status in ('click', 'complaint'))
  else at_ms < ${asOfMs} end;
create or replace temp table customer as
select userId, min(arm) as arm, min(at_ms) as at_ms, min(decision) as decision,
  min(arm) <> max(arm) or min(at_ms) <> max(at_ms) or min(decision) <> max(decision) or bool_or(decision is null) as odd
from part where is_assignment group by userId;`;

/** `linked` holds the users of devices that were anonymous. */
export const orderTables = ({ query, windowDays, historyDays }: PartScope): string =>
  `
create or replace temp table placed as
select p.userId, p.order_id, any_value(c.arm) as arm, any_value(c.at_ms) as from_ms,
  count(*) filter (not is_refund) as parts, count(*) filter (is_refund) as refunds, bool_or(p.odd) as odd,
  max(p.at_ms) filter (not is_refund) as at_ms, max(value) filter (not is_refund) as paid,
  max(currency) filter (not is_refund) as currency, max(p.at_ms) filter (is_refund) as back_ms,
  coalesce(bool_or(value is null) filter (is_refund), false) as whole, max(value) filter (is_refund) as back
from part p join customer c using (userId) where p.order_id is not null group by p.userId, p.order_id;
create or replace temp table bought as
select *, refunds > 0 as refunded, greatest(0, paid - given) as worth, refunds = 0 or given < paid as kept
from (select *, case when refunds = 0 then 0 when whole then paid else back end as given from placed
  where parts > 0 and at_ms >= from_ms and at_ms < from_ms + ${windowDays * dayMs});
create or replace temp table past as
select userId, count(*)::DOUBLE as orders, sum(floor(greatest(0, paid - given) * 100 + 0.5)) / 100 as revenue,
  max(at_ms) as last_ms
from (select *, case when not coalesce(is_past(back_ms, from_ms), false) then 0 when whole then paid else back end as given
  from placed where parts > 0 and is_past(at_ms, from_ms))
where not coalesce(is_past(back_ms, from_ms), false) or given < paid group by userId;
create or replace temp table odd as
select userId from customer where odd or userId in (select userId from linked)
union select userId from placed where odd or parts > 1 or refunds > 1
union select userId from bought where refunded and kept
union select userId from part where event in (${sqlTexts([...couponEvents, consentWithdrawn])})
  and userId in (select userId from customer)
union select p.userId from part p join customer c using (userId)
  where event = ${sqlText(deliverySettled)} and status = 'sent' and p.arm <> c.arm
union select userId from part where event = ${sqlText(deliveryReported)} and status = 'click'
  and userId in (select userId from bought);
delete from bought where userId in (select userId from odd);
create or replace temp table clicker as
select distinct p.userId from part p semi join customer c using (userId) anti join odd using (userId)
where event = ${sqlText(deliveryReported)} and status = 'click';
${query.ownEvents.length === 0 ? '' : ownTables(query.ownEvents, windowDays)}`.replaceAll(
    /is_past\((\w+), (\w+)\)/g,
    (_, at, from) =>
      historyDays === undefined
        ? 'false'
        : `(${at} < ${from} and ${at} >= ${from} - ${Math.floor(historyDays * dayMs)})`,
  );

const ownTables = (names: readonly string[], windowDays: number): string => `
create or replace temp table own as
select p.userId, ${names.map((name, i) => `bool_or(event = ${sqlText(name)}) as own_${i}`).join(', ')}
from part p join customer c using (userId)
where event in (${sqlTexts(names)}) and p.at_ms >= c.at_ms and p.at_ms < c.at_ms + ${windowDays * dayMs}
group by p.userId;`;

/** After the table cost(item, cost) is filled. `items`: order_id, userId and items of the orders in `bought`. */
export const customerTable = (items: string, { query, historyDays }: PartScope): string => `
create or replace temp table margin as
with unit as (
  select userId, order_id, unnest(items, recursive := true) from (${items})),
costs as (
  select u.userId, u.order_id, sum(floor(cost * quantity * 100 + 0.5)) as cost_h, bool_or(cost is null) as is_unknown
  from unit u join bought b on u.userId = b.userId and u.order_id = b.order_id left join cost c
    on u.item = c.item and (c.currency is null or b.currency is null or c.currency = b.currency)
  group by u.userId, u.order_id)
select userId, sum(case when coalesce(is_unknown, true) then 0 else floor(worth * 100 + 0.5) - cost_h end) as margin_h,
  count(*) filter (coalesce(is_unknown, true)) as unknown
from bought left join costs using (userId, order_id) where kept group by userId;
create or replace temp table message as
select p.userId, coalesce(p.delivery, '') as delivery, max(list_position([${sqlTexts(endings)}], status)) as ending
from part p join customer c on p.userId = c.userId and p.decision = c.decision
where event = ${sqlText(deliverySettled)} and status in (${sqlTexts(endings)}) group by all;
create or replace temp table touch as
select userId, bool_or(ending = ${endings.indexOf('sent') + 1}) as sent,
  bool_or(ending = ${endings.indexOf('suppressed') + 1}) as suppressed from message group by userId;
create or replace temp table complaint as
select distinct p.userId from part p join message m on p.userId = m.userId and coalesce(p.delivery, '') = m.delivery
where p.event = ${sqlText(deliveryReported)} and p.status = 'complaint';
create or replace temp table told as
select c.userId, c.arm, c.at_ms, coalesce(b.orders, 0)::DOUBLE as orders, coalesce(b.revenue_h, 0) / 100 as revenue,
  coalesce(margin_h, 0)::DOUBLE / 100 as margin, coalesce(unknown, 0)::DOUBLE as unknown,
  coalesce(b.refunded, false) as refunded, coalesce(t.sent, false) as sent, coalesce(t.suppressed, false) as suppressed,
  k.userId is not null as complained, coalesce(past.orders, 0) as orders_before, coalesce(past.revenue, 0) as revenue_before,
  least(${historyDays ?? 0}, coalesce((c.at_ms - past.last_ms) // ${dayMs}, ${historyDays ?? 0})) as recency
  ${query.ownEvents.map((_, i) => `, coalesce(own_${i}, false) as own_${i}`).join('')}
from customer c anti join odd using (userId)
left join (select userId, count(*) filter (kept) as orders, bool_or(refunded) as refunded,
  sum(floor(worth * 100 + 0.5)) filter (kept) as revenue_h from bought group by userId) b using (userId)
left join margin using (userId) left join past using (userId) left join touch t using (userId)
left join complaint k using (userId) ${query.ownEvents.length === 0 ? '' : 'left join own using (userId)'};`;

/** How a column of the measurement stands in `told`: a whole number, money in hundredths. */
export const columnSql = (column: string, ownEvents: readonly string[]): string => {
  const own = ownEvents.findIndex((name) => column === `event:${name}`);
  const known: { readonly [column: string]: string } = {
    repurchase: 'orders > 0',
    orders: 'orders',
    revenue: 'revenue',
    [cappedRevenue]: 'revenue',
    margin: 'margin',
    refund: 'refunded',
    redemption: 'false',
    unsubscribe: 'false',
    complaint: 'complained',
    'before:orders': 'orders_before',
    'before:revenue': 'revenue_before',
    'before:recency': 'recency',
  };
  const sql = own >= 0 ? `own_${own}` : known[column];
  if (sql === undefined) {
    throw new Error(`outcomes: SQL has no column ${column}`);
  }
  return moneyColumns.includes(column) ? `round((${sql}) * 100)::BIGINT` : `(${sql})::BIGINT`;
};
