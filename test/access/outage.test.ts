import { createServer } from 'node:net';
import { DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import { http } from '../../functions/runtime.ts';
import { createModelRegistry } from '../../lib/adapters/model-registry-dynamodb.ts';
import { isOutage } from '../../lib/adapters/outage.ts';

const error = (name: string, detail: object = {}): Error => Object.assign(new Error(name), { name }, detail);

/** A port on which nothing listens: taken once and given back. */
const deadPort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const event = {
  routeKey: 'GET /v1/admin/trainings',
  requestContext: { requestId: 'r-1' },
} as APIGatewayProxyEventV2;

const answerTo = async (failure: unknown) => {
  const quiet = vi.spyOn(console, 'log').mockReturnValue();
  const { statusCode, body } = await http(() => Promise.reject(failure))(event);
  quiet.mockRestore();
  return { statusCode, code: JSON.parse(body ?? '{}').error.code };
};

describe('a service that does not answer', () => {
  it('is answered by 503 and a request to send again, over the real client', async () => {
    const client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${await deadPort()}`,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    });
    const registry = createModelRegistry(DynamoDBDocumentClient.from(client), 'control');
    const failure = await registry.trainings().catch((reason: unknown) => reason);
    expect(await answerTo(failure)).toEqual({ statusCode: 503, code: 'unavailable' });
  });

  it('is told from a refusal, which sending again does not change', async () => {
    const denied = error('AccessDeniedException', { $fault: 'client', $metadata: { httpStatusCode: 400 } });
    expect(await answerTo(denied)).toEqual({ statusCode: 500, code: 'internal' });
    expect(isOutage(error('ValidationException', { $fault: 'client' }))).toBe(false);
    expect(isOutage(new TypeError('x is not a function'))).toBe(false);
    expect(isOutage('ECONNRESET')).toBe(false);
  });

  it.each([
    ['throttling', error('ThrottlingException', { $fault: 'client', $metadata: { httpStatusCode: 400 } })],
    ['a fault of the service', error('InternalServerError', { $fault: 'server' })],
    ['a status of 503', error('Unknown', { $metadata: { httpStatusCode: 503 } })],
    ['the timeout of the SDK', error('TimeoutError')],
    ['a broken connection', error('Error', { code: 'ECONNRESET' })],
  ])('is seen in %s', (_, failure) => {
    expect(isOutage(failure)).toBe(true);
  });

  it('is seen in a transaction that met another, but not in one whose condition failed', () => {
    const cancelled = (...codes: string[]) =>
      new TransactionCanceledException({
        message: 'cancelled',
        $metadata: { httpStatusCode: 400 },
        CancellationReasons: codes.map((Code) => ({ Code })),
      });
    expect(isOutage(cancelled('None', 'TransactionConflict'))).toBe(true);
    expect(isOutage(cancelled('ConditionalCheckFailed', 'TransactionConflict'))).toBe(false);
    expect(isOutage(cancelled('ConditionalCheckFailed'))).toBe(false);
  });
});
