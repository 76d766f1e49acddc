// Campaign triggers into SQS: one CampaignTrigger as JSON a message, so that each is retried on its own.

import { SQSClient } from '@aws-sdk/client-sqs';
import type { TriggerQueue } from '../ports.ts';
import { batchesOf, sendBatch } from './event-queue-sqs.ts';

export const createTriggerQueue = (queueUrl: string, client = new SQSClient({})): TriggerQueue => ({
  send: async (triggers, delayS) => {
    for (const bodies of batchesOf(triggers.map((trigger) => JSON.stringify(trigger)))) {
      await sendBatch(client, queueUrl, bodies, delayS);
    }
  },
});
