// The workspace's secrets in the control table, `workspace`/`secrets`: 256 bits each, made on first use.
// The write is conditional: of callers racing to make them one wins and the others read what it wrote.

import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { RandomBytes, SecretStore, WorkspaceSecrets } from '../ports.ts';
import { isConditionFailed } from './dynamodb.ts';

const Key = { pk: 'workspace', sk: 'secrets' };

export const createSecretStore = (
  client: DynamoDBDocumentClient,
  table: string,
  random: RandomBytes,
): SecretStore => {
  let held: WorkspaceSecrets | undefined;

  const read = async (): Promise<WorkspaceSecrets | undefined> => {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
    return Item && { holdoutSalt: String(Item.holdoutSalt), linkSecret: String(Item.linkSecret) };
  };

  const make = async (): Promise<WorkspaceSecrets> => {
    const hex = () => Buffer.from(random.bytes(32)).toString('hex');
    const made = { holdoutSalt: hex(), linkSecret: hex() };
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: { ...Key, ...made },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
      return made;
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
      const first = await read();
      if (!first) throw new Error(`secrets vanished from ${table} right after another caller made them`);
      return first;
    }
  };

  return {
    secrets: async () => {
      held ??= (await read()) ?? (await make());
      return held;
    },
    made: async () => {
      held ??= await read();
      return held;
    },
  };
};
