// The one DynamoDB client: plain objects in and out, undefined fields dropped, numbers as numbers.
// Retries are the SDK's standard mode; what still fails becomes Failure('unavailable') in functions/runtime.ts.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export const createDocumentClient = (): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient({}), {
    marshallOptions: { removeUndefinedValues: true },
  });

/** True when a conditional write was refused, alone or inside a transaction. */
export const isConditionFailed = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ConditionalCheckFailedException';
