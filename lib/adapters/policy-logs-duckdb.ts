// PolicyLogs over the archive, in SQL of DuckDB's dialect. First the served pages of the period, then of a part of their
// customers, drawn by a hash where there are more pages than asked for, everything that the customer's state is made of:
// behaviour and identify events, from the archive's begin on. Handed over some hundred customers at a time.
// Visitors: events of an anonymous id belong to the user that an identify first named with it.

import { type CustomerId, customerId } from '../base/ids.ts';
import { policyCustomersCountMax } from '../base/policy-limits.ts';
import { dayMs } from '../base/time.ts';
import { anonymousPrefix } from '../events/anonymous.ts';
import { type JsonObject, loopEvents, type StoredEvent } from '../events/event.ts';
import { loopSource } from '../events/loop-event.ts';
import { behaviourNames, orderNames } from '../events/meaning.ts';
import type { CustomersLog, PageQuery, PolicyLogs } from '../experiments/policy/evaluation.ts';
import type { Analytics, CustomerStore, ObjectStore, WithAnalytics } from '../ports.ts';
import {
  archiveObjects,
  eventOfRow,
  inChunks,
  readLines,
  resolvedEvents,
  sqlText,
  sqlTexts,
} from './archive-duckdb.ts';

export const createPolicyLogs = (
  archive: ObjectStore,
  customers: Pick<CustomerStore, 'linkedUsers'>,
  withAnalytics: WithAnalytics,
): PolicyLogs => ({
  pages: (query, use) =>
    withAnalytics(async (analytics) => {
      const customersShare = await loadServed(analytics, archive, query);
      await loadBehaviour(analytics, archive, query);
      for (const version of query.byVersion ? await versionsOf(analytics) : [undefined]) {
        await handOver(analytics, version, use);
      }
      return { customersShare };
    }),
  assignments: ({ campaignId, fromMs, toMs, untilMs }) =>
    withAnalytics(async (analytics) => {
      await analytics.run(createAssigned);
      const objects = await archiveObjects(archive, { fromMs, toMs: untilMs });
      await inChunks(analytics, archive, objects, (glob) => analytics.run(insertAssigned(glob, campaignId)));
      const period = `timestamp >= ${sqlText(iso(fromMs))} AND timestamp < ${sqlText(iso(toMs))}`;
      const drawn = `event = ${sqlText(loopEvents.customerAssigned)} AND ${period}
        AND json_extract_string(properties, '$.phase') = 'test'`;
      const assigned = (await analytics.rows(`SELECT DISTINCT ${columns} FROM logged WHERE ${drawn}`)).map(
        eventOfRow,
      );
      const events = (
        await analytics.rows(
          `SELECT DISTINCT ${columns} FROM logged WHERE event <> ${sqlText(loopEvents.customerAssigned)}
           AND (userId IS NULL OR userId IN (SELECT userId FROM logged WHERE ${drawn}))`,
        )
      ).map(eventOfRow);
      return { assigned, events: await resolvedEvents(events, customers) };
    }),
});

const iso = (ms: number): string => new Date(ms).toISOString();
const columns =
  'messageId, event, userId, anonymousId, timestamp, receivedAt, source, properties::VARCHAR AS properties';

// ---- campaigns ---------------------------------------------------------------------------------------

const createAssigned = `CREATE TABLE logged (messageId VARCHAR, event VARCHAR, userId VARCHAR, anonymousId VARCHAR,
  timestamp VARCHAR, receivedAt VARCHAR, source VARCHAR, properties JSON)`;
const touchNames: readonly string[] = [loopEvents.deliverySettled, loopEvents.deliveryReported];

const insertAssigned = (glob: string, campaignId: string): string => `INSERT INTO logged
  SELECT messageId, event, userId, anonymousId, timestamp, receivedAt, source, properties FROM ${readLines(glob)}
  WHERE type = 'track' AND (event IN (${sqlTexts(orderNames)})
    OR (source = ${sqlText(loopSource)} AND event IN (${sqlTexts([loopEvents.customerAssigned, ...touchNames])})
      AND json_extract_string(properties, '$.campaignId') = ${sqlText(campaignId)}))`;

// ---- recommendations ---------------------------------------------------------------------------------

/** Answers with the share of the customers that is kept. */
const loadServed = async (
  analytics: Analytics,
  archive: ObjectStore,
  { fromMs, toMs, pagesMax }: PageQuery,
): Promise<number> => {
  await analytics.run(`CREATE TABLE served (messageId VARCHAR, userId VARCHAR, timestamp VARCHAR, receivedAt VARCHAR,
    properties JSON)`);
  // Written within the second in which it was served; a day more for what the queue kept waiting.
  const objects = await archiveObjects(archive, { fromMs, toMs: toMs + dayMs });
  await inChunks(analytics, archive, objects, (glob) =>
    analytics.run(`INSERT INTO served SELECT messageId, userId, timestamp, receivedAt, properties
      FROM ${readLines(glob)}
      WHERE event = ${sqlText(loopEvents.recommendationServed)} AND source = ${sqlText(loopSource)}
        AND userId IS NOT NULL AND timestamp >= ${sqlText(iso(fromMs))} AND timestamp < ${sqlText(iso(toMs))}`),
  );
  await analytics.run(`CREATE TABLE pages AS SELECT messageId, any_value(userId) AS userId,
      any_value(timestamp) AS timestamp, any_value(receivedAt) AS receivedAt, any_value(properties) AS properties
    FROM served GROUP BY messageId;
    CREATE TABLE chosen AS SELECT userId, row_number() OVER (ORDER BY md5(userId)) - 1 AS number FROM (
      SELECT userId, sum(count(*)) OVER (ORDER BY md5(userId)) - count(*) AS before FROM pages GROUP BY userId)
    WHERE before < ${pagesMax};`);
  const [{ kept, found }] = await analytics.rows(
    `SELECT (SELECT count(*) FROM chosen)::DOUBLE AS kept, count(DISTINCT userId)::DOUBLE AS found FROM pages`,
  );
  return Number(found) === 0 ? 1 : Number(kept) / Number(found);
};

