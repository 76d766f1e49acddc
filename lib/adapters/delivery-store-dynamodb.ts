// Deliveries in the campaigns table: `delivery#<id>`, `message#<message id>`, `coupon#<code>`, `counter#<key>`.
// `prepare` is one transaction, `advance` one conditional write; with a message id of SES or SNS it also writes the way back
// from that id, in the same transaction.
// Real DynamoDB cancels transactions that meet on one item; those are tried again with growing random pauses.

import { setTimeout as pause } from 'node:timers/promises';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { Failure } from '../base/errors.ts';
import type { DeliveryId } from '../base/ids.ts';
import type { CounterClaim, Coupon, Delivery, DeliveryStatus, DeliveryStore } from '../ports.ts';
import { isConditionFailed } from './dynamodb.ts';

export type TransactItems = NonNullable<TransactWriteCommandInput['TransactItems']>;

export const createDeliveryStore = (client: DynamoDBDocumentClient, table: string): DeliveryStore => {
  const get = async (id: DeliveryId): Promise<Delivery | undefined> => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: deliveryKey(id), ConsistentRead: true }),
    );
    return Item && toDelivery(Item);
  };
  return {
    get,
    prepare: async (delivery, coupon, caps) => {
      const refused = await transact(client, prepareItems(table, delivery, coupon, caps));
      if (refused === undefined) {
        return { kind: 'prepared' };
      }
      if (refused[0]) {
        const stored = await get(delivery.deliveryId);
        if (stored !== undefined) {
          return { kind: 'exists', delivery: stored };
        }
      }
      if (coupon !== undefined && refused[caps.length + 1]) {
        throw new Failure('conflict', {
          code: 'coupon-code-taken',
          message: 'A coupon with this code exists already.',
          action: 'Try again: the next code will be another.',
        });
      }
      return { kind: 'capped' };
    },
    advance: async (id, from, to, change = {}, sendingBy) => {
      const step = advanceStep(table, id, [from, sendingBy], to, change);
      return change.messageId === undefined
        ? update(client, step)
        : (await transact(client, [{ Update: step }, messageItem(table, change.messageId, id)])) ===
            undefined;
    },
    findByMessageId: async (messageId) => {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: messageKey(messageId), ConsistentRead: true }),
      );
      return Item && get(Item.deliveryId);
    },
    counts: async (keys) => readCounts(client, table, keys),
  };
};

export const couponKey = (code: string) => ({ pk: `coupon#${code}`, sk: 'coupon' });
const deliveryKey = (id: string) => ({ pk: `delivery#${id}`, sk: 'delivery' });
const messageKey = (messageId: string) => ({ pk: `message#${messageId}`, sk: 'delivery' });
const counterKey = (key: string) => ({ pk: `counter#${key}`, sk: 'counter' });

const absent = 'attribute_not_exists(pk)';

/** Raises a counter unless it stands at its maximum. */
export const counterItem = (
  table: string,
  { key, max, expiresAtS }: CounterClaim,
): TransactItems[number] => ({
  Update: {
    TableName: table,
    Key: counterKey(key),
    UpdateExpression: `ADD #count :one${expiresAtS === undefined ? '' : ' SET expiresAtS = :expires'}`,
    ConditionExpression: 'attribute_not_exists(#count) OR #count < :max',
    ExpressionAttributeNames: { '#count': 'count' },
    ExpressionAttributeValues: {
      ':one': 1,
      ':max': max,
      ...(expiresAtS !== undefined && { ':expires': expiresAtS }),
    },
  },
});

/** In this order: delivery, counters, coupon. */
const prepareItems = (
  table: string,
  delivery: Delivery,
  coupon: Coupon | undefined,
  caps: readonly CounterClaim[],
): TransactItems => [
  {
    Put: {
      TableName: table,
      Item: { ...deliveryKey(delivery.deliveryId), ...delivery },
      ConditionExpression: absent,
    },
  },
  ...caps.map((claim) => counterItem(table, claim)),
  ...(coupon === undefined
    ? []
    : [
        {
          Put: {
            TableName: table,
            Item: { ...couponKey(coupon.code), ...coupon },
            ConditionExpression: absent,
          },
        },
      ]),
];

type Step = NonNullable<TransactItems[number]['Update']>;

const advanceStep = (
  table: string,
  id: DeliveryId,
  [from, sendingBy]: readonly [DeliveryStatus, string | undefined],
  to: DeliveryStatus,
  change: Partial<Delivery>,
): Step => {
  const fields = Object.entries({ ...change, status: to });
  const set = fields.filter(([, value]) => value !== undefined);
  const removed = fields.filter(([, value]) => value === undefined);
  const assignments = set.map(([name]) => `#${name} = :${name}`).join(', ');
  const removals = removed.map(([name]) => `#${name}`).join(', ');
  return {
    TableName: table,
    Key: deliveryKey(id),
    UpdateExpression: `SET ${assignments}${removals && ` REMOVE ${removals}`}`,
    ConditionExpression: `#status = :from${sendingBy === undefined ? '' : ' AND sendingBy = :by'}`,
    ExpressionAttributeNames: Object.fromEntries(fields.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
      ':from': from,
      ...(sendingBy !== undefined && { ':by': sendingBy }),
    },
  };
};

const update = async (client: DynamoDBDocumentClient, step: Step): Promise<boolean> => {
  try {
    await client.send(new UpdateCommand(step));
    return true;
  } catch (error) {
    if (isConditionFailed(error)) {
      return false;
    }
    throw error;
  }
};

const messageItem = (table: string, messageId: string, deliveryId: DeliveryId): TransactItems[number] => ({
  Put: { TableName: table, Item: { ...messageKey(messageId), deliveryId } },
});

const readCounts = async (
  client: DynamoDBDocumentClient,
  table: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const counts = new Map<string, number>();
  let left: readonly Record<string, string>[] = keys.map(counterKey);
  for (let attempt = 0; left.length > 0; attempt++) {
    if (attempt === attemptsCountMax) {
      throw busy();
    }
    await pause(attempt === 0 ? 0 : pauseMs(attempt));
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: [...left], ConsistentRead: true } } }),
    );
    for (const { pk, count } of Responses?.[table] ?? []) {
      counts.set(String(pk).slice('counter#'.length), Number(count));
    }
    left = UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return counts;
};

const attemptsCountMax = 12;
/** Full jitter: meeting writers spread out instead of meeting again. */
const pauseMs = (attempt: number): number => Math.random() * Math.min(1_000, 10 * 2 ** attempt);

/** Undefined when all was written; otherwise which items' conditions refused it. */
export const transact = async (
  client: DynamoDBDocumentClient,
  items: TransactItems,
): Promise<readonly boolean[] | undefined> => {
  for (let attempt = 0; attempt < attemptsCountMax; attempt++) {
    try {
      await client.send(new TransactWriteCommand({ TransactItems: items }));
      return undefined;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) {
        throw error;
      }
      const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
      if (codes.includes('ConditionalCheckFailed')) {
        return codes.map((code) => code === 'ConditionalCheckFailed');
      }
      if (!codes.some((code) => retried.has(code))) {
        throw error;
      }
    }
    await pause(pauseMs(attempt));
  }
  throw busy();
};

const retried = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

const busy = (): Failure =>
  new Failure('unavailable', {
    code: 'table-busy',
    message: 'Too many writers met on the same rows.',
    action: 'Send the request again.',
  });

/** Written by this adapter and nobody else, so the row is what the type says. */
const toDelivery = ({ pk: _pk, sk: _sk, ...row }: Record<string, unknown>): Delivery => {
  const fields: object = row;
  return fields as Delivery;
};
