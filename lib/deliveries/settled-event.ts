// The events of a settled delivery: `Reprise Delivery Settled`, one a delivery and final status, and, of one that was
// sent, `Reprise Recommendation Served` with what it recommended. Both are made from the delivery's row alone, so they
// can be written again, by a later attempt or by SES's report, and are one each however often they are written.

import { recommendationId } from '../base/ids.ts';
import { type JsonObject, loopEvents, type StoredEvent } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import type { Delivery } from '../ports.ts';
import { servedEvent } from '../recommendations/serve.ts';

export const settledEvents = (delivery: Delivery, nowMs: number): readonly StoredEvent[] => {
  const { deliveryId, customerId: userId, status, served } = delivery;
  return [
    settledEvent(delivery, nowMs),
    ...(served !== undefined && status === 'sent'
      ? [servedEvent({ ...served, recommendationId: recommendationId(deliveryId), userId }, nowMs)]
      : []),
  ];
};

/** For the record of what works on which channel (lib/events/channel-record.ts), where there was a choice. */
export const choiceProperties = ({ channelsCount, channelReason, preparedAt }: Delivery): JsonObject => ({
  ...(channelReason !== undefined && { channelReason }),
  ...(channelsCount !== undefined && { channelsCount, preparedAt }),
});

const settledEvent = (delivery: Delivery, nowMs: number): StoredEvent =>
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
