// Lambda's event source mappings for SQS: receives, batches up to the template's batch size and window, invokes, and
// deletes what did not fail (partial batch responses). What failed becomes visible again after a second instead of
// the queue's visibility timeout, so that a retry, or the way to the dead-letter queue, takes seconds here.
// The window is a maximum in Lambda too; here a batch leaves as soon as the queue has no more.

import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { type LocalEventSource, type LocalQueue, place } from './template.ts';

export interface Queues {
  /** Batches between being received and being deleted. */
  readonly busyCount: () => number;
  readonly close: () => Promise<void>;
}

export type InvokeFunction = (functionName: string, event: unknown) => Promise<unknown>;

/** Invocations of one mapping at a time; more than this only queue up before the same two cores. */
const concurrencyMax = 2;
/** Lambda: 6 MB an invocation; its records' envelopes take the rest. */
const batchBytesMax = 5 * 1024 * 1024;
const receiveCountMax = 10;
const retryAfterS = 1;
const pollWaitS = 20;

interface Mapping {
  readonly source: LocalEventSource;
  readonly queue: LocalQueue;
  readonly client: SQSClient;
  readonly invoke: InvokeFunction;
  readonly abort: AbortController;
  readonly running: Set<Promise<void>>;
  receiving: number;
}

export const runQueues = (
  sources: readonly LocalEventSource[],
  queues: readonly LocalQueue[],
  endpoint: string,
  invoke: InvokeFunction,
): Queues => {
  const client = new SQSClient({
    endpoint,
    region: place.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const mappings = sources.map((source): Mapping => {
    const queue = queues.find(({ arn }) => arn === source.queueArn);
    if (queue === undefined) {
      throw new Error(
        `queues: ${source.functionName} reads ${source.queueArn}, which is not in the template`,
      );
    }
    return { source, queue, client, invoke, abort: new AbortController(), running: new Set(), receiving: 0 };
  });
  const loops = mappings.map(poll);
  return {
    busyCount: () => mappings.reduce((sum, { running, receiving }) => sum + running.size + receiving, 0),
    close: async () => {
      for (const { abort } of mappings) {
        abort.abort();
      }
      await Promise.all(loops);
      await Promise.all(mappings.flatMap(({ running }) => [...running]));
      client.destroy();
    },
  };
};

const poll = async (mapping: Mapping): Promise<void> => {
  const { running, abort, source } = mapping;
  while (!abort.signal.aborted) {
    while (running.size >= Math.min(concurrencyMax, source.concurrencyMax)) {
      await Promise.race(running);
    }
    const first = await receive(mapping, pollWaitS, source.batchSize);
    if (first.length === 0) {
      continue;
    }
    mapping.receiving = 1;
    const batch = await fill(mapping, first);
    const run: Promise<void> = handle(mapping, batch).finally(() => running.delete(run));
    running.add(run);
    mapping.receiving = 0;
  }
};

/** Adds what else is in the queue, up to the batch size and window. */
const fill = async (mapping: Mapping, first: readonly Message[]): Promise<readonly Message[]> => {
  const { source } = mapping;
  const batch = [...first];
  const untilMs = Date.now() + source.windowMs;
  let bytes = first.reduce((sum, { Body = '' }) => sum + Body.length, 0);
  while (
    source.windowMs > 0 &&
    batch.length < source.batchSize &&
    bytes < batchBytesMax &&
    Date.now() < untilMs
  ) {
    const room = Math.floor((batchBytesMax - bytes) / Math.max(bytes / batch.length, 1));
    const more = await receive(mapping, 0, Math.min(source.batchSize - batch.length, Math.max(room, 1)));
    if (more.length === 0) {
      return batch;
    }
    batch.push(...more);
    bytes += more.reduce((sum, { Body = '' }) => sum + Body.length, 0);
  }
  return batch;
};

const receive = async (
  { client, queue, abort }: Mapping,
  waitS: number,
  countMax: number,
): Promise<readonly Message[]> => {
  try {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queue.url,
        MaxNumberOfMessages: Math.min(receiveCountMax, countMax),
        WaitTimeSeconds: waitS,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: abort.signal },
    );
    return Messages;
  } catch (error) {
    if (abort.signal.aborted) {
      return [];
    }
    throw error;
  }
};

const handle = async (
  { client, queue, source, invoke }: Mapping,
  batch: readonly Message[],
): Promise<void> => {
  const failed = await invoke(source.functionName, {
    Records: batch.map((message) => recordOf(message, queue)),
  }).then(
    (result) => failedIds(source, batch, result),
    (error: unknown) => {
      console.error(`queues: ${source.functionName} failed on ${batch.length} messages: ${String(error)}`);
      return new Set(batch.map(({ MessageId = '' }) => MessageId));
    },
  );
  const entries = (messages: readonly Message[]) =>
    messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  const done = batch.filter(({ MessageId = '' }) => !failed.has(MessageId));
  for (const some of inTens(done)) {
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries: entries(some) }));
  }
  for (const some of inTens(batch.filter(({ MessageId = '' }) => failed.has(MessageId)))) {
    const Entries = entries(some).map((entry) => ({ ...entry, VisibilityTimeout: retryAfterS }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.url, Entries }));
  }
};

/** As Lambda reads a partial batch response: an unknown or empty id in it fails the whole batch. */
const failedIds = (
  source: LocalEventSource,
  batch: readonly Message[],
  result: unknown,
): ReadonlySet<string> => {
  const response = source.partialResponses ? (result as Partial<SQSBatchResponse> | null) : null;
  const failed = new Set((response?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier));
  const ids = new Set(batch.map(({ MessageId = '' }) => MessageId));
  return [...failed].every((id) => ids.has(id)) ? failed : ids;
};

const inTens = (messages: readonly Message[]): readonly (readonly Message[])[] =>
  Array.from({ length: Math.ceil(messages.length / 10) }, (_, index) =>
    messages.slice(index * 10, index * 10 + 10),
  );

const recordOf = (message: Message, queue: LocalQueue): SQSRecord => ({
  messageId: message.MessageId ?? '',
  receiptHandle: message.ReceiptHandle ?? '',
  body: message.Body ?? '',
  attributes: {
    ApproximateReceiveCount: message.Attributes?.ApproximateReceiveCount ?? '1',
    SentTimestamp: message.Attributes?.SentTimestamp ?? '',
    SenderId: message.Attributes?.SenderId ?? '',
    ApproximateFirstReceiveTimestamp: message.Attributes?.ApproximateFirstReceiveTimestamp ?? '',
  },
  messageAttributes: Object.fromEntries(
    Object.entries(message.MessageAttributes ?? {}).map(
      ([name, { DataType = 'String', StringValue, BinaryValue }]) => [
        name,
        {
          dataType: DataType,
          ...(StringValue !== undefined && { stringValue: StringValue }),
          ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
        },
      ],
    ),
  ),
  md5OfBody: message.MD5OfBody ?? '',
  eventSource: 'aws:sqs',
  eventSourceARN: queue.arn,
  awsRegion: place.region,
});
