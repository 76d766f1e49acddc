// Experiments in the control table: `experiments`/<experimentId>, and while one runs `experiments#running`/<experimentId>
// with what serving needs of it. Both are written in one transaction, so that what was answered as started is served.
// Stored as JSON text, because DynamoDB would drop the difference between a double and its 38 digits.

import {
  type DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { type Experiment, type RunningExperiment, runningPart } from '../assignment/experiment.ts';
import type { ExperimentStore } from '../assignment/experiment-store.ts';
import { Failure } from '../base/errors.ts';

import { queryRows } from './dynamodb-rows.ts';

const all = 'experiments';
const running = 'experiments#running';

export const createExperimentStore = (client: DynamoDBDocumentClient, table: string): ExperimentStore => ({
  get: async (id) => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk: all, sk: id }, ConsistentRead: true }),
    );
    return Item && (JSON.parse(String(Item.experiment)) as Experiment);
  },
  list: async () =>
    (await queryRows(client, table, all, ''))
      .map(({ experiment }) => JSON.parse(String(experiment)) as Experiment)
      .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1)),
  running: async () =>
    (await queryRows(client, table, running, '')).map(
      ({ experiment }) => JSON.parse(String(experiment)) as RunningExperiment,
    ),
  write: async (experiment) => {
    try {
      await client.send(new TransactWriteCommand({ TransactItems: rowsOf(experiment, table) }));
    } catch (error) {
      if (!isOverwrite(error)) throw error;
      throw new Failure('conflict', {
        code: 'experiment-changed',
        message: 'Someone else changed the experiment at the same time; nothing of this change was stored.',
        action: 'Read the experiment again and repeat the change.',
      });
    }
  },
});

const rowsOf = (
  experiment: Experiment,
  table: string,
): NonNullable<TransactWriteCommandInput['TransactItems']> => {
  const { experimentId, revision } = experiment;
  const condition =
    revision === 1
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: 'revision = :previous',
          ExpressionAttributeValues: { ':previous': revision - 1 },
        };
  const key = { pk: running, sk: experimentId };
  const item = { pk: all, sk: experimentId, revision, experiment: JSON.stringify(experiment) };
  return [
    { Put: { TableName: table, Item: item, ...condition } },
    experiment.status === 'running'
      ? { Put: { TableName: table, Item: { ...key, experiment: JSON.stringify(runningPart(experiment)) } } }
      : { Delete: { TableName: table, Key: key } },
  ];
};

const isOverwrite = (error: unknown): boolean =>
  error instanceof Error &&
  error.name === 'TransactionCanceledException' &&
  error.message.includes('ConditionalCheckFailed');
