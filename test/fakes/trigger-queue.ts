// TriggerQueue and RefundQueue in memory: what was sent stays in `sent` and `refunds`.

import type { CampaignTrigger, OrderRefund, RefundQueue, TriggerQueue } from '../../lib/ports.ts';

export interface FakeTriggerQueue extends TriggerQueue, RefundQueue {
  readonly sent: CampaignTrigger[];
  readonly refunds: OrderRefund[];
}

export const createFakeTriggerQueue = (): FakeTriggerQueue => {
  const sent: CampaignTrigger[] = [];
  const refunds: OrderRefund[] = [];
  return {
    sent,
    refunds,
    send: async (triggers) => {
      sent.push(...triggers);
    },
    sendRefunds: async (told) => {
      refunds.push(...told);
    },
  };
};
