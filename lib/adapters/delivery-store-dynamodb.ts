// Deliveries in the campaigns table: `delivery#<id>`, `message#<message id>`, `coupon#<code>`, `counter#<key>`.
// `prepare` is one transaction, `advance` one conditional write; with a message id of SES or SNS it also writes the way back
// from that id, in the same transaction.
// Real DynamoDB cancels transactions that meet on one item; those are tried again with growing random pauses.

import { setTimeout as pause } from 'node:timers/promises';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { Failure } from '../base/errors.ts';
import type { DeliveryId } from '../base/ids.ts';
import type {
  CounterCheck,
  CounterClaim,
  Coupon,
  Delivery,
  DeliveryStatus,
  DeliveryStore,
} from '../ports.ts';
import { checkItem, counterItem, createCounters, lowerItem } from './counters-dynamodb.ts';
import { couponItems } from './coupon-rows.ts';
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
    prepare: async (delivery, coupon, caps, checks = []) => {
      const refused = await transact(client, prepareItems(table, delivery, coupon, caps, checks));
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
      const afterCoupon = caps.length + (coupon === undefined ? 1 : 2);
      return { kind: refused.slice(afterCoupon).some(Boolean) ? 'changed' : 'capped' };
    },
    release: async ({ deliveryId, counted = [] }) => {
      await transact(client, releaseItems(table, deliveryId, counted));
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
    ...createCounters(client, table),
  };
};

const deliveryKey = (id: string) => ({ pk: `delivery#${id}`, sk: 'delivery' });
const messageKey = (messageId: string) => ({ pk: `message#${messageId}`, sk: 'delivery' });

const absent = 'attribute_not_exists(pk)';

/** In this order: delivery, counters, coupon and its entry in the customer's list, checks. */
const prepareItems = (
  table: string,
  delivery: Delivery,
  coupon: Coupon | undefined,
  caps: readonly CounterClaim[],
  checks: readonly CounterCheck[],
): TransactItems => [
  {
    Put: {
      TableName: table,
      Item: { ...deliveryKey(delivery.deliveryId), ...delivery },
      ConditionExpression: absent,
    },
  },
  ...caps.map((claim) => counterItem(table, claim)),
  ...(coupon === undefined ? [] : couponItems(table, coupon)),
  ...checks.map((check) => checkItem(table, check)),
];

/** Whoever removes `counted` first has given the places back. */
const releaseItems = (table: string, id: DeliveryId, counted: readonly string[]): TransactItems => [
  {
    Update: {
      TableName: table,
      Key: deliveryKey(id),
      UpdateExpression: 'REMOVE counted',
      ConditionExpression: 'attribute_exists(counted) AND #status IN (:suppressed, :failed)',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':suppressed': 'suppressed', ':failed': 'failed' },
    },
  },
  ...counted.map((key) => lowerItem(table, key)),
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
