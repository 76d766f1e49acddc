// The books of coupons (lib/offers/ledger.ts) in the campaigns table. One entry is one transaction; every row in it has
// its condition, so hot rows (a shared code's campaign counter) neither oversell nor lose a count.
//   coupon#<code>           use#<order id>, request#<operation>#<key>
//   order#<order id>        coupons
//   holds#<campaign id>     <held until>#<code>#<order id>
//   friend#<customer id>    friendship, advocate
//   counter#<key>           counter (count, minor)

import { setTimeout as pause } from 'node:timers/promises';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import type {
  AnsweredRequest,
  CouponLedger,
  CouponUse,
  Friendship,
  HeldCoupon,
  LedgerEntry,
  LedgerQuery,
  OrderCoupons,
  Tally,
  TallyChange,
} from '../offers/ledger.ts';
import { campaignTallyKey, customerTallyKey, rewardedKey } from '../offers/ledger.ts';
import type { Coupon } from '../ports.ts';
import { codeKey, couponItems, couponKey, couponPk } from './coupon-rows.ts';
import type { TransactItems } from './delivery-store-dynamodb.ts';
import { getRows, type Row } from './dynamodb-rows.ts';

export const createCouponLedger = (client: DynamoDBDocumentClient, table: string): CouponLedger => {
  const read = async (key: Row): Promise<object | undefined> => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { ...key }, ConsistentRead: true }),
    );
    return Item && withoutKeys(Item);
  };
  return {
    view: async (coupon, query) => {
      const keys = viewKeys(coupon, query);
      const rows = await getRows(
        client,
        table,
        Object.values(keys).filter((key) => key !== undefined),
      );
      const found = (key: Row | undefined): object | undefined => {
        const row = key && rows.find(({ pk, sk }) => pk === key.pk && sk === key.sk);
        return row && withoutKeys(row);
      };
      const current = found(keys.coupon);
      return (
        current && {
          coupon: current as Coupon,
          request: found(keys.request) as AnsweredRequest | undefined,
          use: found(keys.use) as CouponUse | undefined,
          order: found(keys.order) as OrderCoupons | undefined,
          customer: tallyOf(found(keys.customer)),
          campaign: tallyOf(found(keys.campaign)),
        }
      );
    },
    commit: (entry, attempt) => commit(client, entryItems(table, entry), attempt),
    expiredHolds: async (campaignId, nowMs, countMax) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk < :now',
          ExpressionAttributeValues: { ':pk': holdsPk(campaignId), ':now': new Date(nowMs).toISOString() },
          ConsistentRead: true,
          Limit: countMax,
        }),
      );
      return Items.map((item) => withoutKeys(item) as HeldCoupon);
    },
    order: async (orderId) => (await read(orderKey(orderId))) as OrderCoupons | undefined,
    use: async (code, orderId) => (await read(useKey(code, orderId))) as CouponUse | undefined,
    friendView: async (coupon, friendId) => {
      const { advocateId = friendId, campaignId } = coupon;
      const keys = [
        friendKey(friendId),
        advocateKey(friendId),
        tallyKey(rewardedKey(campaignId, advocateId)),
      ];
      const rows = await getRows(client, table, keys);
      const [friendship, advocate, rewarded] = keys.map(({ pk, sk }) =>
        rows.find((row) => row.pk === pk && row.sk === sk),
      );
      return {
        ...(friendship && { friendship: withoutKeys(friendship) as Friendship }),
        isAdvocate: advocate !== undefined,
        rewarded: tallyOf(rewarded && withoutKeys(rewarded)),
      };
    },
    tallies: async (keys) => {
      const rows = await getRows(client, table, [...new Set(keys)].map(tallyKey));
      return new Map(rows.map((row) => [String(row.pk).slice('counter#'.length), tallyOf(withoutKeys(row))]));
    },
  };
};

const withoutKeys = ({ pk: _pk, sk: _sk, ...row }: Row): object => row;

const useKey = (code: string, orderId: string) => ({ pk: couponPk(code), sk: `use#${orderId}` });
const requestKey = (code: string, operation: string, key: string) => ({
  pk: couponPk(code),
  sk: `request#${operation}#${key}`,
});
const orderKey = (orderId: string) => ({ pk: `order#${orderId}`, sk: 'coupons' });
const holdsPk = (campaignId: string): string => `holds#${campaignId}`;
const holdKey = ({ campaignId, code, orderId }: CouponUse, until: string) => ({
  pk: holdsPk(campaignId),
  sk: `${until}#${codeKey(code)}#${orderId}`,
});
const friendKey = (customerId: string) => ({ pk: `friend#${customerId}`, sk: 'friendship' });
const advocateKey = (customerId: string) => ({ pk: `friend#${customerId}`, sk: 'advocate' });
const tallyKey = (key: string) => ({ pk: `counter#${key}`, sk: 'counter' });

const viewKeys = (
  coupon: Coupon,
  { operation, idempotencyKey, orderId, customerId }: LedgerQuery,
): {
  readonly [name in 'coupon' | 'request' | 'use' | 'order' | 'customer' | 'campaign']: Row | undefined;
} => ({
  coupon: couponKey(coupon.code),
  request: requestKey(coupon.code, operation, idempotencyKey),
  use: useKey(coupon.code, orderId),
  order: orderKey(orderId),
  customer: customerId && tallyKey(customerTallyKey(coupon, customerId)),
  campaign: tallyKey(campaignTallyKey(coupon)),
});

