import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../infra/api.ts';
import { functionNames, functionSpecs, logicalId } from '../../infra/functions.ts';
import { residentFactorsBytesMax, servingBytesMax } from '../../lib/base/model-limits.ts';
import { type Resource, resource, resourcesOf, synthesizeForTest, type Template } from './template.ts';

let service: Template;
beforeAll(async () => {
  service = (await synthesizeForTest()).service;
});

const lambda = (name: string): Resource => resource(service, 'AWS::Lambda::Function', logicalId(name));

describe('functions', () => {
  it.each(functionNames)('%s runs on nodejs24.x, arm64, with its own time limit and memory', (name) => {
    const { Properties } = lambda(name);
    expect(Properties.Runtime).toBe('nodejs24.x');
    expect(Properties.Architectures).toEqual(['arm64']);
    expect(Properties.Timeout).toBe(functionSpecs[name].timeoutS);
    expect(Properties.MemorySize).toBe(functionSpecs[name].memoryMb || 6_144);
  });

  it('that hold the serving model have the memory that its largest needs', () => {
    const holders = functionNames.filter((name) =>
      /\b(assortment|deliveryPorts)\(\)/.test(readFileSync(`functions/${name}.ts`, 'utf8')),
    );
    expect(holders).toEqual(
      expect.arrayContaining(['recommend', 'campaigns', 'campaign-trigger', 'campaign-deliver']),
    );
    for (const name of holders) {
      // The model, its packed factors and the next model.
      expect(functionSpecs[name].memoryMb * 1024 ** 2).toBeGreaterThan(
        2 * servingBytesMax + residentFactorsBytesMax,
      );
    }
  });

  it('reserve no concurrency, so that an account with a low limit can deploy them', () => {
    for (const [, { Properties }] of resourcesOf(service, 'AWS::Lambda::Function')) {
      expect(Properties.ReservedConcurrentExecutions).toBeUndefined();
    }
  });

  it('behind the API end before API Gateway gives up after 30 s', () => {
    for (const { to } of routes) expect(functionSpecs[to].timeoutS).toBeLessThan(30);
  });

  it('that use DuckDB get 4 GB of disk for it', () => {
    for (const name of ['train-dataset', 'train-model', 'campaign-analyse']) {
      expect(lambda(name).Properties.EphemeralStorage).toEqual({ Size: 4096 });
    }
  });
});

