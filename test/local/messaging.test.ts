import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Messaging, startMessaging } from '../../local/messaging.ts';

let directory: string;
let messaging: Messaging;
let client: SQSClient;
const journal = () => join(directory, 'queues.ndjson');
const arn = (service: string, name: string) => `arn:aws:${service}:us-east-1:000000000000:${name}`;

const start = async () => {
  messaging = await startMessaging(journal());
  await messaging.create({
    queues: [
      {
        name: 'events',
        url: '',
        arn: arn('sqs', 'events'),
        visibilityTimeoutS: 0,
        redrive: { deadLetterTargetArn: arn('sqs', 'dead'), maxReceiveCount: 1 },
      },
      { name: 'dead', url: '', arn: arn('sqs', 'dead'), visibilityTimeoutS: 0 },
    ],
    topicArns: [arn('sns', 'topic')],
    subscriptions: [{ topicArn: arn('sns', 'topic'), queueArn: arn('sqs', 'events'), raw: true }],
  });
  client = new SQSClient({
    endpoint: messaging.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
};
const stop = async () => {
  client.destroy();
  await messaging.close();
};
const url = (name: string) => `${messaging.endpoint}/000000000000/${name}`;
const receive = async (name = 'events') => {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: url(name), MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
  );
  return Messages;
};
const bodies = async (name?: string) => (await receive(name)).map(({ Body }) => Body);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'reprise-messaging-'));
  await start();
});
afterEach(async () => {
  await stop();
  rmSync(directory, { recursive: true });
});

it('an accepted message survives the process until it is deleted, received or not, and a cut last line is left out', async () => {
  const Entries = ['a', 'b', 'c'].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
  await client.send(new SendMessageBatchCommand({ QueueUrl: url('events'), Entries }));
  const [first] = await receive();
  await client.send(
    new DeleteMessageCommand({ QueueUrl: url('events'), ReceiptHandle: first?.ReceiptHandle }),
  );
  await stop();
  appendFileSync(journal(), '{"queue":"events","message":{"messa');
  await start();
  expect(messaging.waitingCount('events')).toBe(2);
  expect(await bodies()).toEqual(['b', 'c']);
  await stop();
  await start();
  expect(await bodies()).toEqual(['b', 'c']);
  expect(readFileSync(journal(), 'utf8')).not.toContain('"body":"a"');
});

it('a message that went to the dead-letter queue is there after a restart, and no longer in its own', async () => {
  await client.send(new SendMessageCommand({ QueueUrl: url('events'), MessageBody: 'bad' }));
  await client.send(new ReceiveMessageCommand({ QueueUrl: url('events'), VisibilityTimeout: 0 }));
  expect(await bodies()).toEqual([]);
  await stop();
  await start();
  expect(await bodies()).toEqual([]);
  expect(await bodies('dead')).toEqual(['bad']);
});

it('a delayed message comes when the clock has been moved past its delay', async () => {
  await client.send(
    new SendMessageCommand({ QueueUrl: url('events'), MessageBody: 'later', DelaySeconds: 900 }),
  );
  messaging.passTime(899_000);
  expect(messaging.waitingCount('events')).toBe(0);
  messaging.passTime(10_000);
  expect(await bodies()).toEqual(['later']);
});

it('publishes to the queues of a topic, more than one batch holds', async () => {
  await messaging.publish(
    arn('sns', 'topic'),
    Array.from({ length: 25 }, (_, i) => `m${i}`),
  );
  expect(messaging.waitingCount('events')).toBe(25);
  expect((await bodies()).slice(0, 3)).toEqual(['m0', 'm1', 'm2']);
});
