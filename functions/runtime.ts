// The only place that reads the environment, builds adapters and turns errors into responses.
// Adapters are built on first use and kept for the life of the sandbox; esbuild drops those a function never uses.

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  SQSBatchResponse,
  SQSEvent,
  SQSRecord,
} from 'aws-lambda';
import { withDuckDb } from '../lib/adapters/analytics-duckdb.ts';
import { createCampaignStore } from '../lib/adapters/campaign-store-dynamodb.ts';
import { createCatalogStore } from '../lib/adapters/catalog-store-dynamodb.ts';
import { fileClock, secureRandom, systemClock } from '../lib/adapters/clock.ts';
import { createCouponStore } from '../lib/adapters/coupon-store-dynamodb.ts';
import { createCustomerStore } from '../lib/adapters/customer-store-dynamodb.ts';
import { createDeliveryStore } from '../lib/adapters/delivery-store-dynamodb.ts';
import { createDocumentClient } from '../lib/adapters/dynamodb.ts';
import { createEvaluationStore } from '../lib/adapters/evaluation-store-dynamodb.ts';
import { createEventQueue } from '../lib/adapters/event-queue-sqs.ts';
import { createExperimentResultStore } from '../lib/adapters/experiment-results-dynamodb.ts';
import { createExperimentStore } from '../lib/adapters/experiment-store-dynamodb.ts';
import { createExposureSource } from '../lib/adapters/exposures-duckdb.ts';
import { createInbox } from '../lib/adapters/inbox-dynamodb.ts';
import { createJourneyStore } from '../lib/adapters/journey-store-dynamodb.ts';
import { createKeyStore } from '../lib/adapters/key-store-dynamodb.ts';
import { createMailer, createSesClient } from '../lib/adapters/mailer-ses.ts';
import { createModelRegistry } from '../lib/adapters/model-registry-dynamodb.ts';
import { createObjectStore } from '../lib/adapters/object-store-s3.ts';
import { isOutage } from '../lib/adapters/outage.ts';
import { createOutcomeSource } from '../lib/adapters/outcomes-duckdb.ts';
import { createPolicyLogs } from '../lib/adapters/policy-logs-duckdb.ts';
import { createPushSender } from '../lib/adapters/push-sns.ts';
import { createRateLine } from '../lib/adapters/rate-line-dynamodb.ts';
import { createResultStore } from '../lib/adapters/result-store-dynamodb.ts';
import { createSecretStore } from '../lib/adapters/secret-store-dynamodb.ts';
import { createSendQuota } from '../lib/adapters/send-quota-ses.ts';
import { createSmsSender } from '../lib/adapters/sms-sns.ts';
import { createSnsClient } from '../lib/adapters/sns.ts';
import { threadedKernels } from '../lib/adapters/threads.ts';
import { createTriggerQueue } from '../lib/adapters/trigger-queue-sqs.ts';
import { createWorkflows } from '../lib/adapters/workflows-sfn.ts';
import { Failure, type FailureKind } from '../lib/base/errors.ts';
import type { WorkspaceSettings } from '../lib/base/settings.ts';
import { createDailyAllowance } from '../lib/deliveries/allowance.ts';
import type { DeliverContext } from '../lib/deliveries/attempt.ts';
import { createTransport } from '../lib/deliveries/transport.ts';
import type { HtmlAnswer } from '../lib/deliveries/unsubscribe.ts';
import { createRivals } from '../lib/deliveries/yielding.ts';
import type { Clock, WithAnalytics } from '../lib/ports.ts';
import { createAssortmentSource } from '../lib/recommendations/assortment-source.ts';
import { createInForceSource } from '../lib/recommendations/in-force-source.ts';
import type { Tools } from '../lib/recommenders/model.ts';
import { decodeServing } from '../lib/recommenders/serving.ts';

