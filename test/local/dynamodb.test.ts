import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  IdempotentParameterMismatchException,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalDynamoDb, startDynamoDb } from '../../local/dynamodb.ts';

const clientOf = ({ endpoint }: LocalDynamoDb) =>
  new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

const createTable = (client: DynamoDBClient, TableName: string) =>
  client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );

const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'row' } });

describe('TransactWriteItems', () => {
  let local: LocalDynamoDb;
  let client: DynamoDBClient;
  const transact = (
    TransactItems: TransactWriteItemsCommandInput['TransactItems'],
    ClientRequestToken?: string,
  ) =>
    client.send(
      new TransactWriteItemsCommand({ TransactItems, ...(ClientRequestToken && { ClientRequestToken }) }),
    );
  const read = async (TableName: string, pk: string) =>
    (await client.send(new GetItemCommand({ TableName, Key: key(pk), ConsistentRead: true }))).Item;
  const put = (TableName: string, pk: string, n: string) =>
    client.send(new PutItemCommand({ TableName, Item: { ...key(pk), n: { N: n } } }));

  beforeAll(async () => {
    local = await startDynamoDb();
    client = clientOf(local);
    await createTable(client, 'first');
    await createTable(client, 'second');
  });
  afterAll(async () => {
    client.destroy();
    await local.close();
  });

  it('writes puts, updates and deletes of several tables together', async () => {
    await put('first', 'gone', '1');
    await put('second', 'counted', '4');
    await transact([
      {
        Put: {
          TableName: 'first',
          Item: { ...key('made'), n: { N: '7' } },
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
      { Delete: { TableName: 'first', Key: key('gone') } },
      {
        Update: {
          TableName: 'second',
          Key: key('counted'),
          UpdateExpression: 'ADD #n :one',
          ExpressionAttributeNames: { '#n': 'n' },
          ExpressionAttributeValues: { ':one': { N: '1' } },
        },
      },
    ]);
    expect(await read('first', 'made')).toEqual({ ...key('made'), n: { N: '7' } });
    expect(await read('first', 'gone')).toBeUndefined();
    expect(await read('second', 'counted')).toEqual({ ...key('counted'), n: { N: '5' } });
  });

  it('writes nothing when one condition fails, and says which, with the stored item when asked', async () => {
    await put('first', 'taken', '3');
    const refused = transact([
      { Put: { TableName: 'second', Item: key('never') } },
      {
        Put: {
          TableName: 'first',
          Item: key('taken'),
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
      {
        ConditionCheck: {
          TableName: 'first',
          Key: key('absent'),
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
    ]);
    const error = await refused.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(TransactionCanceledException);
    expect(error).toMatchObject({
      message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, None]',
      CancellationReasons: [
        { Code: 'None' },
        {
          Code: 'ConditionalCheckFailed',
          Message: 'The conditional request failed',
          Item: { ...key('taken'), n: { N: '3' } },
        },
        { Code: 'None' },
      ],
    });
    expect(await read('second', 'never')).toBeUndefined();
    expect(await read('first', 'taken')).toEqual({ ...key('taken'), n: { N: '3' } });
  });

  it('leaves the item of a condition check untouched when it holds', async () => {
    await put('first', 'checked', '1');
    await transact([
      {
        ConditionCheck: {
          TableName: 'first',
          Key: key('checked'),
          ConditionExpression: 'n = :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        },
      },
      { Put: { TableName: 'second', Item: key('after-check') } },
    ]);
    expect(await read('first', 'checked')).toEqual({ ...key('checked'), n: { N: '1' } });
    expect(await read('second', 'after-check')).toEqual(key('after-check'));
  });

  it('refuses two operations on one item', async () => {
    await expect(
      transact([
        { Delete: { TableName: 'first', Key: key('x') } },
        { Put: { TableName: 'first', Item: key('x') } },
      ]),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('multiple operations on one item'),
    });
  });

  it('applies a repeated client token once and refuses it with other parameters', async () => {
    const add = (by: string): TransactWriteItemsCommandInput['TransactItems'] => [
      {
        Update: {
          TableName: 'first',
          Key: key('token'),
          UpdateExpression: 'ADD n :by',
          ExpressionAttributeValues: { ':by': { N: by } },
        },
      },
    ];
    await transact(add('1'), 'the-token');
    await transact(add('1'), 'the-token');
    expect(await read('first', 'token')).toEqual({ ...key('token'), n: { N: '1' } });
    await expect(transact(add('2'), 'the-token')).rejects.toBeInstanceOf(
      IdempotentParameterMismatchException,
    );
  });

  it('lets exactly as many concurrent transactions through as a counter allows, beside single writes to the same rows', async () => {
    const claim = (worker: number) =>
      transact([
        {
          Put: {
            TableName: 'second',
            Item: key(`claim-${worker}`),
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
        {
          Update: {
            TableName: 'first',
            Key: key('counter'),
            UpdateExpression: 'ADD n :one',
            ConditionExpression: 'attribute_not_exists(n) OR n < :max',
            ExpressionAttributeValues: { ':one': { N: '1' }, ':max': { N: '17' } },
          },
        },
      ]).then(
        () => true,
        () => false,
      );
    const noise = (worker: number) =>
      client
        .send(
          new UpdateItemCommand({
            TableName: 'first',
            Key: key('counter'),
            UpdateExpression: 'ADD noise :one',
            ExpressionAttributeValues: { ':one': { N: '1' } },
          }),
        )
        .then(() => worker);
    const workers = Array.from({ length: 60 }, (_, worker) => worker);
    const [claims] = await Promise.all([Promise.all(workers.map(claim)), Promise.all(workers.map(noise))]);
    expect(claims.filter(Boolean)).toHaveLength(17);
    expect(await read('first', 'counter')).toEqual({ ...key('counter'), n: { N: '17' }, noise: { N: '60' } });
    const rows = await Promise.all(workers.map((worker) => read('second', `claim-${worker}`)));
    expect(rows.map((row) => row !== undefined)).toEqual(claims);
  });

  it('returns the stored item of a refused single write when asked', async () => {
    await put('first', 'single', '9');
    const error = await client
      .send(
        new PutItemCommand({
          TableName: 'first',
          Item: key('single'),
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      )
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect(error).toMatchObject({ Item: { ...key('single'), n: { N: '9' } } });
  });
});

describe('tables on disk', () => {
  it('are there after the endpoint was closed and started again', async () => {
    const path = await mkdtemp(join(tmpdir(), 'reprise-dynamodb-'));
    try {
      const first = await startDynamoDb({ path });
      const writer = clientOf(first);
      await createTable(writer, 'kept');
      await writer.send(
        new TransactWriteItemsCommand({
          TransactItems: [{ Put: { TableName: 'kept', Item: { ...key('a'), n: { N: '1' } } } }],
        }),
      );
      writer.destroy();
      await first.close();
      const second = await startDynamoDb({ path });
      const reader = clientOf(second);
      const { Item } = await reader.send(new GetItemCommand({ TableName: 'kept', Key: key('a') }));
      reader.destroy();
      await second.close();
      expect(Item).toEqual({ ...key('a'), n: { N: '1' } });
    } finally {
      await rm(path, { recursive: true });
    }
  });
});
