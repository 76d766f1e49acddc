// In-app offers in the campaigns table: `inbox#<customerId>` / `<expiresAt>#<deliveryId>`, so that a query gives a
// customer's live offers and never reads an expired one. Putting an offer again writes the same row.

import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { inboxOffersCountMax } from '../base/limits.ts';
import type { InAppOffer, Inbox } from '../ports.ts';

export const createInbox = (client: DynamoDBDocumentClient, table: string): Inbox => ({
  put: async (offer) => {
    await client.send(
      new PutCommand({
        TableName: table,
        Item: {
          pk: `inbox#${offer.customerId}`,
          sk: `${offer.expiresAt}#${offer.deliveryId}`,
          expiresAtS: Math.ceil(Date.parse(offer.expiresAt) / 1000),
          ...offer,
        },
      }),
    );
  },
  live: async (customerId, nowMs) => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk > :now',
        ExpressionAttributeValues: {
          ':pk': `inbox#${customerId}`,
          // Every character of a row that expires at this very instant comes before.
          ':now': `${new Date(nowMs).toISOString()}~`,
        },
        ConsistentRead: true,
        Limit: inboxOffersCountMax,
      }),
    );
    return Items.map(toOffer);
  },
});

/** Written by this adapter and nobody else, so the row is what the type says. */
const toOffer = ({ pk: _pk, sk: _sk, expiresAtS: _ttl, ...row }: Record<string, unknown>): InAppOffer => {
  const fields: object = row;
  return fields as InAppOffer;
};