describe('queues', () => {
  const expectations = [
    ['Events', 'archive', 20, 500],
    ['Triggers', 'campaign-trigger', 10, 10],
    ['MailEvents', 'mail-events', 10, 100],
  ] as const;

  it.each(expectations)(
    '%s gives up on a message after 5 tries and keeps it 14 days as a dead letter',
    (name) => {
      const queue = resource(service, 'AWS::SQS::Queue', `${name}Queue`);
      const [deadLettersId] = resourcesOf(service, 'AWS::SQS::Queue').find(([id]) =>
        id.startsWith(`${name}DeadLetters`),
      ) ?? [''];
      expect(queue.Properties.RedrivePolicy).toEqual({
        deadLetterTargetArn: { 'Fn::GetAtt': [deadLettersId, 'Arn'] },
        maxReceiveCount: 5,
      });
      expect(
        resource(service, 'AWS::SQS::Queue', `${name}DeadLetters`).Properties.MessageRetentionPeriod,
      ).toBe(14 * 86_400);
    },
  );

  it.each(expectations)('%s hides a message for six times the time limit of %s', (name, consumer) => {
    const queue = resource(service, 'AWS::SQS::Queue', `${name}Queue`);
    expect(queue.Properties.VisibilityTimeout).toBe(6 * functionSpecs[consumer].timeoutS);
  });

  it.each(expectations)(
    '%s wakes %s in at most %i sandboxes, with partial batch failures',
    (name, consumer, concurrency, batch) => {
      const mapping = resourcesOf(service, 'AWS::Lambda::EventSourceMapping').find(([id]) =>
        id.startsWith(logicalId(consumer)),
      );
      expect(mapping?.[1].Properties).toMatchObject({
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: concurrency },
        BatchSize: batch,
      });
      expect(JSON.stringify(mapping?.[1].Properties.EventSourceArn)).toContain(`${name}Queue`);
    },
  );

  it('refuse unencrypted transport', () => {
    for (const [, policy] of resourcesOf(service, 'AWS::SQS::QueuePolicy')) {
      const { Statement } = policy.Properties.PolicyDocument as { Statement: object[] };
      expect(Statement).toContainEqual(
        expect.objectContaining({
          Effect: 'Deny',
          Action: 'sqs:*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      );
    }
  });

  it.each(expectations)('an alarm fires on the first dead letter of %s and says what to do', (name) => {
    const alarm = resource(service, 'AWS::CloudWatch::Alarm', `${name}DeadLettersAlarm`);
    expect(alarm.Properties).toMatchObject({
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
    });
    expect(alarm.Properties.AlarmDescription).toMatch(/redrive/);
    expect(JSON.stringify(alarm.Properties.AlarmActions)).toContain('Alarms');
  });
});

describe('alarms', () => {
  it('are ten on one metric each, all that CloudWatch keeps without charge, and each says what is the matter', () => {
    const alarms = resourcesOf(service, 'AWS::CloudWatch::Alarm');
    expect(alarms).toHaveLength(10);
    for (const [, alarm] of alarms) {
      expect(alarm.Properties.MetricName).toEqual(expect.any(String));
      expect(alarm.Properties.Metrics).toBeUndefined();
      expect(String(alarm.Properties.AlarmDescription).length).toBeGreaterThan(40);
    }
  });
});

describe('the API', () => {
  const routeKeys = (): Map<string, Resource> =>
    new Map(
      resourcesOf(service, 'AWS::ApiGatewayV2::Route').map(([, route]) => [
        String(route.Properties.RouteKey),
        route,
      ]),
    );

  it('has exactly the routes of the table, each to its function', () => {
    expect([...routeKeys().keys()].sort()).toEqual(
      routes.map(({ method, path }) => `${method} ${path}`).sort(),
    );
    for (const { method, path, to } of routes) {
      const target = routeKeys().get(`${method} ${path}`)?.Properties.Target as {
        'Fn::Join': [string, [string, { Ref: string }]];
      };
      const integration = service.Resources[target['Fn::Join'][1][1].Ref];
      expect(JSON.stringify(integration.Properties.IntegrationUri)).toContain(`"${logicalId(to)}`);
      expect(integration.Properties.PayloadFormatVersion).toBe('2.0');
    }
  });

  it('lets only capture and the signed links of messages in without the authorizer', () => {
    const open = [...routeKeys()]
      .filter(([, route]) => route.Properties.AuthorizationType === 'NONE')
      .map(([key]) => key);
    expect(open.sort()).toEqual([
      'GET /v1/preferences/{token}',
      'GET /v1/projects/{writeKey}/settings',
      'GET /v1/unsubscribe/{token}',
      'POST /v1/a',
      'POST /v1/alias',
      'POST /v1/b',
      'POST /v1/batch',
      'POST /v1/g',
      'POST /v1/group',
      'POST /v1/i',
      'POST /v1/identify',
      'POST /v1/p',
      'POST /v1/page',
      'POST /v1/preferences/{token}',
      'POST /v1/s',
      'POST /v1/screen',
      'POST /v1/t',
      'POST /v1/track',
      'POST /v1/unsubscribe/{token}',
    ]);
  });

  it('asks the authorizer anew for each request: a cached read key must not open admin routes', () => {
    expect(resource(service, 'AWS::ApiGatewayV2::Authorizer', 'ApiAuthorizer').Properties).toMatchObject({
      AuthorizerResultTtlInSeconds: 0,
      EnableSimpleResponses: true,
      AuthorizerPayloadFormatVersion: '2.0',
      IdentitySource: ['$request.header.Authorization'],
    });
  });

  it('is throttled as configured and writes an access log without query strings', async () => {
    const { service: other } = await synthesizeForTest({ apiRequestsPerSecondMax: 7, apiBurstMax: 9 });
    const stage = resource(other, 'AWS::ApiGatewayV2::Stage', 'ApiStage').Properties;
    expect(stage.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 });
    const { Format } = stage.AccessLogSettings as { Format: string };
    expect(Object.keys(JSON.parse(Format))).toEqual([
      'requestId',
      'time',
      'route',
      'status',
      'latencyMs',
      'error',
    ]);
  });
});

describe('mail', () => {
  it('reports sends, deliveries, bounces, complaints, rejects, opens and clicks through SNS into the queue', () => {
    const [, destination] = resourcesOf(service, 'AWS::SES::ConfigurationSetEventDestination')[0];
    expect(destination.Properties.EventDestination).toMatchObject({
      Enabled: true,
      MatchingEventTypes: ['send', 'delivery', 'bounce', 'complaint', 'reject', 'open', 'click'],
    });
    const [, subscription] = resourcesOf(service, 'AWS::SNS::Subscription')[0];
    expect(subscription.Properties.Protocol).toBe('sqs');
    expect(JSON.stringify(subscription.Properties.Endpoint)).toContain('MailEventsQueue');
  });

  it('lets SES itself stop addresses that bounced or complained', () => {
    const [, set] = resourcesOf(service, 'AWS::SES::ConfigurationSet')[0];
    expect(set.Properties.SuppressionOptions).toEqual({ SuppressedReasons: ['BOUNCE', 'COMPLAINT'] });
  });
});

describe('the schedule', () => {
  it('trains every night in the configured time zone, with the execution id as training id', async () => {
    const { service: other } = await synthesizeForTest({ timeZone: 'Asia/Shanghai' });
    const [, schedule] = resourcesOf(other, 'AWS::Scheduler::Schedule')[0];
    expect(schedule.Properties).toMatchObject({
      ScheduleExpression: 'cron(0 3 * * ? *)',
      ScheduleExpressionTimezone: 'Asia/Shanghai',
      State: 'ENABLED',
    });
    const target = schedule.Properties.Target as { Input: string; Arn: unknown };
    expect(JSON.parse(target.Input)).toEqual({
      trainingId: '<aws.scheduler.execution-id>',
      tune: { trials: 6, seconds: 120 },
    });
    expect(JSON.stringify(target.Arn)).toContain('Training');
  });
});
