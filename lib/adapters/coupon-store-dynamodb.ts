// Coupons in the campaigns table: `coupon#<code>` with `coupon` (written by the delivery's `prepare`) and one
// `redemption#<idempotency key>` a redemption. A redemption is one transaction over that row, the code's count, and
// the counters of customer and campaign: either all of it happened or nothing.

import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { liveCouponsCountMax } from '../base/limits.ts';
import type { Coupon, CouponStore, Redemption, RedemptionLimits } from '../ports.ts';
import { counterItem } from './counters-dynamodb.ts';
import { codeKey, couponItems, couponKey, customerCouponsPk } from './coupon-rows.ts';
import { type TransactItems, transact } from './delivery-store-dynamodb.ts';
import { getRows } from './dynamodb-rows.ts';

export const createCouponStore = (client: DynamoDBDocumentClient, table: string): CouponStore => {
  const read = async (key: object): Promise<object | undefined> => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { ...key }, ConsistentRead: true }),
    );
    return Item && withoutKeys(Item);
  };
  const redemption = async (code: string, idempotencyKey: string): Promise<Redemption | undefined> =>
    (await read(redemptionKey(code, idempotencyKey))) as Redemption | undefined;
  const get = async (code: string): Promise<Coupon | undefined> =>
    (await read(couponKey(code))) as Coupon | undefined;
  return {
    get,
    liveOf: async (customerId, nowMs) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk > :now',
          ExpressionAttributeValues: {
            ':pk': customerCouponsPk(customerId),
            ':now': new Date(nowMs).toISOString(),
          },
          ConsistentRead: true,
          Limit: liveCouponsCountMax,
        }),
      );
      const rows = await getRows(
        client,
        table,
        Items.map(({ code }) => couponKey(String(code))),
      );
      return rows
        .map((row) => withoutKeys(row) as Coupon)
        .filter(({ expiresAt }) => Date.parse(expiresAt) > nowMs)
        .toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : a.expiresAt > b.expiresAt ? 1 : 0));
    },
    issue: async (coupon) => {
      const refused = await transact(client, [...couponItems(table, coupon)]);
      const stored = refused === undefined ? undefined : await get(coupon.code);
      return stored === undefined ? { kind: 'issued' } : { kind: 'exists', coupon: stored };
    },
    redemption,
    redeem: async (wanted, _coupon, limits) => {
      const refused = await transact(client, redeemItems(table, wanted, limits));
      if (refused === undefined) {
        return { kind: 'redeemed' };
      }
      const first = refused[0] ? await redemption(wanted.code, wanted.idempotencyKey) : undefined;
      if (first !== undefined) {
        return { kind: 'repeated', first };
      }
      return { kind: 'exhausted', which: refused[1] ? 'code' : refused[2] ? 'customer' : 'campaign' };
    },
  };
};

const withoutKeys = ({ pk: _pk, sk: _sk, ...row }: Record<string, unknown>): object => row;

const redemptionKey = (code: string, idempotencyKey: string) => ({
  pk: `coupon#${codeKey(code)}`,
  sk: `redemption#${idempotencyKey}`,
});

/** In this order: redemption, code, customer, campaign. */
const redeemItems = (
  table: string,
  redemption: Redemption,
  { customer, campaign }: RedemptionLimits,
): TransactItems => [
  {
    Put: {
      TableName: table,
      Item: { ...redemptionKey(redemption.code, redemption.idempotencyKey), ...redemption },
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  },
  {
    Update: {
      TableName: table,
      Key: couponKey(redemption.code),
      UpdateExpression: 'ADD redemptionsCount :one',
      ConditionExpression: 'redemptionsCount < redemptionsMax',
      ExpressionAttributeValues: { ':one': 1 },
    },
  },
  counterItem(table, customer),
  ...(campaign === undefined ? [] : [counterItem(table, campaign)]),
];