const required = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: infra/service-stack.ts must give it to this function`);
  }
  return value;
};

// Without the annotation every bundle would hold every adapter, and import DuckDB where it is not installed.
/* @__NO_SIDE_EFFECTS__ */
const once = <T>(build: () => T): (() => T) => {
  let built: { readonly value: T } | undefined;
  return () => {
    built ??= { value: build() };
    return built.value;
  };
};

const documentClient: () => DynamoDBDocumentClient = once(createDocumentClient);

export const clock: () => Clock = once(() => {
  const path = process.env.REPRISE_CLOCK_FILE;
  return path ? fileClock(path) : systemClock;
});
export const random = () => secureRandom;

// ---- errors into responses ---------------------------------------------------------------------------

const statusByKind: Record<FailureKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  gone: 410,
  'too-large': 413,
  throttled: 429,
  unavailable: 503,
};

export const respond = (statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
});

const log = (level: 'info' | 'warn' | 'error', message: string, detail: object = {}): void => {
  console.log(JSON.stringify({ level, message, ...detail }));
};

export const respondHtml = ({ statusCode, html }: HtmlAnswer): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  },
  body: html,
});

const respondCsv = (csv: string): APIGatewayProxyStructuredResultV2 => ({
  statusCode: 200,
  headers: {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="report.csv"',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  },
  body: csv,
});

/** A report in the form that was asked for. */
export const respondReport = (
  answer:
    | { readonly format: 'json'; readonly report: unknown }
    | { readonly format: 'html'; readonly html: string }
    | { readonly format: 'csv'; readonly csv: string },
): APIGatewayProxyStructuredResultV2 => {
  switch (answer.format) {
    case 'json':
      return respond(200, answer.report);
    case 'html':
      return respondHtml({ statusCode: 200, html: answer.html });
    case 'csv':
      return respondCsv(answer.csv);
  }
};

const unavailable = {
  error: {
    code: 'unavailable',
    message: 'A service that Reprise needs for this did not answer; the request was not confirmed.',
    action:
      'Send it again after a few seconds, with the same ids: what was already taken is not taken twice.',
  },
};

type HttpHandler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** Wraps an HTTP handler: a Failure becomes its status and detail, an outage 503, anything else 500 without internals. */
export const http =
  (handler: HttpHandler): HttpHandler =>
  async (event) => {
    try {
      return await handler(event);
    } catch (error) {
      if (error instanceof Failure) {
        return respond(statusByKind[error.kind], { error: error.detail });
      }
      const outage = isOutage(error);
      log(outage ? 'warn' : 'error', outage ? 'a service did not answer' : 'unexpected failure', {
        route: event.routeKey,
        error: String(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
      if (outage) return respond(statusByKind.unavailable, unavailable);
      return respond(500, {
        error: {
          code: 'internal',
          message: 'The request failed inside Reprise; nothing of it was acknowledged.',
          action: `Send it again; if it fails again, look for request ${event.requestContext.requestId} in the function's log.`,
        },
      });
    }
  };

/** One function behind several routes: picks by API Gateway's routeKey, "GET /v1/items/{itemId}". */
export const routes = (table: { readonly [routeKey: string]: HttpHandler }): HttpHandler =>
  http((event) => {
    const handler = Object.hasOwn(table, event.routeKey) ? table[event.routeKey] : undefined;
    if (handler) return handler(event);
    throw new Failure('not-found', {
      code: 'route-not-found',
      message: 'There is no such route.',
      received: event.routeKey,
      action: 'Look at the list of routes in the README.',
    });
  });

/** The body as text, base64 undone. */
export const bodyText = (event: APIGatewayProxyEventV2): string =>
  Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');

/** A parameter of the route's path; that a route has it is infra/api.ts's to say. */
export const pathParameter = (event: APIGatewayProxyEventV2, name: string): string => {
  const value = event.pathParameters?.[name];
  if (value === undefined) throw new Error(`${event.routeKey} has no path parameter ${name}`);
  return value;
};

/** Wraps an SQS handler: only the records that failed come back to the queue (partial batch response). */
export const sqs =
  (handle: (records: readonly SQSRecord[]) => Promise<readonly string[]>) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failed = await handle(event.Records);
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };

