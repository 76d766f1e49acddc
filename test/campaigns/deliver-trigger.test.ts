import { describe, expect, it } from 'vitest';
import { customerId, messageId } from '../../lib/base/ids.ts';
import { sendingAttemptMs } from '../../lib/base/limits.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { advanceJourney } from '../../lib/deliveries/journey.ts';
import { deliverTrigger, type TriggerContext } from '../../lib/deliveries/trigger.ts';
import type { CampaignTrigger } from '../../lib/ports.ts';
import {
  Crash,
  couponCampaign,
  createStage,
  dayMs,
  noonMs,
  profileOf,
  type Stage,
} from '../deliveries/stage.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { iso } from './sample.ts';

const cart: Campaign = {
  ...couponCampaign,
  trigger: {
    kind: 'event',
    event: 'Cart Abandoned',
    startsAt: iso(noonMs),
    endsAt: iso(noonMs + 30 * dayMs),
  },
  variants: [{ ...couponCampaign.variants[0], weight: 1 }],
  holdoutShare: 0,
};
const eveningMs = noonMs + 9.5 * 3_600_000;

const body = (id: string, change: Partial<CampaignTrigger> = {}): string => {
  const trigger: CampaignTrigger = {
    campaignId: cart.campaignId,
    customerId: customerId(id),
    messageId: messageId(`m-${id}`),
    at: iso(noonMs),
    ...change,
  };
  return JSON.stringify(trigger);
};

const open = async (of: Campaign = cart) => {
  const stage = createStage();
  const putBack: { readonly trigger: CampaignTrigger; readonly delayS: number | undefined }[] = [];
  const customers = createFakeCustomerStore();
  await customers.writeProfile(profileOf('ada'), undefined);
  const context: TriggerContext = {
    ...stage.context,
    campaigns: memoryCampaignStore([of]),
    customers,
    catalog: fakeCatalogStore(),
    secrets: fakeSecretStore(),
    journeys: stage.journeys,
    refundOrder: async ({ orderId }) => `refund of ${orderId}`,
    settings: { ...defaultSettings, globalHoldoutShare: 0 },
    triggers: {
      send: async (triggers, delayS) => {
        putBack.push(...triggers.map((trigger) => ({ trigger, delayS })));
      },
    },
  };
  return { ...stage, context, putBack };
};

