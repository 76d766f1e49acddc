// Events from the queue into the archive, customers' fresh state and profiles, and triggers of event campaigns.

import { archiveMessages, type EventCampaign } from '../lib/events/archive.ts';
import { remembered } from '../lib/events/remembered.ts';
import {
  archiveStore,
  campaignStore,
  clock,
  customerStore,
  log,
  once,
  sqs,
  triggerQueue,
} from './runtime.ts';

const runningEventCampaigns = async (): Promise<readonly EventCampaign[]> =>
  (await campaignStore().list()).flatMap(({ campaignId, status, trigger }) =>
    status === 'running' && trigger.kind === 'event' ? [{ campaignId, ...trigger }] : [],
  );

const ports = once(() => ({
  objects: archiveStore(),
  customers: customerStore(),
  triggers: triggerQueue(),
  runningEventCampaigns: remembered(runningEventCampaigns, clock()),
  report: (message: string, detail: object) => log('error', message, detail),
}));

export const handler = sqs((records) =>
  archiveMessages(
    records.map(({ messageId, body }) => ({ queueId: messageId, body })),
    ports(),
  ),
);
