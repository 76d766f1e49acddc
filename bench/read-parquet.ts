// Interactions from a Parquet file, by DuckDB: ids and columns leave it as numbers, one text per id and none per row.
// Columns as in read-interactions.ts: by name, else by place.

import { existsSync } from 'node:fs';
import { withDuckDb } from '../lib/adapters/analytics-duckdb.ts';
import { Failure, shown } from '../lib/base/errors.ts';
import type { Analytics } from '../lib/ports.ts';
import type { IdIndex } from './id-index.ts';
import { byPlace, type Ids, type InteractionFile, placesByName, timeOf } from './interaction-file.ts';

export const readParquet = (path: string, ids: Ids): Promise<InteractionFile> => {
  if (!existsSync(path)) {
    throw new Failure('not-found', {
      code: 'file-missing',
      message: 'There is no such file.',
      received: shown(path),
      action: 'Give the path of a file.',
    });
  }
  return withDuckDb(async (analytics) => {
    const from = `read_parquet('${path.replaceAll("'", "''")}')`;
    const described = await analytics.rows(`describe select * from ${from}`);
    const columns = described.map(({ column_name }) => String(column_name));
    const places = placesByName(columns) ?? byPlace;
    const named = (place: number): string | undefined =>
      columns[place] === undefined ? undefined : `"${columns[place].replaceAll('"', '""')}"`;
    const [value, time] = [named(places.value), named(places.time)];
    const isTimestamp = /TIMESTAMP|DATE/.test(String(described[places.time]?.column_type));
    await analytics.run(`
      create table rows as select ${named(places.user)}::varchar as u, ${named(places.item)}::varchar as i,
        ${value === undefined ? '1' : `coalesce(${value}, 1)`}::double as v,
        ${time === undefined ? '0' : isTimestamp ? `epoch_ms(${time}::timestamp)` : `coalesce(${time}, 0)`}::double as t,
        row_number() over () as n from ${from};
      create table u_index as select u, row_number() over (order by min(n)) - 1 as place from rows group by u;
      create table i_index as select i, row_number() over (order by min(n)) - 1 as place from rows group by i;`);
    const users = await sharedIndexes(analytics, 'u', ids.users);
    const items = await sharedIndexes(analytics, 'i', ids.items);
    const [user, item, values, times] = await analytics.numbers(`
      select u_index.place::double, i_index.place::double, v, t
      from rows join u_index using (u) join i_index using (i) order by n`);
    return {
      user: Int32Array.from(user, (place) => users[place]),
      item: Int32Array.from(item, (place) => items[place]),
      value: Float32Array.from(values),
      atMs: isTimestamp ? times : times.map(timeOf),
      hasTimes: time !== undefined,
    };
  });
};

/** DuckDB's places to the indexes that all files share. */
const sharedIndexes = async (
  analytics: Analytics,
  column: 'u' | 'i',
  index: IdIndex,
): Promise<Int32Array> => {
  const rows = await analytics.rows(`select ${column} as id from ${column}_index order by place`);
  return Int32Array.from(rows, ({ id }) => index.addText(String(id)));
};
