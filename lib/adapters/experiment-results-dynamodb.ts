// ExperimentResultStore in the control table: `experiment#<experimentId>` / `result#<look>`, the look in three digits so
// that the last sorts last, and `on-demand` for what was computed between looks. Compressed JSON, as of campaigns.

import { gunzipSync, gzipSync } from 'node:zlib';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ExperimentId } from '../base/ids.ts';
import type { ExperimentResult, ExperimentResultStore } from '../experiments/experiment-result.ts';
import { isConditionFailed } from './dynamodb.ts';
import { queryRows } from './dynamodb-rows.ts';

const onDemandKey = 'on-demand';

export const createExperimentResultStore = (
  client: DynamoDBDocumentClient,
  table: string,
): ExperimentResultStore => {
  const read = async (id: ExperimentId, sk: string): Promise<ExperimentResult | undefined> => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk: partition(id), sk }, ConsistentRead: true }),
    );
    return Item && parse(Item);
  };
  const get: ExperimentResultStore['get'] = (id, look) => read(id, lookKey(look));
  return {
    get,
    list: async (id) => (await queryRows(client, table, partition(id), 'result#')).map(parse),
    onDemand: (id) => read(id, onDemandKey),
    writeOnDemand: async (result) => {
      await client.send(new PutCommand({ TableName: table, Item: itemOf(result, onDemandKey) }));
    },
    write: async (result) => {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: itemOf(result, lookKey(result.look)),
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        );
        return result;
      } catch (error) {
        const kept = isConditionFailed(error) ? await get(result.experimentId, result.look) : undefined;
        if (kept === undefined) throw error;
        return kept;
      }
    },
  };
};

const partition = (id: ExperimentId): string => `experiment#${id}`;
const lookKey = (look: number): string => `result#${String(look).padStart(3, '0')}`;

const itemOf = (result: ExperimentResult, sk: string) => ({
  pk: partition(result.experimentId),
  sk,
  asOf: result.asOf,
  result: gzipSync(JSON.stringify(result)),
});

const parse = (row: { readonly [name: string]: unknown }): ExperimentResult => {
  if (!(row.result instanceof Uint8Array)) {
    throw new Error(`experiment results: row ${String(row.sk)} holds no compressed result`);
  }
  return JSON.parse(gunzipSync(row.result).toString()) as ExperimentResult;
};
