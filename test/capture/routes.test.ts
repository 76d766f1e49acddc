// Requests as curl would send them, one for each route, key position and encoding.

import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchEventsCountMax, eventBytesMax, requestBytesMax } from '../../lib/base/limits.ts';
import { type CaptureServer, startCaptureServer } from './capture-server.ts';

const receivedAtMs = Date.UTC(2026, 4, 1, 12);
let server: CaptureServer;

beforeEach(async () => {
  server = await startCaptureServer({ nowMs: () => receivedAtMs });
});
afterEach(() => server.close());

const basic = (key: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
});

const post = async (
  call: string,
  body: unknown,
  headers: Record<string, string> = basic('wk_ios'),
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> => {
  const response = await fetch(`${server.url}/v1/${call}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
};

const view = { userId: 'u1', event: 'Product Viewed', properties: { product_id: 'c1' }, messageId: 'm1' };
const code = (answer: { readonly body: Record<string, unknown> }): unknown => {
  const { error } = answer.body;
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
};

describe('the routes', () => {
  it.each([
    ['track', { event: 'Signed Up' }, 'track', 'Signed Up'],
    ['t', { event: 'Signed Up' }, 'track', 'Signed Up'],
    ['identify', { traits: { plan: 'pro' } }, 'identify', ''],
    ['page', { name: 'Home' }, 'page', 'Home'],
    ['screen', { name: 'Player' }, 'screen', 'Player'],
    ['screen', {}, 'screen', ''],
  ])('/v1/%s %j makes an event of its type', async (call, fields, type, event) => {
    expect(await post(call, { userId: 'u1', ...fields })).toEqual({ status: 200, body: { success: true } });
    expect(server.queue.sent).toMatchObject([{ type, event, userId: 'u1', source: 'key_ios' }]);
  });

  it.each(['batch', 'b'])('/v1/%s takes several events, each with its own type', async (call) => {
    const batch = [
      { type: 'track', ...view },
      { type: 'identify', userId: 'u1', traits: { name: 'Ada' } },
    ];
    expect((await post(call, { batch })).status).toBe(200);
    expect(server.queue.sent.map(({ type }) => type)).toEqual(['track', 'identify']);
  });

  it('an empty batch is a success of nothing', async () => {
    expect((await post('batch', { batch: [] })).status).toBe(200);
    expect(server.queue.sent).toEqual([]);
  });

  it('a route that does not exist is not found', async () => {
    expect(await post('nothing', view)).toMatchObject({
      status: 404,
      body: { error: { code: 'route-unknown' } },
    });
  });

  it('the settings that SDKs ask for name this API and the key they came with', async () => {
    const { sdkSettings } = await import('../../lib/events/sdk-settings.ts');
    expect(sdkSettings('wk_ios', 'https://api.example.com/prod')).toMatchObject({
      integrations: { 'Segment.io': { apiKey: 'wk_ios', apiHost: 'api.example.com/prod/v1' } },
    });
  });
});

describe('write keys', () => {
  it.each<[string, Record<string, string>, object]>([
    ['the user name of Basic authorization', basic('wk_web'), {}],
    ['a Bearer token', { authorization: 'Bearer wk_web' }, {}],
    ['writeKey in the body', {}, { writeKey: 'wk_web' }],
  ])('are taken as %s', async (_where, headers, fields) => {
    expect((await post('track', { ...view, ...fields }, headers)).status).toBe(200);
    expect(server.queue.sent).toMatchObject([{ source: 'key_web' }]);
    expect(JSON.stringify(server.queue.sent)).not.toContain('wk_web');
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['none', {}, 401, 'write-key-missing'],
    ['an empty Basic user', basic(''), 401, 'write-key-missing'],
    ['an unknown one', basic('wk_nobody'), 401, 'write-key-unknown'],
    ['a revoked one', basic('wk_old'), 401, 'write-key-revoked'],
  ])('%s is refused, and nothing is kept', async (_which, headers, status, expected) => {
    const answer = await post('track', view, headers);
    expect([answer.status, code(answer)]).toEqual([status, expected]);
    expect(server.queue.sent).toEqual([]);
  });

  it('a secret one is taken too, and its events say that a server sent them; an app’s cannot say so', async () => {
    await post('track', view, basic('sk_read'));
    await post('track', { ...view, fromServer: true }, basic('wk_ios'));
    expect(server.queue.sent.map(({ fromServer }) => fromServer)).toEqual([true, undefined]);
  });

  it('a key in the header goes before one in the body', async () => {
    const answer = await post('track', { ...view, writeKey: 'wk_ios' }, basic('wk_old'));
    expect(answer.status).toBe(401);
  });
});

describe('bodies', () => {
  const gzip = { ...basic('wk_ios'), 'content-encoding': 'gzip' };

  it('gzip is inflated', async () => {
    expect((await post('track', gzipSync(JSON.stringify(view)), gzip)).status).toBe(200);
    expect(server.queue.sent).toMatchObject([{ messageId: 'm1' }]);
  });

  it.each<[string, string | Uint8Array, Record<string, string>, string]>([
    ['text that is no JSON', '{"event":', basic('wk_ios'), 'body-invalid'],
    ['JSON that is no object', '[1]', basic('wk_ios'), 'body-invalid'],
    ['an empty body', '', basic('wk_ios'), 'body-invalid'],
    ['gzip that is none', 'plain', gzip, 'gzip-invalid'],
    ['gzip cut off', gzipSync(JSON.stringify(view)).subarray(0, 40), gzip, 'gzip-invalid'],
    ['another encoding', 'x', { ...basic('wk_ios'), 'content-encoding': 'br' }, 'encoding-unknown'],
    [
      'nesting beyond all reason',
      `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
      basic('wk_ios'),
      'too-deep',
    ],
    ['a batch that is no array', '{"batch":{}}', basic('wk_ios'), 'batch-invalid'],
  ])('%s is refused', async (_what, body, headers, expected) => {
    const call = expected === 'batch-invalid' ? 'batch' : 'track';
    const answer = await post(call, body, headers);
    expect([answer.status, code(answer)]).toEqual([400, expected]);
    expect(server.queue.sent).toEqual([]);
  });
});

