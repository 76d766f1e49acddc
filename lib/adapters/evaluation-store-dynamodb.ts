// Evaluations of policies in the control table: `evaluations`/<evaluationId>. Stored as JSON text, because DynamoDB would
// drop the difference between a double and its 38 digits.

import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { EvaluationStore, PolicyEvaluation } from '../experiments/policy/evaluation.ts';
import { queryRows } from './dynamodb-rows.ts';

const pk = 'evaluations';

export const createEvaluationStore = (client: DynamoDBDocumentClient, table: string): EvaluationStore => ({
  write: async (evaluation) => {
    const Item = { pk, sk: evaluation.evaluationId, evaluation: JSON.stringify(evaluation) };
    await client.send(new PutCommand({ TableName: table, Item }));
  },
  get: async (evaluationId) => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk, sk: evaluationId }, ConsistentRead: true }),
    );
    return Item && (JSON.parse(String(Item.evaluation)) as PolicyEvaluation);
  },
  list: async () =>
    (await queryRows(client, table, pk, ''))
      .map(({ evaluation }) => JSON.parse(String(evaluation)) as PolicyEvaluation)
      .toSorted((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1)),
});
