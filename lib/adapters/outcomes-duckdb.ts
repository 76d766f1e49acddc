// OutcomeSource over the archive: objects of the days in question are fetched a few at a time, DuckDB keeps the rows
// that matter, and the files are deleted again, so that disk and memory hold one chunk and the kept rows only.
// What an order or a refund is worth is left to lib/outcomes; SQL only selects, by the names of lib/events/meaning.ts.
// Loop events count only from Reprise itself (source): a public write key cannot assign, send or redeem.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { type CustomerId, customerId, messageId } from '../base/ids.ts';
import { archiveObjectsConcurrencyMax } from '../base/limits.ts';
import { type JsonObject, loopEvents, type StoredEvent } from '../events/event.ts';
import { loopSource } from '../events/loop-event.ts';
import { behaviourNames } from '../events/meaning.ts';
import type { AssignedCustomer } from '../outcomes/collect.ts';
import type { CustomerStore, ObjectStore, OutcomeQuery, OutcomeSource } from '../ports.ts';

const dayMs = 86_400_000;

export const createOutcomeSource = (
  archive: ObjectStore,
  customers: Pick<CustomerStore, 'linkedUsers'>,
): OutcomeSource => ({
  read: async (query) => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    try {
      await connection.run(createTable);
      await loadArchive(connection, archive, await keysOf(archive, query));
      const assigned = await readAssigned(connection, query);
      const events = await readEvents(connection, query);
      return { assigned, events: await resolved(events, customers) };
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  },
});

const orderNames = Object.entries(behaviourNames).flatMap(([name, { orders }]) => (orders ? [name] : []));
const touchNames: readonly string[] = [
  loopEvents.deliverySettled,
  loopEvents.deliveryReported,
  loopEvents.couponRedeemed,
  loopEvents.consentWithdrawn,
];

const createTable = `CREATE TABLE events (
  messageId VARCHAR, event VARCHAR, userId VARCHAR, anonymousId VARCHAR, timestamp VARCHAR, receivedAt VARCHAR,
  source VARCHAR, properties JSON)`;

const quoted = (names: readonly string[]): string =>
  names.map((name) => `'${name.replaceAll("'", "''")}'`).join(', ');

const insertKept = (paths: readonly string[]): string => `INSERT INTO events
  SELECT messageId, event, userId, anonymousId, timestamp, receivedAt, source, properties
  FROM read_json([${quoted(paths)}], format = 'newline_delimited', compression = 'gzip', columns = {
    messageId: 'VARCHAR', type: 'VARCHAR', event: 'VARCHAR', userId: 'VARCHAR', anonymousId: 'VARCHAR',
    timestamp: 'VARCHAR', receivedAt: 'VARCHAR', source: 'VARCHAR', properties: 'JSON'})
  WHERE type = 'track' AND (event IN (${quoted(orderNames)})
    OR (source = '${loopSource}' AND event IN (${quoted([loopEvents.customerAssigned, ...touchNames])})))`;

/** Receipt cannot precede an event by more than the tolerated hour, so one day before is early enough. */
const keysOf = async (archive: ObjectStore, { fromMs, toMs }: OutcomeQuery): Promise<readonly string[]> => {
  const keys: string[] = [];
  for (let atMs = fromMs - dayMs; Math.floor(atMs / dayMs) <= Math.floor(toMs / dayMs); atMs += dayMs) {
    const objects = await archive.list(`events/date=${new Date(atMs).toISOString().slice(0, 10)}/`);
    keys.push(...objects.map(({ key }) => key).filter((key) => key.endsWith('.ndjson.gz')));
  }
  return keys;
};

