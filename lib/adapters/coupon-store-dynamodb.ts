// Coupons in the campaigns table: `coupon#<code>` with `coupon` (written by the delivery's `prepare`) and one
// `redemption#<idempotency key>` a redemption. A redemption is one transaction over that row, the code's count, and
// the counters of customer and campaign: either all of it happened or nothing.

import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Coupon, CouponStore, Redemption, RedemptionLimits } from '../ports.ts';
import { counterItem } from './counters-dynamodb.ts';
import { couponKey, type TransactItems, transact } from './delivery-store-dynamodb.ts';

export const createCouponStore = (client: DynamoDBDocumentClient, table: string): CouponStore => {
  const read = async (key: object): Promise<object | undefined> => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { ...key }, ConsistentRead: true }),
    );
    if (Item === undefined) {
      return undefined;
    }
    const { pk: _pk, sk: _sk, ...row } = Item;
    return row;
  };
  const redemption = async (code: string, idempotencyKey: string): Promise<Redemption | undefined> =>
    (await read(redemptionKey(code, idempotencyKey))) as Redemption | undefined;
  return {
    get: async (code) => (await read(couponKey(code))) as Coupon | undefined,
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

const redemptionKey = (code: string, idempotencyKey: string) => ({
  pk: `coupon#${code}`,
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
