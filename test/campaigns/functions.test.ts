// The campaign functions as they are deployed, over DynamoDB, S3 and SQS in this process; Step Functions is a small
// HTTP server that notes what was started.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCustomerStore } from '../../lib/adapters/customer-store-dynamodb.ts';
import { createTriggerQueue } from '../../lib/adapters/trigger-queue-sqs.ts';
import { campaignId, customerId, messageId } from '../../lib/base/ids.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';
import { fill, iso, settings, t0 } from './sample.ts';

let local: LocalTable;
let aws: FauxqsServer;
let sqs: SQSClient;
let stepFunctions: Server;
const started: { readonly name: string; readonly input: string }[] = [];

const config = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

beforeAll(async () => {
  local = await startLocalTable();
  aws = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  stepFunctions = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      started.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(JSON.stringify({ executionArn: 'arn', startDate: 0 }));
    });
  });
  await new Promise<void>((resolve) => stepFunctions.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${aws.port}`;
  const s3 = new S3Client({ ...config(endpoint), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'archive' }));
  sqs = new SQSClient(config(endpoint));
  const table = {
    customers: local.table,
    catalog: local.table,
    campaigns: local.table,
    control: local.table,
  };
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: local.endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ENDPOINT_URL_SFN: `http://127.0.0.1:${(stepFunctions.address() as AddressInfo).port}`,
    REPRISE_CUSTOMERS_TABLE: table.customers,
    REPRISE_CATALOG_TABLE: table.catalog,
    REPRISE_CAMPAIGNS_TABLE: table.campaigns,
    REPRISE_CONTROL_TABLE: table.control,
    REPRISE_ARCHIVE_BUCKET: 'archive',
    REPRISE_MODELS_BUCKET: 'models',
    REPRISE_CAMPAIGN_STATE_MACHINE_ARN: 'arn:aws:states:us-east-1:000000000000:stateMachine:campaign',
    REPRISE_API_URL: 'https://api.example',
    REPRISE_SETTINGS: JSON.stringify(settings),
  });
  await fill(createCustomerStore(local.client, local.table), 40);
});
afterAll(async () => {
  sqs.destroy();
  await local.close();
  await aws.stop();
  stepFunctions.close();
});

const call = async (route: string, parameters: Record<string, string> = {}, body?: unknown) => {
  const { handler } = await import('../../functions/campaigns.ts');
  const event: Partial<APIGatewayProxyEventV2> = {
    routeKey: route,
    pathParameters: parameters,
    body: body === undefined ? undefined : JSON.stringify(body),
    isBase64Encoded: false,
  };
  const answer: APIGatewayProxyStructuredResultV2 = await handler(event as APIGatewayProxyEventV2);
  return { status: answer.statusCode, body: JSON.parse(answer.body ?? 'null') as Record<string, unknown> };
};
const one = '/v1/admin/campaigns/{campaignId}';

