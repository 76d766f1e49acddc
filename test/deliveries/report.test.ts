import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import { applyMailEvents } from '../../lib/deliveries/mail-events.ts';
import { parseSesEvent } from '../../lib/deliveries/ses-event.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import type { Delivery } from '../../lib/ports.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { Crash, couponCampaign, createStage, memberOf, noonMs, profileOf, recordOf } from './stage.ts';

const at = '2026-06-10T12:05:00.000Z';

const sesEvent = (eventType: string, deliveryId: string | undefined, change: object = {}) => ({
  eventType,
  mail: {
    messageId: 'ses-1',
    timestamp: '2026-06-10T12:00:00.250Z',
    source: 'hello@shop.example',
    destination: ['ada@example.com'],
    tags: {
      'ses:configuration-set': ['reprise'],
      ...(deliveryId !== undefined && { 'reprise-delivery': [deliveryId] }),
    },
  },
  ...change,
});

const bounce = (bounceType: string) => ({
  bounce: { bounceType, bounceSubType: 'General', timestamp: at, bouncedRecipients: [], feedbackId: 'f' },
});

const inSns = (message: object): string =>
  JSON.stringify({ Type: 'Notification', MessageId: 'm', Message: JSON.stringify(message) });

const setUp = async (outcome: 'sent' | 'unknown' = 'sent') => {
  const stage = createStage();
  if (outcome === 'unknown') stage.mailer.next.push({ kind: 'throws', error: new Crash('no answer') });
  await deliverOne(couponCampaign, memberOf('ada'), recordOf('ada'), stage.context);
  const customers = createFakeCustomerStore();
  await customers.writeProfile(profileOf('ada'), undefined);
  const warnings: string[] = [];
  const { deliveries, clock } = stage.context;
  let refusals = 0;
  const events = {
    send: async (some: readonly StoredEvent[]) => {
      if (refusals-- > 0) throw new Error('queue gone');
      await stage.context.events.send(some);
    },
  };
  const context = { deliveries, events, clock, customers, warn: (message: string) => warnings.push(message) };
  const [{ deliveryId }] = stage.table.deliveries.values();
  stage.events.length = 0;
  return {
    deliveryId,
    warnings,
    refuseEvents: (times: number) => {
      refusals = times;
    },
    events: stage.events,
    apply: (...bodies: string[]) =>
      applyMailEvents(
        bodies.map((body, index) => ({ queueId: `q${index}`, body })),
        context,
      ),
    delivery: (): Delivery | undefined => stage.table.deliveries.get(deliveryId),
    suppression: async () => (await customers.read(customerId('ada'))).profile?.suppressed.email,
  };
};

