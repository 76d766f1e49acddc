// A small synthesized assembly, written by hand in CDK's shapes: two stacks, one function for each thing a host does.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const bundles: { readonly [name: string]: string } = {
  // Takes a body and queues it; lists what was archived.
  capture: `
    import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
    const sqs = new SQSClient({});
    export const handler = async ({ body }) => {
      await sqs.send(new SendMessageCommand({ QueueUrl: process.env.EVENTS_QUEUE_URL, MessageBody: body }));
      return { statusCode: 202, body: 'queued' };
    };`,
  // Puts each message into S3 and counts it in DynamoDB; the one called "bad" fails.
  archive: `
    import { S3Client, PutObjectCommand } from '@aws-sdk/client-s3';
    import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
    const s3 = new S3Client({});
    const db = new DynamoDBClient({});
    export const handler = async ({ Records }) => {
      const failed = [];
      for (const { messageId, body } of Records) {
        if (body === 'bad') { failed.push({ itemIdentifier: messageId }); continue; }
        await s3.send(new PutObjectCommand({ Bucket: process.env.ARCHIVE_BUCKET, Key: 'events/' + body, Body: body }));
        await db.send(new UpdateItemCommand({ TableName: process.env.CONTROL_TABLE, Key: { pk: { S: 'count' }, sk: { S: 'count' } },
          UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } } }));
      }
      return { batchItemFailures: failed };
    };`,
  read: `
    import { S3Client, ListObjectsV2Command } from '@aws-sdk/client-s3';
    import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
    const s3 = new S3Client({});
    const db = new DynamoDBClient({});
    export const handler = async () => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: process.env.ARCHIVE_BUCKET }));
      const { Item } = await db.send(new GetItemCommand({ TableName: process.env.CONTROL_TABLE, Key: { pk: { S: 'count' }, sk: { S: 'count' } } }));
      return { keys: Contents.map(({ Key }) => Key), count: Number(Item?.n.N ?? 0) };
    };`,
  // Misbehaves as asked, and tells how often this sandbox was called.
  fragile: `
    let calls = 0;
    export const handler = async ({ queryStringParameters: { how } }) => {
      calls += 1;
      if (how === 'hang') await new Promise(() => {});
      if (how === 'exit') process.exit(1);
      if (how === 'throw') throw new RangeError('thrown');
      return { calls };
    };`,
  authorize: `
    export const handler = async ({ headers }) => ({ isAuthorized: headers.authorization === 'Bearer ' + process.env.SECRET, context: { scope: 'read' } });`,
  // Starts the workflow; as its task, sends a mail.
  workflow: `
    import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
    import { SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
    const sfn = new SFNClient({});
    const ses = new SESClient({});
    export const handler = async (event) => {
      if (event.task === 'mail') {
        const raw = 'From: hello@example.com\\r\\nTo: ' + event.to + '\\r\\nSubject: Hello\\r\\n\\r\\nHello';
        await ses.send(new SendRawEmailCommand({ RawMessage: { Data: Buffer.from(raw) }, ConfigurationSetName: process.env.CONFIGURATION_SET }));
        return { sent: true };
      }
      const input = JSON.parse(event.body);
      await sfn.send(new StartExecutionCommand({ stateMachineArn: process.env.MACHINE_ARN, name: input.name, input: event.body }));
      return { statusCode: 202, body: '' };
    };`,
  mailEvents: `
    import { S3Client, PutObjectCommand } from '@aws-sdk/client-s3';
    const s3 = new S3Client({});
    export const handler = async ({ Records }) => {
      for (const { body } of Records) {
        const { eventType, mail } = JSON.parse(JSON.parse(body).Message);
        await s3.send(new PutObjectCommand({ Bucket: process.env.ARCHIVE_BUCKET, Key: 'mail/' + eventType + '/' + mail.destination[0], Body: '' }));
      }
      return { batchItemFailures: [] };
    };`,
};

