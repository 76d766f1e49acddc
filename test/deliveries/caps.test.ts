import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaignId, customerId, deliveryId } from '../../lib/base/ids.ts';
import { type CapSetting, defaultSettings } from '../../lib/base/settings.ts';
import type { Campaign, Cap } from '../../lib/campaigns/campaign.ts';
import { type Capped, placesUnder, roomUnder } from '../../lib/deliveries/caps.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import type { Channel } from '../../lib/events/customer.ts';
import type { Delivery } from '../../lib/ports.ts';
import { fakeDeliveryStore, fakeTable } from '../fakes/delivery-store.ts';
import { couponCampaign, createStage, dayMs, memberOf, noonMs, recordOf, type Stage } from './stage.ts';

const named = (name: string, change: Partial<Campaign> = {}): Campaign => ({
  ...couponCampaign,
  ...change,
  campaignId: campaignId(name),
});
const capped = (stage: Stage, ...caps: readonly CapSetting[]) => ({
  ...stage.context,
  settings: { ...defaultSettings, caps },
});
/** Assigned now. */
const to = (id: string, campaign: Campaign, context: Stage['context']) => {
  const assignedAt = new Date(context.clock.nowMs()).toISOString();
  return deliverOne(campaign, { ...memberOf(id), assignedAt }, recordOf(id), context);
};
const suppressed = { kind: 'suppressed', reason: 'capped' };

