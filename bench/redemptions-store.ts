// The same crowd without functions between: the steps of lib/offers over the DynamoDB adapter, all in flight at once,
// a third of the transactions cancelled as if others had met them. Tables in memory.

import { CreateTableCommand, DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { secureRandom } from '../lib/adapters/clock.ts';
import { createCouponStore } from '../lib/adapters/coupon-store-dynamodb.ts';
import { Failure } from '../lib/base/errors.ts';
import { campaignId, customerId } from '../lib/base/ids.ts';
import { seededRandom } from '../lib/base/random.ts';
import { redeemCoupon } from '../lib/offers/redeem.ts';
import type { CouponContext } from '../lib/offers/step.ts';
import type { Coupon } from '../lib/ports.ts';
import { startDynamoDb } from '../local/dynamodb.ts';
import type { Crowd, Scene } from './redemptions-run.ts';

const table = 'campaigns';

export const runStore = async (crowd: Crowd): Promise<readonly Scene[]> => {
  const local = await startDynamoDb();
  const raw = new DynamoDBClient({
    endpoint: local.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    await raw.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
    cancelSome(raw);
    const client = DynamoDBDocumentClient.from(raw, { marshallOptions: { removeUndefinedValues: true } });
    const context: CouponContext = {
      coupons: createCouponStore(client, table),
      catalog: { get: async () => new Map() },
      settings: { eligibilityRules: [] },
      customers: { readMany: async () => new Map(), linkedUsers: async () => new Map() },
      random: secureRandom,
      events: { send: async () => undefined },
      clock: { nowMs: () => Date.UTC(2026, 2, 10) },
    };
    return [
      await play('a personal code for one use', 1, crowd, context, {
        code: 'PERSONAL',
        customerId: customerId('c0'),
        redemptionsMax: 1,
      }),
      await play(`a shared code with room for ${crowd.room}`, crowd.room, crowd, context, {
        code: 'SHARED',
        terms: { ...terms, redemptionsTotalMax: crowd.room },
      }),
      await play(`a shared code with a budget of ${crowd.room} discounts`, crowd.room, crowd, context, {
        code: 'BUDGET',
        terms: { ...terms, budget: crowd.room * 10, currency: 'EUR' },
      }),
    ];
  } finally {
    raw.destroy();
    await local.close();
  }
};

const terms: Coupon['terms'] = {
  discount: { kind: 'percent', percent: 20 },
  redemptionsPerCustomerMax: 1,
};

const cancelSome = (client: DynamoDBClient): void => {
  const random = seededRandom('redemptions');
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === 'TransactWriteItemsCommand' && random.next() < 1 / 3) {
          throw new TransactionCanceledException({
            message: 'Transaction cancelled',
            CancellationReasons: [{ Code: 'TransactionConflict' }],
            $metadata: {},
          });
        }
        return next(args);
      },
    { step: 'initialize' },
  );
};

const play = async (
  name: string,
  expected: number,
  { requestsCount }: Crowd,
  context: CouponContext,
  change: Partial<Coupon> & Pick<Coupon, 'code'>,
): Promise<Scene> => {
  await context.coupons.issue({
    campaignId: campaignId(change.code),
    variant: 'coupon',
    decisionId: 'decision',
    issuedAt: '2026-03-10T00:00:00.000Z',
    expiresAt: '2026-04-10T00:00:00.000Z',
    redemptionsCount: 0,
    terms,
    ...change,
  });
  const answers = new Map<string, number>();
  const fromMs = performance.now();
  await Promise.all(
    Array.from({ length: requestsCount }, async (_, index) => {
      const answer = await redeemCoupon(
        {
          code: change.code,
          idempotencyKey: `key-${index}`,
          customerId: change.customerId ?? customerId(`c${index}`),
          orderId: `${change.code}-${index}`,
          orderValue: 50,
          currency: 'EUR',
        },
        context,
      ).then(
        () => '200',
        (error: unknown) => (error instanceof Failure ? error.detail.code : String(error)),
      );
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }),
  );
  const seconds = (performance.now() - fromMs) / 1_000;
  return { name, requestsCount, expected, succeeded: answers.get('200') ?? 0, answers, seconds };
};
