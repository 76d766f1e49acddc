// Counters in the campaigns table, `counter#<key>`: raised, checked and lowered as parts of transactions, and leased in
// blocks by one conditional update each. A row may be deleted after `expiresAtS`; no counter is used for that long.

import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { storeAttemptsMax } from '../base/limits.ts';
import type { CounterCheck, CounterClaim, DeliveryStore } from '../ports.ts';
import type { TransactItems } from './delivery-store-dynamodb.ts';
import { isConditionFailed } from './dynamodb.ts';
import { getRows } from './dynamodb-rows.ts';

type CounterStore = Pick<DeliveryStore, 'counts' | 'lease' | 'giveBack'>;

export const createCounters = (client: DynamoDBDocumentClient, table: string): CounterStore => ({
  counts: async (keys) => {
    const rows = await getRows(client, table, keys.map(counterKey));
    return new Map(rows.map(({ pk, count }) => [String(pk).slice('counter#'.length), Number(count)]));
  },
  lease: async (claim, wanted) => {
    let places = Math.min(wanted, claim.max);
    for (let attempt = 0; attempt < storeAttemptsMax && places > 0; attempt++) {
      if (await raiseBy(client, table, claim, places)) {
        return places;
      }
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: counterKey(claim.key), ConsistentRead: true }),
      );
      places = Math.min(wanted, claim.max - Number(Item?.count ?? 0));
    }
    return 0;
  },
  giveBack: async (key, count) => {
    await client.send(
      new UpdateCommand({
        TableName: table,
        Key: counterKey(key),
        UpdateExpression: 'ADD #count :less',
        ExpressionAttributeNames: { '#count': 'count' },
        ExpressionAttributeValues: { ':less': -count },
      }),
    );
  },
});

const counterKey = (key: string) => ({ pk: `counter#${key}`, sk: 'counter' });

const raiseBy = async (
  client: DynamoDBDocumentClient,
  table: string,
  claim: CounterClaim,
  places: number,
): Promise<boolean> => {
  try {
    await client.send(new UpdateCommand(raising(table, claim, places)));
    return true;
  } catch (error) {
    if (isConditionFailed(error)) {
      return false;
    }
    throw error;
  }
};

type Step = NonNullable<TransactItems[number]['Update']>;

const raising = (table: string, { key, max, expiresAtS }: CounterClaim, places: number): Step => ({
  TableName: table,
  Key: counterKey(key),
  UpdateExpression: `ADD #count :places${expiresAtS === undefined ? '' : ' SET expiresAtS = :expires'}`,
  ConditionExpression: 'attribute_not_exists(#count) OR #count <= :under',
  ExpressionAttributeNames: { '#count': 'count' },
  ExpressionAttributeValues: {
    ':places': places,
    ':under': max - places,
    ...(expiresAtS !== undefined && { ':expires': expiresAtS }),
  },
});

/** Raises a counter by one unless it stands at its maximum. */
export const counterItem = (table: string, claim: CounterClaim): TransactItems[number] => ({
  Update: raising(table, claim, 1),
});

/**
 * Refuses the transaction when the counter no longer stands at `count`, and leaves it there. An update by nothing and
 * not a condition check, which would need a permission that nothing else does.
 */
export const checkItem = (
  table: string,
  { key, count, expiresAtS }: CounterCheck,
): TransactItems[number] => ({
  Update: {
    TableName: table,
    Key: counterKey(key),
    UpdateExpression: 'ADD #count :nothing SET expiresAtS = :expires',
    ConditionExpression: count === 0 ? 'attribute_not_exists(#count) OR #count = :count' : '#count = :count',
    ExpressionAttributeNames: { '#count': 'count' },
    ExpressionAttributeValues: { ':nothing': 0, ':count': count, ':expires': expiresAtS },
  },
});

export const lowerItem = (table: string, key: string): TransactItems[number] => ({
  Update: {
    TableName: table,
    Key: counterKey(key),
    UpdateExpression: 'ADD #count :less',
    ExpressionAttributeNames: { '#count': 'count' },
    ExpressionAttributeValues: { ':less': -1 },
  },
});
