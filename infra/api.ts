// The HTTP API: every route with its function and who may call it; throttled, logged.
// Public routes have no authorizer for a stated reason; all others pass the `authorize` function.

import { Duration, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Config } from './config.ts';
import { type FunctionName, logGroup } from './functions.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

interface Route {
  readonly method: Method;
  readonly path: string;
  readonly to: FunctionName;
  /** Why this route needs no authorizer; absent: it has one. */
  readonly publicBecause?: string;
}

const segment =
  "Segment's protocol carries the write key in the body or in Basic auth; the function checks it.";
const settings =
  'Segment SDKs ask for their settings before anything else and send no credentials; the answer holds no secret.';
const signed = 'Mail clients call it without credentials; the signed token in the path is the permission.';

/** Segment's calls; the single letters are what its web SDK uses. */
const captureCalls = 'batch track identify page screen alias group b t i p s a g'.split(' ');

export const routes: readonly Route[] = [
  ...captureCalls.map(
    (call): Route => ({ method: 'POST', path: `/v1/${call}`, to: 'capture', publicBecause: segment }),
  ),
  {
    method: 'GET',
    path: '/v1/projects/{writeKey}/settings',
    to: 'capture',
    publicBecause: settings,
  },
  { method: 'GET', path: '/v1/items', to: 'catalog' },
  { method: 'POST', path: '/v1/items/import', to: 'catalog' },
  { method: 'GET', path: '/v1/items/{itemId}', to: 'catalog' },
  { method: 'PUT', path: '/v1/items/{itemId}', to: 'catalog' },
  { method: 'DELETE', path: '/v1/items/{itemId}', to: 'catalog' },
  { method: 'GET', path: '/v1/items/{itemId}/similar', to: 'recommend' },
  { method: 'GET', path: '/v1/users/{userId}/recommendations', to: 'recommend' },
  { method: 'POST', path: '/v1/users/{userId}/referrals', to: 'coupons' },
  { method: 'GET', path: '/v1/coupons/{code}', to: 'coupons' },
  { method: 'GET', path: '/v1/users/{userId}/offers', to: 'offers' },
  { method: 'POST', path: '/v1/users/{userId}/offers/{deliveryId}/{action}', to: 'offers' },
  { method: 'POST', path: '/v1/coupons/{code}/reservations', to: 'coupons' },
  { method: 'POST', path: '/v1/coupons/{code}/redemptions', to: 'coupons' },
  { method: 'POST', path: '/v1/coupons/{code}/releases', to: 'coupons' },
  { method: 'POST', path: '/v1/coupons/{code}/refunds', to: 'coupons' },
  { method: 'GET', path: '/v1/unsubscribe/{token}', to: 'unsubscribe', publicBecause: signed },
  { method: 'POST', path: '/v1/unsubscribe/{token}', to: 'unsubscribe', publicBecause: signed },
  { method: 'GET', path: '/v1/preferences/{token}', to: 'unsubscribe', publicBecause: signed },
  { method: 'POST', path: '/v1/preferences/{token}', to: 'unsubscribe', publicBecause: signed },
  { method: 'POST', path: '/v1/admin/trainings', to: 'admin' },
  { method: 'GET', path: '/v1/admin/trainings', to: 'admin' },
  { method: 'GET', path: '/v1/admin/trainings/{trainingId}', to: 'admin' },
  { method: 'GET', path: '/v1/admin/models', to: 'admin' },
  { method: 'POST', path: '/v1/admin/models/{version}/promotion', to: 'admin' },
  { method: 'GET', path: '/v1/admin/keys', to: 'admin' },
  { method: 'POST', path: '/v1/admin/keys', to: 'admin' },
  { method: 'DELETE', path: '/v1/admin/keys/{keyId}', to: 'admin' },
  { method: 'GET', path: '/v1/admin/customers/{userId}', to: 'admin' },
  { method: 'PUT', path: '/v1/admin/customers/{userId}/suppressions/{channel}', to: 'admin' },
  { method: 'DELETE', path: '/v1/admin/customers/{userId}/suppressions/{channel}', to: 'admin' },
  { method: 'POST', path: '/v1/admin/suppressions/import', to: 'admin' },
  { method: 'GET', path: '/v1/admin/customers/{userId}/messages', to: 'campaigns' },
  { method: 'GET', path: '/v1/admin/experiments', to: 'experiments' },
  { method: 'POST', path: '/v1/admin/experiments', to: 'experiments' },
  { method: 'GET', path: '/v1/admin/experiments/{experimentId}', to: 'experiments' },
  { method: 'PUT', path: '/v1/admin/experiments/{experimentId}', to: 'experiments' },
  { method: 'GET', path: '/v1/admin/experiments/{experimentId}/result', to: 'experiments' },
  { method: 'GET', path: '/v1/admin/experiments/{experimentId}/report', to: 'experiments' },
  { method: 'POST', path: '/v1/admin/experiments/{experimentId}/{action}', to: 'experiments' },
  { method: 'GET', path: '/v1/admin/evaluations', to: 'experiments' },
  { method: 'POST', path: '/v1/admin/evaluations', to: 'experiments' },
  { method: 'GET', path: '/v1/admin/evaluations/{evaluationId}', to: 'experiments' },
  { method: 'GET', path: '/v1/admin/holdout/report', to: 'experiments' },
  { method: 'POST', path: '/v1/admin/holdout/report', to: 'experiments' },
  { method: 'GET', path: '/v1/admin/campaigns', to: 'campaigns' },
  { method: 'POST', path: '/v1/admin/campaigns', to: 'campaigns' },
  { method: 'GET', path: '/v1/admin/campaigns/{campaignId}', to: 'campaigns' },
  { method: 'PUT', path: '/v1/admin/campaigns/{campaignId}', to: 'campaigns' },
  { method: 'GET', path: '/v1/admin/campaigns/{campaignId}/result', to: 'campaigns' },
  { method: 'GET', path: '/v1/admin/campaigns/{campaignId}/runs/{runId}/problems', to: 'campaigns' },
  { method: 'GET', path: '/v1/admin/campaigns/{campaignId}/report', to: 'campaigns' },
  { method: 'POST', path: '/v1/admin/campaigns/{campaignId}/report', to: 'campaigns' },
  { method: 'POST', path: '/v1/admin/campaigns/{campaignId}/{action}', to: 'campaigns' },
  { method: 'GET', path: '/v1/admin/strategies', to: 'campaigns' },
  { method: 'POST', path: '/v1/admin/strategies/{name}/campaigns', to: 'campaigns' },
];