describe('the caps on messages to one customer', () => {
  it('hold over all campaigns of one day, also when they run at the same moment', async () => {
    const stage = createStage();
    const context = capped(stage, { deliveriesMax: 2, days: 1 });
    const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((name) => to('ada', named(name), context)));
    expect(outcomes.filter(({ kind }) => kind === 'sent')).toHaveLength(2);
    expect(outcomes.filter(({ reason }) => reason === 'capped')).toHaveLength(2);
    expect(stage.table.coupons.size).toBe(2);
  });

  it('hold in every window of their days: two in seven days, mails offered daily, go out on days 0, 1, 7, 8', async () => {
    const stage = createStage();
    const context = capped(stage, { deliveriesMax: 2, days: 7 });
    const sentOn: number[] = [];
    for (let day = 0; day < 10; day++) {
      stage.setNow(noonMs + day * dayMs);
      const outcome = await to('ada', named(`day-${day}`), context);
      if (outcome.kind === 'sent') sentOn.push(day);
    }
    expect(sentOn).toEqual([0, 1, 7, 8]);
  });

  it('hold all together: one a day, two a week and three a month, go out on days 0, 1, 7, 30, 31, 37', async () => {
    const stage = createStage();
    const context = capped(
      stage,
      { deliveriesMax: 1, days: 1 },
      { deliveriesMax: 2, days: 7 },
      { deliveriesMax: 3, days: 30 },
    );
    const sentOn: number[] = [];
    for (let day = 0; day < 38; day++) {
      stage.setNow(noonMs + day * dayMs);
      for (const half of ['a', 'b']) {
        const outcome = await to('ada', named(`day-${day}-${half}`), context);
        if (outcome.kind === 'sent') sentOn.push(day);
      }
    }
    expect(sentOn).toEqual([0, 1, 7, 30, 31, 37]);
  });

  it('of a campaign count its own messages only', async () => {
    const stage = createStage();
    const context = capped(stage);
    const weekly = { trigger: { kind: 'recurring', everyDays: 1, startsAt: '', endsAt: '' } } as const;
    const own = named('own', { ...weekly, caps: [{ deliveriesMax: 1, days: 3 }] });
    const runOf = (runId: string) => ({ ...context, runId });
    expect(await to('ada', named('other'), context)).toEqual({ kind: 'sent' });
    expect(await to('ada', own, runOf('run-1'))).toEqual({ kind: 'sent' });
    stage.setNow(noonMs + 2 * dayMs);
    expect(await to('ada', own, runOf('run-2'))).toEqual(suppressed);
    expect(await to('ada', named('third'), context)).toEqual({ kind: 'sent' });
    stage.setNow(noonMs + 3 * dayMs);
    expect(await to('ada', own, runOf('run-3'))).toEqual({ kind: 'sent' });
  });

  it('do not count one customer’s messages against another', async () => {
    const stage = createStage();
    for (const name of ['ada', 'bob', 'cid']) {
      expect(await to(name, couponCampaign, stage.context)).toEqual({ kind: 'sent' });
    }
  });

  it('of a channel count that channel; the others count all but in-app', async () => {
    const deliveries = fakeDeliveryStore();
    const caps: readonly Cap[] = [
      { deliveriesMax: 2, days: 1 },
      { deliveriesMax: 1, days: 1, channel: 'sms' },
      { deliveriesMax: 1, days: 1, channel: 'in-app' },
    ];
    const room = (channel: Channel) => roomUnder({ ...message, channel, caps }, deliveries);
    const message = { customerId: customerId('ada'), campaignId: campaignId('c'), nowMs: noonMs, caps };
    let sent = 0;
    const send = async (channel: Channel) => {
      const places = await placesUnder({ ...message, channel, own: [] }, deliveries);
      const made = await deliveries.prepare(deliveryNamed(sent++), undefined, places?.claims ?? []);
      return made.kind;
    };
    expect(await send('sms')).toBe('prepared');
    expect(await send('sms')).toBe('capped');
    expect([await room('sms'), await room('push'), await room('in-app')]).toEqual([0, 1, 1]);
    expect(await send('in-app')).toBe('prepared');
    expect(await send('in-app')).toBe('capped');
    expect(await send('push')).toBe('prepared');
    expect(await send('email')).toBe('capped');
    expect(await roomUnder({ ...message, channel: 'email', caps: [] }, deliveries)).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});

const deliveryNamed = (name: number | string): Delivery => ({
  deliveryId: deliveryId(`d-${name}`),
  campaignId: campaignId('c'),
  runId: 'run-1',
  customerId: customerId('ada'),
  decisionId: 'decision',
  variant: 'v',
  channel: 'email',
  status: 'prepared',
  preparedAt: '2026-06-10T12:00:00.000Z',
});

describe('the caps around midnight', () => {
  /** Each writer reads at one moment and writes at a later one, by a clock that may be some minutes off. */
  const writer = fc.record({
    minuteOfClock: fc.integer({ min: -4, max: 4 }),
    reads: fc.nat(1_000),
    writes: fc.nat(1_000),
  });

  it('hold however reading and writing of several campaigns interleave', async () => {
    const property = fc.asyncProperty(
      fc.array(writer, { minLength: 2, maxLength: 8 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }),
      async (writers, deliveriesMax, days, before) => {
        const table = fakeTable();
        const deliveries = fakeDeliveryStore(table);
        const midnightMs = Date.UTC(2026, 5, 11);
        const keyOf = (day: number) =>
          `cap/${new Date(midnightMs + day * dayMs).toISOString().slice(0, 10)}/all/ada`;
        // What earlier days hold stays within the cap.
        before.forEach((count, index) => {
          const inWindow = Array.from({ length: days - 1 }, (_, back) => index - 1 - back);
          const used = inWindow.reduce((sum, day) => sum + (table.counters.get(keyOf(day - 6)) ?? 0), 0);
          table.counters.set(keyOf(index - 6), Math.max(0, Math.min(count, deliveriesMax - used)));
        });
        const request = (minute: number): Capped => ({
          customerId: customerId('ada'),
          campaignId: campaignId('c'),
          channel: 'email',
          nowMs: midnightMs + minute * 60_000,
          caps: [{ deliveriesMax, days }],
          own: [],
        });
        const read = new Map<number, Awaited<ReturnType<typeof placesUnder>>>();
        const steps = writers.flatMap(({ minuteOfClock, reads, writes }, index) => [
          {
            at: Math.min(reads, writes),
            act: async () => void read.set(index, await placesUnder(request(minuteOfClock), deliveries)),
          },
          {
            at: Math.max(reads, writes),
            act: async () => {
              const places = read.get(index);
              if (places === undefined) return;
              await deliveries.prepare(deliveryNamed(index), undefined, places.claims, places.checks);
            },
          },
        ]);
        for (const { act } of steps.toSorted((a, b) => a.at - b.at)) {
          await act();
        }
        for (let last = -6; last <= 1; last++) {
          const window = Array.from(
            { length: days },
            (_, back) => table.counters.get(keyOf(last - back)) ?? 0,
          );
          expect(window.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(deliveriesMax);
        }
      },
    );
    await fc.assert(property, { numRuns: 2_000 });
  });

  it('let a delivery read again what another has just written, and send when there is room', async () => {
    const stage = createStage();
    const context = capped(stage, { deliveriesMax: 2, days: 2 });
    stage.setNow(Date.UTC(2026, 5, 11, 0, 1));
    let isRaced = false;
    const raced = {
      ...context,
      settings: { ...context.settings, quietHours: { fromHour: 0, toHour: 0 } },
      deliveries: {
        ...context.deliveries,
        prepare: async (...args: Parameters<typeof context.deliveries.prepare>) => {
          if (!isRaced) {
            isRaced = true;
            stage.table.counters.set('cap/2026-06-10/all/ada', 1);
          }
          return context.deliveries.prepare(...args);
        },
      },
    };
    expect(await to('ada', named('a'), raced)).toEqual({ kind: 'sent' });
    expect(await to('ada', named('b'), raced)).toEqual(suppressed);
  });
});

describe('a place under the caps', () => {
  const throttled = { kind: 'throttled', message: 'slow down' } as const;

  it('is given back when a prepared message is not wanted any more', async () => {
    const stage = createStage();
    stage.mailer.next.push(throttled);
    expect(await to('ada', named('a'), stage.context)).toMatchObject({ kind: 'deferred' });
    expect(await to('ada', named('b'), stage.context)).toEqual(suppressed);
    const off = recordOf('ada', { suppressed: { email: { reason: 'unsubscribed', atMs: noonMs } } });
    expect(await deliverOne(named('a'), memberOf('ada'), off, stage.context)).toMatchObject({
      kind: 'suppressed',
    });
    expect(await to('ada', named('c'), stage.context)).toEqual({ kind: 'sent' });
  });

  it('is given back when the mail service refuses the message', async () => {
    const stage = createStage();
    stage.mailer.next.push({ kind: 'rejected', message: 'bad address' });
    expect(await to('ada', named('a'), stage.context)).toMatchObject({ kind: 'failed' });
    expect(await to('ada', named('b'), stage.context)).toEqual({ kind: 'sent' });
  });

  it('stays taken when nobody knows whether the message was sent', async () => {
    const stage = createStage();
    stage.mailer.next.push({ kind: 'throws', error: new Error('connection lost') });
    expect(await to('ada', named('a'), stage.context)).toMatchObject({ kind: 'unknown' });
    expect(await to('ada', named('b'), stage.context)).toEqual(suppressed);
  });

  it('is given back by the next attempt when the process died before it could be', async () => {
    const stage = createStage();
    stage.mailer.next.push({ kind: 'rejected', message: 'bad address' });
    // prepare, sending, send, settled as failed: dies before the release.
    stage.crashAfter(4);
    await expect(to('ada', named('a'), stage.context)).rejects.toThrow();
    stage.crashAfter(undefined);
    expect(await to('ada', named('a'), stage.context)).toMatchObject({ kind: 'failed' });
    expect(await to('ada', named('b'), stage.context)).toEqual({ kind: 'sent' });
  });
});
