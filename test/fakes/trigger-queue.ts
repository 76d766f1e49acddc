// TriggerQueue in memory: what was sent stays in `sent`.

import type { CampaignTrigger, TriggerQueue } from '../../lib/ports.ts';

export interface FakeTriggerQueue extends TriggerQueue {
  readonly sent: CampaignTrigger[];
}

export const createFakeTriggerQueue = (): FakeTriggerQueue => {
  const sent: CampaignTrigger[] = [];
  return {
    sent,
    send: async (triggers) => {
      sent.push(...triggers);
    },
  };
};