describe('limits: at the limit all is kept, over it nothing', () => {
  const padded = (bytes: number, messageId = 'm1'): object => {
    const event = { type: 'track', userId: 'u1', event: 'E', messageId, properties: { pad: '' } };
    return { ...event, properties: { pad: 'x'.repeat(bytes - Buffer.byteLength(JSON.stringify(event))) } };
  };
  const tiny = (index: number): object => ({
    type: 'track',
    userId: 'u',
    event: 'E',
    messageId: `m${index}`,
  });

  it('an event of 32 KB is kept', async () => {
    expect((await post('track', padded(eventBytesMax))).status).toBe(200);
  });

  it('an event over 32 KB refuses its whole batch', async () => {
    const answer = await post('batch', { batch: [tiny(0), padded(eventBytesMax + 1)] });
    expect([answer.status, code(answer)]).toEqual([400, 'event-too-large']);
    expect(server.queue.sent).toEqual([]);
  });

  it('a batch of 2,500 events is kept, one of 2,501 is refused', async () => {
    const batch = Array.from({ length: batchEventsCountMax }, (_, index) => tiny(index));
    expect((await post('batch', { batch })).status).toBe(200);
    expect(server.queue.sent).toHaveLength(batchEventsCountMax);
    const answer = await post('batch', { batch: [...batch, tiny(batchEventsCountMax)] });
    expect([answer.status, code(answer)]).toEqual([400, 'batch-too-long']);
    expect(server.queue.sent).toHaveLength(batchEventsCountMax);
  });

  it('a request over 500 KB is refused, plain', async () => {
    const answer = await post('track', JSON.stringify(view) + ' '.repeat(requestBytesMax));
    expect([answer.status, code(answer)]).toEqual([400, 'request-too-large']);
  });

  it('a small gzip that inflates to 200 MB is refused without inflating it', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 32));
    expect(bomb.length).toBeLessThan(requestBytesMax);
    const answer = await post('track', bomb, { ...basic('wk_ios'), 'content-encoding': 'gzip' });
    expect([answer.status, code(answer)]).toEqual([400, 'request-too-large']);
  });

  it('a context of the batch counts for each event it is given to', async () => {
    const context = { pad: 'x'.repeat(20_000) };
    const batch = Array.from({ length: 100 }, (_, index) => tiny(index));
    const answer = await post('batch', { batch, context });
    expect([answer.status, code(answer)]).toEqual([400, 'request-too-large']);
    expect(server.queue.sent).toEqual([]);
  });
});

describe('every event is answered for', () => {
  it('valid events of a batch are kept and each refused one is named', async () => {
    const batch = [
      { type: 'track', ...view },
      { type: 'track', userId: 'u1', event: 'Product Viewed', messageId: 'm2', properties: {} },
      'no object',
      { type: 'track', event: 'Signed Up', userId: 'u1', messageId: 'm4' },
    ];
    const answer = await post('batch', { batch });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      error: { code: 'some-events-refused' },
      accepted: 2,
      refused: [
        { index: 1, messageId: 'm2', code: 'item-id-missing' },
        { index: 2, code: 'event-invalid', received: 'no object' },
      ],
    });
    expect(server.queue.sent.map(({ messageId }) => messageId)).toEqual(['m1', 'm4']);
  });

  it('when every event is refused, the answer says so', async () => {
    expect(await post('track', { event: 'E' })).toMatchObject({
      status: 400,
      body: { error: { code: 'all-events-refused' }, accepted: 0, refused: [{ code: 'identity-missing' }] },
    });
  });

  it('when the queue does not accept, nothing is acknowledged', async () => {
    server.queue.refuse(1);
    expect((await post('track', view)).status).toBe(503);
    expect(server.queue.sent).toEqual([]);
  });
});
