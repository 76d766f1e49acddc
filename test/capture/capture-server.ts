// The capture function behind a plain HTTP server on 127.0.0.1: each request becomes the event that API Gateway's
// HTTP API (payload 2.0) would hand over, and goes to the real handler with ports in memory.

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { captureHandler } from '../../functions/capture.ts';
import type { ApiKey } from '../../lib/events/api-key.ts';
import { sha256Hex } from '../../lib/events/canonical-json.ts';
import { cachedKeys, type FindKey } from '../../lib/events/write-key.ts';
import type { Clock } from '../../lib/ports.ts';
import { createFakeEventQueue, type FakeEventQueue } from '../fakes/event-queue.ts';

export const keys: readonly (ApiKey & { readonly secret: string })[] = [
  { keyId: 'key_ios', scope: 'write', app: 'ios', createdAt: '2026-01-01T00:00:00.000Z', secret: 'wk_ios' },
  { keyId: 'key_web', scope: 'write', app: 'web', createdAt: '2026-01-01T00:00:00.000Z', secret: 'wk_web' },
  {
    keyId: 'key_old',
    scope: 'write',
    app: 'old',
    createdAt: '2026-01-01T00:00:00.000Z',
    revokedAt: '2026-02-01T00:00:00.000Z',
    secret: 'wk_old',
  },
  { keyId: 'key_read', scope: 'read', app: 'shop', createdAt: '2026-01-01T00:00:00.000Z', secret: 'sk_read' },
];

/** The keys above, without their secrets, as a store would find them. */
export const findTestKey = (clock: Clock): FindKey =>
  cachedKeys(
    {
      findByHash: async (hash) => {
        const found = keys.find(({ secret }) => sha256Hex(secret) === hash);
        if (found === undefined) return undefined;
        const { secret: _secret, ...key } = found;
        return key;
      },
    },
    clock,
  );

export interface CaptureServer {
  readonly url: string;
  readonly queue: FakeEventQueue;
  close(): Promise<void>;
}

export const startCaptureServer = async (clock: Clock): Promise<CaptureServer> => {
  const queue = createFakeEventQueue();
  const ports = { findKey: findTestKey(clock), queue, clock };
  const handler = captureHandler(() => ports);
  const server = createServer((request, response) => {
    gatewayEvent(request)
      .then(handler)
      .then((answer) => {
        response.writeHead(answer.statusCode ?? 200, { 'content-type': 'application/json' });
        response.end(answer.body);
      })
      .catch((error: unknown) => {
        response.writeHead(502);
        response.end(String(error));
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    queue,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

const gatewayEvent = async (request: IncomingMessage): Promise<APIGatewayProxyEventV2> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  const path = request.url ?? '/';
  const method = request.method ?? 'POST';
  const isBinary = request.headers['content-encoding'] !== undefined;
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: '',
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: '127.0.0.1',
      domainPrefix: '127',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: '' },
      requestId: 'request',
      routeKey: `${method} ${path}`,
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    body: bytes.toString(isBinary ? 'base64' : 'utf8'),
    isBase64Encoded: isBinary,
  };
};
