// OutcomeSource over the archive, in SQL of DuckDB's dialect: of the objects of the days in question it keeps the rows
// that matter.
// What an order or a refund is worth is left to lib/outcomes; SQL only selects, by the names of lib/events/meaning.ts.
// Loop events count only from Reprise itself (source): a public write key cannot assign, send or redeem.

import { type CustomerId, customerId, messageId } from '../base/ids.ts';
import { archiveObjectsConcurrencyMax } from '../base/limits.ts';
import { type JsonObject, loopEvents, type StoredEvent } from '../events/event.ts';
import { loopSource } from '../events/loop-event.ts';
import { behaviourNames } from '../events/meaning.ts';
import type { Assignment } from '../outcomes/assignment.ts';
import type { AssignedCustomer } from '../outcomes/collect.ts';
import type {
  Analytics,
  CustomerStore,
  ObjectStore,
  OutcomeQuery,
  OutcomeSource,
  ReportSource,
  StoredObject,
  WithAnalytics,
} from '../ports.ts';

const dayMs = 86_400_000;

export const createOutcomeSource = (
  archive: ObjectStore,
  customers: Pick<CustomerStore, 'linkedUsers'>,
  withAnalytics: WithAnalytics,
): OutcomeSource & ReportSource => {
  const open = async <T>(query: OutcomeQuery, read: (analytics: Analytics) => Promise<T>) =>
    withAnalytics(async (analytics) => {
      await analytics.run(createTable);
      await loadArchive(analytics, archive, await objectsOf(archive, query));
      const found = await read(analytics);
      return { found, events: await resolved(await readEvents(analytics, query), customers) };
    });
  return {
    read: async (query) => {
      const { found, events } = await open(query, (analytics) => readAssigned(analytics, query));
      return { assigned: found, events };
    },
    history: async (query) => {
      const { found, events } = await open(query, (analytics) => readAssignments(analytics, query));
      return { assignments: found, events };
    },
  };
};

const orderNames = Object.entries(behaviourNames).flatMap(([name, { orders }]) => (orders ? [name] : []));
const touchNames: readonly string[] = [
  loopEvents.deliverySettled,
  loopEvents.deliveryReported,
  loopEvents.couponRedeemed,
  loopEvents.couponRefunded,
  loopEvents.consentWithdrawn,
];

const createTable = `CREATE TABLE events (
  messageId VARCHAR, event VARCHAR, userId VARCHAR, anonymousId VARCHAR, timestamp VARCHAR, receivedAt VARCHAR,
  source VARCHAR, properties JSON)`;

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const quoted = (names: readonly string[]): string => names.map(text).join(', ');

const insertKept = (glob: string): string => `INSERT INTO events
  SELECT messageId, event, userId, anonymousId, timestamp, receivedAt, source, properties
  FROM read_json(${text(glob)}, format = 'newline_delimited', compression = 'gzip', columns = {
    messageId: 'VARCHAR', type: 'VARCHAR', event: 'VARCHAR', userId: 'VARCHAR', anonymousId: 'VARCHAR',
    timestamp: 'VARCHAR', receivedAt: 'VARCHAR', source: 'VARCHAR', properties: 'JSON'})
  WHERE type = 'track' AND (event IN (${quoted(orderNames)})
    OR (source = ${text(loopSource)} AND event IN (${quoted([loopEvents.customerAssigned, ...touchNames])})))`;

/** Receipt cannot precede an event by more than the tolerated hour, so one day before is early enough. */
const objectsOf = async (
  archive: ObjectStore,
  { fromMs, toMs }: OutcomeQuery,
): Promise<readonly StoredObject[]> => {
  const found: StoredObject[] = [];
  for (let atMs = fromMs - dayMs; Math.floor(atMs / dayMs) <= Math.floor(toMs / dayMs); atMs += dayMs) {
    const objects = await archive.list(`events/date=${new Date(atMs).toISOString().slice(0, 10)}/`);
    found.push(...objects.filter(({ key }) => key.endsWith('.ndjson.gz')));
  }
  return found;
};

