// Campaigns, their runs and event assignments in DynamoDB (keys: ARCHITECTURE.md). Each write of a campaign is one
// transaction with its summary (`campaigns`/<campaignId>: listing reads no templates and never scans the deliveries
// that share the table) and, once an event campaign was started, with what the archive asks for at every batch
// (`campaigns#event`/<campaignId>, a few hundred bytes). Reads are strongly consistent: a pause counts at once.

import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { Failure } from '../base/errors.ts';
import type { CampaignId, CustomerId } from '../base/ids.ts';
import type { AllocationBatch } from '../campaigns/allocation.ts';
import type { AudienceMember } from '../campaigns/audience.ts';
import { awaitingNow, awaitsEvents, awaitsUntilMs } from '../campaigns/awaiting.ts';
import {
  type Campaign,
  type CampaignStatus,
  type CampaignSummary,
  summaryOf,
} from '../campaigns/campaign.ts';
import type { CampaignRun } from '../campaigns/run.ts';
import { runNumber } from '../campaigns/schedule.ts';
import type { CampaignStore, EventCampaign } from '../ports.ts';
import { isConditionFailed } from './dynamodb.ts';
import { queryRows } from './dynamodb-rows.ts';

type Key = { readonly pk: string; readonly sk: string };

export const createCampaignStore = (client: DynamoDBDocumentClient, table: string): CampaignStore => {
  const read = async <T extends object>(key: Key, attributes?: readonly string[]): Promise<T | undefined> => {
    const { Item } = await client.send(
      new GetCommand({
        TableName: table,
        Key: key,
        ConsistentRead: true,
        ...(attributes && {
          ProjectionExpression: attributes.map((name) => `#${name}`).join(', '),
          ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
        }),
      }),
    );
    return Item && withoutKey<T>(Item);
  };

  const rows = async <T extends object>(pk: string, prefix: string): Promise<readonly T[]> =>
    (await queryRows(client, table, pk, prefix)).map((row) => withoutKey<T>(row));

  const get = (id: CampaignId): Promise<Campaign | undefined> => read<Campaign>(campaignKey(id));

  const keepFirst = async <T extends object>(key: Key, row: T): Promise<T> => {
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: { ...key, ...row },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
      return row;
    } catch (error) {
      if (!isConditionFailed(error)) {
        throw error;
      }
      return (await read<T>(key)) ?? row;
    }
  };

  return {
    get,
    list: async () => (await rows<CampaignSummary>('campaigns', '')).toSorted(newestFirst),
    awaitingEvents: async () =>
      (await rows<{ readonly awaits: readonly EventCampaign[] }>('campaigns#event', '')).flatMap(
        ({ awaits }) => awaits,
      ),
    write: (campaign) => writeCampaign(client, table, campaign),
    status: async (id) =>
      (await read<{ readonly status: CampaignStatus }>(campaignKey(id), ['status']))?.status,
    writeRun: async (run) => {
      await client.send(
        new PutCommand({ TableName: table, Item: { ...runKey(run.campaignId, run.runId), ...run } }),
      );
    },
    run: (id, runId) => read<CampaignRun>(runKey(id, runId)),
    runs: async (id) =>
      (await rows<CampaignRun>(campaignKey(id).pk, 'run#')).toSorted(
        (a, b) => runNumber(a.runId) - runNumber(b.runId),
      ),
    keepBatch: (batch) => keepFirst<AllocationBatch>(batchKey(batch.campaignId, batch.batch), batch),
    batches: (id) => rows<AllocationBatch>(campaignKey(id).pk, 'batch#'),
    latestBatch: async (id) => {
      const { Items } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: { ':pk': campaignKey(id).pk, ':prefix': 'batch#' },
          ConsistentRead: true,
          ScanIndexForward: false,
          Limit: 1,
        }),
      );
      return Items?.[0] && withoutKey<AllocationBatch>(Items[0]);
    },
    claimAssignment: (id, runId, member) =>
      keepFirst<AudienceMember>(assignmentKey(id, runId, member.customerId), member),
    assignment: (id, runId, customerId) => read<AudienceMember>(assignmentKey(id, runId, customerId)),
  };
};

const campaignKey = (id: CampaignId): Key => ({ pk: `campaign#${id}`, sk: 'campaign' });
const assignmentKey = (id: CampaignId, runId: string, customerId: CustomerId): Key => ({
  pk: `assignment#${id}#${runId}#${customerId}`,
  sk: 'assignment',
});
/** Five digits, so that the order of keys is that of numbers. */
const batchKey = (id: CampaignId, batch: number): Key => ({
  pk: `campaign#${id}`,
  sk: `batch#${String(batch).padStart(5, '0')}`,
});
const runKey = (id: CampaignId, runId: string): Key => ({ pk: `campaign#${id}`, sk: `run#${runId}` });

const writeCampaign = async (
  client: DynamoDBDocumentClient,
  table: string,
  campaign: Campaign,
): Promise<void> => {
  const { campaignId, revision } = campaign;
  const condition =
    revision === 1
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: 'revision = :previous',
          ExpressionAttributeValues: { ':previous': revision - 1 },
        };
  const rows = [
    { Item: { ...campaignKey(campaignId), ...campaign }, ...condition },
    { Item: { pk: 'campaigns', sk: campaignId, ...summaryOf(campaign) } },
    ...eventRows(campaign),
  ];
  try {
    const TransactItems = rows.map((row) => ({ Put: { TableName: table, ...row } }));
    await client.send(new TransactWriteCommand({ TransactItems }));
  } catch (error) {
    if (!isOverwrite(error)) {
      throw error;
    }
    throw new Failure('conflict', {
      code: 'campaign-changed',
      message: 'The campaign was changed by someone else in the meantime.',
      received: `revision ${revision}`,
      action: 'Read the campaign again and repeat the change.',
    });
  }
};

/** The row stays after the end, empty, until DynamoDB removes it some time after the period. */
const eventRows = (campaign: Campaign) =>
  awaitsEvents(campaign) && campaign.status !== 'draft'
    ? [
        {
          Item: {
            pk: 'campaigns#event',
            sk: campaign.campaignId,
            awaits: awaitingNow(campaign),
            expiresAtS: Math.ceil(awaitsUntilMs(campaign) / 1000) + eventRowsKeptS,
          },
        },
      ]
    : [];

/** Events may come late: an app without network sends them when it has one again. */
const eventRowsKeptS = 90 * 24 * 60 * 60;

/** Another writer was first, or is at it. */
const isOverwrite = (error: unknown): boolean =>
  error instanceof TransactionCanceledException &&
  (error.CancellationReasons ?? []).some(
    ({ Code }) => Code === 'ConditionalCheckFailed' || Code === 'TransactionConflict',
  );

const newestFirst = (a: CampaignSummary, b: CampaignSummary): number =>
  a.createdAt === b.createdAt ? (a.campaignId < b.campaignId ? -1 : 1) : a.createdAt > b.createdAt ? -1 : 1;

const withoutKey = <T extends object>(row: Record<string, unknown>): T => {
  const { pk: _pk, sk: _sk, ...rest } = row;
  return rest as T;
};
