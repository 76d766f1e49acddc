// SQS and SNS on this machine: fauxqs, listening on 127.0.0.1 only. Its stores are made here, so that messages can
// be kept on disk (local/queue-journal.ts), delayed ones follow the moved clock, and what is under way can be counted
// without asking over HTTP.

import { CreateTopicCommand, PublishBatchCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { arnOf, type Refusal, unguarded } from './guard.ts';
import { openQueueJournal } from './queue-journal.ts';
import { element } from './s3-wire.ts';
import { type LocalQueue, type LocalTemplate, place } from './template.ts';

export interface Messaging {
  readonly endpoint: string;
  readonly create: (template: Pick<LocalTemplate, 'queues' | 'topicArns' | 'subscriptions'>) => Promise<void>;
  readonly publish: (topicArn: string, bodies: readonly string[]) => Promise<void>;
  /** Messages waiting or being handled; delayed ones wait for the clock and are not counted. */
  readonly waitingCount: (queueName: string) => number;
  /** The clock has moved on by this much: messages delayed by less become visible. */
  readonly passTime: (ms: number) => void;
  readonly close: () => Promise<void>;
}

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
type Queue = NonNullable<ReturnType<Stores['sqsStore']['getQueueByName']>>;
type Message = Parameters<Queue['enqueue']>[0];

/** SNS: messages and bytes in one PublishBatch. */
const publishCountMax = 10;
const publishBytesMax = 240 * 1024;

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

export const startMessaging = async (journalPath: string, refusal = unguarded): Promise<Messaging> => {
  const stores = await createStores();
  const journal = openQueueJournal<Message>(journalPath);
  // The field is typed as fauxqs's own SQLite store; its queues call the hooks of whatever stands there.
  Object.assign(stores.sqsStore, { persistence: journal.hooks });
  const app = buildApp({ logger: false, stores });
  refuseBeforehand(app, refusal);
  const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });
  const sqs = new SQSClient({ endpoint, region: place.region, credentials });
  const sns = new SNSClient({ endpoint, region: place.region, credentials });
  return {
    endpoint,
    create: async (template) => {
      await createQueues(sqs, template.queues);
      for (const { queue, message } of journal.left) {
        stores.sqsStore.getQueueByName(queue)?.enqueue(message);
      }
      await createTopics(sns, template);
    },
    publish: async (topicArn, bodies) => {
      for (const batch of batchesOf(bodies)) {
        const PublishBatchRequestEntries = batch.map((Message, index) => ({ Id: String(index), Message }));
        await sns.send(new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries }));
      }
    },
    waitingCount: (queueName) => {
      const messages = stores.sqsStore.getQueueByName(queueName)?.inspectMessages();
      return messages === undefined ? 0 : messages.ready.length + messages.inflight.length;
    },
    passTime: (ms) => {
      for (const queue of stores.sqsStore.allQueues()) {
        for (const message of queue.inspectMessages().delayed) {
          message.delayUntil = (message.delayUntil ?? 0) - ms;
        }
        queue.processTimers();
      }
    },
    close: async () => {
      sqs.destroy();
      sns.destroy();
      await app.close();
      journal.close();
    },
  };
};

/** What a request names, of either service. */
interface Addressed {
  readonly QueueUrl?: string;
  readonly TopicArn?: string;
  readonly Action?: string;
}

/** SQS speaks JSON and SNS forms; the batch forms of their actions need the same permission. */
const refuseBeforehand = (app: ReturnType<typeof buildApp>, refusal: Refusal): void => {
  app.addHook('preHandler', async (request, reply) => {
    const { QueueUrl: url = '*', TopicArn: topicArn = '*', Action = '' } = (request.body ?? {}) as Addressed;
    const target = request.headers['x-amz-target'];
    if (typeof target === 'string') {
      const action = target.replace('AmazonSQS.', '').replace(/Batch$/, '');
      const queue = arnOf.queue(url.slice(url.lastIndexOf('/') + 1));
      const message = refusal(request.headers, `sqs:${action}`, queue);
      if (message !== undefined) {
        await reply
          .code(403)
          .header('content-type', 'application/x-amz-json-1.0')
          .header('x-amzn-query-error', 'AccessDenied;Sender')
          .send({ __type: 'com.amazon.coral.service#AccessDeniedException', message });
      }
      return;
    }
    const message = refusal(request.headers, `sns:${Action.replace(/Batch$/, '')}`, topicArn);
    if (message !== undefined) {
      const error = `<Error><Type>Sender</Type>${element('Code', 'AuthorizationError')}${element('Message', message)}</Error>`;
      await reply
        .code(403)
        .header('content-type', 'text/xml')
        .send(`<ErrorResponse>${error}</ErrorResponse>`);
    }
  });
};

const createQueues = async (sqs: SQSClient, queues: readonly LocalQueue[]): Promise<void> => {
  // Dead-letter queues first: a redrive policy names a queue that must be there.
  const ordered = [...queues].sort(
    (a, b) => Number(a.redrive !== undefined) - Number(b.redrive !== undefined),
  );
  for (const queue of ordered) {
    await sqs.send(new CreateQueueCommand({ QueueName: queue.name, Attributes: attributesOf(queue) }));
  }
};

const createTopics = async (
  sns: SNSClient,
  { topicArns, subscriptions }: Pick<LocalTemplate, 'topicArns' | 'subscriptions'>,
): Promise<void> => {
  for (const arn of topicArns) {
    await sns.send(new CreateTopicCommand({ Name: arn.slice(arn.lastIndexOf(':') + 1) }));
  }
  for (const { topicArn, queueArn, raw } of subscriptions) {
    const Attributes: Record<string, string> = raw ? { RawMessageDelivery: 'true' } : {};
    await sns.send(
      new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: queueArn, Attributes }),
    );
  }
};

/** fauxqs exports its server only; its stores are beside it. */
const createStores = async (): Promise<Stores> => {
  const beside = (file: string) => new URL(file, import.meta.resolve('fauxqs')).href;
  const { SqsStore } = (await import(beside('sqs/sqsStore.js'))) as {
    SqsStore: new () => Stores['sqsStore'];
  };
  const { SnsStore } = (await import(beside('sns/snsStore.js'))) as {
    SnsStore: new () => Stores['snsStore'];
  };
  const { S3Store } = (await import(beside('s3/s3Store.js'))) as { S3Store: new () => Stores['s3Store'] };
  return { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
};

const attributesOf = ({ visibilityTimeoutS, redrive }: LocalQueue): Record<string, string> => ({
  VisibilityTimeout: String(visibilityTimeoutS),
  ...(redrive && { RedrivePolicy: JSON.stringify(redrive) }),
});

const batchesOf = (bodies: readonly string[]): readonly (readonly string[])[] => {
  const batches: string[][] = [];
  let bytes = 0;
  for (const body of bodies) {
    const size = Buffer.byteLength(body);
    const last = batches.at(-1);
    if (last === undefined || last.length === publishCountMax || bytes + size > publishBytesMax) {
      batches.push([body]);
      bytes = size;
    } else {
      last.push(body);
      bytes += size;
    }
  }
  return batches;
};
