// What SES reports about mails: deliveries, bounces, complaints, opens, clicks.

import { applyMailEvents } from '../lib/deliveries/mail-events.ts';
import { clock, customerStore, deliveryStore, eventQueue, log, sqs } from './runtime.ts';

export const handler = sqs((records) =>
  applyMailEvents(
    records.map(({ messageId, body }) => ({ queueId: messageId, body })),
    {
      deliveries: deliveryStore(),
      customers: customerStore(),
      events: eventQueue(),
      clock: clock(),
      warn: (message, detail) => log('warn', message, detail),
    },
  ),
);
