// Applies what SES reports to its delivery, in any order and as often as it comes: settles what a crash left open,
// stops mail after a permanent bounce or a complaint, and writes `Reprise Delivery Reported`.
// Reports of mails that are not Reprise's (other senders with the same configuration set) change nothing.

import { deliveryId } from '../base/ids.ts';
import { loopEvents } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import type { Delivery, DeliveryStatus, DeliveryStore } from '../ports.ts';
import type { ConsentContext } from './change-profile.ts';
import type { MailReport } from './ses-event.ts';
import { choiceProperties, settledEvents } from './settled-event.ts';
import { suppressChannel } from './suppress.ts';

export interface ReportContext extends ConsentContext {
  readonly deliveries: DeliveryStore;
}

/** False when the mail is not one of ours. */
export const applyMailReport = async (report: MailReport, context: ReportContext): Promise<boolean> => {
  const delivery = await find(report, context.deliveries);
  if (delivery === undefined) {
    return false;
  }
  await resolve(delivery, report, context);
  await suppress(delivery, report, context);
  if (report.kind !== 'send' && report.kind !== 'reject') {
    await context.events.send([reportedEvent(delivery, report, context.clock.nowMs())]);
  }
  return true;
};

const find = async (report: MailReport, deliveries: DeliveryStore): Promise<Delivery | undefined> =>
  (report.deliveryId === undefined ? undefined : await deliveries.get(deliveryId(report.deliveryId))) ??
  (await deliveries.findByMessageId(report.sesMessageId));

/**
 * Any report but a rejection proves that SES took the mail: also of a delivery that is `prepared` again, as after the
 * table was restored from a backup. What is settled already is not written again, however many reports come; it is settled
 * at the time the mail was taken, which all of its reports state, so that it does not matter which of them is first.
 */
const resolve = async (delivery: Delivery, report: MailReport, context: ReportContext): Promise<void> => {
  const { deliveries, events, clock } = context;
  const rejected = report.kind === 'reject';
  const to: DeliveryStatus = rejected ? 'failed' : 'sent';
  const open: readonly DeliveryStatus[] = [
    'prepared',
    'sending',
    'unknown',
    ...(rejected ? ['sent' as const] : []),
  ];
  const change = {
    settledAt: report.mailAt,
    messageId: report.sesMessageId,
    reason: rejected ? `rejected by SES: ${report.detail ?? 'no reason given'}` : undefined,
  };
  let stored: Delivery | undefined = delivery;
  while (stored !== undefined && open.includes(stored.status)) {
    const from: DeliveryStatus = stored.status;
    if (await deliveries.advance(delivery.deliveryId, from, to, change)) {
      stored = { ...stored, ...change, status: to };
    } else {
      stored = await deliveries.get(delivery.deliveryId);
    }
  }
  // By settledAt: what a report settled, also when it or another comes again because the event was not written.
  if (stored?.status === to && stored.settledAt === report.mailAt) {
    await events.send(settledEvents(stored, clock.nowMs()));
  }
};

const suppress = async (delivery: Delivery, report: MailReport, context: ReportContext): Promise<void> => {
  const atMs = Date.parse(report.at);
  if (report.kind === 'bounce' && report.isPermanent) {
    const address = report.to === undefined ? {} : { address: report.to };
    await suppressChannel(
      delivery.customerId,
      'email',
      { reason: 'bounced', atMs, ...address },
      'bounce',
      context,
    );
  }
  if (report.kind === 'complaint') {
    await suppressChannel(delivery.customerId, 'email', { reason: 'complained', atMs }, 'complaint', context);
  }
};

const reportedEvent = (delivery: Delivery, report: MailReport, nowMs: number) =>
  loopEvent({
    event: loopEvents.deliveryReported,
    identity: [delivery.deliveryId, report.kind, report.at, report.link ?? ''],
    customerId: delivery.customerId,
    at: report.at,
    nowMs,
    properties: {
      deliveryId: delivery.deliveryId,
      campaignId: delivery.campaignId,
      runId: delivery.runId,
      variant: delivery.variant,
      decisionId: delivery.decisionId,
      channel: delivery.channel,
      kind: report.kind,
      ...choiceProperties(delivery),
      ...(report.isPermanent !== undefined && { permanent: report.isPermanent }),
      ...(report.link !== undefined && { link: report.link }),
      ...(report.userAgent !== undefined && { userAgent: report.userAgent }),
      ...(report.network !== undefined && { network: report.network }),
      ...(report.detail !== undefined && { detail: report.detail }),
    },
  });
