// Campaigns, their runs and event assignments in DynamoDB (keys: ARCHITECTURE.md). `campaigns`/<campaignId> rows list
// what there is, so that listing never scans the deliveries that share the table; a listed id without a campaign is
// a creation that did not finish and is passed over. Reads are strongly consistent: a pause counts at once.

import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { Failure } from '../base/errors.ts';
import { type CampaignId, campaignId as campaignIdOf } from '../base/ids.ts';
import type { AudienceMember } from '../campaigns/audience.ts';
import type { Campaign, CampaignStatus } from '../campaigns/campaign.ts';
import type { CampaignRun } from '../campaigns/run.ts';
import { runNumber } from '../campaigns/schedule.ts';
import type { CampaignStore } from '../ports.ts';
import { isConditionFailed } from './dynamodb.ts';

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

  const rows = async <T extends object>(pk: string, prefix: string): Promise<readonly T[]> => {
    const found: T[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: { ':pk': pk, ...(prefix !== '' && { ':prefix': prefix }) },
          ExclusiveStartKey: start,
        }),
      );
      found.push(...(page.Items ?? []).map((row) => withoutKey<T>(row)));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return found;
  };

  const get = (id: CampaignId): Promise<Campaign | undefined> => read<Campaign>(campaignKey(id));

  return {
    get,
    list: async () => {
      const listed = await rows<{ readonly campaignId: string }>('campaigns', '');
      const found = await Promise.all(listed.map(({ campaignId }) => get(campaignIdOf(campaignId))));
      return found.filter((campaign) => campaign !== undefined).toSorted(byCreation);
    },
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
    claimAssignment: async (id, runId, member) => {
      const key = { pk: `assignment#${id}#${runId}#${member.customerId}`, sk: 'assignment' };
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...key, ...member },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        );
        return member;
      } catch (error) {
        if (!isConditionFailed(error)) {
          throw error;
        }
        return (await read<AudienceMember>(key)) ?? member;
      }
    },
  };
};

const campaignKey = (id: CampaignId): Key => ({ pk: `campaign#${id}`, sk: 'campaign' });
const runKey = (id: CampaignId, runId: string): Key => ({ pk: `campaign#${id}`, sk: `run#${runId}` });

const writeCampaign = async (
  client: DynamoDBDocumentClient,
  table: string,
  campaign: Campaign,
): Promise<void> => {
  const { campaignId, revision } = campaign;
  if (revision === 1) {
    const Item = { pk: 'campaigns', sk: campaignId, campaignId };
    await client.send(new PutCommand({ TableName: table, Item }));
  }
  try {
    await client.send(
      new PutCommand({
        TableName: table,
        Item: { ...campaignKey(campaignId), ...campaign },
        ...(revision === 1
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: 'revision = :previous',
              ExpressionAttributeValues: { ':previous': revision - 1 },
            }),
      }),
    );
  } catch (error) {
    if (!isConditionFailed(error)) {
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

const byCreation = (a: Campaign, b: Campaign): number =>
  a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0;

const withoutKey = <T extends object>(row: Record<string, unknown>): T => {
  const { pk: _pk, sk: _sk, ...rest } = row;
  return rest as T;
};