const addRoute = (
  api: HttpApi,
  route: Route,
  integration: HttpLambdaIntegration,
  authorizer: IHttpRouteAuthorizer,
): void => {
  const [added] = api.addRoutes({
    path: route.path,
    methods: [HttpMethod[route.method]],
    integration,
    authorizer: route.publicBecause === undefined ? authorizer : undefined,
  });
  if (route.publicBecause !== undefined) {
    Validations.of(added).acknowledge({ id: 'AwsSolutions-APIG4', reason: route.publicBecause });
  }
};

/** Creates the API without routes, so that functions can know its address before they exist as targets. */
export const createApi = (scope: Construct, config: Config): HttpApi => {
  const api = new HttpApi(scope, 'Api', {
    apiName: config.namePrefix,
    description: 'Reprise: events in, recommendations and offers out',
    createDefaultStage: false,
    // Web pages send events from any origin; no cookie is ever read, so any origin may.
    corsPreflight: {
      allowOrigins: ['*'],
      allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT, CorsHttpMethod.DELETE],
      allowHeaders: ['authorization', 'content-type', 'content-encoding', 'idempotency-key'],
      maxAge: Duration.hours(24),
    },
  });
  new HttpStage(scope, 'ApiStage', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle: { rateLimit: config.apiRequestsPerSecondMax, burstLimit: config.apiBurstMax },
    accessLogSettings: {
      destination: new LogGroupLogDestination(logGroup(scope, 'ApiAccessLogs', config)),
      // No query string and no body: user ids stay out of the access log as far as the path allows.
      format: AccessLogFormat.custom(
        JSON.stringify({
          requestId: '$context.requestId',
          time: '$context.requestTime',
          route: '$context.routeKey',
          status: '$context.status',
          latencyMs: '$context.responseLatency',
          error: '$context.integrationErrorMessage',
        }),
      ),
    },
  });
  return api;
};

export const addRoutes = (api: HttpApi, functions: ReadonlyMap<FunctionName, LambdaFunction>): void => {
  const target = (name: FunctionName): LambdaFunction => {
    const found = functions.get(name);
    if (!found) throw new Error(`no function ${name} for a route`);
    return found;
  };
  const authorizer = new HttpLambdaAuthorizer('Authorizer', target('authorize'), {
    responseTypes: [HttpLambdaResponseType.SIMPLE],
    identitySource: ['$request.header.Authorization'],
    // No caching: the cache is per key, not per route, and would carry a read key's answer to admin routes.
    resultsCacheTtl: Duration.seconds(0),
  });
  const integrations = new Map<FunctionName, HttpLambdaIntegration>();
  for (const route of routes) {
    const integration =
      integrations.get(route.to) ??
      new HttpLambdaIntegration(`${route.to}-integration`, target(route.to), {
        scopePermissionToRoute: false,
      });
    integrations.set(route.to, integration);
    addRoute(api, route, integration, authorizer);
  }
};
