import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createResolver, type Template } from '../../local/intrinsics.ts';
import { readTemplate } from '../../local/template.ts';
import { placeholder, writeSmallAssembly } from './small-assembly.ts';

describe('intrinsic functions', () => {
  const templates = new Map<string, Template>([
    [
      'Data',
      {
        Resources: { T: { Type: 'Table' } },
        Outputs: {
          Out: { Value: { Ref: 'T' }, Export: { Name: { 'Fn::Sub': `${placeholder('AWS::StackName')}:T` } } },
        },
      },
    ],
    ['Service', { Resources: { F: { Type: 'Function' } }, Parameters: { Version: { Default: '21' } } }],
  ]);
  const resolve = createResolver(
    templates,
    {
      ref: (stack, id) => `${stack}/${id}`,
      attribute: (stack, id, _resource, attribute) => `${stack}/${id}.${attribute}`,
    },
    { region: 'eu-central-1', account: '123456789012' },
  );
  it.each([
    [{ Ref: 'F' }, 'Service/F'],
    [{ Ref: 'Version' }, '21'],
    [{ Ref: 'AWS::Region' }, 'eu-central-1'],
    [{ 'Fn::GetAtt': ['F', 'Arn'] }, 'Service/F.Arn'],
    [{ 'Fn::GetAtt': 'F.Outputs.X' }, 'Service/F.Outputs.X'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::AccountId' }, 'b']] }, 'a-123456789012-b'],
    [
      { 'Fn::Sub': ['F', 'F.Arn', 'AWS::Partition', '!kept'].map(placeholder).join('|') },
      `Service/F|Service/F.Arn|aws|${placeholder('kept')}`,
    ],
    [{ 'Fn::Sub': [placeholder('x') + placeholder('F'), { x: { Ref: 'Version' } }] }, '21Service/F'],
    [{ 'Fn::Select': ['1', { 'Fn::Split': [',', 'a,b,c'] }] }, 'b'],
    [{ 'Fn::ImportValue': 'Data:T' }, 'Data/T'],
    [
      [{ deep: { Ref: 'F' } }, 7, null],
      [{ deep: 'Service/F' }, 7, null],
    ],
  ])('%j is %j', (value, expected) => {
    expect(resolve('Service', value)).toEqual(expected);
  });
  it.each([
    [{ Ref: 'Absent' }, 'refers to Absent'],
    [{ 'Fn::ImportValue': 'Data:Absent' }, 'which no stack exports'],
    [{ 'Fn::If': ['C', 1, 2] }, 'Fn::If is not supported'],
    [{ 'Fn::Select': [3, ['a']] }, 'takes element 3 of 1'],
  ])('%j is refused', (value, message) => {
    expect(() => resolve('Service', value)).toThrow(message);
  });
});

describe('an assembly', () => {
  let directory: string;
  const read = () =>
    readTemplate({ directory, apiUrl: 'http://127.0.0.1:4000', sqsUrl: 'http://127.0.0.1:9324' });
  const change = (stack: string, edit: (resources: Record<string, unknown>) => void) => {
    const path = join(directory, `${stack}.template.json`);
    const template = JSON.parse(readFileSync(path, 'utf8')) as { Resources: Record<string, unknown> };
    edit(template.Resources);
    writeFileSync(path, JSON.stringify(template));
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'reprise-template-'));
    mkdirSync(directory, { recursive: true });
    writeSmallAssembly(directory);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('gives each function its bundle and an environment of real names', () => {
    const { functions } = read();
    expect(functions.find(({ name }) => name === 'Service-Archiver')).toEqual({
      name: 'Service-Archiver',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:Service-Archiver',
      directory: join(directory, 'asset.archive'),
      handler: 'index.handler',
      environment: { ARCHIVE_BUCKET: 'data-archive', CONTROL_TABLE: 'Data-Control' },
      timeoutMs: 20_000,
      memoryMb: 256,
    });
    expect(functions.find(({ name }) => name === 'Service-Capture')?.environment).toEqual({
      EVENTS_QUEUE_URL: 'http://127.0.0.1:9324/000000000000/Service-Events',
    });
  });

  it('gives routes, event sources, redrive, machines and mail destinations resolved', () => {
    const template = read();
    expect(template.routes).toContainEqual({
      method: 'GET',
      path: '/v1/read',
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Service-Read',
      authorizer: {
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Service-Authorize',
        identityHeaders: ['authorization'],
      },
    });
    expect(template.cors).toEqual({ origins: ['*'], methods: ['GET'], headers: ['a'], maxAgeS: 60 });
    expect(template.queues.find(({ name }) => name === 'Service-Events')).toMatchObject({
      visibilityTimeoutS: 720,
      redrive: {
        deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:Service-DeadLetters',
        maxReceiveCount: 2,
      },
    });
    expect(template.eventSources[0]).toEqual({
      queueArn: 'arn:aws:sqs:us-east-1:000000000000:Service-Events',
      functionName: 'Service-Archiver',
      batchSize: 100,
      windowMs: 1_000,
      partialResponses: true,
      concurrencyMax: 1_000,
    });
    expect(template.stateMachines[0]).toMatchObject({
      name: 'small',
      definition: {
        States: { Mail: { Resource: 'arn:aws:lambda:us-east-1:000000000000:function:Service-Workflow' } },
      },
    });
    expect(template.mailDestinations).toEqual([
      {
        configurationSet: 'Service-ConfigurationSet',
        topicArn: 'arn:aws:sns:us-east-1:000000000000:Service-MailTopic',
        events: ['DELIVERY'],
      },
    ]);
    expect(template.outputs).toEqual({ ControlTable: 'Data-Control', ApiUrl: 'http://127.0.0.1:4000' });
  });

  it('refuses a resource it cannot run, and one it would run wrongly', () => {
    change('Service', (resources) => {
      resources.Stream = { Type: 'AWS::Kinesis::Stream', Properties: {} };
    });
    expect(read).toThrow('cannot run AWS::Kinesis::Stream (Stream)');
    change('Service', (resources) => {
      delete resources.Stream;
    });
    change('Data', (resources) => {
      (resources.Control as { Properties: Record<string, unknown> }).Properties.GlobalSecondaryIndexes = [];
    });
    expect(read).toThrow('Control uses GlobalSecondaryIndexes');
  });
});