const tallyOf = (row: Partial<Tally> = {}): Tally => ({ count: row.count ?? 0, minor: row.minor ?? 0 });

type Item = TransactItems[number];

const entryItems = (table: string, entry: LedgerEntry): TransactItems => {
  const { request, use, order, holdAdded, holdRemoved, friendAdded, friendRemoved } = entry;
  const deleted = (Key: Row): Item => ({ Delete: { TableName: table, Key } });
  const { code, orderId, customerId } = use;
  return [
    versioned(table, useKey(code, orderId), use),
    versioned(table, orderKey(orderId), order),
    ...(request === undefined
      ? []
      : [put(table, requestKey(request.code, request.operation, request.idempotencyKey), request, absent)]),
    ...(entry.couponCount === 0 ? [] : [couponItem(table, code, entry.couponCount)]),
    ...entry.tallies.map((change) => tallyItem(table, change)),
    ...(holdAdded === undefined ? [] : [put(table, holdKey(use, holdAdded), { code, orderId, customerId })]),
    ...(holdRemoved === undefined ? [] : [deleted(holdKey(use, holdRemoved))]),
    ...(friendAdded === undefined ? [] : [put(table, friendKey(friendAdded.friendId), friendAdded, absent)]),
    ...(friendRemoved === undefined ? [] : [deleted(friendKey(friendRemoved))]),
    ...(entry.advocateMarked === undefined ? [] : [put(table, advocateKey(entry.advocateMarked), {})]),
    ...(entry.notAdvocate === undefined ? [] : [stillAbsent(table, advocateKey(entry.notAdvocate))]),
    ...(entry.issued === undefined ? [] : couponItems(table, entry.issued)),
    ...(entry.revoked === undefined ? [] : [revokedItem(table, entry.revoked, entry.request?.at ?? '')]),
  ];
};

const absent = 'attribute_not_exists(pk)';

const stillAbsent = (table: string, Key: Row): Item => ({
  ConditionCheck: { TableName: table, Key, ConditionExpression: absent },
});

const revokedItem = (table: string, code: string, at: string): Item => ({
  Update: {
    TableName: table,
    Key: couponKey(code),
    UpdateExpression: 'SET revokedAt = :at',
    ConditionExpression: 'redemptionsCount = :none AND attribute_not_exists(revokedAt)',
    ExpressionAttributeValues: { ':at': at, ':none': 0 },
  },
});

const put = (table: string, key: Row, row: object, ConditionExpression?: string): Item => ({
  Put: { TableName: table, Item: { ...key, ...row }, ConditionExpression },
});

/** Refused when another writer came between. */
const versioned = (table: string, key: Row, row: { readonly revision: number }): Item =>
  row.revision === 1
    ? put(table, key, row, absent)
    : {
        Put: {
          TableName: table,
          Item: { ...key, ...row },
          ConditionExpression: 'revision = :before',
          ExpressionAttributeValues: { ':before': row.revision - 1 },
        },
      };

const couponItem = (table: string, code: string, count: number): Item => ({
  Update: {
    TableName: table,
    Key: couponKey(code),
    UpdateExpression: 'ADD redemptionsCount :count',
    ConditionExpression:
      count > 0
        ? 'redemptionsCount < redemptionsMax AND attribute_not_exists(revokedAt)'
        : 'redemptionsCount > :none',
    ExpressionAttributeValues: { ':count': count, ...(count <= 0 && { ':none': 0 }) },
  },
});

const tallyItem = (table: string, { key, count, minor, countMax, minorMax }: TallyChange): Item => {
  const limitsCount = count > 0 && countMax !== undefined;
  const limitsMinor = minor > 0 && minorMax !== undefined;
  const conditions = [
    ...(limitsCount ? ['(attribute_not_exists(#count) OR #count <= :countRoom)'] : []),
    ...(limitsMinor ? ['(attribute_not_exists(minor) OR minor <= :minorRoom)'] : []),
  ];
  return {
    Update: {
      TableName: table,
      Key: tallyKey(key),
      UpdateExpression: 'ADD #count :count, minor :minor',
      ...(conditions.length > 0 && { ConditionExpression: conditions.join(' AND ') }),
      ExpressionAttributeNames: { '#count': 'count' },
      ExpressionAttributeValues: {
        ':count': count,
        ':minor': minor,
        ...(limitsCount && { ':countRoom': countMax - count }),
        ...(limitsMinor && { ':minorRoom': minorMax - minor }),
      },
    },
  };
};

/** Full jitter: those who meet on a hot row spread out instead of meeting again. */
const pauseMs = (attempt: number): number => Math.random() * Math.min(250, 5 * 2 ** attempt);

/** What DynamoDB says when writers meet, or when a condition does not hold: nothing was written, look again. */
const anotherLook = new Set([
  'ConditionalCheckFailed',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

const commit = async (
  client: DynamoDBDocumentClient,
  TransactItems: TransactItems,
  attempt: number,
): Promise<'done' | 'changed'> => {
  if (attempt > 0) {
    await pause(pauseMs(attempt));
  }
  try {
    await client.send(new TransactWriteCommand({ TransactItems }));
    return 'done';
  } catch (error) {
    const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
    if (reasons.some(({ Code }) => anotherLook.has(Code ?? ''))) {
      return 'changed';
    }
    throw error;
  }
};
