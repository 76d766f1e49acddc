// Which model serves, and every training, in the control table: `model`/`current` and `model`/`training#<id>`.
// The pointer moves only by a conditional write, so of two promotions at once exactly one wins.

import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { Failure } from '../base/errors.ts';
import type { ModelPointer, ModelRegistry, TrainingRecord } from '../ports.ts';
import { isConditionFailed } from './dynamodb.ts';
import { queryRows } from './dynamodb-rows.ts';

const pk = 'model';

const withoutKey = <T>(row: Record<string, unknown>): T => {
  const { pk: _pk, sk: _sk, ...value } = row;
  return value as T;
};

export const createModelRegistry = (client: DynamoDBDocumentClient, table: string): ModelRegistry => ({
  current: async () => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk, sk: 'current' }, ConsistentRead: true }),
    );
    return Item && withoutKey<ModelPointer>(Item);
  },

  promote: async (pointer, expected) => {
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: { pk, sk: 'current', ...pointer },
          ...(expected === undefined
            ? { ConditionExpression: 'attribute_not_exists(pk)' }
            : {
                ConditionExpression: '#version = :expected',
                ExpressionAttributeNames: { '#version': 'version' },
                ExpressionAttributeValues: { ':expected': expected },
              }),
        }),
      );
    } catch (error) {
      throw isConditionFailed(error) ? promotedMeanwhile(expected) : error;
    }
  },

  recordTraining: async (record) => {
    await client.send(
      new PutCommand({ TableName: table, Item: { pk, sk: `training#${record.trainingId}`, ...record } }),
    );
  },

  trainings: async () => {
    const records = (await queryRows(client, table, pk, 'training#')).map(withoutKey<TrainingRecord>);
    return records.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  },
});

const promotedMeanwhile = (expected: string | undefined): Failure =>
  new Failure('conflict', {
    code: 'model-promoted-meanwhile',
    message: 'Another promotion was first.',
    received: expected ?? null,
    action: 'Look at GET /v1/admin/models and decide anew.',
  });