describe('a trigger message', () => {
  it('becomes one mail and one coupon, however often it comes', async () => {
    const { context, mailer, table, events } = await open();
    expect(await deliverTrigger(body('ada'), context)).toBe('sent');
    expect(await deliverTrigger(body('ada'), context)).toBe('already');
    expect(await deliverTrigger(body('ada', { messageId: messageId('m2') }), context)).toBe('already');
    expect(mailer.sent).toHaveLength(1);
    expect(table.coupons.size).toBe(1);
    expect(new Set(events.map(({ messageId: id }) => id)).size).toBe(2);
  });

  it('that began a message before the function died ends it where the customer no longer belongs', async () => {
    const { context, table, mailer, events, ...stage } = await open();
    // The assignment's event, then the claim with its coupon.
    stage.crashAfter(2);
    await expect(deliverTrigger(body('ada'), context)).rejects.toThrow(Crash);
    expect([...table.deliveries.values()]).toMatchObject([{ status: 'prepared' }]);
    stage.crashAfter(undefined);
    const campaign = await context.campaigns.get(cart.campaignId);
    if (campaign === undefined) throw new Error('gone');
    await context.campaigns.write({ ...campaign, status: 'cancelled', revision: campaign.revision + 1 });
    expect(await deliverTrigger(body('ada'), context)).toBe('campaign-cancelled');
    expect([...table.deliveries.values()]).toMatchObject([
      { status: 'suppressed', reason: 'campaign-cancelled' },
    ]);
    expect([...table.counters.values()].every((count) => count === 0)).toBe(true);
    expect(mailer.sent).toEqual([]);
    expect(events.at(-1)?.properties).toMatchObject({ status: 'suppressed', reason: 'campaign-cancelled' });
  });

  it('whose message may have gone out when the function died says so, though the campaign was cancelled since', async () => {
    const { context, table, mailer, putBack, ...stage } = await open();
    stage.crashAfter(3);
    await expect(deliverTrigger(body('ada'), context)).rejects.toThrow(Crash);
    stage.crashAfter(undefined);
    const campaign = await context.campaigns.get(cart.campaignId);
    if (campaign === undefined) throw new Error('gone');
    await context.campaigns.write({ ...campaign, status: 'cancelled', revision: campaign.revision + 1 });
    expect(await deliverTrigger(body('ada'), context)).toBe('put-back');
    expect(putBack).toMatchObject([{ delayS: sendingAttemptMs / 1000 }]);
    stage.setNow(noonMs + sendingAttemptMs);
    expect(await deliverTrigger(body('ada'), context)).toBe('campaign-cancelled');
    expect([...table.deliveries.values()]).toMatchObject([{ status: 'unknown', reason: 'interrupted' }]);
    expect(mailer.sent).toEqual([]);
  });

  it('in quiet hours goes round the queue through the night and is sent in the morning, assigned once', async () => {
    const { context, mailer, putBack, events, ...stage } = await open();
    let nowMs = eveningMs;
    let message = body('ada', { at: iso(eveningMs) });
    let turns = 0;
    for (;;) {
      stage.setNow(nowMs);
      const became = await deliverTrigger(message, context);
      if (became !== 'put-back') {
        expect(became).toBe('sent');
        break;
      }
      const back = putBack.at(-1);
      message = JSON.stringify(back?.trigger);
      nowMs += (back?.delayS ?? 0) * 1000;
      turns += 1;
    }
    // 21:30 to 08:00 in steps of at most 15 minutes.
    expect(turns).toBe(42);
    expect(iso(nowMs)).toBe('2026-06-11T08:00:00.000Z');
    expect(mailer.sent).toHaveLength(1);
    const assigned = events.filter(({ event }) => event === 'Reprise Customer Assigned');
    expect(new Set(assigned.map(({ timestamp }) => timestamp))).toEqual(new Set([iso(eveningMs)]));
  });

  it('is kept when putting it back fails: the call fails and the queue gives it again', async () => {
    const { context, ...stage } = await open();
    stage.setNow(eveningMs);
    const broken = { ...context, triggers: { send: () => Promise.reject(new Error('queue down')) } };
    await expect(deliverTrigger(body('ada', { at: iso(eveningMs) }), broken)).rejects.toThrow('queue down');
  });

  it('that is none is refused, so that it ends in the dead-letter queue', async () => {
    const { context } = await open();
    await expect(deliverTrigger('{"campaignId":"spring"}', context)).rejects.toMatchObject({
      kind: 'invalid',
    });
    await expect(deliverTrigger('not json', context)).rejects.toThrow(SyntaxError);
  });

  it('killed after any change gives one mail at most, and one unless the kill was in the midst of sending', async () => {
    const whole = await open();
    whole.crashAfter(undefined);
    await deliverTrigger(body('ada'), whole.context);
    const changes = whole.changes();
    expect(changes).toBeGreaterThan(3);
    for (let after = 0; after < changes; after++) {
      const { context, mailer, table, ...stage } = await open();
      stage.crashAfter(after);
      await expect(deliverTrigger(body('ada'), context)).rejects.toThrow();
      stage.crashAfter(undefined);
      stage.setNow(noonMs + 3_600_000);
      const became = await deliverTrigger(body('ada'), context);
      expect(mailer.sent.length + Number(became === 'unknown')).toBeGreaterThanOrEqual(1);
      expect(mailer.sent.length).toBeLessThanOrEqual(1);
      expect(table.coupons.size).toBe(1);
    }
  });
});

