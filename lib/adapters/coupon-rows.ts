// The two rows of a coupon in the campaigns table: the coupon under its code, however that is typed, and an entry in
// the list of the customer whose it is, in the order of expiry.

import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { normalizeCode } from '../offers/code.ts';
import type { Coupon } from '../ports.ts';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

export const codeKey = (code: string): string => normalizeCode(code) ?? code;

export const couponPk = (code: string): string => `coupon#${codeKey(code)}`;

export const couponKey = (code: string) => ({ pk: couponPk(code), sk: 'coupon' });

export const customerCouponsPk = (customerId: string): string => `customer-coupons#${customerId}`;

/** In this order: the coupon, refused when there is one with its code; the list's entry, where it is somebody's. */
export const couponItems = (table: string, coupon: Coupon): readonly TransactItem[] => {
  const holder = coupon.customerId ?? coupon.advocateId;
  return [
    {
      Put: {
        TableName: table,
        Item: { ...couponKey(coupon.code), ...coupon },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
    ...(holder === undefined
      ? []
      : [
          {
            Put: {
              TableName: table,
              Item: {
                pk: customerCouponsPk(holder),
                sk: `${coupon.expiresAt}#${codeKey(coupon.code)}`,
                code: coupon.code,
              },
            },
          },
        ]),
  ];
};
