// What an app tells about a message becomes `Reprise Delivery Reported`, as SES's reports do: an impression is `open`, a
// tap `click`. From Segment's Promotion Viewed and Promotion Clicked (promotion_id is the delivery's id) and Push
// Notification Tapped (deliveryId, from the push's data), and from POST /v1/users/{userId}/offers/{deliveryId}/…
// A report counts only for the customer the message went to. The same event gives the same report.

import { Failure, shown } from '../base/errors.ts';
import { type CustomerId, type DeliveryId, deliveryId } from '../base/ids.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import { idText } from '../events/meaning.ts';
import type { Clock, Delivery, DeliveryStore, EventQueue } from '../ports.ts';
import { choiceProperties } from './settled-event.ts';

type AppReportKind = 'open' | 'click';

interface AppReport {
  readonly deliveryId: DeliveryId;
  readonly kind: AppReportKind;
  readonly event: StoredEvent;
}

/** The reports that these events of apps give; to be archived with them. */
export const reportsOfApps = async (
  events: readonly StoredEvent[],
  deliveries: Pick<DeliveryStore, 'get'>,
): Promise<readonly StoredEvent[]> => {
  const reports = events.flatMap(reportOf);
  const ids = [...new Set(reports.map((report) => report.deliveryId))];
  const found = new Map(await Promise.all(ids.map(async (id) => [id, await deliveries.get(id)] as const)));
  return reports.flatMap(({ deliveryId: id, kind, event }) => {
    const delivery = found.get(id);
    return delivery === undefined || delivery.customerId !== event.userId
      ? []
      : [reported(delivery, kind, event.messageId, event.timestamp, Date.parse(event.receivedAt))];
  });
};

const kinds: { readonly [event: string]: AppReportKind } = {
  'Promotion Viewed': 'open',
  'Promotion Clicked': 'click',
  'Push Notification Tapped': 'click',
};

const reportOf = (event: StoredEvent): AppReport[] => {
  const kind = event.type === 'track' && Object.hasOwn(kinds, event.event) ? kinds[event.event] : undefined;
  const { promotion_id, deliveryId: id } = event.properties;
  const named = idText(promotion_id) ?? idText(id);
  return kind !== undefined && named !== undefined && isDeliveryId(named)
    ? [{ deliveryId: deliveryId(named), kind, event }]
    : [];
};

/** 40 hexadecimal digits (identity.ts); other promotions are none of ours, and need no look into the table. */
const isDeliveryId = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

const reported = (
  delivery: Delivery,
  kind: AppReportKind,
  occurrence: string,
  at: string,
  nowMs: number,
): StoredEvent =>
  loopEvent({
    event: loopEvents.deliveryReported,
    identity: [delivery.deliveryId, kind, occurrence],
    customerId: delivery.customerId,
    at,
    nowMs,
    properties: {
      deliveryId: delivery.deliveryId,
      campaignId: delivery.campaignId,
      runId: delivery.runId,
      variant: delivery.variant,
      decisionId: delivery.decisionId,
      channel: delivery.channel,
      kind,
      ...choiceProperties(delivery),
    },
  });

export interface OfferReportContext {
  readonly deliveries: Pick<DeliveryStore, 'get'>;
  readonly events: EventQueue;
  readonly clock: Clock;
}

/** For apps without a Segment library. One report a delivery and kind: asking again changes nothing. */
export const reportOffer = async (
  customerId: CustomerId,
  id: string,
  action: string,
  { deliveries, events, clock }: OfferReportContext,
): Promise<void> => {
  const kind = actions[action];
  const delivery = isDeliveryId(id) ? await deliveries.get(deliveryId(id)) : undefined;
  if (kind === undefined || delivery === undefined || delivery.customerId !== customerId) {
    throw new Failure('not-found', {
      code: 'offer-unknown',
      message: 'This customer has no such offer, or there is no such report.',
      received: shown([id, action]),
      action: 'Name the promotionId of an offer of this customer, and impressions or clicks.',
    });
  }
  const nowMs = clock.nowMs();
  await events.send([reported(delivery, kind, action, new Date(nowMs).toISOString(), nowMs)]);
};

const actions: { readonly [action: string]: AppReportKind | undefined } = {
  impressions: 'open',
  clicks: 'click',
};
