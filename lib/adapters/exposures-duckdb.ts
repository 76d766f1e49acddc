// ExposureSource over the archive, in SQL of DuckDB's dialect: exposures become one row a customer and variant, so that
// a page seen a thousand times is one line; of the exposed customers it keeps orders, refunds and the events measured.
// Recommendations are exposures only from Reprise itself; Experiment Viewed (Segment's name) is an app's own word for it.
// A visitor who never told who they are is a customer of their own, as everywhere (lib/events/anonymous.ts).

import { type CustomerId, customerId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import { anonymousCustomer } from '../events/anonymous.ts';
import { experimentViewed, loopEvents, type StoredEvent } from '../events/event.ts';
import { loopSource } from '../events/loop-event.ts';
import { orderNames } from '../events/meaning.ts';
import type { ExposureQuery, ExposureSource } from '../outcomes/exposure-source.ts';
import type { ExposureCell } from '../outcomes/exposures.ts';
import type { Analytics, CustomerStore, ObjectStore, WithAnalytics } from '../ports.ts';
import {
  archiveObjects,
  eventOfRow,
  inChunks,
  insertValues,
  linkedUsers,
  readFeed,
  readLines,
  sqlText,
  sqlTexts,
} from './archive-duckdb.ts';

export const createExposureSource = (
  archive: ObjectStore,
  customers: Pick<CustomerStore, 'linkedUsers'>,
  withAnalytics: WithAnalytics,
): ExposureSource => ({
  read: async (query) =>
    withAnalytics(async (analytics) => {
      await analytics.run(createTables);
      const { fromMs, toMs, historyDays } = query;
      const objects = await archiveObjects(archive, { fromMs: fromMs - historyDays * dayMs, toMs });
      await inChunks(analytics, archive, objects, (glob) => analytics.run(insertChunk(glob, query)));
      const rows = await readCells(analytics);
      const users = await linkedUsers(rows, customers);
      const cells = rows.map(({ userId, anonymousId, ...cell }): ExposureCell => {
        const known = userId ?? users.get(anonymousId);
        return { customerId: known ?? anonymousCustomer(anonymousId), ...cell };
      });
      const found = await readEvents(analytics, [...users.values()]);
      const linked = await linkedUsers(found, customers);
      const events = found.map((event) => identified(event, linked));
      return { cells, events, feed: await readFeed(analytics) };
    }),
});

const eventColumns = 'messageId, event, userId, anonymousId, timestamp, receivedAt, source';

const createTables = `
  CREATE TABLE events (messageId VARCHAR, event VARCHAR, userId VARCHAR, anonymousId VARCHAR, timestamp VARCHAR,
    receivedAt VARCHAR, source VARCHAR, properties JSON);
  CREATE TABLE exposures (messageId VARCHAR, userId VARCHAR, anonymousId VARCHAR, timestamp VARCHAR,
    variant VARCHAR, variantName VARCHAR);
  CREATE TABLE active (userId VARCHAR, anonymousId VARCHAR);`;

const insertChunk = (glob: string, query: ExposureQuery): string => {
  const measured = [...new Set([...orderNames, ...query.ownEvents])];
  return `
  CREATE OR REPLACE TEMP TABLE chunk AS
    SELECT ${eventColumns}, CASE WHEN type = 'track' AND event IN (
      ${sqlTexts([...measured, experimentViewed, loopEvents.recommendationServed])}) THEN properties END AS properties
    FROM ${readLines(glob)}
    WHERE userId IS NOT NULL OR anonymousId IS NOT NULL;
  INSERT INTO exposures
    SELECT messageId, userId, CASE WHEN userId IS NULL THEN anonymousId END, timestamp, ${namesOf(query)}
    FROM chunk
    WHERE ${exposureOf(query)} AND timestamp >= ${instant(query.fromMs)} AND timestamp < ${instant(query.untilMs)};
  INSERT INTO events
    SELECT ${eventColumns}, properties FROM chunk
    WHERE properties IS NOT NULL AND source <> ${sqlText(loopSource)} AND event IN (${sqlTexts(measured)});
  INSERT INTO active
    SELECT DISTINCT userId, CASE WHEN userId IS NULL THEN anonymousId END FROM chunk
    WHERE source <> ${sqlText(loopSource)} AND event <> ${sqlText(experimentViewed)};
  DROP TABLE chunk;`;
};

const instant = (ms: number): string => sqlText(new Date(ms).toISOString());
const property = (path: string): string => `json_extract_string(properties, '$.${path}')`;

const exposureOf = ({ subject, experimentId }: ExposureQuery): string => {
  if (subject === 'known') return `userId IS NOT NULL AND source <> ${sqlText(loopSource)}`;
  return subject === 'recommendations'
    ? `event = ${sqlText(loopEvents.recommendationServed)} AND source = ${sqlText(loopSource)}
      AND ${property('experiment.experimentId')} = ${sqlText(experimentId ?? '')}`
    : `event = ${sqlText(experimentViewed)} AND source <> ${sqlText(loopSource)}
      AND ${property('experiment_id')} = ${sqlText(experimentId ?? '')}`;
};

const namesOf = ({ subject }: ExposureQuery): string => {
  if (subject === 'known') return 'NULL, NULL';
  return subject === 'recommendations'
    ? `${property('experiment.variant')}, NULL`
    : `${property('variation_id')}, ${property('variation_name')}`;
};

type CellRow = Omit<ExposureCell, 'customerId'> & {
  readonly userId?: CustomerId;
  readonly anonymousId: string;
};

const readCells = async (analytics: Analytics): Promise<readonly CellRow[]> => {
  const rows = await analytics.rows(`
    WITH days AS (
      SELECT userId, anonymousId, variant, variantName, min(timestamp) AS firstAt,
        count(DISTINCT messageId) AS exposuresCount
      FROM exposures GROUP BY userId, anonymousId, variant, variantName, left(timestamp, 10))
    SELECT userId, anonymousId, variant, variantName, min(firstAt) AS firstAt,
      sum(exposuresCount)::DOUBLE AS exposuresCount, max(exposuresCount)::DOUBLE AS mostADay,
      bool_or((userId IS NOT NULL AND userId IN (SELECT userId FROM active WHERE userId IS NOT NULL))
        OR (userId IS NULL AND anonymousId IN (SELECT anonymousId FROM active WHERE userId IS NULL))) AS isActive
    FROM days GROUP BY userId, anonymousId, variant, variantName`);
  return rows.map((row) => ({
    ...(typeof row.userId === 'string' && { userId: customerId(row.userId) }),
    anonymousId: String(row.anonymousId),
    named: [row.variant, row.variantName].flatMap((name) => (typeof name === 'string' ? [name] : [])),
    firstAtMs: Date.parse(String(row.firstAt)),
    count: Number(row.exposuresCount),
    mostADay: Number(row.mostADay),
    isActive: row.isActive === true,
  }));
};

/** Of exposed customers, and of anonymous visitors, who may turn out to be one of them. */
const readEvents = async (
  analytics: Analytics,
  linked: readonly CustomerId[],
): Promise<readonly StoredEvent[]> => {
  await analytics.run(
    'CREATE TABLE exposed AS SELECT DISTINCT userId FROM exposures WHERE userId IS NOT NULL',
  );
  await insertValues(
    analytics,
    'exposed',
    linked.map((id) => `(${sqlText(id)})`),
  );
  const rows = await analytics.rows(
    `SELECT DISTINCT ${eventColumns}, properties::VARCHAR AS properties FROM events
     WHERE userId IS NULL OR userId IN (SELECT userId FROM exposed)`,
  );
  return rows.map(eventOfRow);
};

const identified = (event: StoredEvent, linked: ReadonlyMap<string, CustomerId>): StoredEvent => {
  if (event.userId !== undefined || event.anonymousId === undefined) return event;
  return { ...event, userId: linked.get(event.anonymousId) ?? anonymousCustomer(event.anonymousId) };
};