/** As Fn::Sub has it. */
export const placeholder = (name: string): string => `\${${name}}`;
const getAtt = (logicalId: string, attribute = 'Arn') => ({ 'Fn::GetAtt': [logicalId, attribute] });
const imported = (name: string) => ({ 'Fn::ImportValue': `Data:${name}` });
const exported = (logicalId: string) => ({
  Value: { Ref: logicalId },
  Export: { Name: `Data:${logicalId}` },
});

/** A function with its role and policy. */
const lambda = (
  logicalId: string,
  name: string,
  statements: readonly object[],
  Variables: object = {},
  Timeout = 20,
) => ({
  [logicalId]: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Role: getAtt(`${logicalId}Role`),
      Code: { S3Bucket: 'assets', S3Key: `${name}.zip` },
      Handler: 'index.handler',
      MemorySize: 256,
      Timeout,
      Environment: { Variables },
    },
  },
  [`${logicalId}Role`]: { Type: 'AWS::IAM::Role', Properties: {} },
  [`${logicalId}Policy`]: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyDocument: { Statement: statements },
      Roles: [{ Ref: `${logicalId}Role` }],
    },
  },
});
const allow = (Action: string, Resource: unknown) => ({ Effect: 'Allow', Action, Resource });
const objects = (prefix: string) => ({
  'Fn::Join': ['', ['arn:aws:s3:::', imported('Archive'), `/${prefix}*`]],
});
const archiveArn = { 'Fn::Join': ['', ['arn:aws:s3:::', imported('Archive')]] };
const controlArn = {
  'Fn::Join': ['', ['arn:aws:dynamodb:us-east-1:000000000000:table/', imported('Control')]],
};
const machineArn = {
  'Fn::Sub': `arn:${placeholder('AWS::Partition')}:states:${placeholder('AWS::Region')}:${placeholder('AWS::AccountId')}:stateMachine:small`,
};
const mailArns = ['identity/example.com', 'configuration-set/Service-ConfigurationSet'].map((resource) => ({
  'Fn::Sub': `arn:aws:ses:${placeholder('AWS::Region')}:${placeholder('AWS::AccountId')}:${resource}`,
}));
const route = (RouteKey: string, target: string, authorized = false) => ({
  [`Route${target}${RouteKey.length}`]: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey,
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: `${target}Integration` }]] },
      ...(authorized && { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Authorizer' } }),
    },
  },
  [`${target}Integration`]: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: { IntegrationType: 'AWS_PROXY', IntegrationUri: getAtt(target), PayloadFormatVersion: '2.0' },
  },
});
const consumer = (queue: string, target: string) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    EventSourceArn: getAtt(queue),
    FunctionName: { Ref: target },
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 1,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  },
});
const redrive = { RedrivePolicy: { deadLetterTargetArn: getAtt('DeadLetters'), maxReceiveCount: 2 } };

const data = {
  Resources: {
    Control: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
      },
    },
    Archive: { Type: 'AWS::S3::Bucket', Properties: {} },
  },
  Outputs: { Control: exported('Control'), Archive: exported('Archive') },
};

