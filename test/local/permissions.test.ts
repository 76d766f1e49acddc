import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SESClient, SendEmailCommand, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { ListExecutionsCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalDynamoDb, startDynamoDb } from '../../local/dynamodb.ts';
import type { Executions } from '../../local/executions.ts';
import { accessKeyOf, arnOf, createGuard } from '../../local/guard.ts';
import { type Messaging, startMessaging } from '../../local/messaging.ts';
import { createPermissions, readRoles } from '../../local/permissions.ts';
import { type LocalS3, startS3 } from '../../local/s3.ts';
import { type LocalSes, startSes } from '../../local/ses.ts';
import { type LocalWorkflows, startWorkflows } from '../../local/workflows.ts';

describe('permissions', () => {
  const permissions = createPermissions([
    {
      functionName: 'reader',
      statements: [
        { actions: ['dynamodb:GetItem', 'dynamodb:Batch*'], resources: [arnOf.table('a'), arnOf.table('b')] },
        { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::models/versions/*'] },
        { actions: ['s3:ListBucket'], resources: [arnOf.bucket('models')], prefixes: ['versions/*', 'x?'] },
        { actions: ['sqs:SendMessage'], resources: ['*'] },
        { actions: ['sns:Publish'], resources: [], notResources: ['arn:aws:sns:*:*:*'] },
      ],
    },
    { functionName: 'without', statements: [] },
  ]);
  it.each([
    ['reader', 'dynamodb:GetItem', arnOf.table('b'), undefined, true],
    ['reader', 'sns:Publish', '+4915112345678', undefined, true],
    ['reader', 'sns:Publish', 'arn:aws:sns:us-east-1:000000000000:alarms', undefined, false],
    ['reader', 'dynamodb:getitem', arnOf.table('b'), undefined, true],
    ['reader', 'dynamodb:BatchWriteItem', arnOf.table('a'), undefined, true],
    ['reader', 'dynamodb:PutItem', arnOf.table('a'), undefined, false],
    ['reader', 'dynamodb:GetItem', arnOf.table('ab'), undefined, false],
    ['reader', 'dynamodb:GetItem', arnOf.table('A'), undefined, false],
    ['reader', 's3:GetObject', arnOf.object('models', 'versions/1/model.bin'), undefined, true],
    ['reader', 's3:GetObject', arnOf.object('models', 'versions'), undefined, false],
    ['reader', 's3:GetObject', arnOf.object('models', 'datasets/versions/1'), undefined, false],
    ['reader', 's3:ListBucket', arnOf.bucket('models'), 'versions/1/', true],
    ['reader', 's3:ListBucket', arnOf.bucket('models'), 'x1', true],
    ['reader', 's3:ListBucket', arnOf.bucket('models'), 'x12', false],
    ['reader', 's3:ListBucket', arnOf.bucket('models'), '', false],
    ['reader', 's3:ListBucket', arnOf.bucket('models'), undefined, false],
    ['reader', 'sqs:SendMessage', arnOf.queue('any'), undefined, true],
    ['without', 'dynamodb:GetItem', arnOf.table('a'), undefined, false],
    ['unknown', 'dynamodb:GetItem', arnOf.table('a'), undefined, false],
  ])('%s, %s on %s with prefix %s: %s', (name, action, resource, prefix, allowed) => {
    // Twice: what is remembered of the first question must not change the second answer.
    expect(permissions.allows(name, action, resource, { prefix })).toBe(allowed);
    expect(permissions.allows(name, action, resource, { prefix })).toBe(allowed);
  });

  it('tells which grants nothing was allowed by', () => {
    const own = createPermissions([
      {
        functionName: 'f',
        statements: [{ actions: ['s3:GetObject', 's3:PutObject'], resources: ['a', 'b*'] }],
      },
    ]);
    own.allows('f', 's3:GetObject', 'a');
    own.allows('f', 's3:PutObject', 'bc');
    own.allows('f', 's3:PutObject', 'c');
    expect(own.unused()).toEqual(['f s3:GetObject b*', 'f s3:PutObject a']);
  });
});

describe('roles in a template', () => {
  const functions = [found('F', { Role: 'arn:role' }), found('G', { Role: 'arn:other' }), found('H', {})];
  const roles = [found('Role', {}, 'arn:role'), found('Other', {}, 'arn:other')];
  const policy = (statement: object) => [
    found('P', { Roles: ['Role'], PolicyDocument: { Statement: [statement] } }),
  ];
  const allow = { Effect: 'Allow', Action: 's3:ListBucket', Resource: ['arn:b'] };

  it('are the statements of the policies attached to each function’s role', () => {
    const Condition = { StringLike: { 's3:prefix': 'a/*' } };
    expect(readRoles(functions, roles, policy({ ...allow, Condition }))).toEqual([
      {
        functionName: 'F',
        statements: [{ actions: ['s3:ListBucket'], resources: ['arn:b'], prefixes: ['a/*'] }],
      },
      { functionName: 'G', statements: [] },
      { functionName: 'H', statements: [] },
    ]);
  });

  it.each([
    [{ ...allow, Effect: 'Deny' }, 'Effect Deny'],
    [{ Effect: 'Allow', Action: 'a', NotResource: 'b', Condition: { Bool: { c: 'd' } } }, 'NotResource'],
    [{ ...allow, Condition: { StringEquals: { 's3:prefix': 'a' } } }, 'StringEquals'],
    [{ ...allow, Condition: { StringLike: { 'aws:SourceArn': 'a' } } }, 'aws:SourceArn'],
  ])('%j is refused rather than passed over', (statement, named) => {
    expect(() => readRoles(functions, roles, policy(statement))).toThrow(named);
  });

  it('a managed policy on a role is refused rather than passed over', () => {
    const managed = [found('Role', { ManagedPolicyArns: ['arn:aws:iam::aws:policy/x'] }, 'arn:role')];
    expect(() => readRoles(functions, managed, [])).toThrow('Role has ManagedPolicyArns');
  });
});

function found(logicalId: string, properties: object, arn = `arn:${logicalId}`) {
  return { logicalId, ref: logicalId, arn, properties: { ...properties } };
}

describe('the local services, called by a function', () => {
  const directory = mkdtempSync(join(tmpdir(), 'reprise-permissions-'));
  const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:m';
  const otherMachine = 'arn:aws:states:us-east-1:000000000000:stateMachine:n';
  const guard = createGuard();
  const { refusal } = guard;
  let dynamodb: LocalDynamoDb;
  let s3: LocalS3;
  let ses: LocalSes;
  let messaging: Messaging;
  let workflows: LocalWorkflows;

  const by = (endpoint: string, accessKeyId = accessKeyOf('reader')) => ({
    endpoint,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey: 'local' },
  });
  const denied = (name: string, action: string, resource: string) => ({
    name,
    message: expect.stringContaining(`is not authorized to perform: ${action} on resource: ${resource}`),
    $metadata: { httpStatusCode: name === 'AccessDeniedException' ? 400 : 403 },
  });
  const failure = (sent: Promise<unknown>): Promise<unknown> =>
    sent.then(
      () => undefined,
      (error: unknown) => error,
    );
  const queueUrl = (name: string) => `${messaging.endpoint}/000000000000/${name}`;
  const queue = (name: string) => ({ name, url: '', arn: arnOf.queue(name), visibilityTimeoutS: 30 });

  beforeAll(async () => {
    dynamodb = await startDynamoDb({ refusal });
    s3 = await startS3(directory, refusal);
    messaging = await startMessaging(join(directory, 'queues.ndjson'), refusal);
    ses = await startSes({
      directory: join(directory, 'mail'),
      nowMs: () => 0,
      identities: ['example.com', 'other.example'],
      configurationSets: ['set', 'other-set'],
      publish: async () => undefined,
      refusal,
    });
    workflows = await startWorkflows(started, [{ name: 'm', arn: machine, definition: {} }], refusal);
    guard.enforce(
      createPermissions([
        {
          functionName: 'reader',
          statements: [
            {
              actions: ['GetItem', 'BatchGetItem', 'UpdateItem'].map((name) => `dynamodb:${name}`),
              resources: [arnOf.table('own')],
            },
            { actions: ['s3:GetObject', 's3:PutObject'], resources: [arnOf.object('bucket', 'in/*')] },
            { actions: ['s3:GetObject'], resources: [arnOf.object('bucket', 'unlisted/*')] },
            { actions: ['s3:ListBucket'], resources: [arnOf.bucket('bucket')], prefixes: ['in/*'] },
            { actions: ['sqs:SendMessage'], resources: [arnOf.queue('events')] },
            { actions: ['states:StartExecution'], resources: [machine] },
            {
              actions: ['ses:SendRawEmail'],
              resources: [arnOf.mailIdentity('example.com'), arnOf.configurationSet('set')],
            },
          ],
        },
      ]),
    );
    // The host's own key may make what is needed.
    const admin = new DynamoDBClient(by(dynamodb.endpoint, 'local'));
    for (const TableName of ['own', 'other']) {
      await admin.send(
        new CreateTableCommand({
          TableName,
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
    }
    await new S3Client(by(s3.endpoint, 'local')).send(new CreateBucketCommand({ Bucket: 'bucket' }));
    await messaging.create({ queues: [queue('events'), queue('other')], topicArns: [], subscriptions: [] });
  });
  afterAll(async () => {
    await Promise.all([dynamodb, s3, ses, messaging, workflows].map(({ close }) => close()));
    rmSync(directory, { recursive: true });
  });

  const Key = { pk: { S: 'x' } };
  it('DynamoDB: one table, another table, another action', async () => {
    const client = new DynamoDBClient(by(dynamodb.endpoint));
    expect(await client.send(new GetItemCommand({ TableName: 'own', Key }))).not.toHaveProperty('Item');
    expect(await failure(client.send(new GetItemCommand({ TableName: 'other', Key })))).toMatchObject(
      denied('AccessDeniedException', 'dynamodb:GetItem', arnOf.table('other')),
    );
    expect(await failure(client.send(new PutItemCommand({ TableName: 'own', Item: Key })))).toMatchObject(
      denied('AccessDeniedException', 'dynamodb:PutItem', arnOf.table('own')),
    );
  });

  it('DynamoDB: a batch needs every table, a transaction every item’s own action', async () => {
    const client = new DynamoDBClient(by(dynamodb.endpoint));
    const RequestItems = { own: { Keys: [Key] }, other: { Keys: [Key] } };
    expect(await failure(client.send(new BatchGetItemCommand({ RequestItems })))).toMatchObject(
      denied('AccessDeniedException', 'dynamodb:BatchGetItem', arnOf.table('other')),
    );
    const update = {
      Update: {
        TableName: 'own',
        Key,
        UpdateExpression: 'SET n = :n',
        ExpressionAttributeValues: { ':n': { N: '1' } },
      },
    };
    await client.send(new TransactWriteItemsCommand({ TransactItems: [update] }));
    const y = { pk: { S: 'y' } };
    const others = [
      [{ Put: { TableName: 'own', Item: y } }, 'PutItem'],
      [{ Delete: { TableName: 'own', Key: y } }, 'DeleteItem'],
      [
        { ConditionCheck: { TableName: 'own', Key: y, ConditionExpression: 'attribute_not_exists(pk)' } },
        'ConditionCheckItem',
      ],
    ] as const;
    for (const [item, action] of others) {
      const transaction = new TransactWriteItemsCommand({ TransactItems: [update, item] });
      expect(await failure(client.send(transaction))).toMatchObject(
        denied('AccessDeniedException', `dynamodb:${action}`, arnOf.table('own')),
      );
    }
  });

  it('S3: reads, writes and lists under its prefixes only, and deletes nothing', async () => {
    const client = new S3Client(by(s3.endpoint));
    const Bucket = 'bucket';
    await client.send(new PutObjectCommand({ Bucket, Key: 'in/1', Body: 'one' }));
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'in/1' }));
    expect(await Body?.transformToString()).toBe('one');
    const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'in/' }));
    expect(KeyCount).toBe(1);
    const object = arnOf.object(Bucket, 'out/1');
    expect(
      await failure(client.send(new PutObjectCommand({ Bucket, Key: 'out/1', Body: 'x' }))),
    ).toMatchObject(denied('AccessDenied', 's3:PutObject', object));
    expect(
      await failure(client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'out/1' }))),
    ).toMatchObject(denied('AccessDenied', 's3:PutObject', object));
    expect(await failure(client.send(new DeleteObjectCommand({ Bucket, Key: 'in/1' })))).toMatchObject(
      denied('AccessDenied', 's3:DeleteObject', arnOf.object(Bucket, 'in/1')),
    );
    for (const Prefix of ['out/', undefined]) {
      expect(await failure(client.send(new ListObjectsV2Command({ Bucket, Prefix })))).toMatchObject(
        denied('AccessDenied', 's3:ListBucket', arnOf.bucket(Bucket)),
      );
    }
  });

  it('S3: a missing object is NoSuchKey only to who may list there', async () => {
    const client = new S3Client(by(s3.endpoint));
    const get = (Key: string) => failure(client.send(new GetObjectCommand({ Bucket: 'bucket', Key })));
    expect(await get('in/2')).toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
    expect(await get('unlisted/2')).toMatchObject(
      denied('AccessDenied', 's3:ListBucket', arnOf.bucket('bucket')),
    );
  });

  it('SES: one sender by one configuration set, raw', async () => {
    const client = new SESClient(by(ses.endpoint));
    const send = (from: string, ConfigurationSetName: string) => {
      const Data = Buffer.from(`From: ${from}\r\nTo: li@learners.example\r\nSubject: s\r\n\r\nText`);
      return client.send(new SendRawEmailCommand({ RawMessage: { Data }, ConfigurationSetName }));
    };
    expect((await send('hello@example.com', 'set')).MessageId).toBeDefined();
    expect(await failure(send('hello@other.example', 'set'))).toMatchObject(
      denied('AccessDenied', 'ses:SendRawEmail', arnOf.mailIdentity('other.example')),
    );
    expect(await failure(send('hello@example.com', 'other-set'))).toMatchObject(
      denied('AccessDenied', 'ses:SendRawEmail', arnOf.configurationSet('other-set')),
    );
    const simple = new SendEmailCommand({
      Source: 'hello@example.com',
      Destination: { ToAddresses: ['li@learners.example'] },
      Message: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } },
    });
    expect(await failure(client.send(simple))).toMatchObject(
      denied('AccessDenied', 'ses:SendEmail', arnOf.mailIdentity('example.com')),
    );
    expect(ses.mails()).toHaveLength(1);
  });

  it('Step Functions: one state machine, and no looking', async () => {
    const client = new SFNClient(by(workflows.endpoint));
    await client.send(new StartExecutionCommand({ stateMachineArn: machine, name: 'run', input: '{}' }));
    expect(
      await failure(client.send(new StartExecutionCommand({ stateMachineArn: otherMachine }))),
    ).toMatchObject(denied('AccessDeniedException', 'states:StartExecution', otherMachine));
    expect(await failure(client.send(new ListExecutionsCommand({ stateMachineArn: machine })))).toMatchObject(
      denied('AccessDeniedException', 'states:ListExecutions', machine),
    );
  });

  it('SQS and SNS: sending to one queue, alone or in a batch', async () => {
    const client = new SQSClient(by(messaging.endpoint));
    const Entries = [{ Id: '1', MessageBody: 'b' }];
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl('events'), MessageBody: 'a' }));
    await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl('events'), Entries }));
    const refusedCalls = [
      [
        client.send(new SendMessageCommand({ QueueUrl: queueUrl('other'), MessageBody: 'a' })),
        'sqs:SendMessage',
        'other',
      ],
      [
        client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl('other'), Entries })),
        'sqs:SendMessage',
        'other',
      ],
      [
        client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl('events') })),
        'sqs:ReceiveMessage',
        'events',
      ],
    ] as const;
    for (const [sent, action, name] of refusedCalls) {
      expect(await failure(sent)).toMatchObject(denied('AccessDenied', action, arnOf.queue(name)));
    }
    expect([messaging.waitingCount('events'), messaging.waitingCount('other')]).toEqual([2, 0]);
    const TopicArn = 'arn:aws:sns:us-east-1:000000000000:t';
    const sns = new SNSClient(by(messaging.endpoint));
    expect(await failure(sns.send(new PublishCommand({ TopicArn, Message: 'm' })))).toMatchObject({
      ...denied('AuthorizationError', 'sns:Publish', TopicArn),
      name: expect.stringContaining('AuthorizationError'),
    });
  });

  it('a function without a role may do nothing, and any other key everything', async () => {
    const get = (accessKeyId: string) =>
      failure(
        new DynamoDBClient(by(dynamodb.endpoint, accessKeyId)).send(
          new GetItemCommand({ TableName: 'other', Key }),
        ),
      );
    expect(await get(accessKeyOf('nobody'))).toMatchObject(
      denied('AccessDeniedException', 'dynamodb:GetItem', arnOf.table('other')),
    );
    expect(await get('AKIAEXAMPLE')).toBeUndefined();
    expect(guard.refused()).toContain(`nobody dynamodb:GetItem ${arnOf.table('other')}`);
  });
});

/** Step Functions' executions, as far as StartExecution needs them. */
const started: Executions = {
  find: () => undefined,
  start: (machineArn, name, input) => ({ machineArn, name, input, status: 'RUNNING', startedMs: 0 }),
  list: () => [],
  stop: () => undefined,
  view: () => [],
  settle: async () => undefined,
  resume: () => 0,
  close: async () => undefined,
};
