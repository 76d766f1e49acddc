// Access keys in the control table. One key is two rows written in one transaction: `key#<sha256>` is what a
// caller is found by, `keys/<keyId>` is what lists and revocation go by. The secret is in neither.

import { type DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { Failure } from '../base/errors.ts';
import type { ApiKey, KeyStore } from '../events/api-key.ts';
import { queryRows } from './dynamodb-rows.ts';

const toKey = (row: Record<string, unknown>): ApiKey => {
  const { pk: _pk, sk: _sk, hash: _hash, ...key } = row;
  return key as Record<string, unknown> & ApiKey;
};

export const createKeyStore = (client: DynamoDBDocumentClient, table: string): KeyStore => ({
  findByHash: async (hash) => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk: `key#${hash}`, sk: 'key' } }),
    );
    return Item && toKey(Item);
  },

  create: async (key, hash) => {
    const put = (pk: string, sk: string, row: object) => ({
      Put: { TableName: table, Item: { pk, sk, ...row }, ConditionExpression: 'attribute_not_exists(pk)' },
    });
    await client.send(
      new TransactWriteCommand({
        TransactItems: [put(`key#${hash}`, 'key', key), put('keys', key.keyId, { ...key, hash })],
      }),
    );
  },

  revoke: async (keyId, atIso) => {
    const listed = { pk: 'keys', sk: keyId };
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: listed, ConsistentRead: true }),
    );
    if (!Item) throw noSuchKey(keyId);
    const mark = (Key: { pk: string; sk: string }) => ({
      Update: {
        TableName: table,
        Key,
        UpdateExpression: 'SET revokedAt = if_not_exists(revokedAt, :at)',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':at': atIso },
      },
    });
    await client.send(
      new TransactWriteCommand({
        TransactItems: [mark({ pk: `key#${Item.hash}`, sk: 'key' }), mark(listed)],
      }),
    );
  },

  list: async () => {
    const keys = (await queryRows(client, table, 'keys')).map(toKey);
    return keys.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  },
});

const noSuchKey = (keyId: string): Failure =>
  new Failure('not-found', {
    code: 'key-not-found',
    message: 'There is no such key.',
    received: keyId,
    action: 'Take a keyId from the list of keys.',
  });
