// What messages cost, from their settled events by way of the funnel.

import { describe, expect, it } from 'vitest';
import type { MessageCosts } from '../../lib/base/settings.ts';
import { loopEvents } from '../../lib/events/event.ts';
import { collectFunnel } from '../../lib/outcomes/funnel.ts';
import { messageSpending } from '../../lib/outcomes/spending.ts';
import { campaign as sample, templates } from '../campaigns/sample.ts';
import { assigned, at, decision, loop, t0 } from './sample.ts';

const campaign = sample({
  variants: [{ name: 'A', weight: 1, action: { kind: 'reminder', templates } }],
  windowDays: 30,
});
const costs = { currency: 'EUR', mail: 0.001, smsSegment: 0.05, push: 0.0002 };

const settled = (user: string, channel: string, status: string, segments?: number) =>
  loop(user, loopEvents.deliverySettled, at(0.1), {
    decisionId: decision(user, 'run-1'),
    deliveryId: `delivery-${user}`,
    channel,
    status,
    ...(segments !== undefined && { segments }),
  });

const spent = (events: ReturnType<typeof settled>[], of: MessageCosts = costs) => {
  const assignments = events.map(({ userId }) => ({
    ...assigned(`${userId}`, 'A', 'run-1', 0),
    runId: 'run-1',
    phase: 'test' as const,
  }));
  const scope = { runIds: ['run-1'], asOfMs: t0 + 90 * 86_400_000 };
  return messageSpending(collectFunnel(campaign, assignments, events, scope).messages, of);
};

describe('the cost of messages', () => {
  it('charges an SMS by its segments, also one of unknown fate, and not one that was refused', () => {
    const events = [
      settled('ann', 'sms', 'sent', 3),
      settled('bob', 'sms', 'unknown', 2),
      settled('cat', 'sms', 'failed', 4),
      // Sent before segments were noted: at least one.
      settled('dan', 'sms', 'sent'),
    ];
    expect(spent(events)).toBeCloseTo(6 * 0.05, 12);
  });

  it('adds mails and pushes, and nothing for what is shown in the app', () => {
    const events = [
      settled('ann', 'email', 'sent'),
      settled('bob', 'email', 'unknown'),
      settled('cat', 'push', 'sent'),
      settled('dan', 'in-app', 'sent'),
      settled('eve', 'sms', 'sent', 2),
    ];
    expect(spent(events)).toBeCloseTo(2 * 0.001 + 0.0002 + 2 * 0.05, 12);
  });

  it('is not known where an SMS went out and its price is not', () => {
    const { smsSegment: _, ...unpriced } = costs;
    expect(spent([settled('ann', 'sms', 'sent', 1)], unpriced)).toBeUndefined();
    expect(spent([settled('ann', 'email', 'sent')], unpriced)).toBe(0.001);
  });
});
