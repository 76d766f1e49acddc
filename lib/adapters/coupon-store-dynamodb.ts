// Coupons in the campaigns table: `coupon#<code>` / `coupon`, and the list of a customer's coupons in the order of
// their end (coupon-rows.ts). What becomes of them is in the books (coupon-ledger-dynamodb.ts).

import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { liveCouponsCountMax } from '../base/limits.ts';
import type { Coupon, CouponStore } from '../ports.ts';
import { createCouponLedger } from './coupon-ledger-dynamodb.ts';
import { couponItems, couponKey, customerCouponsPk } from './coupon-rows.ts';
import { transact } from './delivery-store-dynamodb.ts';
import { getRows } from './dynamodb-rows.ts';

export const createCouponStore = (client: DynamoDBDocumentClient, table: string): CouponStore => {
  const get = async (code: string): Promise<Coupon | undefined> => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: couponKey(code), ConsistentRead: true }),
    );
    return Item && toCoupon(Item);
  };
  return {
    ...createCouponLedger(client, table),
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
      const keys = Items.map(({ code }) => couponKey(String(code)));
      const coupons = (await getRows(client, table, keys)).map(toCoupon);
      return coupons
        .filter((coupon) => Date.parse(coupon.expiresAt) > nowMs && coupon.revokedAt === undefined)
        .toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : a.expiresAt > b.expiresAt ? 1 : 0));
    },
    issue: async (coupon) => {
      const refused = await transact(client, [...couponItems(table, coupon)]);
      const stored = refused === undefined ? undefined : await get(coupon.code);
      return stored === undefined ? { kind: 'issued', coupon } : { kind: 'exists', coupon: stored };
    },
  };
};

/** Written by the adapters and nobody else, so the row is what the type says. */
const toCoupon = ({ pk: _pk, sk: _sk, ...row }: Record<string, unknown>): Coupon => {
  const fields: object = row;
  return fields as Coupon;
};
