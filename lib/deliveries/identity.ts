// Who a delivery is: decided by campaign, run, phase, customer and step of the journey, so that every attempt means the same one.
// Campaigns that repeat (recurring, before an expiry, on an event with entersEveryDays) mail once a run; all others once in the campaign's life.

import { hash } from 'node:crypto';
import { type CustomerId, type DeliveryId, deliveryId } from '../base/ids.ts';
import type { Phase } from '../campaigns/audience.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { StepId } from '../campaigns/journey.ts';
import { repeats } from '../campaigns/schedule.ts';

export const deliveryIdOf = (
  campaign: Pick<Campaign, 'campaignId' | 'trigger'>,
  runId: string,
  phase: Phase,
  customerId: CustomerId,
  stepId?: StepId,
): DeliveryId => {
  const run = repeats(campaign.trigger) ? runId : 'once';
  const parts = [campaign.campaignId, run, phase, customerId, ...(stepId === undefined ? [] : [stepId])];
  return deliveryId(hash('sha256', JSON.stringify(parts)).slice(0, 40));
};

/** A reward is told of once, whenever it was earned. */
export const rewardDeliveryId = (campaignId: Campaign['campaignId'], code: string): DeliveryId =>
  deliveryId(hash('sha256', JSON.stringify([campaignId, 'reward', code])).slice(0, 40));