const behaviourLines = (
  glob: string,
): string => `read_json(${sqlText(glob)}, format = 'newline_delimited', compression = 'gzip', columns = {
  messageId: 'VARCHAR', type: 'VARCHAR', event: 'VARCHAR', userId: 'VARCHAR', anonymousId: 'VARCHAR',
  timestamp: 'VARCHAR', receivedAt: 'VARCHAR', source: 'VARCHAR', properties: 'JSON', traits: 'JSON', context: 'JSON'})`;

const loadBehaviour = async (
  analytics: Analytics,
  archive: ObjectStore,
  { untilMs }: PageQuery,
): Promise<void> => {
  await analytics.run(`CREATE TABLE behaviour (messageId VARCHAR, type VARCHAR, event VARCHAR, userId VARCHAR,
    anonymousId VARCHAR, timestamp VARCHAR, receivedAt VARCHAR, source VARCHAR, properties JSON, traits JSON, context JSON);
    CREATE TABLE links (anonymousId VARCHAR, userId VARCHAR, receivedAt VARCHAR);`);
  const names = sqlTexts(Object.keys(behaviourNames));
  const objects = await archiveObjects(archive, { fromMs: 0, toMs: untilMs });
  await inChunks(analytics, archive, objects, async (glob) => {
    const lines = behaviourLines(glob);
    await analytics.run(`INSERT INTO behaviour SELECT * FROM ${lines}
      WHERE (type = 'identify' OR (type = 'track' AND event IN (${names})))
        AND (userId IS NULL OR userId IN (SELECT userId FROM chosen));
      INSERT INTO links SELECT anonymousId, userId, receivedAt FROM ${lines}
      WHERE type = 'identify' AND userId IS NOT NULL AND anonymousId IS NOT NULL;`);
  });
  await analytics.run(`CREATE TABLE known AS
    SELECT chosen.number, chosen.userId AS customer, told.* EXCLUDE (customer) FROM (
      SELECT behaviour.*, coalesce(behaviour.userId, first.userId,
          ${sqlText(anonymousPrefix)} || behaviour.anonymousId) AS customer
      FROM behaviour LEFT JOIN (SELECT anonymousId, arg_min(userId, receivedAt) AS userId FROM links GROUP BY anonymousId)
        AS first ON behaviour.userId IS NULL AND first.anonymousId = behaviour.anonymousId) AS told
    JOIN chosen ON chosen.userId = told.customer;
    DROP TABLE behaviour;`);
};

const versionsOf = async (analytics: Analytics): Promise<readonly (string | undefined)[]> => {
  const rows = await analytics.rows(
    `SELECT DISTINCT coalesce(json_extract_string(properties, '$.modelVersion'), '') AS version FROM pages ORDER BY 1`,
  );
  return rows.map(({ version }) => String(version));
};

const handOver = async (
  analytics: Analytics,
  version: string | undefined,
  use: (part: CustomersLog) => Promise<void>,
): Promise<void> => {
  const ofVersion =
    version === undefined
      ? 'true'
      : `coalesce(json_extract_string(properties, '$.modelVersion'), '') = ${sqlText(version)}`;
  const [{ count }] = await analytics.rows('SELECT count(*)::DOUBLE AS count FROM chosen');
  for (let from = 0; from < Number(count); from += policyCustomersCountMax) {
    const part = `number >= ${from} AND number < ${from + policyCustomersCountMax}`;
    const served = await analytics.rows(
      `SELECT messageId, ${sqlText(loopEvents.recommendationServed)} AS event, userId, timestamp, receivedAt,
         ${sqlText(loopSource)} AS source, properties::VARCHAR AS properties
       FROM pages JOIN chosen USING (userId) WHERE ${part} AND ${ofVersion} ORDER BY timestamp, messageId`,
    );
    if (served.length === 0) continue;
    const rows = await analytics.rows(
      `SELECT customer, messageId, type, event, userId, anonymousId, timestamp, receivedAt, source,
         properties::VARCHAR AS properties, traits::VARCHAR AS traits, context::VARCHAR AS context
       FROM known WHERE ${part} ORDER BY receivedAt, messageId`,
    );
    await use({ served: served.map(eventOfRow), events: byCustomer(rows) });
  }
};

const byCustomer = (
  rows: readonly { readonly [column: string]: unknown }[],
): ReadonlyMap<CustomerId, readonly StoredEvent[]> => {
  const events = new Map<CustomerId, StoredEvent[]>();
  for (const row of rows) {
    const id = customerId(String(row.customer));
    const event: StoredEvent = {
      ...eventOfRow(row),
      type: row.type === 'identify' ? 'identify' : 'track',
      userId: id,
      traits: objectOf(row.traits),
      context: objectOf(row.context),
    };
    const known = events.get(id);
    if (known) known.push(event);
    else events.set(id, [event]);
  }
  return events;
};

const objectOf = (text: unknown): JsonObject =>
  typeof text === 'string' ? (JSON.parse(text) as JsonObject) : {};
