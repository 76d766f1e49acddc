import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../../local/gateway.ts';

let gateway: Gateway;
let seen: {
  functionArn: string;
  event: APIGatewayProxyEventV2 & { requestContext: { authorizer?: unknown } };
}[];
let respond: (functionArn: string) => unknown;

const authorizer = { functionArn: 'authorize', identityHeaders: ['authorization'] };
const lastEvent = () => {
  const last = seen.at(-1);
  if (last === undefined) throw new Error('no function was invoked');
  return last.event;
};

beforeAll(async () => {
  gateway = await openGateway(0);
  gateway.serve({
    nowMs: () => 1_767_225_600_000,
    cors: {
      origins: ['*'],
      methods: ['GET', 'POST'],
      headers: ['authorization', 'content-type'],
      maxAgeS: 60,
    },
    routes: [
      { method: 'POST', path: '/v1/batch', functionArn: 'capture' },
      { method: 'GET', path: '/v1/items/{itemId}', functionArn: 'catalog', authorizer },
      { method: 'POST', path: '/v1/items/import', functionArn: 'import' },
      { method: 'POST', path: '/v1/items/{itemId}', functionArn: 'catalog' },
    ],
    invoke: async (functionArn, event) => {
      seen.push({ functionArn, event: event as (typeof seen)[number]['event'] });
      return respond(functionArn);
    },
  });
});
beforeEach(() => {
  seen = [];
  respond = () => ({ statusCode: 200, body: 'ok' });
});
afterAll(() => gateway.close());

const call = (path: string, init?: RequestInit) => fetch(`${gateway.url}${path}`, init);

it('makes the event of payload format 2.0', async () => {
  await call('/v1/batch?a=1&b=x%20y&a=2', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Two': 'one', Cookie: 'c=1; d=2' },
    body: '{"n":"ü"}',
  });
  expect(lastEvent()).toMatchObject({
    version: '2.0',
    routeKey: 'POST /v1/batch',
    rawPath: '/v1/batch',
    rawQueryString: 'a=1&b=x%20y&a=2',
    queryStringParameters: { a: '1,2', b: 'x y' },
    cookies: ['c=1', 'd=2'],
    headers: { 'content-type': 'application/json', 'x-two': 'one' },
    requestContext: {
      http: { method: 'POST', path: '/v1/batch' },
      routeKey: 'POST /v1/batch',
      stage: '$default',
      timeEpoch: 1_767_225_600_000,
    },
    body: '{"n":"ü"}',
    isBase64Encoded: false,
  });
  expect(lastEvent().pathParameters).toBeUndefined();
  expect(lastEvent().headers).not.toHaveProperty('cookie');
});

it('hands a compressed body over as base64, byte for byte', async () => {
  const body = gzipSync('{"batch":[]}');
  await call('/v1/batch', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body,
  });
  expect(lastEvent().isBase64Encoded).toBe(true);
  expect(Buffer.from(lastEvent().body ?? '', 'base64')).toEqual(body);
});

it('decodes path parameters, and prefers a fixed segment to a variable', async () => {
  await call('/v1/items/a%2Fb%20c', { method: 'POST' });
  expect(seen.at(-1)?.functionArn).toBe('catalog');
  expect(lastEvent()).toMatchObject({ rawPath: '/v1/items/a%2Fb%20c', pathParameters: { itemId: 'a/b c' } });
  await call('/v1/items/import', { method: 'POST' });
  expect(seen.at(-1)?.functionArn).toBe('import');
});

it('answers like API Gateway where there is no route, a bad escape, or too large a body', async () => {
  const missing = await call('/v1/nowhere');
  expect([missing.status, await missing.json()]).toEqual([404, { message: 'Not Found' }]);
  expect((await call('/v1/batch', { method: 'GET' })).status).toBe(404);
  expect((await call('/v1/items/%E0%A4%A', { method: 'POST' })).status).toBe(400);
  const large = await call('/v1/batch', { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1) });
  expect([large.status, await large.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
  expect(seen).toEqual([]);
});

it('answers 413 too where a body fits API Gateway and not the function behind it, as AWS does', async () => {
  respond = () => {
    throw Object.assign(new Error('7,340,032 bytes'), { name: 'RequestEntityTooLargeException' });
  };
  const answer = await call('/v1/batch', { method: 'POST', body: Buffer.alloc(7 * 1024 * 1024) });
  expect([answer.status, await answer.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
});

it('asks the authorizer and passes its context on', async () => {
  respond = (functionArn) =>
    functionArn === 'authorize'
      ? { isAuthorized: true, context: { keyId: 'k1', scope: 'read' } }
      : { statusCode: 200, body: '{}' };
  const response = await call('/v1/items/1', { headers: { Authorization: 'Bearer x' } });
  expect(response.status).toBe(200);
  expect(seen.map(({ functionArn }) => functionArn)).toEqual(['authorize', 'catalog']);
  expect(seen[0]?.event).toMatchObject({
    type: 'REQUEST',
    identitySource: ['Bearer x'],
    pathParameters: { itemId: '1' },
  });
  expect(lastEvent().requestContext.authorizer).toEqual({ lambda: { keyId: 'k1', scope: 'read' } });
});

it('refuses without credentials by 401 without asking, and by 403 when the authorizer says no', async () => {
  expect((await call('/v1/items/1')).status).toBe(401);
  expect(seen).toEqual([]);
  respond = () => ({ isAuthorized: false });
  const refused = await call('/v1/items/1', { headers: { Authorization: 'Bearer x' } });
  expect([refused.status, await refused.json()]).toEqual([403, { message: 'Forbidden' }]);
  expect(seen).toHaveLength(1);
});

it('gives headers, cookies, status and binary bodies back, and 500 for a failed function', async () => {
  respond = () => ({
    statusCode: 201,
    headers: { 'x-made': 'yes', 'content-type': 'image/gif' },
    cookies: ['a=1', 'b=2'],
    body: Buffer.from([0, 255, 128]).toString('base64'),
    isBase64Encoded: true,
  });
  const response = await call('/v1/batch', { method: 'POST' });
  expect([response.status, response.headers.get('x-made'), response.headers.getSetCookie()]).toEqual([
    201,
    'yes',
    ['a=1', 'b=2'],
  ]);
  expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0, 255, 128]));
  respond = () => Promise.reject(new Error('boom'));
  const failed = await call('/v1/batch', { method: 'POST' });
  expect([failed.status, await failed.json()]).toEqual([500, { message: 'Internal Server Error' }]);
});

it("answers a page's preflight itself, on any path and without a key", async () => {
  const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
  const answer = await call('/v1/items/a', { method: 'OPTIONS', headers });
  expect(answer.status).toBe(204);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET,POST',
    'access-control-allow-headers': 'authorization,content-type',
    'access-control-max-age': '60',
  });
  expect(seen).toEqual([]);
});

it('lets a page of another origin read the answer, a refusal too', async () => {
  const headers = { origin: 'https://shop.example' };
  const kept = await call('/v1/batch', { method: 'POST', headers, body: '{}' });
  expect([kept.status, kept.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  const refused = await call('/v1/items/a', { headers });
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, '*']);
  expect((await call('/v1/batch', { method: 'POST' })).headers.has('access-control-allow-origin')).toBe(
    false,
  );
});
