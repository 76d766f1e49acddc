// Event campaigns, one customer a message: assign, deliver or put back. What failed comes back by itself.

import { deliverTrigger } from '../lib/deliveries/trigger.ts';
import {
  campaignStore,
  catalogStore,
  customerStore,
  deliveryPorts,
  journeyStore,
  log,
  secretStore,
  settings,
  sqs,
  triggerQueue,
} from './runtime.ts';

export const handler = sqs(async (records) => {
  const context = {
    ...(await deliveryPorts()),
    campaigns: campaignStore(),
    customers: customerStore(),
    catalog: catalogStore(),
    secrets: secretStore(),
    settings: settings(),
    triggers: triggerQueue(),
    journeys: journeyStore(),
  };
  const failed: string[] = [];
  for (const { messageId, body } of records) {
    try {
      log('info', 'campaign trigger', { messageId, became: await deliverTrigger(body, context) });
    } catch (error) {
      log('error', 'campaign trigger failed', { messageId, error: String(error) });
      failed.push(messageId);
    }
  }
  await context.allowance?.close();
  return failed;
});
