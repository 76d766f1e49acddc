// The mail account's 24 hours on the way of one message: who waits, who asks sooner, who is given up, and why.

import { describe, expect, it } from 'vitest';
import { quotaRetryMs } from '../../lib/base/limits.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { createDailyAllowance } from '../../lib/deliveries/allowance.ts';
import type { DeliverContext } from '../../lib/deliveries/attempt.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import { fakeTransport } from '../fakes/transport.ts';
import { couponCampaign, createStage, memberOf, noonMs, recordOf } from './stage.ts';

const minuteMs = 60_000;
const today = 'allowance/email/2026-06-10';

const setUp = (left: number, change: Partial<DeliverContext> = {}) => {
  const stage = createStage();
  const { deliveries, clock } = stage.context;
  const quota = { left };
  const rampUp = { startsOn: '2026-06-10', firstDayCount: 500, dailyGrowth: 2 };
  const allowance = createDailyAllowance({ deliveries, clock, rampUp, quotaLeft: async () => quota.left });
  const context = { ...stage.context, allowance, ...change };
  const deliver = (campaign: Campaign = couponCampaign) =>
    deliverOne(campaign, memberOf('ada'), recordOf('ada'), context);
  return { stage, quota, allowance, context, deliver };
};

/** Its offer ends for everybody so many minutes after noon. */
const endingIn = (minutes: number, channels: Campaign['channels'] = ['email']): Campaign => ({
  ...couponCampaign,
  channels,
  variants: couponCampaign.variants.map((variant) =>
    variant.action.kind === 'coupon'
      ? {
          ...variant,
          action: {
            ...variant.action,
            offer: {
              ...variant.action.offer,
              expiresAfterDays: undefined,
              expiresAt: new Date(noonMs + minutes * minuteMs).toISOString(),
            },
          },
        }
      : variant,
  ),
});

const spent = { kind: 'throttled', reason: 'mail-quota', message: 'Daily message quota exceeded.' } as const;

describe('a message while the quota of 24 hours is used up', () => {
  it('waits an hour at a time, with nothing prepared: no code is issued and no place of a cap taken', async () => {
    const { stage, quota, deliver } = setUp(0);
    for (let hour = 0; hour < 5; hour++) {
      const nowMs = noonMs + hour * quotaRetryMs;
      stage.setNow(nowMs);
      expect(await deliver()).toEqual({
        kind: 'deferred',
        reason: 'mail-quota',
        untilMs: nowMs + quotaRetryMs,
      });
    }
    expect([stage.table.deliveries.size, stage.table.coupons.size, stage.table.counters.size]).toEqual([
      0, 0, 0,
    ]);
    quota.left = 1;
    stage.setNow(noonMs + 5 * quotaRetryMs);
    expect(await deliver()).toEqual({ kind: 'sent' });
  });

  it('asks sooner as its offer ends, and is given up by that name when no time is left', async () => {
    const { stage, deliver } = setUp(0);
    // Of 60, 30 and 15 minutes the first with a quarter of an hour for a late wake-up and another before the end of 50.
    const wait = await deliver(endingIn(50));
    expect(wait).toEqual({ kind: 'deferred', reason: 'mail-quota', untilMs: noonMs + 15 * minuteMs });
    stage.setNow(noonMs + 25 * minuteMs);
    expect(await deliver(endingIn(50))).toEqual({ kind: 'suppressed', reason: 'mail-quota' });
    expect(stage.events.at(-1)?.properties).toMatchObject({ status: 'suppressed', reason: 'mail-quota' });
    expect(stage.mailer.sent).toEqual([]);
  });

  it('goes to the next channel rather than be given up', async () => {
    const transport = fakeTransport(['email', 'in-app']);
    const { deliver } = setUp(0, { transport });
    expect(await deliver(endingIn(20, ['email', 'in-app']))).toEqual({ kind: 'sent' });
    expect(transport.messages.map(({ channel }) => channel)).toEqual(['in-app']);
  });

  it('that SES found out after it was prepared keeps its code, and gives its place of the day back', async () => {
    const { stage, allowance, deliver } = setUp(100);
    stage.mailer.next.push({ ...spent, untilMs: noonMs + quotaRetryMs });
    expect(await deliver()).toMatchObject({ kind: 'deferred', reason: 'mail-quota' });
    const codes = [...stage.table.coupons.keys()];
    stage.setNow(noonMs + quotaRetryMs);
    expect(await deliver()).toEqual({ kind: 'sent' });
    expect([...stage.table.coupons.keys()]).toEqual(codes);
    await allowance.close();
    expect(stage.table.counters.get(today)).toBe(1);
  });

  it('prepared and out of time is settled with that reason, and gives back what it had taken', async () => {
    const { stage, allowance, deliver } = setUp(100);
    stage.mailer.next.push({ ...spent, untilMs: noonMs + quotaRetryMs });
    stage.setNow(noonMs + 25 * minuteMs);
    expect(await deliver(endingIn(50))).toEqual({ kind: 'suppressed', reason: 'mail-quota' });
    await allowance.close();
    expect([...stage.table.counters.values()]).toEqual([0, 0]);
  });

  it('without a turn in the rate gives its place of the day back, too', async () => {
    const late = { kind: 'throttled' as const, message: 'full', untilMs: noonMs + 7 };
    const { deliver, allowance, stage } = setUp(100, {
      transport: { ...fakeTransport(), turn: async () => late },
    });
    expect(await deliver()).toEqual({ kind: 'deferred', reason: 'throttled', untilMs: noonMs + 7 });
    expect(await deliver()).toEqual({ kind: 'deferred', reason: 'throttled', untilMs: noonMs + 7 });
    await allowance.close();
    expect(stage.table.counters.get(today)).toBe(0);
  });
});

it('a mail that takes the place of a dead push is counted among the day’s mails', async () => {
  const transport = fakeTransport(['push', 'email']);
  const { stage, allowance, context } = setUp(100, { transport });
  const settings = {
    ...context.settings,
    push: { ios: 'arn:aws:sns:us-east-1:000000000000:app/APNS/shop', messagesPerSecondMax: 1 },
  };
  const devices = [{ platform: 'ios' as const, token: 'dead', seenAtMs: noonMs }];
  transport.next.push({ kind: 'rejected', message: 'EndpointDisabled', isAddressDead: true });
  const outcome = await deliverOne(
    { ...couponCampaign, channels: ['push', 'email'] },
    memberOf('ada'),
    recordOf('ada', { devices }),
    { ...context, settings },
  );
  expect(outcome).toEqual({ kind: 'sent' });
  await allowance.close();
  expect(stage.table.counters.get(today)).toBe(1);
});
