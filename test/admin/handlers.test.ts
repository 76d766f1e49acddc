// The functions behind the gateway, over a local DynamoDB and with requests as API Gateway sends them.

import type { APIGatewayProxyEventV2, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';

type Http = typeof import('../../functions/catalog.ts').handler;
let local: LocalTable;
let catalog: Http;
let admin: Http;
let recommend: Http;
let authorize: typeof import('../../functions/authorize.ts').handler;

beforeAll(async () => {
  local = await startLocalTable('all');
  for (const [name, value] of Object.entries({
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: local.endpoint,
    REPRISE_CATALOG_TABLE: local.table,
    REPRISE_CONTROL_TABLE: local.table,
    REPRISE_CUSTOMERS_TABLE: local.table,
  })) {
    vi.stubEnv(name, value);
  }
  catalog = (await import('../../functions/catalog.ts')).handler;
  admin = (await import('../../functions/admin.ts')).handler;
  recommend = (await import('../../functions/recommend.ts')).handler;
  authorize = (await import('../../functions/authorize.ts')).handler;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await local.close();
});

const call = async (
  handler: Http,
  routeKey: string,
  request: {
    readonly path?: { readonly [name: string]: string };
    readonly query?: { readonly [name: string]: string };
    readonly body?: string;
    readonly headers?: { readonly [name: string]: string };
  } = {},
): Promise<{ readonly status: number | undefined; readonly body: Record<string, unknown> }> => {
  const event: Partial<APIGatewayProxyEventV2> = {
    routeKey,
    headers: { ...request.headers },
    pathParameters: { ...request.path },
    queryStringParameters: { ...request.query },
    body: request.body,
    isBase64Encoded: false,
  };
  const answer = await handler(event as APIGatewayProxyEventV2);
  return { status: answer.statusCode, body: JSON.parse(answer.body ?? '{}') as Record<string, unknown> };
};

const isAdmitted = async (secret: unknown, routeKey: string) => {
  const event: Partial<APIGatewayRequestAuthorizerEventV2> = {
    routeKey,
    headers: { authorization: `Bearer ${String(secret)}` },
  };
  return authorize(event as APIGatewayRequestAuthorizerEventV2);
};

describe('the items API', () => {
  const path = { itemId: 'c1' };

  it('takes an item, gives it back, pages over it and forgets it', async () => {
    const put = await call(catalog, 'PUT /v1/items/{itemId}', {
      path,
      body: '{"title":"One","repurchase":"renews:30"}',
    });
    expect(put).toMatchObject({
      status: 200,
      body: { itemId: 'c1', repurchase: { kind: 'renews', days: 30 } },
    });
    expect((await call(catalog, 'GET /v1/items/{itemId}', { path })).body).toEqual(put.body);
    expect((await call(catalog, 'GET /v1/items', { query: { limit: '5' } })).body).toEqual({
      items: [put.body],
    });
    expect((await call(catalog, 'DELETE /v1/items/{itemId}', { path })).body).toEqual({ deleted: 'c1' });
    expect((await call(catalog, 'GET /v1/items/{itemId}', { path })).status).toBe(404);
  });

  it('keeps nothing of an import with one bad line, and names the line', async () => {
    const headers = { 'content-type': 'text/csv' };
    const bad = await call(catalog, 'POST /v1/items/import', { headers, body: 'itemId,title\na,A\nb,\n' });
    expect(bad).toMatchObject({
      status: 400,
      body: { error: { code: 'import-invalid', problems: [{ path: 'line 3, title' }] } },
    });
    expect((await call(catalog, 'GET /v1/items')).body).toEqual({ items: [] });
    const good = await call(catalog, 'POST /v1/items/import', { headers, body: 'itemId,title\na,A\nb,B\n' });
    expect(good).toEqual({ status: 200, body: { imported: 2 } });
    const page = await call(catalog, 'GET /v1/items', { query: { limit: '1' } });
    const rest = await call(catalog, 'GET /v1/items', {
      query: { limit: '1', after: String(page.body.next) },
    });
    expect([page.body.items, rest.body.items].flat()).toHaveLength(2);
    expect(rest.body.next).toBeUndefined();
  });

  it.each([
    ['a body that is no JSON', 'PUT /v1/items/{itemId}', { path, body: '{' }, 'body-not-json'],
    ['a limit of zero', 'GET /v1/items', { query: { limit: '0' } }, 'query-invalid'],
    ['a file of unknown type', 'POST /v1/items/import', { body: 'x' }, 'import-content-type'],
  ])('answers 400 to %s', async (_, routeKey, request, code) => {
    expect(await call(catalog, routeKey, request)).toMatchObject({ status: 400, body: { error: { code } } });
  });
});

describe('keys', () => {
  it('are shown once, open what their scope opens, and cease', async () => {
    const made = await call(admin, 'POST /v1/admin/keys', { body: '{"scope":"read","app":"shop"}' });
    expect(made).toMatchObject({ status: 201, body: { scope: 'read', app: 'shop' } });
    const { secret, ...key } = made.body;
    expect((await call(admin, 'GET /v1/admin/keys')).body).toEqual({ keys: [key] });
    expect(await isAdmitted(secret, 'GET /v1/items')).toEqual({
      isAuthorized: true,
      context: { keyId: key.keyId, scope: 'read' },
    });
    expect(await isAdmitted(secret, 'PUT /v1/items/{itemId}')).toMatchObject({ isAuthorized: false });
    const revoked = await call(admin, 'DELETE /v1/admin/keys/{keyId}', {
      path: { keyId: String(key.keyId) },
    });
    expect(revoked).toEqual({
      status: 200,
      body: { revoked: key.keyId, refusedFrom: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
    expect((await call(admin, 'DELETE /v1/admin/keys/{keyId}', { path: { keyId: 'none' } })).status).toBe(
      404,
    );
    expect(await isAdmitted('rp_admin_guess', 'GET /v1/items')).toMatchObject({ isAuthorized: false });
  });
});

describe('the other admin routes', () => {
  it('list no trainings at first, and do not know a customer nobody has seen', async () => {
    expect((await call(admin, 'GET /v1/admin/trainings')).body).toEqual({ trainings: [] });
    const unknown = await call(admin, 'GET /v1/admin/customers/{userId}', { path: { userId: 'nobody' } });
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: 'customer-not-found' } } });
  });
});

describe('a recommendation', () => {
  it('asked for with a bad parameter is refused before anything is read', async () => {
    const answer = await call(recommend, 'GET /v1/users/{userId}/recommendations', {
      path: { userId: 'u1' },
      query: { limit: '1000' },
    });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: 'query-invalid', problems: [{ path: 'limit' }] } },
    });
  });
});
