// The cleaning as SQL (DuckDB), each step a table that the next one reads:
//   message   archived events once by messageId, the first received standing
//   behaviour messages that mean something (lib/events/meaning.ts), with customer, order and part
//   feature   what identify events tell of customers (customer-features.ts)
//   line      one row per product: customer, type, item, quantity, price
//   cleaned   lines that count, products of one order merged, with the time a refund took them back or, for what went
//             into the cart, the time it was taken out again (cart-statement.ts)
// What is left out is counted by reason in `dropped`, odd rows that stay in `noticed`, everything else in `tally`.

import { anonymousPrefix } from '../events/anonymous.ts';
import { type BehaviourName, behaviourNames } from '../events/meaning.ts';
import { cartStatement } from './cart-statement.ts';
import { featureStatement } from './customer-features.ts';
import { jsonMacros } from './json-macros.ts';
import { interactionValueSql, lowRatingMax } from './weights.ts';

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

const macros = `
${jsonMacros}
create table tally (name varchar, n bigint);
create table dropped (reason varchar, n bigint);
create table noticed (reason varchar, n bigint);`;

/** The table of names: what each means, where its lines are, which fields hold the item's id. */
const meanings = (): string => {
  const row = ([event, name]: [string, BehaviourName]): string =>
    `(${text(event)}, ${text(name.type)}, ${text(name.lines)}, ${text(name.orders ?? 'none')}, [${name.idFields.map(text).join(', ')}])`;
  return `create table meaning as select * from (values ${Object.entries(behaviourNames).map(row).join(', ')})
    as t(event, type, lines, orders, id_fields);`;
};

/** Broken lines become rows of nulls; properties are kept only where the event means something. */
const messages = (glob: string): string => `
create table raw as
select messageId as id, type as kind, event, nullif(userId, '') as user_id, nullif(anonymousId, '') as anonymous_id,
  epoch_ms(try_cast("timestamp" as timestamp)) as at_ms, receivedAt as received_at,
  case when type = 'track' and event in (select event from meaning where type <> 'impression') then properties end
    as properties,
  case when type = 'identify' then traits end as traits, case when type = 'identify' then context end as context
from read_json(${text(glob)}, format = 'newline_delimited', compression = 'gzip', ignore_errors = true, columns = {
  messageId: 'VARCHAR', type: 'VARCHAR', event: 'VARCHAR', userId: 'VARCHAR', anonymousId: 'VARCHAR',
  "timestamp": 'VARCHAR', receivedAt: 'VARCHAR', properties: 'JSON', traits: 'JSON', context: 'JSON' });
create table message as
select * from raw where rowid in (
  select arg_min(rowid, coalesce(received_at, '')) from raw where id is not null and at_ms is not null group by id);
insert into dropped select 'event-unreadable', count(*) from raw where id is null or at_ms is null;
insert into tally select 'events', count(*) from raw;
insert into tally select 'duplicates', (select count(*) from raw where id is not null and at_ms is not null)
  - (select count(*) from message);
drop table raw;`;

/** The first link received stays, as in the customer store. */
const behaviours = `
create table link as
select anonymous_id, arg_min(user_id, coalesce(received_at, '') || ' ' || at_ms) as user_id from message
where kind = 'identify' and anonymous_id is not null and user_id is not null group by anonymous_id;
create view resolved as
select message.*, coalesce(message.user_id, link.user_id, ${text(anonymousPrefix)} || message.anonymous_id) as customer
from message left join link using (anonymous_id);
insert into tally select 'customers', count(distinct customer) from resolved;
insert into dropped
select case when kind <> 'track' then 'event-' || kind when m.event is null then 'event-name-without-meaning'
  else 'event-impression' end, count(*)
from message left join meaning m using (event)
where kind <> 'track' or m.event is null or m.type = 'impression' group by 1;
create table behaviour as
select id, at_ms, m.type, m.lines, m.orders, m.id_fields, properties, customer,
  case when m.orders <> 'none'
    then coalesce(id_text(properties->'order_id'), case when m.orders = 'renewal' then id end) end as order_id,
  coalesce(id_text(properties->'part'), '0') as part,
  coalesce(id_text(properties->'refund_id'), case when m.orders = 'refund' then id end) as refund_id,
  coalesce(number_of(properties->'revenue'), number_of(properties->'total')) as stated_value
from resolved join meaning m using (event)
where kind = 'track' and m.type <> 'impression';
create table once as
select * from behaviour qualify row_number() over (
  partition by case when order_id is null then id end, customer, order_id, orders = 'refund', part, refund_id
  order by at_ms desc, id) = 1;
insert into dropped select 'order-part-repeated', (select count(*) from behaviour) - (select count(*) from once);
${featureStatement}
drop view resolved;
drop table message;`;

const firstId = `list_filter(list_transform(id_fields, f -> id_text(json_extract(product, '$."' || f || '"'))), i -> i is not null)[1]`;