describe('a journey of an event campaign', () => {
  const hourMs = 3_600_000;
  const message = { kind: 'reminder', templates: defaultTemplates.reminder } as const;
  const campaign: Campaign = {
    ...cart,
    windowDays: 30,
    variants: [
      {
        name: 'journey',
        weight: 1,
        action: {
          kind: 'journey',
          exitOnPurchase: true,
          steps: [
            { stepId: 'hello', kind: 'send', message },
            { stepId: 'soon', kind: 'wait', hours: 0.1 },
            { stepId: 'again', kind: 'send', message },
            {
              stepId: 'started',
              kind: 'wait-for-event',
              event: 'Course Started',
              hours: 72,
              timedOut: 'nudge',
            },
            { stepId: 'well-done', kind: 'send', message, next: 'end' },
            { stepId: 'nudge', kind: 'send', message },
            { stepId: 'end', kind: 'exit' },
          ],
        },
      },
    ],
  };
  const openJourney = async (of: Campaign = campaign) => {
    const opened = await open(of);
    const settings = { ...opened.context.settings, caps: [] };
    return { ...opened, context: { ...opened.context, settings } };
  };
  const started = (at: number): string =>
    body('ada', { messageId: messageId('started'), at: iso(at), journey: { event: 'Course Started' } });
  const pathOf = ({ journeys }: { readonly journeys: Stage['journeys'] }) =>
    [...journeys.states.values()][0].path.map(({ stepId, outcome }) => `${stepId} ${outcome}`);

  it('begins at once, brings short waits back through the queue, and leaves long ones to the campaign', async () => {
    const { context, mailer, putBack, ...stage } = await openJourney();
    expect(await deliverTrigger(body('ada'), context)).toBe('journey-waits');
    expect(mailer.sent).toHaveLength(1);
    expect(putBack).toEqual([
      {
        trigger: { ...JSON.parse(body('ada')), journey: {}, notBefore: iso(noonMs + 0.1 * hourMs) },
        delayS: 360,
      },
    ]);
    stage.setNow(noonMs + 0.1 * hourMs);
    expect(await deliverTrigger(JSON.stringify(putBack[0].trigger), context)).toBe('journey-went-on');
    expect(mailer.sent).toHaveLength(2);
    expect(putBack).toHaveLength(1);
    // The event that enters customers enters each once.
    expect(await deliverTrigger(body('ada', { messageId: messageId('m2') }), context)).toBe('journey-waits');
    expect(mailer.sent).toHaveLength(2);
  });

  it('is woken by the event its step waits for, once, and not by one from before', async () => {
    const { context, mailer, ...stage } = await openJourney();
    await deliverTrigger(body('ada'), context);
    stage.setNow(noonMs + hourMs);
    await deliverTrigger(body('ada', { journey: {} }), context);
    expect(await deliverTrigger(started(noonMs + hourMs - 1), context)).toBe('no-journey-waits');
    stage.setNow(noonMs + 2 * hourMs);
    expect(await deliverTrigger(started(noonMs + 2 * hourMs), context)).toBe('journey-went-on');
    expect(await deliverTrigger(started(noonMs + 2 * hourMs), context)).toBe('no-journey-waits');
    expect(pathOf(stage)).toEqual([
      'hello sent',
      'soon waited',
      'again sent',
      'started event',
      'well-done sent',
      'end exit',
    ]);
    expect(mailer.sent).toHaveLength(3);
  });

  it('keeps an event that comes during a pause until it goes on', async () => {
    const { context, mailer, ...stage } = await openJourney();
    await deliverTrigger(body('ada'), context);
    stage.setNow(noonMs + hourMs);
    await deliverTrigger(body('ada', { journey: {} }), context);
    const paused = { ...context, campaigns: memoryCampaignStore([{ ...campaign, status: 'paused' }]) };
    stage.setNow(noonMs + 2 * hourMs);
    expect(await deliverTrigger(started(noonMs + 2 * hourMs), paused)).toBe('campaign-paused');
    expect(mailer.sent).toHaveLength(2);
    const run = { campaignId: campaign.campaignId, runId: 'run-1', phase: 'test' } as const;
    expect(await stage.journeys.due(run, noonMs + 2 * hourMs, 10)).toHaveLength(1);
    expect(await deliverTrigger(body('ada', { journey: {} }), context)).toBe('journey-went-on');
    expect(pathOf(stage)).toContain('started event');
  });

  it('and its event lose nothing when the process dies after any change', async () => {
    const whole = await openJourney();
    const play = async ({ context, ...stage }: typeof whole): Promise<void> => {
      stage.setNow(noonMs);
      await deliverTrigger(body('ada'), context);
      stage.setNow(noonMs + hourMs);
      await deliverTrigger(body('ada', { journey: {} }), context);
      stage.setNow(noonMs + 2 * hourMs);
      await deliverTrigger(started(noonMs + 2 * hourMs), context);
    };
    whole.crashAfter(undefined);
    await play(whole);
    const changes = whole.changes();
    for (let after = 0; after < changes; after++) {
      const opened = await openJourney();
      opened.crashAfter(after);
      await expect(play(opened)).rejects.toThrow();
      opened.crashAfter(undefined);
      // The queue gives each message again until it is taken; a mail under way is of unknown fate six minutes later.
      for (const minutes of [0, 20, 60, 80, 120, 140]) {
        opened.setNow(noonMs + minutes * 60_000);
        await deliverTrigger(minutes < 120 ? body('ada') : started(noonMs + 2 * hourMs), opened.context);
        await deliverTrigger(body('ada', { journey: {} }), opened.context);
      }
      const mails = opened.mailer.sent.map(({ headers }) => headers['X-Reprise-Delivery']);
      expect(new Set(mails).size).toBe(mails.length);
      const unknown = pathOf(opened).filter((line) => line.endsWith('unknown')).length;
      expect(mails.length + unknown).toBeGreaterThanOrEqual(3);
      expect(pathOf(opened)).toContain('started event');
    }
  });
});