/** A chunk at a time, so that disk holds one chunk of copies, and memory the kept rows. */
const loadArchive = async (
  analytics: Analytics,
  archive: ObjectStore,
  objects: readonly StoredObject[],
): Promise<void> => {
  for (let from = 0; from < objects.length; from += archiveObjectsConcurrencyMax) {
    const chunk = objects.slice(from, from + archiveObjectsConcurrencyMax);
    const glob = await analytics.fetch(archive, chunk, '.ndjson.gz');
    await analytics.run(insertKept(glob));
    await analytics.discard(glob);
  }
};

/** Assigned rows of the query's test phases. */
const assignedWhere = ({
  campaignId,
  runIds,
}: OutcomeQuery): string => `event = ${text(loopEvents.customerAssigned)}
  AND userId IS NOT NULL AND json_extract_string(properties, '$.campaignId') = ${text(campaignId)}
  AND json_extract_string(properties, '$.phase') = 'test'
  AND json_extract_string(properties, '$.runId') IN (${quoted(runIds)})`;

const readAssigned = async (
  analytics: Analytics,
  query: OutcomeQuery,
): Promise<readonly AssignedCustomer[]> => {
  const rows = await analytics.rows(
    `SELECT DISTINCT userId, json_extract_string(properties, '$.variant') AS arm, timestamp,
       json_extract_string(properties, '$.decisionId') AS decisionId
     FROM events WHERE ${assignedWhere(query)}`,
  );
  return rows.map(({ userId, arm, timestamp, decisionId }) => ({
    customerId: customerId(String(userId)),
    arm: String(arm),
    assignedAtMs: Date.parse(String(timestamp)),
    decisionId: String(decisionId),
  }));
};

/** All assignments by the campaign, of any run and phase, of the customers that the query is about. */
const readAssignments = async (analytics: Analytics, query: OutcomeQuery): Promise<readonly Assignment[]> => {
  const rows = await analytics.rows(
    `SELECT DISTINCT userId, json_extract_string(properties, '$.variant') AS arm, timestamp,
       json_extract_string(properties, '$.decisionId') AS decisionId,
       json_extract_string(properties, '$.runId') AS runId, json_extract_string(properties, '$.phase') AS phase
     FROM events
     WHERE event = ${text(loopEvents.customerAssigned)}
       AND json_extract_string(properties, '$.campaignId') = ${text(query.campaignId)}
       AND userId IN (SELECT userId FROM events WHERE ${assignedWhere(query)})`,
  );
  return rows.map(({ userId, arm, timestamp, decisionId, runId, phase }) => ({
    customerId: customerId(String(userId)),
    arm: String(arm),
    assignedAtMs: Date.parse(String(timestamp)),
    decisionId: String(decisionId),
    runId: String(runId),
    phase: phase === 'rollout' ? 'rollout' : 'test',
  }));
};

/** Of customers assigned; orders of anonymous visitors too, since a later identify may have told who they were. */
const readEvents = async (analytics: Analytics, query: OutcomeQuery): Promise<readonly StoredEvent[]> => {
  const rows = await analytics.rows(
    `SELECT DISTINCT messageId, event, userId, anonymousId, timestamp, receivedAt, source,
       properties::VARCHAR AS properties
     FROM events
     WHERE event <> ${text(loopEvents.customerAssigned)}
       AND (userId IS NULL OR userId IN (SELECT userId FROM events WHERE ${assignedWhere(query)}))
       AND (source <> ${text(loopSource)} OR event = ${text(loopEvents.consentWithdrawn)}
         OR json_extract_string(properties, '$.campaignId') = ${text(query.campaignId)})`,
  );
  return rows.map((row) => {
    const column = (name: string): string | undefined => textOrUndefined(row[name]);
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
  });
};

/** Every column read is VARCHAR. */
const textOrUndefined = (value: unknown): string | undefined =>
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
