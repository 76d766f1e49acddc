// `Reprise Delivery Settled`: one event a delivery and final status, however often it is written.

import { type JsonObject, loopEvents, type StoredEvent } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import type { Delivery } from '../ports.ts';

/** For the record of what works on which channel (lib/events/channel-record.ts), where there was a choice. */
export const choiceProperties = ({ channelsCount, channelReason, preparedAt }: Delivery): JsonObject => ({
  ...(channelReason !== undefined && { channelReason }),
  ...(channelsCount !== undefined && { channelsCount, preparedAt }),
});

export const settledEvent = (delivery: Delivery, nowMs: number): StoredEvent =>
  loopEvent({
    event: loopEvents.deliverySettled,
    identity: [delivery.deliveryId, delivery.status],
    customerId: delivery.customerId,
    at: delivery.settledAt ?? delivery.preparedAt,
    nowMs,
    properties: {
      campaignId: delivery.campaignId,
      runId: delivery.runId,
      variant: delivery.variant,
      ...(delivery.stepId !== undefined && { stepId: delivery.stepId }),
      decisionId: delivery.decisionId,
      deliveryId: delivery.deliveryId,
      channel: delivery.channel,
      status: delivery.status,
      ...choiceProperties(delivery),
      ...(delivery.reason !== undefined && { reason: delivery.reason }),
      ...(delivery.segments !== undefined && { segments: delivery.segments }),
      ...(delivery.couponCode !== undefined && { couponCode: delivery.couponCode }),
    },
  });