const loadArchive = async (
  connection: DuckDBConnection,
  archive: ObjectStore,
  keys: readonly string[],
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'reprise-outcomes-'));
  try {
    for (let from = 0; from < keys.length; from += archiveObjectsConcurrencyMax) {
      const chunk = keys.slice(from, from + archiveObjectsConcurrencyMax);
      const paths = await Promise.all(
        chunk.map((key, i) => download(archive, key, join(directory, `${i}.gz`))),
      );
      const found = paths.filter((path) => path !== undefined);
      if (found.length > 0) {
        await connection.run(insertKept(found));
      }
      await Promise.all(found.map((path) => rm(path)));
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const download = async (archive: ObjectStore, key: string, path: string): Promise<string | undefined> => {
  const bytes = await archive.get(key);
  if (bytes === undefined) {
    return undefined;
  }
  await writeFile(path, bytes);
  return path;
};

/** Assigned rows of the query's test phases. */
const assignedWhere = ({ runIds }: OutcomeQuery): string => `event = '${loopEvents.customerAssigned}'
  AND userId IS NOT NULL AND json_extract_string(properties, '$.campaignId') = $campaign
  AND json_extract_string(properties, '$.phase') = 'test'
  AND json_extract_string(properties, '$.runId') IN (${quoted(runIds)})`;

const readAssigned = async (
  connection: DuckDBConnection,
  query: OutcomeQuery,
): Promise<readonly AssignedCustomer[]> => {
  const reader = await connection.runAndReadAll(
    `SELECT DISTINCT userId, json_extract_string(properties, '$.variant'), timestamp,
       json_extract_string(properties, '$.decisionId')
     FROM events WHERE ${assignedWhere(query)}`,
    { campaign: query.campaignId },
  );
  return reader.getRows().map(([user, arm, timestamp, decisionId]) => ({
    customerId: customerId(String(user)),
    arm: String(arm),
    assignedAtMs: Date.parse(String(timestamp)),
    decisionId: String(decisionId),
  }));
};

/** Of customers assigned; orders of anonymous visitors too, since a later identify may have told who they were. */
const readEvents = async (
  connection: DuckDBConnection,
  query: OutcomeQuery,
): Promise<readonly StoredEvent[]> => {
  const reader = await connection.runAndReadAll(
    `SELECT DISTINCT messageId, event, userId, anonymousId, timestamp, receivedAt, source, properties::VARCHAR
     FROM events
     WHERE event <> '${loopEvents.customerAssigned}'
       AND (userId IS NULL OR userId IN (SELECT userId FROM events WHERE ${assignedWhere(query)}))
       AND (source <> '${loopSource}' OR event = '${loopEvents.consentWithdrawn}'
         OR json_extract_string(properties, '$.campaignId') = $campaign)`,
    { campaign: query.campaignId },
  );
  return reader.getRows().map((row) => {
    const [id, event, user, anonymousId, timestamp, receivedAt, source, properties] =
      row.map(textOrUndefined);
    return {
      messageId: messageId(id ?? ''),
      type: 'track',
      event: event ?? '',
      ...(user !== undefined && { userId: customerId(user) }),
      ...(anonymousId !== undefined && { anonymousId }),
      timestamp: timestamp ?? '',
      receivedAt: receivedAt ?? '',
      source: source ?? '',
      properties: JSON.parse(properties ?? '{}') as JsonObject,
      traits: {},
      context: {},
    };
  });
};

/** Every column read is VARCHAR. */
const textOrUndefined = (value: DuckDBValue): string | undefined =>
  typeof value === 'string' ? value : undefined;

const resolved = async (
  events: readonly StoredEvent[],
  customers: Pick<CustomerStore, 'linkedUsers'>,
): Promise<readonly StoredEvent[]> => {
  const anonymous = new Set(
    events.flatMap(({ userId, anonymousId }) => (userId === undefined && anonymousId ? [anonymousId] : [])),
  );
  const users: ReadonlyMap<string, CustomerId> =
    anonymous.size === 0 ? new Map() : await customers.linkedUsers([...anonymous]);
  return events.map((event) => {
    const userId = event.userId ?? users.get(event.anonymousId ?? '');
    return userId === undefined ? event : { ...event, userId };
  });
};
