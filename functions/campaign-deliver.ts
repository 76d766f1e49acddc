// Workflow task: delivers one batch of a campaign. Input and output: ARCHITECTURE.md, campaign state machine, step 3.

import type { Context } from 'aws-lambda';
import { type BatchInput, type BatchProgress, deliverBatch } from '../lib/deliveries/batch.ts';
import {
  archiveStore,
  campaignStore,
  catalogStore,
  customerStore,
  deliveryPorts,
  journeyStore,
  log,
} from './runtime.ts';

export const handler = async (input: BatchInput, lambda: Context): Promise<BatchProgress> => {
  const progress = await deliverBatch(input, {
    ...(await deliveryPorts()),
    campaigns: campaignStore(),
    customers: customerStore(),
    archive: archiveStore(),
    journeys: journeyStore(),
    catalog: catalogStore(),
    timeLeftMs: () => lambda.getRemainingTimeInMillis(),
  });
  const { done, counts, failed, problems, putOff } = progress;
  // One cause usually fails them all: the distinct ones are enough to see it.
  const causes = [...new Set(Object.values({ ...problems, ...putOff }))].slice(0, 5);
  log(failed.length > 0 ? 'warn' : 'info', 'delivered a batch', { ...input, done, counts, causes });
  return progress;
};
