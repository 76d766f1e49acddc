// Event campaigns, one customer a message: assign, deliver or put back; advocates' rewards; refunds of orders. What failed comes back by itself.

import { deliverTrigger } from '../lib/deliveries/trigger.ts';
import { refundOrder } from '../lib/offers/refund-order.ts';
import type { OrderRefund } from '../lib/ports.ts';
import {
  campaignStore,
  catalogStore,
  couponStore,
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
  const delivery = await deliveryPorts();
  const coupons = {
    ...delivery,
    coupons: couponStore(),
    catalog: catalogStore(),
    customers: customerStore(),
  };
  const context = {
    ...delivery,
    refundOrder: (refund: OrderRefund) => refundOrder(refund, coupons),
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
