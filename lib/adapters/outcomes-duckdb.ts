// Outcomes from the archive. Looks sum them in SQL, for any number of customers (outcome-sums.ts). Reports, which tell of every
// message, read the events: of the objects of the days in question DuckDB keeps the rows that matter.
// What an order or a refund is worth is then left to lib/outcomes; SQL only selects, by the names of lib/events/meaning.ts.
// Loop events count only from Reprise itself (source): a public write key cannot assign, send or redeem.

import { customerId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { loopSource } from '../events/loop-event.ts';
import { orderNames } from '../events/meaning.ts';
import type { Assignment } from '../outcomes/assignment.ts';
import type {
  Analytics,
  CustomerStore,
  ObjectStore,
  OutcomeQuery,
  OutcomeSource,
  ReportSource,
  WithAnalytics,
} from '../ports.ts';
import {
  archiveObjects,
  eventOfRow,
  inChunks,
  readFeed,
  readLines,
  resolvedEvents,
  sqlText,
  sqlTexts,
} from './archive-duckdb.ts';
import { type PartSizes, sumOutcomes } from './outcome-sums.ts';

export const createOutcomeSource = (
  archive: ObjectStore,
  customers: Pick<CustomerStore, 'linkedUsers'>,
  withAnalytics: WithAnalytics,
  sizes?: PartSizes,
): OutcomeSource & ReportSource => {
  const open = async <T>(query: OutcomeQuery, read: (analytics: Analytics) => Promise<T>) =>
    withAnalytics(async (analytics) => {
      await analytics.run(createTable);
      const { fromMs, toMs, historyDays } = query;
      const objects = await archiveObjects(archive, { fromMs: fromMs - historyDays * dayMs, toMs });
      await inChunks(analytics, archive, objects, (glob) => analytics.run(insertKept(glob, query)));
      const found = await read(analytics);
      const events = await resolvedEvents(await readEvents(analytics, query), customers);
      return { found, events, feed: await readFeed(analytics) };
    });
  return {
    collect: async (query, scope) =>
      withAnalytics((analytics) => sumOutcomes(analytics, { archive, customers }, query, scope, sizes)),
    history: async (query) => {
      const { found, ...rest } = await open(query, (analytics) => readAssignments(analytics, query));
      return { assignments: found, ...rest };
    },
  };
};

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

/** Of Reprise's own events those of this campaign, and withdrawals, which may name none. */
const insertKept = (glob: string, { campaignId, ownEvents }: OutcomeQuery): string => `INSERT INTO events
  SELECT messageId, event, userId, anonymousId, timestamp, receivedAt, source, properties
  FROM ${readLines(glob)}
  WHERE type = 'track' AND ((event IN (${sqlTexts([...orderNames, ...ownEvents])}) AND source <> ${sqlText(loopSource)})
    OR (source = ${sqlText(loopSource)} AND event IN (${sqlTexts([loopEvents.customerAssigned, ...touchNames])})
      AND (event = ${sqlText(loopEvents.consentWithdrawn)}
        OR json_extract_string(properties, '$.campaignId') = ${sqlText(campaignId)})))`;

/** Assigned rows of the query's test phases. */
const assignedWhere = ({
  campaignId,
  runIds,
}: OutcomeQuery): string => `event = ${sqlText(loopEvents.customerAssigned)}
  AND userId IS NOT NULL AND json_extract_string(properties, '$.campaignId') = ${sqlText(campaignId)}
  AND json_extract_string(properties, '$.phase') = 'test'
  AND json_extract_string(properties, '$.runId') IN (${sqlTexts(runIds)})`;

/** All assignments by the campaign, of any run and phase, of the customers that the query is about. */
const readAssignments = async (analytics: Analytics, query: OutcomeQuery): Promise<readonly Assignment[]> => {
  const rows = await analytics.rows(
    `SELECT DISTINCT userId, json_extract_string(properties, '$.variant') AS arm, timestamp,
       json_extract_string(properties, '$.decisionId') AS decisionId,
       json_extract_string(properties, '$.batch') AS batch,
       json_extract_string(properties, '$.runId') AS runId, json_extract_string(properties, '$.phase') AS phase
     FROM events
     WHERE event = ${sqlText(loopEvents.customerAssigned)}
       AND json_extract_string(properties, '$.campaignId') = ${sqlText(query.campaignId)}
       AND userId IN (SELECT userId FROM events WHERE ${assignedWhere(query)})`,
  );
  return rows.map(({ userId, arm, timestamp, decisionId, batch, runId, phase }) => ({
    customerId: customerId(String(userId)),
    arm: String(arm),
    assignedAtMs: Date.parse(String(timestamp)),
    decisionId: String(decisionId),
    ...(typeof batch === 'string' && { batch: Number(batch) }),
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
     WHERE event <> ${sqlText(loopEvents.customerAssigned)}
       AND (userId IS NULL OR userId IN (SELECT userId FROM events WHERE ${assignedWhere(query)}))
       AND (source <> ${sqlText(loopSource)} OR event = ${sqlText(loopEvents.consentWithdrawn)}
         OR json_extract_string(properties, '$.campaignId') = ${sqlText(query.campaignId)})`,
  );
  return rows.map(eventOfRow);
};
