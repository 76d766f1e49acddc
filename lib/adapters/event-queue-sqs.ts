// Events into SQS: as few messages as hold them (queue-message.ts), up to ten a request within SQS's 1 MiB.
// Nothing is half-acknowledged: when one message is not accepted the caller is told to send all again, and the
// doubles are removed by messageId.

import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Failure } from '../base/errors.ts';
import { queueBatchBytesMax, queueBatchEntriesCountMax } from '../base/limits.ts';
import { encodeEvents } from '../events/queue-message.ts';
import type { EventQueue } from '../ports.ts';

export const createEventQueue = (queueUrl: string, client = new SQSClient({})): EventQueue => ({
  send: async (events) => {
    await Promise.all(batchesOf(encodeEvents(events)).map((bodies) => sendBatch(client, queueUrl, bodies)));
  },
});

/** Also for other queues whose messages are text: all accepted, or Failure('unavailable'). `delayS` hides them. */
export const sendBatch = async (
  client: SQSClient,
  queueUrl: string,
  bodies: readonly string[],
  delayS?: number,
): Promise<void> => {
  const entries = bodies.map((body, index) => ({
    Id: String(index),
    MessageBody: body,
    ...(delayS !== undefined && { DelaySeconds: delayS }),
  }));
  const refused = await client
    .send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }))
    .then(
      ({ Failed = [] }) => Failed.map(({ Code, Message }) => `${Code ?? 'refused'}: ${Message ?? ''}`),
      (error: unknown) => [String(error)],
    );
  if (refused.length > 0) {
    throw new Failure('unavailable', {
      code: 'queue-unavailable',
      message: `The queue did not accept ${refused.length} messages: ${refused[0]}`,
      action: 'Send the same again; what was accepted already is counted once.',
    });
  }
};

/** Cuts bodies into requests that SQS takes. */
export const batchesOf = (bodies: readonly string[]): string[][] => {
  const batches: string[][] = [];
  let bytes = 0;
  for (const body of bodies) {
    const size = Buffer.byteLength(body);
    const last = batches.at(-1);
    if (last === undefined || last.length >= queueBatchEntriesCountMax || bytes + size > queueBatchBytesMax) {
      batches.push([body]);
      bytes = size;
    } else {
      last.push(body);
      bytes += size;
    }
  }
  return batches;
};