describe('the campaign functions', () => {
  it('create, preview, start, freeze, follow and show a campaign', async () => {
    const definition = {
      name: 'Back to school',
      audience: { all: [{ fact: 'orders', op: 'gte', value: 1 }] },
      trigger: { kind: 'at', at: iso(t0) },
      variants: [{ name: 'reminder', weight: 1, action: { kind: 'reminder' } }],
      holdoutShare: 0.3,
      recommendationsCount: 0,
      lookDays: [7],
    };
    const refused = await call(
      'POST /v1/admin/campaigns',
      {},
      { ...definition, windowDays: 0, holdoutShare: 2 },
    );
    expect(refused.status).toBe(400);
    expect(refused.body.error).toMatchObject({
      problems: [{ path: 'holdoutShare' }, { path: 'windowDays' }, {}],
    });

    const created = await call('POST /v1/admin/campaigns', {}, definition);
    expect(created).toMatchObject({ status: 201, body: { status: 'draft', defaults: { windowDays: 30 } } });
    const id = String(created.body.campaignId);
    const at = { campaignId: id };

    const preview = await call(
      `POST ${one}/{action}`,
      { ...at, action: 'preview' },
      { customerId: 'c1', estimate: true },
    );
    expect(preview).toMatchObject({
      status: 200,
      body: {
        inAudience: true,
        mails: [{ variant: 'reminder' }],
        estimate: { customersScanned: 40, customersMatching: 40, complete: true },
      },
    });

    expect((await call(`POST ${one}/{action}`, { ...at, action: 'resume' })).status).toBe(409);
    const hopeless = await call(`POST ${one}/{action}`, { ...at, action: 'start' });
    expect(hopeless).toMatchObject({ status: 409, body: { error: { code: 'experiment-hopeless' } } });
    expect(started).toEqual([]);
    expect(await call(`POST ${one}/{action}`, { ...at, action: 'start' }, { force: true })).toMatchObject({
      status: 200,
      body: { status: 'running' },
    });
    expect(started).toMatchObject([{ name: `${id}-run-1` }]);
    expect(JSON.parse(started[0].input)).toEqual({ campaignId: id, runId: 'run-1', startsAt: iso(t0) });
    expect((await call(`PUT ${one}`, at, definition)).status).toBe(409);
    expect((await call('GET /v1/admin/campaigns')).body).toMatchObject({ campaigns: [{ campaignId: id }] });

    const { handler: step } = await import('../../functions/campaign-freeze.ts');
    const frozen = await step({ step: 'freeze', ...at, runId: 'run-1', phase: 'test' });
    expect(frozen).toMatchObject({
      batchesBucket: 'archive',
      batchesKey: `campaigns/${id}/run-1/test/batches.json`,
      batchCount: 1,
    });
    const execution = { name: `${id}-run-1`, startedAt: new Date().toISOString() };
    const check = { step: 'progress', ...at, runId: 'run-1', phase: 'test', execution } as const;
    const { lookAt } = frozen;
    expect(await step({ ...check, lookAt })).toMatchObject({
      next: 'deliver-later',
      phase: 'test',
      batchesBucket: 'archive',
      batchesKey: frozen.batchesKey,
    });
    const shown = (await call(`GET ${one}`, at)).body.runs as {
      phases: { test: { arms: Record<string, number> } };
    }[];
    const assigned = Object.values(shown[0].phases.test.arms).reduce((sum, count) => sum + count, 0);
    expect(assigned).toBe(40);
    expect(await call(`GET ${one}/result`, at)).toMatchObject({
      status: 200,
      body: { latest: null, status: 'running' },
    });
    expect((await call(`POST ${one}/{action}`, { ...at, action: 'cancel' })).body.status).toBe('cancelled');
    expect(await step({ ...check, lookAt })).toMatchObject({
      // No batch was delivered yet; what one that died may have begun is looked for once more.
      next: 'deliver-later',
    });
  });

  it('list strategies, and make a draft of one that starts like any other', async () => {
    const { status, body } = await call('GET /v1/admin/strategies');
    expect(status).toBe(200);
    expect(body.strategies).toContainEqual(expect.objectContaining({ name: 'abandoned-cart' }));
    const route = 'POST /v1/admin/strategies/{name}/campaigns';
    const made = await call(route, { name: 'win-back' }, { parameters: { percent: 15 } });
    expect(made).toMatchObject({ status: 201, body: { status: 'draft', name: 'Win back the lapsed' } });
    const at = { campaignId: String(made.body.campaignId) };
    const startedOne = await call(`POST ${one}/{action}`, { ...at, action: 'start' }, { force: true });
    expect(startedOne).toMatchObject({ status: 200, body: { status: 'running' } });
    expect((await call(route, { name: 'win-back' }, { parameters: { percent: 0 } })).status).toBe(400);
    expect((await call(route, { name: 'luck' })).status).toBe(404);
  });

  it('answer 404 for a campaign or an action that is not there', async () => {
    expect((await call(`GET ${one}`, { campaignId: 'none' })).status).toBe(404);
    expect((await call(`POST ${one}/{action}`, { campaignId: 'none', action: 'explode' })).status).toBe(404);
  });
});

describe('the triggers queue', () => {
  it('hides a trigger that was put back', async () => {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'triggers' }));
    const queue = createTriggerQueue(QueueUrl, sqs);
    const trigger = (id: string) => ({
      campaignId: campaignId('c'),
      customerId: customerId(id),
      messageId: messageId('m'),
      at: iso(t0),
    });
    await queue.send([trigger('later')], 900);
    await queue.send([trigger('now')]);
    const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
    const { Messages = [] } = await sqs.send(receive);
    expect(Messages.map(({ Body }) => JSON.parse(Body ?? ''))).toEqual([trigger('now')]);
  });
});
