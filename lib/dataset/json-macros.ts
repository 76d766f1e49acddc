// What SQL (DuckDB) takes for an id and for a number in JSON: the same as idText and numberOf of lib/events/meaning.ts.
// Limits: ids that are numbers with a fraction or beyond 2^53 stand as they were written, not as JavaScript would.

export const jsonMacros = `
create macro id_text(j) as case when json_type(j) in ('VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE') and (j->>'$') <> ''
  then (j->>'$') end;
create macro number_of(j) as case
  when json_type(j) in ('BIGINT', 'UBIGINT', 'DOUBLE') then try_cast(j->>'$' as double)
  when json_type(j) = 'VARCHAR' and regexp_full_match(j->>'$', '-?\\d+(\\.\\d+)?') then try_cast(j->>'$' as double) end;`;
