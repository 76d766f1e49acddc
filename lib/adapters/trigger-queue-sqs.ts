// Campaign triggers and refunds into SQS: one as JSON a message, so that each is retried on its own.

import { SQSClient } from '@aws-sdk/client-sqs';
import type { RefundQueue, TriggerQueue } from '../ports.ts';
import { batchesOf, sendBatch } from './event-queue-sqs.ts';

export const createTriggerQueue = (
  queueUrl: string,
  client = new SQSClient({}),
): TriggerQueue & RefundQueue => {
  const send = async (messages: readonly object[], delayS?: number): Promise<void> => {
    for (const bodies of batchesOf(messages.map((message) => JSON.stringify(message)))) {
      await sendBatch(client, queueUrl, bodies, delayS);
    }
  };
  return { send, sendRefunds: (refunds) => send(refunds) };
};
