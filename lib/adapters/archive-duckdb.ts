// What every analysis of the archive needs: the objects of some days, a chunk of them at a time in DuckDB, rows back to
// events, and anonymous visitors resolved to the users they turned out to be.

import { type CustomerId, customerId, messageId } from '../base/ids.ts';
import { archiveListedDaysMax, archiveObjectsConcurrencyMax } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import type { JsonObject, StoredEvent } from '../events/event.ts';
import { loopSource } from '../events/loop-event.ts';
import type { Feed } from '../outcomes/feed.ts';
import type { Analytics, CustomerStore, ObjectStore, StoredObject } from '../ports.ts';

export const sqlText = (value: string): string => `'${value.replaceAll("'", "''")}'`;
export const sqlTexts = (names: readonly string[]): string => names.map(sqlText).join(', ');

/** Received in these days; receipt cannot precede an event by more than the tolerated hour, so one day before is early enough. */
export const archiveObjects = async (
  archive: ObjectStore,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<readonly StoredObject[]> => {
  const [first, last] = [fromMs - dayMs, toMs].map((ms) => `events/date=${isoDay(ms)}/`);
  if (toMs - fromMs > archiveListedDaysMax * dayMs) {
    // What was imported of years ago lies at the day of its import: one listing instead of thousands.
    const all = await archive.list('events/date=');
    return all.filter(({ key }) => isEvents(key) && key >= first && key < `${last}~`);
  }
  const days: string[] = [];
  for (let atMs = fromMs - dayMs; Math.floor(atMs / dayMs) <= Math.floor(toMs / dayMs); atMs += dayMs) {
    days.push(isoDay(atMs));
  }
  const found: StoredObject[] = [];
  for (let from = 0; from < days.length; from += archiveObjectsConcurrencyMax) {
    const some = days.slice(from, from + archiveObjectsConcurrencyMax);
    const listed = await Promise.all(some.map((day) => archive.list(`events/date=${day}/`)));
    found.push(...listed.flat().filter(({ key }) => isEvents(key)));
  }
  return found;
};

const isoDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const isEvents = (key: string): boolean => key.endsWith('.ndjson.gz');

/** A chunk at a time, so that disk holds one chunk of copies, and memory what `use` keeps of its glob. */
export const inChunks = async (
  analytics: Analytics,
  archive: ObjectStore,
  objects: readonly StoredObject[],
  use: (glob: string) => Promise<void>,
): Promise<void> => {
  for (let from = 0; from < objects.length; from += archiveObjectsConcurrencyMax) {
    const chunk = objects.slice(from, from + archiveObjectsConcurrencyMax);
    const glob = await analytics.fetch(archive, chunk, '.ndjson.gz');
    await use(glob);
    await analytics.discard(glob);
  }
};

/** Rows of SQL values, such as `('ada')`, some hundred kilobytes of text at a time. */
export const insertValues = async (
  analytics: Analytics,
  table: string,
  rows: readonly string[],
): Promise<void> => {
  for (let from = 0; from < rows.length; from += rowsInStatementMax) {
    await analytics.run(
      `INSERT INTO ${table} VALUES ${rows.slice(from, from + rowsInStatementMax).join(', ')}`,
    );
  }
};

const rowsInStatementMax = 10_000;

/** `FROM` of the objects' lines. */
export const readLines = (glob: string): string => `read_json(${sqlText(glob)}, format = 'newline_delimited',
  compression = 'gzip', columns = {messageId: 'VARCHAR', type: 'VARCHAR', event: 'VARCHAR', userId: 'VARCHAR',
    anonymousId: 'VARCHAR', timestamp: 'VARCHAR', receivedAt: 'VARCHAR', source: 'VARCHAR', properties: 'JSON'})`;

/** Of the columns of readLines; every one is read as VARCHAR. */
export const eventOfRow = (row: { readonly [column: string]: unknown }): StoredEvent => {
  const column = (name: string): string | undefined => {
    const value = row[name];
    return typeof value === 'string' ? value : undefined;
  };
  const [user, anonymousId] = [column('userId'), column('anonymousId')];
  return {
    messageId: messageId(column('messageId') ?? ''),
    type: 'track',
    event: column('event') ?? '',
    ...(user !== undefined && { userId: customerId(user) }),
    ...(anonymousId !== undefined && { anonymousId }),
    timestamp: column('timestamp') ?? '',
    receivedAt: column('receivedAt') ?? '',
    source: column('source') ?? '',
    properties: JSON.parse(column('properties') ?? '{}') as JsonObject,
    traits: {},
    context: {},
  };
};

/** Events of users, those of anonymous visitors under the user they turned out to be; the others as they are. */
export const resolvedEvents = async (
  events: readonly StoredEvent[],
  customers: Pick<CustomerStore, 'linkedUsers'>,
): Promise<readonly StoredEvent[]> => {
  const users = await linkedUsers(events, customers);
  return events.map((event) => {
    const userId = event.userId ?? users.get(event.anonymousId ?? '');
    return userId === undefined ? event : { ...event, userId };
  });
};

/** Who anonymous visitors turned out to be; those who never told are not in it. */
export const linkedUsers = async (
  rows: readonly { readonly userId?: CustomerId; readonly anonymousId?: string }[],
  customers: Pick<CustomerStore, 'linkedUsers'>,
): Promise<ReadonlyMap<string, CustomerId>> => {
  const anonymous = new Set(
    rows.flatMap(({ userId, anonymousId }) => (userId === undefined && anonymousId ? [anonymousId] : [])),
  );
  return anonymous.size === 0 ? new Map() : await customers.linkedUsers([...anonymous]);
};

export const noFeed: Feed = { newestEventMs: undefined, usualGapMs: 0 };

/** Of a table or files of events, all customers': what the app sends, however old it is. */
export const readFeed = async (analytics: Analytics, from = 'events'): Promise<Feed> => {
  const [row] = await analytics.rows(
    `SELECT count(*)::DOUBLE AS count, min(receivedAt) AS oldest, max(receivedAt) AS newest
     FROM ${from} WHERE source <> ${sqlText(loopSource)}`,
  );
  const [count, oldestMs, newestMs] = [
    Number(row.count),
    Date.parse(String(row.oldest)),
    Date.parse(String(row.newest)),
  ];
  return count === 0 ? noFeed : { newestEventMs: newestMs, usualGapMs: (newestMs - oldestMs) / count };
};
