// Results in the campaigns table: `campaign#<campaignId>` / `result#<runId>#<look>`, the look in three digits so that
// the last sorts last. A conditional write keeps the first result of a look; the result is stored as JSON text,
// because DynamoDB would take 38 digits for a double of 17 and drop the difference between absent and null. The text is
// compressed: all results of a campaign are read for each report, and what repeats in them (reasons) is most of it.

import { gunzipSync, gzipSync } from 'node:zlib';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { byTime, type CampaignResult } from '../experiments/result.ts';
import type { ResultStore } from '../ports.ts';
import { isConditionFailed } from './dynamodb.ts';
import { queryRows } from './dynamodb-rows.ts';

export const createResultStore = (client: DynamoDBDocumentClient, table: string): ResultStore => {
  const get: ResultStore['get'] = async (campaignId, runId, look) => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: keyOf(campaignId, runId, look), ConsistentRead: true }),
    );
    return Item && parse(Item);
  };

  const list: ResultStore['list'] = async (campaignId) => {
    const results = (await queryRows(client, table, `campaign#${campaignId}`, 'result#')).map(parse);
    return results.sort(byTime);
  };

  const write: ResultStore['write'] = async (result) => {
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: {
            ...keyOf(result.campaignId, result.runId, result.look),
            asOf: result.asOf,
            decision: result.decision,
            result: gzipSync(JSON.stringify(result)),
          },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
      return result;
    } catch (error) {
      const kept = isConditionFailed(error)
        ? await get(result.campaignId, result.runId, result.look)
        : undefined;
      if (kept === undefined) {
        throw error;
      }
      return kept;
    }
  };

  return { write, get, list, latest: async (campaignId) => (await list(campaignId)).at(-1) };
};

const keyOf = (campaignId: string, runId: string, look: number): { pk: string; sk: string } => ({
  pk: `campaign#${campaignId}`,
  sk: `result#${runId}#${String(look).padStart(3, '0')}`,
});

const parse = (row: Record<string, unknown>): CampaignResult => {
  if (!(row.result instanceof Uint8Array)) {
    throw new Error(`result store: row ${String(row.sk)} holds no compressed result`);
  }
  return JSON.parse(gunzipSync(row.result).toString()) as CampaignResult;
};
