// Many rows at once, for every store: batches within DynamoDB's maxima, what it leaves unprocessed tried again later
// each time, and queries read to their end. Throws Failure('unavailable') when DynamoDB keeps leaving rows behind.

import { setTimeout as pause } from 'node:timers/promises';
import {
  BatchGetCommand,
  BatchWriteCommand,
  type DynamoDBDocumentClient,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { Failure } from '../base/errors.ts';
import { storeAttemptsMax } from '../base/limits.ts';

export type Row = Record<string, unknown>;

/** DynamoDB's own maxima for one request. */
const batchGetCountMax = 100;
const batchWriteCountMax = 25;
/** Batches in flight together; 10,000 rows then take about two seconds. */
const parallelCount = 8;
const pauseMsMin = 25;

/** In no order; keys without a row are left out. Keys must be distinct. Consistent unless said otherwise. */
export const getRows = async (
  client: DynamoDBDocumentClient,
  table: string,
  keys: readonly Row[],
  ConsistentRead = true,
): Promise<Row[]> => {
  const rows: Row[] = [];
  await inBatches(keys, batchGetCountMax, async (batch) => {
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: [...batch], ConsistentRead } } }),
    );
    rows.push(...(Responses?.[table] ?? []));
    return UnprocessedKeys?.[table]?.Keys ?? [];
  });
  return rows;
};

/** Unconditional puts, each its own write: after a failure some are there and some are not. */
export const putRows = (client: DynamoDBDocumentClient, table: string, rows: readonly Row[]): Promise<void> =>
  inBatches(rows, batchWriteCountMax, async (batch) => {
    const { UnprocessedItems } = await client.send(
      new BatchWriteCommand({ RequestItems: { [table]: batch.map((Item) => ({ PutRequest: { Item } })) } }),
    );
    return (UnprocessedItems?.[table] ?? []).flatMap(({ PutRequest }) =>
      PutRequest?.Item ? [PutRequest.Item] : [],
    );
  });

/** The rows of a partition, those whose sort key begins with `prefix`, in the order of the sort key; consistent. */
export const queryRows = async (
  client: DynamoDBDocumentClient,
  table: string,
  pk: string,
  prefix = '',
): Promise<Row[]> => {
  const rows: Row[] = [];
  let start: Row | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ...(prefix !== '' && { ':prefix': prefix }) },
        ConsistentRead: true,
        ExclusiveStartKey: start,
      }),
    );
    rows.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start);
  return rows;
};

/** Runs `step` over batches, some at a time; what a step leaves unprocessed is tried again, later each time. */
const inBatches = async (
  rows: readonly Row[],
  size: number,
  step: (batch: readonly Row[]) => Promise<readonly Row[]>,
): Promise<void> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < rows.length) {
      let batch = rows.slice(next, next + size);
      next += size;
      for (let attempt = 0; batch.length > 0; attempt++) {
        if (attempt === storeAttemptsMax) throw overloaded(batch.length);
        if (attempt > 0) await pause(pauseMsMin * 2 ** attempt);
        batch = [...(await step(batch))];
      }
    }
  };
  await Promise.all(Array.from({ length: parallelCount }, worker));
};

const overloaded = (count: number): Failure =>
  new Failure('unavailable', {
    code: 'table-overloaded',
    message: `DynamoDB left ${count} rows unprocessed after ${storeAttemptsMax} attempts.`,
    action: 'Send the request again in a minute; what was written stays written.',
  });