describe('what SES reports', () => {
  it.each([
    ['Delivery', { delivery: { timestamp: at } }, 'delivery'],
    ['Open', { open: { timestamp: at, ipAddress: '1.2.3.4' } }, 'open'],
    ['Click', { click: { timestamp: at, link: 'https://shop.example/x' } }, 'click'],
  ])('%s becomes one event however often it comes', async (type, part, kind) => {
    const { apply, deliveryId, events } = await setUp();
    const body = inSns(sesEvent(type, deliveryId, part));
    expect(await apply(body, body)).toEqual([]);
    expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(1);
    expect(events[0]).toMatchObject({
      event: 'Reprise Delivery Reported',
      userId: 'ada',
      timestamp: at,
      properties: { deliveryId, campaignId: 'spring', variant: 'coupon', decisionId: 'decision-ada', kind },
    });
  });

  it('stops mail at once after a permanent bounce, not after a transient one', async () => {
    const { apply, deliveryId, suppression, events } = await setUp();
    await apply(inSns(sesEvent('Bounce', deliveryId, bounce('Transient'))));
    expect(await suppression()).toBeUndefined();
    await apply(inSns(sesEvent('Bounce', deliveryId, bounce('Undetermined'))));
    expect(await suppression()).toBeUndefined();
    await apply(inSns(sesEvent('Bounce', deliveryId, bounce('Permanent'))));
    expect(await suppression()).toEqual({
      reason: 'bounced',
      atMs: Date.parse(at),
      address: 'ada@example.com',
    });
    expect(events.filter(({ event }) => event === 'Reprise Consent Withdrawn')).toHaveLength(1);
  });

  it('does not stop mail to another address when the one before it bounces', async () => {
    const { apply, deliveryId, events, suppression } = await setUp();
    const report = sesEvent('Bounce', deliveryId, bounce('Permanent'));
    await apply(inSns({ ...report, mail: { ...report.mail, destination: ['ada@old.example'] } }));
    expect(await suppression()).toBeUndefined();
    expect(events.map(({ event }) => event)).toEqual(['Reprise Delivery Reported']);
    await apply(inSns({ ...report, mail: { ...report.mail, destination: ['Ada@Example.com'] } }));
    expect(await suppression()).toMatchObject({ reason: 'bounced' });
  });

  it('stops mail at once after a complaint', async () => {
    const { apply, deliveryId, suppression } = await setUp();
    await apply(
      inSns(
        sesEvent('Complaint', deliveryId, { complaint: { timestamp: at, complaintFeedbackType: 'abuse' } }),
      ),
    );
    expect(await suppression()).toEqual({ reason: 'complained', atMs: Date.parse(at) });
  });

  it('settles a delivery that a crash left unknown, from any report, in any order', async () => {
    for (const type of ['Send', 'Delivery', 'Open', 'Complaint']) {
      const { apply, deliveryId, delivery, events } = await setUp('unknown');
      expect(delivery()?.status).toBe('unknown');
      const body = inSns(sesEvent(type, deliveryId, { complaint: { timestamp: at } }));
      await apply(body, inSns(sesEvent('Send', deliveryId)));
      expect(delivery()).toMatchObject({ status: 'sent', messageId: 'ses-1', reason: undefined });
      const settled = events.filter(({ event }) => event === 'Reprise Delivery Settled');
      expect(new Set(settled.map(({ messageId }) => messageId)).size).toBe(1);
      expect(settled[0].properties).toMatchObject({ status: 'sent', deliveryId });
    }
  });

  it('calls a mail failed that SES took and then rejected, before or after its Send', async () => {
    for (const first of ['Reject', 'Send']) {
      const { apply, deliveryId, delivery } = await setUp('unknown');
      const reject = inSns(sesEvent('Reject', deliveryId, { reject: { reason: 'Bad content' } }));
      const send = inSns(sesEvent('Send', deliveryId));
      await apply(...(first === 'Reject' ? [reject, send] : [send, reject]));
      expect(delivery()).toMatchObject({ status: 'failed', reason: 'rejected by SES: Bad content' });
    }
  });

  it('finds the delivery by the SES message id when the tags are missing', async () => {
    const { apply, events } = await setUp();
    await apply(JSON.stringify(sesEvent('Open', undefined, { open: { timestamp: at } })));
    expect(events).toHaveLength(1);
  });

  it('leaves mails of others alone, and says so', async () => {
    const { apply, events, warnings } = await setUp();
    const other = sesEvent('Bounce', undefined, bounce('Permanent'));
    expect(await apply(inSns({ ...other, mail: { ...other.mail, messageId: 'elsewhere' } }))).toEqual([]);
    expect(events).toEqual([]);
    expect(warnings).toHaveLength(1);
  });

  it('gives back to the queue what it cannot read, and applies the rest', async () => {
    const { apply, deliveryId, events } = await setUp();
    const good = inSns(sesEvent('Open', deliveryId, { open: { timestamp: at } }));
    expect(await apply('no json', good, '{"some":"thing"}')).toEqual(['q0', 'q2']);
    expect(events).toHaveLength(1);
  });

  it('gives back the reports whose events were not taken, and writes the same events when they come again', async () => {
    const { apply, deliveryId, events, refuseEvents } = await setUp();
    const open = inSns(sesEvent('Open', deliveryId, { open: { timestamp: at } }));
    refuseEvents(1);
    expect(await apply(open, inSns(sesEvent('Send', deliveryId)))).toEqual(['q0']);
    expect(events).toEqual([]);
    expect(await apply(open)).toEqual([]);
    expect(events).toHaveLength(1);
  });

  it('passes over event types without meaning for deliveries, and the notice of a new destination', () => {
    expect(parseSesEvent(inSns(sesEvent('DeliveryDelay', 'd')))).toBeUndefined();
    const notice = 'Successfully validated SNS topic for Amazon SES event publishing.';
    expect(parseSesEvent(JSON.stringify({ Type: 'Notification', Message: notice }))).toBeUndefined();
  });

  it('reads feedback notifications, which name their type differently', () => {
    const { eventType, ...rest } = sesEvent('Complaint', 'd', { complaint: { timestamp: at } });
    expect(parseSesEvent(JSON.stringify({ ...rest, notificationType: eventType }))).toMatchObject({
      kind: 'complaint',
      deliveryId: 'd',
      at: new Date(noonMs + 5 * 60_000).toISOString(),
    });
  });
});