// Builders of adapters go below, one `once(...)` each, in the order of lib/ports.ts. Environment names: ARCHITECTURE.md.
/** What the owner set for the workspace; infra/config.ts has validated it. */
export const settings = once((): WorkspaceSettings => JSON.parse(required('REPRISE_SETTINGS')));
export const apiUrl = once(() => required('REPRISE_API_URL'));
export const fromAddress = once(() => required('REPRISE_FROM_ADDRESS'));
export const archiveBucket = once(() => required('REPRISE_ARCHIVE_BUCKET'));
export const eventQueue = once(() => createEventQueue(required('REPRISE_EVENTS_QUEUE_URL')));
export const archiveStore = once(() => createObjectStore(required('REPRISE_ARCHIVE_BUCKET')));
export const modelsStore = once(() => createObjectStore(required('REPRISE_MODELS_BUCKET')));
export const keyStore = once(() => createKeyStore(documentClient(), required('REPRISE_CONTROL_TABLE')));
export const customerStore = once(() =>
  createCustomerStore(documentClient(), required('REPRISE_CUSTOMERS_TABLE')),
);
export const catalogStore = once(() =>
  createCatalogStore(documentClient(), required('REPRISE_CATALOG_TABLE'), clock()),
);
/** A private database for one use; memory and disk as in lib/base/limits.ts. */
export const withAnalytics: WithAnalytics = withDuckDb;
export const modelRegistry = once(() =>
  createModelRegistry(documentClient(), required('REPRISE_CONTROL_TABLE')),
);
export const workflows = once(() =>
  createWorkflows({
    trainingArn: process.env.REPRISE_TRAINING_STATE_MACHINE_ARN,
    campaignArn: process.env.REPRISE_CAMPAIGN_STATE_MACHINE_ARN,
    reportArn: process.env.REPRISE_REPORT_STATE_MACHINE_ARN,
    experimentArn: process.env.REPRISE_EXPERIMENT_STATE_MACHINE_ARN,
    evaluationArn: process.env.REPRISE_EVALUATION_STATE_MACHINE_ARN,
  }),
);
export const campaignStore = once(() =>
  createCampaignStore(documentClient(), required('REPRISE_CAMPAIGNS_TABLE')),
);
export const journeyStore = once(() =>
  createJourneyStore(documentClient(), required('REPRISE_CAMPAIGNS_TABLE')),
);
export const secretStore = once(() =>
  createSecretStore(documentClient(), required('REPRISE_CONTROL_TABLE'), secureRandom),
);
export const outcomeSource = once(() => createOutcomeSource(archiveStore(), customerStore(), withAnalytics));
export const resultStore = once(() =>
  createResultStore(documentClient(), required('REPRISE_CAMPAIGNS_TABLE')),
);
export const deliveryStore = once(() =>
  createDeliveryStore(documentClient(), required('REPRISE_CAMPAIGNS_TABLE')),
);
export const couponStore = once(() =>
  createCouponStore(documentClient(), required('REPRISE_CAMPAIGNS_TABLE')),
);
export const inbox = once(() => createInbox(documentClient(), required('REPRISE_CAMPAIGNS_TABLE')));
const sesClient = once(createSesClient);
const snsClient = once(createSnsClient);
/** Batches, triggers and tests send side by side; in one line they keep the workspace's rates and the account's. */
const rates = () => ({ line: rateLine(), clock: clock() });
const rateLine = once(() => createRateLine(documentClient(), required('REPRISE_CAMPAIGNS_TABLE')));
const sendQuota = once(() => createSendQuota(sesClient(), () => clock().nowMs()));
const mailSender = once(() =>
  createMailer(sesClient(), {
    configurationSet: required('REPRISE_SES_CONFIGURATION_SET'),
    mailsPerSecondMax: settings().mailsPerSecondMax,
    quota: sendQuota(),
    ...rates(),
  }),
);
export const transport = once(() => {
  const { sms, push } = settings();
  return createTransport({
    email: mailSender(),
    'in-app': async ({ offer }) => {
      await inbox().put(offer);
      return { kind: 'sent', messageId: offer.deliveryId };
    },
    ...(sms && { sms: createSmsSender(snsClient(), { settings: sms, ...rates() }) }),
    ...(push && { push: createPushSender(snsClient(), { settings: push, ...rates() }) }),
  });
});
/** Mail alone: what a marketer tries out. */
export const mailTransport = once(() => createTransport({ email: mailSender() }));
/** All the cores of this function; what fitting tells goes to the log. */
export const trainingTools = once(
  (): Tools => ({
    kernels: once(() => threadedKernels()),
    progress: (progress) => log('info', 'training goes on', progress),
  }),
);
/** What can be recommended now: the serving model and what came or went since, held in memory. */
export const assortment = once(() =>
  createAssortmentSource({
    registry: modelRegistry(),
    models: modelsStore(),
    catalog: catalogStore(),
    clock: clock(),
    decode: decodeServing,
    warn: (message, detail) => log('warn', message, detail),
  }),
);
export const evaluationStore = once(() =>
  createEvaluationStore(documentClient(), required('REPRISE_CONTROL_TABLE')),
);
export const policyLogs = once(() => createPolicyLogs(archiveStore(), customerStore(), withAnalytics));
export const experimentStore = once(() =>
  createExperimentStore(documentClient(), required('REPRISE_CONTROL_TABLE')),
);
export const experimentResults = once(() =>
  createExperimentResultStore(documentClient(), required('REPRISE_CONTROL_TABLE')),
);
export const exposureSource = once(() =>
  createExposureSource(archiveStore(), customerStore(), withAnalytics),
);
/** Running experiments and the global holdout's salt, held in memory. */
export const inForce = once(() =>
  createInForceSource({
    experiments: experimentStore(),
    secrets: secretStore(),
    clock: clock(),
    warn: (message, detail) => log('warn', message, detail),
  }),
);
const rivals = once(() =>
  createRivals({
    campaigns: campaignStore(),
    secrets: secretStore(),
    catalog: catalogStore(),
    assortment: assortment(),
    settings: settings(),
    clock: clock(),
  }),
);
/** Everything deliverOne needs but the run. Whoever asked for it closes its allowance. */
export const deliveryPorts = async (): Promise<Omit<DeliverContext, 'runId' | 'phase'>> => ({
  deliveries: deliveryStore(),
  coupons: couponStore(),
  transport: transport(),
  customers: customerStore(),
  events: eventQueue(),
  clock: clock(),
  random: random(),
  settings: settings(),
  linkSecret: (await secretStore().secrets()).linkSecret,
  apiUrl: required('REPRISE_API_URL'),
  fromAddress: fromAddress(),
  rivals: rivals(),
  allowance: createDailyAllowance({
    deliveries: deliveryStore(),
    clock: clock(),
    rampUp: settings().rampUp,
    quotaLeft: sendQuota().left,
  }),
  assortment: assortment(),
});
export const triggerQueue = once(() => createTriggerQueue(required('REPRISE_TRIGGERS_QUEUE_URL')));
export { documentClient, log, once, required };