const lines = `
create table line as
with product as (
  select id, at_ms, type, lines, orders, id_fields, customer, order_id, stated_value,
    unnest(case lines when 'products' then json_extract(properties, '$.products[*]') else [properties] end) as product
  from once)
select id, at_ms, type, customer, order_id, ${firstId} as item,
  case when type = 'rate' then coalesce(number_of(product->'rating'), 1)
    when type = 'removal' then coalesce(number_of(product->'quantity'), 0)
    when type = 'cart' or orders in ('purchase', 'refund') then coalesce(number_of(product->'quantity'), 1)
    else 1 end as quantity,
  (type = 'cart' and lines = 'products') or (type = 'removal' and coalesce(number_of(product->'quantity'), 0) <= 0)
    as is_total,
  coalesce(number_of(product->'price'), case when orders = 'renewal' then coalesce(stated_value, 0) else 0 end) as price
from product where json_type(product) = 'OBJECT';
create table judged as
select *, case
  when customer is null then 'line-without-customer'
  when item is null then 'line-without-item'
  when type in ('purchase', 'refund') and quantity <= 0 then 'line-quantity-not-positive'
  when price < 0 then 'line-price-negative'
  when type = 'rate' and quantity <= ${lowRatingMax} then 'line-low-rating' end as reason
from line;
insert into dropped select reason, count(*) from judged where reason is not null group by 1;
insert into noticed select 'purchase-price-zero', count(*) from judged
  where reason is null and type = 'purchase' and price = 0;
insert into noticed select 'purchase-without-order', count(*) from judged
  where reason is null and type = 'purchase' and order_id is null;
insert into tally select 'lines', count(*) from judged;`;

/**
 * Orders: value of their parts; refunds that name them deducted, never below zero. Refunds that name no known order
 * lower none, and are noticed. Money as stated: revenue, else total, else Σ price × quantity.
 */
const orders = `
create table amount as
select o.customer, o.order_id, o.orders, o.at_ms, o.id, o.refund_id,
  o.orders = 'refund' and not json_exists(o.properties, '$.products') as whole,
  coalesce(o.stated_value, s.value, 0) as value
from once o left join (
  select id, sum(greatest(quantity, 0) * price) as value from line group by id) s using (id)
where o.order_id is not null and o.customer is not null;
create table orders as
select customer, order_id, min(at_ms) as at_ms, sum(value) as value from amount where orders <> 'refund'
group by customer, order_id;
create table refund as
select customer, order_id, max(at_ms) as at_ms, sum(value) filter (not whole) as value, bool_or(whole) as whole,
  max(at_ms) filter (whole) as whole_at_ms, count(distinct refund_id) as refunds
from amount where orders = 'refund' group by customer, order_id;
insert into noticed select 'refund-of-unknown-order', coalesce(sum(refunds), 0)::bigint
  from refund anti join orders using (customer, order_id);`;

/**
 * Purchases with the time at which refunds had taken back all their units (null: still kept). A refund that names the
 * order counts there; any other takes the customer's latest earlier purchases of the item first.
 */
const cleaned = `
create table bought as
select customer, item, order_id, at_ms, sum(quantity) as quantity from judged
where reason is null and type = 'purchase' group by customer, item, order_id, at_ms;
insert into dropped select 'line-same-item-in-order',
  (select count(*) from judged where reason is null and type = 'purchase') - (select count(*) from bought);
create table returned as
select r.*, b.order_id is not null as matched
from (select customer, item, order_id, sum(quantity) as quantity, max(at_ms) as at_ms from judged
  where reason is null and type = 'refund' group by customer, item, order_id) r
left join (select distinct customer, item, order_id from bought) b using (customer, item, order_id);
create table settled as
select b.*, case when w.whole then greatest(w.whole_at_ms, b.at_ms)
  when m.quantity >= b.quantity then greatest(m.at_ms, b.at_ms) end as named_refund_ms
from bought b left join refund w using (customer, order_id)
left join (select * from returned where matched) m using (customer, item, order_id);
create table loose as
select customer, item, sum(quantity) as quantity, max(at_ms) as at_ms from returned where not matched
group by customer, item;
create table cleaned as
select s.customer, s.item, 'purchase' as type, s.at_ms, s.quantity, s.order_id, coalesce(named_refund_ms,
  case when named_refund_ms is null and s.at_ms <= l.at_ms and l.quantity >= sum(s.quantity) filter (
    named_refund_ms is null and s.at_ms <= l.at_ms) over (partition by s.customer, s.item order by s.at_ms desc, s.order_id)
  then l.at_ms end) as refunded_ms
from settled s left join loose l using (customer, item)
union all
select j.customer, j.item, j.type, j.at_ms, j.quantity, null, c.removed_ms
from judged j left join cart_addition c using (id, item, type)
where reason is null and type not in ('purchase', 'refund', 'removal');
insert into noticed select 'cart-taken-back', count(*) from cleaned where type = 'cart' and refunded_ms is not null;`;

/** What the report counts of the result; times in ms since 1970, null when there is no interaction. */
const counts = `
insert into tally
select 'buyers', count(distinct customer) from judged where reason is null and type = 'purchase'
union all select 'orders', count(*) from orders
union all select 'orderLines', count(*) from judged where reason is null and type = 'purchase'
union all select 'refunds', count(*) from (
  select distinct customer, order_id, refund_id from amount where orders = 'refund')
union all select 'refundLines', count(*) from judged where reason is null and type = 'refund'
union all select 'interactions', count(*) from cleaned
union all select 'refundedPurchases', count(*) from cleaned where type = 'purchase' and refunded_ms is not null
union all select 'fromMs', min(at_ms) from cleaned
union all select 'toMs', max(at_ms) from cleaned;`;

/** All steps over the archived objects under `glob` (gzip NDJSON of StoredEvent). */
export const cleaningStatements = (glob: string): readonly string[] => [
  macros,
  meanings(),
  messages(glob),
  behaviours,
  lines,
  orders,
  cartStatement,
  cleaned,
  counts,
];

export const interactionsQuery = (): string => `
select customer, item, type, at_ms, cast(${interactionValueSql()} as float) as value, order_id, refunded_ms
from cleaned order by at_ms, customer, item, type, order_id`;

export const ordersQuery = `
select o.customer, o.order_id, o.at_ms, o.value,
  case when r.whole then o.value else least(o.value, coalesce(r.value, 0)) end as refunded
from orders o left join refund r using (customer, order_id) order by o.at_ms, o.customer, o.order_id`;
