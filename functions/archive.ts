// Events from the queue into the archive, customers' fresh state and profiles, and triggers of event campaigns.

import { reportsOfApps } from '../lib/deliveries/app-reports.ts';
import { archiveMessages } from '../lib/events/archive.ts';
import type { StoredEvent } from '../lib/events/event.ts';
import {
  archiveStore,
  campaignStore,
  customerStore,
  deliveryStore,
  log,
  once,
  sqs,
  triggerQueue,
} from './runtime.ts';

const ports = once(() => ({
  objects: archiveStore(),
  customers: customerStore(),
  triggers: triggerQueue(),
  // Asked for each batch, not remembered: a campaign that was started counts from the next event on.
  awaitingEvents: () => campaignStore().awaitingEvents(),
  reportsOf: (events: readonly StoredEvent[]) => reportsOfApps(events, deliveryStore()),
  report: (message: string, detail: object) => log('error', message, detail),
}));

export const handler = sqs((records) =>
  archiveMessages(
    records.map(({ messageId, body }) => ({ queueId: messageId, body })),
    ports(),
  ),
);
