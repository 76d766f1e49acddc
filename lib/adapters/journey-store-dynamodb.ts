// Journeys in the campaigns table (keys: ARCHITECTURE.md): one row a customer and run, and a row in the index of those
// who wait, sorted by when they are due. Both move in one transaction, so nobody is due who stands elsewhere, and nobody
// stands anywhere without being due some time. The index is cut into parts by customer, for DynamoDB's rate per key.

import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { bucket } from '../assignment/assign.ts';
import type { CustomerId } from '../base/ids.ts';
import { waitingShardsCount } from '../base/workflow-limits.ts';
import type { RunPhaseId } from '../campaigns/assigned.ts';
import type { JourneyState, WaitingMember } from '../campaigns/journey-state.ts';
import type { JourneyStore } from '../ports.ts';
import { type TransactItems, transact } from './delivery-store-dynamodb.ts';
import { queryRows, type Row } from './dynamodb-rows.ts';

export const createJourneyStore = (client: DynamoDBDocumentClient, table: string): JourneyStore => ({
  of: async (campaignId, customerId) =>
    (await queryRows(client, table, journeyPk(campaignId, customerId))).map((row) =>
      withoutKey<JourneyState>(row),
    ),
  get: async (run, customerId) => {
    const { Item } = await client.send(
      new GetCommand({
        TableName: table,
        Key: { pk: journeyPk(run.campaignId, customerId), sk: journeySk(run) },
        ConsistentRead: true,
      }),
    );
    return Item && withoutKey<JourneyState>(Item);
  },
  write: async (next, previous) => (await transact(client, writeItems(table, next, previous))) === undefined,
  due: async (run, nowMs, limit) => {
    const parts = await Promise.all(
      shards(run).map((pk) =>
        waitingRows(client, table, pk, new Date(nowMs).toISOString(), Math.ceil(limit / waitingShardsCount)),
      ),
    );
    return parts.flat().slice(0, limit);
  },
  nextDueAt: async (run) => {
    const first = await Promise.all(shards(run).map((pk) => waitingRows(client, table, pk, latest, 1)));
    return first
      .flat()
      .map(({ dueAt }) => dueAt)
      .sort()[0];
  },
});

/** After every instant as a sort key. */
const latest = '9999';

const journeyPk = (campaignId: string, customerId: string): string => `journey#${campaignId}#${customerId}`;
const journeySk = ({ runId, phase }: RunPhaseId): string => `${runId}#${phase}`;

const shardPk = ({ campaignId, runId, phase }: RunPhaseId, shard: number): string =>
  `waiting#${campaignId}#${runId}#${phase}#${shard}`;

const shards = (run: RunPhaseId): readonly string[] =>
  Array.from({ length: waitingShardsCount }, (_, shard) => shardPk(run, shard));

const shardOf = (customerId: CustomerId): number =>
  Math.floor(bucket('waiting', '', customerId) * waitingShardsCount);

const waitingKey = (state: JourneyState) => ({
  pk: shardPk(state, shardOf(state.member.customerId)),
  sk: `${state.dueAt}#${state.member.customerId}`,
});

const writeItems = (table: string, next: JourneyState, previous: JourneyState | undefined): TransactItems => {
  const key = { pk: journeyPk(next.campaignId, next.member.customerId), sk: journeySk(next) };
  const condition =
    previous === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: 'revision = :previous',
          ExpressionAttributeValues: { ':previous': previous.revision },
        };
  const [from, to] = [previous && waitingKey(previous), waitingKey(next)];
  const waits = next.ended === undefined;
  const leaves = from !== undefined && !(waits && from.sk === to.sk);
  return [
    { Put: { TableName: table, Item: { ...key, ...next }, ...condition } },
    ...(leaves ? [{ Delete: { TableName: table, Key: from } }] : []),
    ...(waits
      ? [{ Put: { TableName: table, Item: { ...to, member: next.member, dueAt: next.dueAt } } }]
      : []),
  ];
};

/** Rows due up to `untilIso`, in the order of that. */
const waitingRows = async (
  client: DynamoDBDocumentClient,
  table: string,
  pk: string,
  untilIso: string,
  limit: number,
): Promise<readonly WaitingMember[]> => {
  const rows: WaitingMember[] = [];
  let start: Row | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk < :until',
        // `~` comes after the `#` before the customer.
        ExpressionAttributeValues: { ':pk': pk, ':until': `${untilIso}~` },
        ConsistentRead: true,
        Limit: limit - rows.length,
        ExclusiveStartKey: start,
      }),
    );
    rows.push(...(page.Items ?? []).map((row) => withoutKey<WaitingMember>(row)));
    start = page.LastEvaluatedKey;
  } while (start && rows.length < limit);
  return rows;
};

/** Written by this adapter and nobody else, so the row is what the type says. */
const withoutKey = <T extends object>({ pk: _pk, sk: _sk, ...row }: Row): T => {
  const fields: object = row;
  return fields as T;
};
