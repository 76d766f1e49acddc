import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerId, messageId } from '../../lib/base/ids.ts';
import {
  cacheMs,
  eventBytesMax,
  queueMessageBytesMax,
  queueMessageInflatedBytesMax,
} from '../../lib/base/limits.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import { decodeMessage, encodeEvents } from '../../lib/events/queue-message.ts';
import { cachedKeys, keyOfHeader } from '../../lib/events/write-key.ts';

const event = (id: string, pad = ''): StoredEvent => ({
  messageId: messageId(id),
  type: 'track',
  event: 'E',
  userId: customerId('u1'),
  timestamp: '2026-01-01T00:00:00.000Z',
  receivedAt: '2026-01-01T00:00:00.000Z',
  source: 'key',
  properties: { pad },
  traits: {},
  context: {},
});

describe('queue messages', () => {
  it('hold every event in its order, each message within its bounds', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: eventBytesMax }), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.integer({ min: 32, max: 126 })), (lengths, characters) => {
        const sample = String.fromCharCode(...characters.take(997));
        const events = lengths.map((length, index) => event(`m${index}`, sample.repeat(40).slice(0, length)));
        const messages = encodeEvents(events);
        expect(messages.flatMap(decodeMessage)).toEqual(events);
        for (const message of messages) expect(message.length).toBeLessThanOrEqual(queueMessageBytesMax);
      }),
      { numRuns: 25 },
    );
  });

  it('are as few as hold the events, and none for none', () => {
    expect(encodeEvents([])).toEqual([]);
    expect(encodeEvents(Array.from({ length: 2_500 }, (_, index) => event(`m${index}`)))).toHaveLength(1);
  });

  it.each([
    ['plain text', 'hello'],
    ['nothing', ''],
    ['gzip of no JSON', gzipSync('hello').toString('base64')],
    ['gzip of JSON that is no event', gzipSync('{"messageId":1}').toString('base64')],
    [
      'an event without a customer',
      gzipSync(JSON.stringify({ ...event('m'), userId: undefined })).toString('base64'),
    ],
    [
      'more than a message may hold',
      gzipSync(Buffer.alloc(queueMessageInflatedBytesMax + 1, 10)).toString('base64'),
    ],
  ])('that hold %s are told as unreadable', (_what, body) => {
    expect(() => decodeMessage(body)).toThrow(/message-invalid/);
  });
});

describe('what is remembered', () => {
  it('a revoked key is refused cacheMs later at the latest, each key asked for once until then', async () => {
    let nowMs = 0;
    let revokedAt: string | undefined;
    const asked: string[] = [];
    const find = cachedKeys(
      {
        findByHash: async (hash) => {
          asked.push(hash);
          return { keyId: 'k', scope: 'write', app: 'ios', createdAt: '', ...(revokedAt && { revokedAt }) };
        },
      },
      { nowMs: () => nowMs },
    );
    await find('secret');
    revokedAt = '2026-01-01T00:00:00.000Z';
    nowMs = cacheMs - 1;
    expect((await find('secret'))?.revokedAt).toBeUndefined();
    nowMs = cacheMs;
    expect((await find('secret'))?.revokedAt).toBe(revokedAt);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the key in an Authorization header', () => {
  it.each([
    [`Basic ${Buffer.from('wk:').toString('base64')}`, 'wk'],
    [`basic ${Buffer.from('wk:password').toString('base64')}`, 'wk'],
    [`Basic ${Buffer.from('wk').toString('base64')}`, 'wk'],
    [`Basic ${Buffer.from(':wk').toString('base64')}`, undefined],
    ['Bearer wk', 'wk'],
    ['Bearer ', undefined],
    ['Digest wk', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j', (header, key) => {
    expect(keyOfHeader(header)).toBe(key);
  });
});
