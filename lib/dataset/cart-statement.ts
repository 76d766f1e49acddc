// What the customer took out of the cart again, as SQL (DuckDB): the table `cart_addition` says of each addition when
// (removed_ms, ms since 1970; null: never). The rule is lib/events/cart.ts, by time within customer and item:
//   a checkout, a purchase or a removal without a quantity states the units and begins anew; within one stretch the
//   units after step i, never below none, are S(i) − min(0, S(1), …, S(i)) with S the running sum of what came and
//   went. An addition is taken back by the next removal that leaves none, unless a purchase comes first.
// Reads `judged` (statements.ts).

export const cartStatement = `
create table cart_move as
select id, customer, item, type, any_value(at_ms) as at_ms, any_value(case type when 'cart' then 0 when 'removal' then 1
    else 2 end) as step, bool_or(is_total) or type = 'purchase' as is_total,
  case when type = 'purchase' then 0 when type = 'removal' and not bool_or(is_total) then -1 else 1 end
    * greatest(0, sum(quantity)) as units
from judged where reason is null and type in ('cart', 'removal', 'purchase') and (customer, item) in (
  select (customer, item) from judged where type = 'removal')
group by id, customer, item, type;
create table cart_sum as
with stretch as (
  select *, sum(is_total::int) over (partition by customer, item order by at_ms, step, is_total, id) as stretch
  from cart_move)
select *, sum(units) over (partition by customer, item, stretch order by at_ms, step, is_total, id) as total
from stretch;
create table cart_addition as
with state as (
  select *, total - least(0, min(total) over (partition by customer, item, stretch order by at_ms, step, is_total, id))
    as units_left
  from cart_sum),
ended as (
  select *, case when type = 'removal' and units_left <= 0 then {'removed': true, 'at': at_ms}
    when units_left <= 0 then {'removed': false, 'at': at_ms} end as ending
  from state)
select id, item, type, case when next.removed then next.at end as removed_ms
from (select *, first_value(ending ignore nulls) over (partition by customer, item order by at_ms, step, is_total, id
    rows between current row and unbounded following) as next from ended)
where type = 'cart';`;
