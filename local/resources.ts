// Makes the template's tables and buckets where they are missing; what is there stays as it is.

import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalTable, place } from './template.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

export const createTables = async (endpoint: string, tables: readonly LocalTable[]): Promise<void> => {
  const client = new DynamoDBClient({ endpoint, region: place.region, credentials });
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  for (const { name, keySchema, attributes } of tables.filter((table) => !TableNames.includes(table.name))) {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        KeySchema: [...keySchema],
        AttributeDefinitions: [...attributes],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  }
  client.destroy();
};

export const createBuckets = async (endpoint: string, buckets: readonly string[]): Promise<void> => {
  const client = new S3Client({ endpoint, region: place.region, credentials });
  for (const Bucket of buckets) {
    await client.send(new CreateBucketCommand({ Bucket }));
  }
  client.destroy();
};
