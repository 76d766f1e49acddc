// One table of Reprise's shape (pk, sk) on an in-memory DynamoDB, for the contract suites of the stores.

import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { startDynamoDb } from '../../local/dynamodb.ts';

export interface LocalTable {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly endpoint: string;
  close(): Promise<void>;
}

export const startLocalTable = async (table = 'reprise'): Promise<LocalTable> => {
  const local = await startDynamoDb();
  const raw = new DynamoDBClient({
    endpoint: local.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await raw.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  return {
    client: DynamoDBDocumentClient.from(raw, { marshallOptions: { removeUndefinedValues: true } }),
    table,
    endpoint: local.endpoint,
    close: async () => {
      raw.destroy();
      await local.close();
    },
  };
};
