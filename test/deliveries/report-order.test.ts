// What SES reports of one delivery may come in any order and more than once: the delivery, the customer's profile and
// everything that is reported from the events end up the same.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import { applyMailEvents } from '../../lib/deliveries/mail-events.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import { foldMessages } from '../../lib/outcomes/messages.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { Crash, couponCampaign, createStage, memberOf, profileOf, recordOf } from './stage.ts';

type Start = 'sent' | 'unknown';
const minute = (minutes: number): string =>
  new Date(Date.UTC(2026, 5, 10, 12) + minutes * 60_000).toISOString();

const visitor = (userAgent: string) => ({ userAgent, ipAddress: '198.51.100.7' });
const reports: readonly object[] = [
  { eventType: 'Send' },
  { eventType: 'Delivery', delivery: { timestamp: minute(1) } },
  { eventType: 'Open', open: { timestamp: minute(2), ...visitor('Mozilla/5.0 Thunderbird') } },
  { eventType: 'Click', click: { timestamp: minute(1), link: 'https://a.example/', ...visitor('curl/8') } },
  { eventType: 'Click', click: { timestamp: minute(9), link: 'https://a.example/', ...visitor('Firefox') } },
  { eventType: 'Complaint', complaint: { timestamp: minute(20), complaintFeedbackType: 'abuse' } },
  { eventType: 'Bounce', bounce: { timestamp: minute(10), bounceType: 'Permanent' } },
  { eventType: 'Bounce', bounce: { timestamp: minute(3), bounceType: 'Transient' } },
  { eventType: 'Bounce', bounce: { timestamp: minute(15), bounceType: 'Permanent' } },
  { eventType: 'Reject', reject: { reason: 'Bad content' } },
];

const endOf = async (start: Start, order: readonly number[]) => {
  const stage = createStage();
  if (start === 'unknown') stage.mailer.next.push({ kind: 'throws', error: new Crash('no answer') });
  await deliverOne(couponCampaign, memberOf('ada'), recordOf('ada'), stage.context);
  const customers = createFakeCustomerStore();
  await customers.writeProfile(profileOf('ada'), undefined);
  const { deliveries, events, clock } = stage.context;
  const [{ deliveryId, decisionId }] = stage.table.deliveries.values();
  const mail = {
    messageId: 'ses-1',
    timestamp: minute(0.01),
    destination: ['ada@example.com'],
    tags: { 'reprise-delivery': [deliveryId] },
  };
  const failed = await applyMailEvents(
    order.map((index) => ({ queueId: String(index), body: JSON.stringify({ ...reports[index], mail }) })),
    { deliveries, events, clock, customers, warn: () => {} },
  );
  expect(failed).toEqual([]);
  const { sendingAt: _a, sendingBy: _b, ...row } = stage.table.deliveries.get(deliveryId) ?? {};
  const message = foldMessages(byId(stage.events), new Set([decisionId])).get(deliveryId);
  return {
    row,
    profile: (await customers.read(customerId('ada'))).profile?.suppressed,
    // A coupon's code is drawn anew in each try; it is no matter of the reports.
    message: message && { ...message, couponCode: undefined },
  };
};

/** The archive removes duplicates by message id; which of several it keeps is not said. */
const byId = (events: readonly StoredEvent[]): StoredEvent[] => [
  ...new Map(events.map((event) => [event.messageId, event])).values(),
];

test('reports in any order and as often as they like come to one end', async () => {
  const chosen = fc.subarray(
    reports.map((_, index) => index),
    { minLength: 1 },
  );
  const orders = chosen.chain((some) =>
    fc.tuple(
      fc.constant(some),
      fc.shuffledSubarray([...some, ...some], { minLength: some.length * 2, maxLength: some.length * 2 }),
      fc.constantFrom<Start>('sent', 'unknown'),
    ),
  );
  await fc.assert(
    fc.asyncProperty(orders, async ([some, again, start]) => {
      expect(await endOf(start, again)).toEqual(await endOf(start, some));
    }),
    { numRuns: 150 },
  );
});

test('a mail that was delivered, clicked by a scanner and then by a person, and complained of', async () => {
  const { row, profile, message } = await endOf('unknown', [5, 4, 3, 2, 1, 0]);
  expect(row).toMatchObject({ status: 'sent', settledAt: minute(0.01), messageId: 'ses-1' });
  expect(profile).toEqual({ email: { reason: 'complained', atMs: Date.parse(minute(20)) } });
  expect(message).toMatchObject({
    ending: 'sent',
    receipt: 'delivered',
    isOpened: true,
    isComplaint: true,
    clicks: [{ rule: 'agent', network: '198.51.100.0' }, { link: 'https://a.example/' }],
  });
  expect(message?.clicks[1].rule).toBeUndefined();
});

test('a mail that bounced keeps the earliest time and the strongest reason', async () => {
  expect((await endOf('sent', [8, 5, 6])).profile).toEqual({
    email: { reason: 'complained', atMs: Date.parse(minute(10)) },
  });
  expect((await endOf('sent', [6, 1])).message?.receipt).toBe('bounced');
  expect((await endOf('sent', [7, 1])).message?.receipt).toBe('delivered');
  expect((await endOf('sent', [7])).message?.receipt).toBe('bounced');
});