const service = {
  Resources: {
    DeadLetters: { Type: 'AWS::SQS::Queue', Properties: {} },
    Events: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 720, ...redrive } },
    Mails: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 60, ...redrive } },
    MailTopic: { Type: 'AWS::SNS::Topic', Properties: {} },
    MailSubscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: { Protocol: 'sqs', TopicArn: { Ref: 'MailTopic' }, Endpoint: getAtt('Mails') },
    },
    ConfigurationSet: { Type: 'AWS::SES::ConfigurationSet', Properties: {} },
    Destination: {
      Type: 'AWS::SES::ConfigurationSetEventDestination',
      Properties: {
        ConfigurationSetName: { Ref: 'ConfigurationSet' },
        EventDestination: {
          MatchingEventTypes: ['delivery'],
          SnsDestination: { TopicARN: { Ref: 'MailTopic' } },
        },
      },
    },
    Identity: { Type: 'AWS::SES::EmailIdentity', Properties: { EmailIdentity: 'example.com' } },
    ...lambda('Capture', 'capture', [allow('sqs:SendMessage', getAtt('Events'))], {
      EVENTS_QUEUE_URL: { Ref: 'Events' },
    }),
    ...lambda(
      'Archiver',
      'archive',
      [allow('s3:PutObject', objects('events/')), allow('dynamodb:UpdateItem', controlArn)],
      { ARCHIVE_BUCKET: imported('Archive'), CONTROL_TABLE: imported('Control') },
    ),
    ...lambda('MailEvents', 'mailEvents', [allow('s3:PutObject', objects('mail/'))], {
      ARCHIVE_BUCKET: imported('Archive'),
    }),
    ...lambda('Read', 'read', [allow('s3:ListBucket', archiveArn), allow('dynamodb:GetItem', controlArn)], {
      ARCHIVE_BUCKET: imported('Archive'),
      CONTROL_TABLE: imported('Control'),
    }),
    ...lambda('Fragile', 'fragile', [], {}, 1),
    ...lambda('Authorize', 'authorize', [], {
      SECRET: {
        'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::Sub': `not/${placeholder('AWS::Region')}/this` }] }],
      },
    }),
    ...lambda(
      'Workflow',
      'workflow',
      [allow('states:StartExecution', machineArn), allow('ses:SendRawEmail', mailArns)],
      { MACHINE_ARN: machineArn, CONFIGURATION_SET: { Ref: 'ConfigurationSet' } },
    ),
    EventsConsumer: consumer('Events', 'Archiver'),
    MailsConsumer: consumer('Mails', 'MailEvents'),
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'small',
        DefinitionString: {
          'Fn::Join': [
            '',
            [
              '{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","TimestampPath":"$.at","Next":"Mail"},"Mail":{"Type":"Task","Resource":"',
              getAtt('Workflow'),
              '","Parameters":{"task":"mail","to.$":"$.to"},"End":true}}}',
            ],
          ],
        },
      },
    },
    Api: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: {
        ProtocolType: 'HTTP',
        CorsConfiguration: { AllowOrigins: ['*'], AllowMethods: ['GET'], AllowHeaders: ['a'], MaxAge: 60 },
      },
    },
    Authorizer: {
      Type: 'AWS::ApiGatewayV2::Authorizer',
      Properties: {
        AuthorizerType: 'REQUEST',
        EnableSimpleResponses: true,
        IdentitySource: ['$request.header.Authorization'],
        AuthorizerUri: {
          'Fn::Join': [
            '',
            [
              'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/',
              getAtt('Authorize'),
              '/invocations',
            ],
          ],
        },
      },
    },
    ...route('POST /v1/in', 'Capture'),
    ...route('GET /v1/read', 'Read', true),
    ...route('GET /v1/fragile', 'Fragile'),
    ...route('POST /v1/start', 'Workflow'),
  },
  Outputs: { ControlTable: { Value: imported('Control') }, ApiUrl: { Value: getAtt('Api', 'ApiEndpoint') } },
};

export const writeSmallAssembly = (directory: string): void => {
  const files = Object.fromEntries(
    Object.keys(bundles).map((name) => [name, { source: { path: `asset.${name}` } }]),
  );
  for (const [name, source] of Object.entries(bundles)) {
    mkdirSync(join(directory, `asset.${name}`), { recursive: true });
    writeFileSync(join(directory, `asset.${name}`, 'index.mjs'), source);
  }
  for (const [stack, template] of Object.entries({ Data: data, Service: service })) {
    writeFileSync(join(directory, `${stack}.template.json`), JSON.stringify(template));
    writeFileSync(join(directory, `${stack}.assets.json`), JSON.stringify({ files }));
  }
};
