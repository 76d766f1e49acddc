// The adapters for SQS and S3 against fauxqs in this process, and the objects' contract for the fake as well.

import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEventQueue } from '../../lib/adapters/event-queue-sqs.ts';
import { createObjectStore } from '../../lib/adapters/object-store-s3.ts';
import { createTriggerQueue } from '../../lib/adapters/trigger-queue-sqs.ts';
import { campaignId, customerId, messageId } from '../../lib/base/ids.ts';
import { objectPartBytes } from '../../lib/base/limits.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import { decodeMessage } from '../../lib/events/queue-message.ts';
import type { CampaignTrigger, ObjectStore } from '../../lib/ports.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';

let server: FauxqsServer;
let sqs: SQSClient;
let s3: S3Client;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  const config = {
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  };
  sqs = new SQSClient(config);
  s3 = new S3Client(config);
  await s3.send(new CreateBucketCommand({ Bucket: 'archive' }));
});
afterAll(async () => {
  sqs.destroy();
  s3.destroy();
  await server.stop();
});

const queue = async (name: string): Promise<string> => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  return String(QueueUrl);
};
const received = async (url: string): Promise<string[]> => {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
    );
    if (Messages.length === 0) return bodies;
    bodies.push(...Messages.map(({ Body }) => Body ?? ''));
  }
};
/** Text that gzip cannot shorten. */
const noise = (length: number, seed: number): string => {
  let state = seed + 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return String.fromCharCode(33 + ((state >>> 16) % 94));
  }).join('');
};
const event = (index: number, padBytes = 0): StoredEvent => ({
  messageId: messageId(`m${index}`),
  type: 'track',
  event: 'E',
  userId: customerId('u1'),
  timestamp: '2026-01-01T00:00:00.000Z',
  receivedAt: '2026-01-01T00:00:00.000Z',
  source: 'key',
  properties: { pad: noise(padBytes, index) },
  traits: {},
  context: {},
});

describe('events in SQS', () => {
  it('arrive whole, in more than one request when they are many and large', async () => {
    const url = await queue('events');
    const events = Array.from({ length: 100 }, (_, index) => event(index, 24_000));
    await createEventQueue(url, sqs).send(events);
    const bodies = await received(url);
    expect(bodies.length).toBeGreaterThan(10);
    const ids = bodies.flatMap(decodeMessage).map((one) => one.messageId);
    expect(ids.toSorted()).toEqual(events.map((one) => one.messageId).toSorted());
  });

  it('a queue that does not answer or does not exist is told as unavailable', async () => {
    await expect(
      createEventQueue('http://127.0.0.1:1/000000000000/none', sqs).send([event(1)]),
    ).rejects.toMatchObject({
      kind: 'unavailable',
      detail: { code: 'queue-unavailable' },
    });
  });

  it('nothing to send needs no queue', async () => {
    await createEventQueue('http://127.0.0.1:1/none', sqs).send([]);
  });
});

describe('triggers in SQS', () => {
  it('are one message each', async () => {
    const url = await queue('triggers');
    const triggers = Array.from(
      { length: 23 },
      (_, index): CampaignTrigger => ({
        campaignId: campaignId('c1'),
        customerId: customerId(`u${index}`),
        messageId: messageId(`m${index}`),
        at: '2026-01-01T00:00:00.000Z',
      }),
    );
    await createTriggerQueue(url, sqs).send(triggers);
    const bodies = await received(url);
    expect(bodies.map((body): string => JSON.parse(body).customerId).toSorted()).toEqual(
      triggers.map((trigger) => trigger.customerId).toSorted(),
    );
  });
});

const stores: readonly (readonly [string, () => ObjectStore])[] = [
  ['in memory', createFakeObjectStore],
  ['S3', () => createObjectStore('archive', s3)],
];

describe.each(stores)('objects %s', (_name, create) => {
  it('come back as they were put, the later over the earlier', async () => {
    const store = create();
    await store.put('events/date=2026-01-01/a.gz', Uint8Array.of(1, 2, 3), 'application/x-ndjson');
    await store.put('events/date=2026-01-01/a.gz', Uint8Array.of(4, 5), 'application/x-ndjson');
    expect([...((await store.get('events/date=2026-01-01/a.gz')) ?? [])]).toEqual([4, 5]);
  });

  it('one that was never put is undefined', async () => {
    expect(await create().get('nothing')).toBeUndefined();
  });

  it('are listed by prefix in key order, over more than one page of 1,000', async () => {
    const store = create();
    const keys = Array.from({ length: 1_003 }, (_, index) => `list/${String(index).padStart(5, '0')}`);
    for (let from = 0; from < keys.length; from += 50) {
      await Promise.all(
        keys.slice(from, from + 50).map((key) => store.put(key, Uint8Array.of(1), 'text/plain')),
      );
    }
    await store.put('other/1', Uint8Array.of(1), 'text/plain');
    const listed = await store.list('list/');
    expect(listed.map(({ key }) => key)).toEqual(keys);
    expect(listed[0]).toEqual({ key: 'list/00000', sizeBytes: 1 });
  });

  it('larger than a part are put whole', async () => {
    const store = create();
    const bytes = new Uint8Array(2 * objectPartBytes + 17);
    for (let index = 0; index < bytes.length; index += 1_009) bytes[index] = index % 251;
    await store.put('large', bytes, 'application/octet-stream');
    expect(Buffer.compare((await store.get('large')) ?? new Uint8Array(), bytes)).toBe(0);
  });
});
