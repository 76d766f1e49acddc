// The line in which all functions' messages of a channel take their places, in the campaigns table: `rate#<channel>` says
// until when (ms, real time) places are taken. A block of places moves it on by one conditional update, so that whoever
// sends, a batch, a trigger or a test, keeps the one rate together; a line that nobody stands in begins now.
// The virtual scheduling form of the generic cell rate algorithm (ITU-T I.371, annex A), without a burst.

import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { RateLine } from '../deliveries/rate-line.ts';
import { isConditionFailed } from './dynamodb.ts';

export const createRateLine = (client: DynamoDBDocumentClient, table: string): RateLine => {
  const update = async (
    channel: string,
    expression: string,
    condition: string,
    values: { readonly [name: string]: number },
  ): Promise<number | undefined> => {
    try {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: `rate#${channel}`, sk: 'rate' },
          UpdateExpression: expression,
          ConditionExpression: condition,
          ExpressionAttributeValues: values,
          ReturnValues: 'UPDATED_NEW',
        }),
      );
      return Number(Attributes?.freeAtMs);
    } catch (error) {
      if (isConditionFailed(error)) {
        return undefined;
      }
      throw error;
    }
  };
  return {
    reserve: async ({ channel, count, perSecond, nowMs, latestMs }) => {
      const stepMs = Math.ceil((count * 1_000_000) / perSecond) / 1_000;
      const behind = () =>
        update(channel, 'ADD freeAtMs :step', 'freeAtMs >= :now AND freeAtMs <= :latest', {
          ':step': stepMs,
          ':now': nowMs,
          ':latest': latestMs,
        });
      const first = () =>
        update(channel, 'SET freeAtMs = :after', 'attribute_not_exists(freeAtMs) OR freeAtMs < :now', {
          ':after': nowMs + stepMs,
          ':now': nowMs,
        });
      // Between the two somebody else may have been first.
      const freeAtMs = (await behind()) ?? (await first()) ?? (await behind());
      return freeAtMs === undefined ? undefined : freeAtMs - stepMs;
    },
  };
};