describe('a customer who enters an event campaign again', () => {
  const message = { kind: 'reminder', templates: defaultTemplates.reminder } as const;
  const trigger = { ...cart.trigger, entersEveryDays: 15 } as Campaign['trigger'];
  const at = (day: number): string => body('ada', { at: iso(noonMs + day * dayMs) });
  const again: Campaign = {
    ...cart,
    windowDays: 10,
    trigger,
    variants: [
      {
        name: 'journey',
        weight: 1,
        action: {
          kind: 'journey',
          exitOnPurchase: true,
          steps: [
            { stepId: 'hello', kind: 'send', message },
            { stepId: 'days', kind: 'wait', hours: 48 },
            { stepId: 'bye', kind: 'send', message },
          ],
        },
      },
    ],
  };
  const openAgain = async (of: Campaign) => {
    const opened = await open(of);
    const context = { ...opened.context, settings: { ...opened.context.settings, caps: [] } };
    const now = (day: number): void => opened.setNow(noonMs + day * dayMs);
    const enter = async (day: number, arrivesDay = day): Promise<string> => {
      now(arrivesDay);
      return deliverTrigger(at(day), context);
    };
    const goOn = async (day: number): Promise<void> => {
      now(day);
      await deliverTrigger(body('ada', { journey: {} }), context);
    };
    const pathOf = (runId: string): readonly string[] =>
      [...opened.journeys.states.values()]
        .filter((state) => state.runId === runId)
        .flatMap(({ path }) => path.map(({ stepId, outcome }) => `${stepId} ${outcome}`));
    const stateOf = (runId: string) =>
      [...opened.journeys.states.values()].find((state) => state.runId === runId);
    return { ...opened, context, enter, goOn, pathOf, stateOf };
  };

  it('is sent the message once a run, each by a delivery of its own', async () => {
    const { enter, mailer } = await openAgain({ ...cart, windowDays: 10, trigger });
    expect(await enter(1)).toBe('sent');
    expect(await enter(14)).toBe('already');
    expect(await enter(15)).toBe('sent');
    expect(await enter(15)).toBe('already');
    const mails = mailer.sent.map(({ headers }) => headers['X-Reprise-Delivery']);
    expect(mails).toHaveLength(2);
    expect(new Set(mails).size).toBe(2);
  });

  it('without entersEveryDays is sent it once in all', async () => {
    const { enter, mailer } = await openAgain({ ...cart, windowDays: 10 });
    expect([await enter(1), await enter(15)]).toEqual(['sent', 'already']);
    expect(mailer.sent).toHaveLength(1);
  });

  it('gets no messages of two journeys at once: those of the later one wait for the end of the earlier one', async () => {
    const { enter, goOn, mailer, pathOf, stateOf, events } = await openAgain(again);
    await enter(14);
    expect(mailer.sent).toHaveLength(1);
    expect(await enter(15)).toBe('journey-waits');
    expect(mailer.sent).toHaveLength(1);
    // Assigned at once, like the holdout: only what is sent waits.
    const assigned = events.filter(({ event }) => event === 'Reprise Customer Assigned');
    expect(assigned.map(({ timestamp }) => timestamp)).toEqual(
      [14, 15].map((day) => iso(noonMs + day * dayMs)),
    );
    expect(stateOf('run-2')).toMatchObject({
      stepId: 'hello',
      waitsFor: 'earlier-journey',
      dueAt: iso(noonMs + 16 * dayMs),
    });
    await goOn(16);
    expect(pathOf('run-1')).toEqual(['hello sent', 'days waited', 'bye sent']);
    await goOn(16.01);
    expect(pathOf('run-2')).toEqual(['hello sent']);
    await goOn(18.01);
    expect(pathOf('run-2')).toEqual(['hello sent', 'days waited', 'bye sent']);
    expect(mailer.sent).toHaveLength(4);
  });

  it('by an event that comes late waits for the journey entered before it, and not the other way round', async () => {
    const { enter, goOn, mailer, pathOf, stateOf } = await openAgain(again);
    await enter(15);
    expect(await enter(14, 15.5)).toBe('journey-waits');
    expect(stateOf('run-1')?.waitsFor).toBe('earlier-journey');
    await goOn(17);
    expect(pathOf('run-2')).toEqual(['hello sent', 'days waited', 'bye sent']);
    await goOn(17.01);
    expect(pathOf('run-1')).toEqual(['hello sent']);
    expect(mailer.sent).toHaveLength(3);
  });

  it('waits for no journey that nobody took to its end: its window is over before their own', async () => {
    const { enter, context, stateOf, ...stage } = await openAgain({ ...again, windowDays: 3 });
    await enter(14);
    await enter(15);
    const later = stateOf('run-2');
    const campaign = await context.campaigns.get(again.campaignId);
    if (later === undefined || campaign === undefined) throw new Error('gone');
    // Only the later journey is looked at, before and after the end of the first one's window on day 17.
    const advanceAt = async (day: number) => {
      stage.setNow(noonMs + day * dayMs);
      const record = await context.customers.read(customerId('ada'));
      const run = { ...context, runId: 'run-2', phase: 'test' } as const;
      return (await advanceJourney(campaign, later.member, record, run)).state;
    };
    // The first one's step was due on day 16 and nobody came: looked at again after five minutes.
    expect((await advanceAt(16.9)).dueAt).toBe(iso(noonMs + 16.9 * dayMs + 5 * 60_000));
    expect((await advanceAt(17)).path).toMatchObject([{ stepId: 'hello', outcome: 'sent' }]);
    expect(stateOf('run-1')?.ended).toBeUndefined();
  });
});
