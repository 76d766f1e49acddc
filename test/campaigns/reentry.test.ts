// Entering an event campaign again: which run an event belongs to, and that a customer enters each run once and none in
// vain. Expected runs are counted by walking over the boundaries, not by the division of lib/campaigns/schedule.ts.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageId } from '../../lib/base/ids.ts';
import type { Campaign, Trigger } from '../../lib/campaigns/campaign.ts';
import { checkDefinition } from '../../lib/campaigns/definition.ts';
import { effectOf } from '../../lib/campaigns/effect.ts';
import { assignedFromMs, eventRunAt, firstRun, lookTimesMs, nextRun } from '../../lib/campaigns/schedule.ts';
import { strategies } from '../../lib/campaigns/strategies/strategies.ts';
import { stepTrigger } from '../../lib/campaigns/trigger.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { campaign, dayMs, fill, ids, iso, settings, t0, templateRules } from './sample.ts';

const every = (entersEveryDays: number | undefined, periodDays: number) =>
  ({
    kind: 'event',
    event: 'Product Added',
    startsAt: iso(t0),
    endsAt: iso(t0 + periodDays * dayMs),
    ...(entersEveryDays !== undefined && { entersEveryDays }),
  }) as const satisfies Trigger;
const entering = (change: Partial<Campaign> = {}): Campaign =>
  campaign({ trigger: every(30, 75), windowDays: 14, ...change });

const open = (of: Campaign) => ({
  campaigns: memoryCampaignStore([of]),
  customers: createFakeCustomerStore(),
  catalog: fakeCatalogStore(),
  secrets: fakeSecretStore(),
  events: createFakeEventQueue(),
  settings,
  assortment: async () => ({ seriesParts: () => [] }),
  listVersion: async () => undefined,
});
const [ada] = ids(1);
const added = (atMs: number, id = `m-${atMs}`) => ({
  campaignId: entering().campaignId,
  customerId: ada,
  messageId: messageId(id),
  at: iso(atMs),
});
const runsOf = (ports: ReturnType<typeof open>): unknown[] =>
  ports.events.sent.map(({ properties }) => properties.runId);

describe('an event', () => {
  it.each([
    ['before the period', -1, undefined],
    ['at its start', 0, 'run-1'],
    ['in the last instant of the first run', 30 * dayMs - 1, 'run-1'],
    ['at the boundary', 30 * dayMs, 'run-2'],
    ['in the last, shorter run', 60 * dayMs, 'run-3'],
    ['in the last instant of the period', 75 * dayMs - 1, 'run-3'],
    ['at the end of the period', 75 * dayMs, undefined],
  ])('%s enters the run of its own time', (_, afterMs, runId) => {
    expect(eventRunAt(entering(), t0 + afterMs)?.runId).toBe(runId);
    expect(eventRunAt(entering({ trigger: every(undefined, 75) }), t0 + afterMs)?.runId).toBe(
      runId && 'run-1',
    );
  });

  it('from before a late start is of the run in which the campaign started', () => {
    const late = entering({ startedAt: iso(t0 + 35 * dayMs) });
    expect(eventRunAt(late, t0 + dayMs)?.runId).toBe('run-2');
    expect(firstRun(late)).toEqual({ runId: 'run-2', startsAt: iso(t0 + 30 * dayMs) });
    expect(firstRun(entering())).toEqual({ runId: 'run-1', startsAt: iso(t0) });
  });
});

describe('the runs', () => {
  it('follow each other without gap to the end of the period, each looked at after its last window', () => {
    const of = entering({ lookDays: [] });
    const frozenAt = iso(t0 + 90 * dayMs);
    expect(nextRun(of, 'run-1', t0 + 90 * dayMs)).toEqual({
      runId: 'run-2',
      startsAt: iso(t0 + 30 * dayMs),
    });
    expect(nextRun(of, 'run-2', t0)).toEqual({ runId: 'run-3', startsAt: iso(t0 + 60 * dayMs) });
    expect(nextRun(of, 'run-3', t0)).toBeUndefined();
    const looks = [1, 2, 3].map(
      (run) => lookTimesMs(of, { runId: `run-${run}`, frozenAt: iso(t0 + (run - 1) * 30 * dayMs) })[0],
    );
    expect(looks.map((ms) => (ms - t0) / dayMs)).toEqual([44, 74, 89]);
    expect(lookTimesMs(of, { runId: 'run-2', frozenAt })).toEqual([t0 + 104 * dayMs]);
  });

  it('may have assigned customers before a freeze that came late, but none before the start', () => {
    const frozenAt = iso(t0 + 40 * dayMs);
    const from = (change: Partial<Campaign>) =>
      (assignedFromMs(entering(change), { runId: 'run-2', frozenAt }) - t0) / dayMs;
    expect(from({ startedAt: iso(t0) })).toBe(30);
    expect(from({ startedAt: iso(t0 + 35 * dayMs) })).toBe(35);
    expect(from({ trigger: { kind: 'at', at: iso(t0) } })).toBe(40);
  });

  it('and the events agree, whatever the lengths: the chain of runs is the set of runs entered', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 100 }),
        (everyDays, moreDays, startedPercent) => {
          const periodDays = everyDays + moreDays;
          const startedMs = t0 + Math.min(periodDays - 1, (periodDays * startedPercent) / 100) * dayMs;
          const of = entering({ trigger: every(everyDays, periodDays), startedAt: iso(startedMs) });
          const chain: unknown[] = [];
          for (let run = firstRun(of); ; ) {
            chain.push(run);
            const next = nextRun(of, run.runId, startedMs);
            if (next === undefined) break;
            run = next;
          }
          const hours = Array.from({ length: periodDays * 4 }, (_, quarter) => t0 + (quarter * dayMs) / 4);
          const entered = new Map(hours.map((ms) => [eventRunAt(of, ms)?.runId, eventRunAt(of, ms)]));
          expect([...entered.values()]).toEqual(chain);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a customer', () => {
  it('enters once in each run, with the same arm and a decision of each', async () => {
    const ports = open(entering());
    await fill(ports.customers, 1);
    for (const day of [1, 5, 36, 40, 70]) {
      await stepTrigger(added(t0 + day * dayMs), t0 + day * dayMs + 1000, ports);
    }
    expect(runsOf(ports)).toEqual(['run-1', 'run-1', 'run-2', 'run-2', 'run-3']);
    const assigned = Map.groupBy(ports.events.sent, (event) => event.messageId);
    expect([...assigned.values()].map((same) => same[0].timestamp)).toEqual(
      [1, 36, 70].map((day) => iso(t0 + day * dayMs + 1000)),
    );
    expect(new Set(ports.events.sent.map(({ properties }) => properties.variant)).size).toBe(1);
    expect(new Set(ports.events.sent.map(({ properties }) => properties.decisionId)).size).toBe(3);
  });

  it('whose event comes late, or after one of the next run, enters the run of its own time', async () => {
    const ports = open(entering());
    await fill(ports.customers, 1);
    await stepTrigger(added(t0 + 31 * dayMs), t0 + 31 * dayMs, ports);
    await stepTrigger(added(t0 + 29 * dayMs), t0 + 32 * dayMs, ports);
    expect(runsOf(ports)).toEqual(['run-2', 'run-1']);
  });

  it('whose old trigger is delivered again after the window enters nothing', async () => {
    const ports = open(entering());
    await fill(ports.customers, 1);
    const old = added(t0 + dayMs);
    await stepTrigger(old, t0 + dayMs, ports);
    expect(await stepTrigger(old, t0 + 35 * dayMs, ports)).toEqual({ kind: 'done', reason: 'window-over' });
    expect(runsOf(ports)).toEqual(['run-1']);
  });

  it('enters each run at most once and none in vain, whatever comes late, early, in disorder or twice', async () => {
    const eventOf = fc.record({
      atHours: fc.oneof(
        fc.integer({ min: -50, max: 80 * 24 }),
        // Around the boundaries.
        fc.constantFrom(0, 719, 720, 721, 1439, 1440, 1799, 1800),
      ),
      // Early: a sender's clock that is ahead.
      lateHours: fc.oneof(fc.integer({ min: -1, max: 400 }), fc.constantFrom(335, 336)),
      copies: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(eventOf, { maxLength: 12 }), async (events) => {
        const ports = open(entering());
        await fill(ports.customers, 1);
        const due = new Set<unknown>();
        const arrivals = events.flatMap((event) => Array.from({ length: event.copies }, () => event));
        for (const { atHours, lateHours } of arrivals) {
          const atMs = t0 + atHours * 3_600_000;
          await stepTrigger(added(atMs), atMs + lateHours * 3_600_000, ports);
          // Runs begin after 0, 720 and 1,440 hours; the period has 1,800, the window 336.
          if (atHours >= 0 && atHours < 1800 && lateHours < 336) {
            due.add(`run-${[0, 720, 1440].filter((start) => start <= atHours).length}`);
          }
        }
        const ofRun = Map.groupBy(ports.events.sent, ({ properties }) => properties.runId);
        expect(new Set(ofRun.keys())).toEqual(due);
        for (const same of ofRun.values()) {
          expect(new Set(same.map((event) => `${event.messageId} ${event.timestamp}`)).size).toBe(1);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a definition', () => {
  const given = (entersEveryDays: unknown, periodDays = 30) => ({
    name: 'cart',
    audience: { fact: 'cart', op: 'present' },
    trigger: { ...every(undefined, periodDays), ...(entersEveryDays !== undefined && { entersEveryDays }) },
    variants: campaign().variants,
  });
  const pathsOf = (input: unknown): readonly string[] => {
    try {
      checkDefinition(input, templateRules);
      return [];
    } catch (error) {
      return Object(error).detail.problems.map(({ path }: { readonly path: string }) => path);
    }
  };

  it('takes from one day to the whole period, and at most 300 days', () => {
    for (const days of [1, 29, 30]) {
      expect(pathsOf(given(days))).toEqual([]);
    }
    for (const days of [0, -1, 1.5, '7', 31]) {
      expect(pathsOf(given(days))).toEqual(['trigger.entersEveryDays']);
    }
    expect(pathsOf(given(300, 400))).toEqual([]);
    expect(pathsOf(given(301, 400))).toEqual(['trigger.entersEveryDays']);
  });

  it('without it enters each customer once; the answer to a start says which', () => {
    expect(checkDefinition(given(undefined), templateRules).definition.trigger).not.toHaveProperty(
      'entersEveryDays',
    );
    expect(effectOf(entering(), 'start')).toContain('each customer once in each run of 30 days');
    expect(effectOf(entering({ trigger: every(undefined, 75) }), 'start')).toContain('each customer once.');
  });
});

describe('the strategies', () => {
  const triggers = (parameters: object) =>
    Object.fromEntries(
      strategies.flatMap(({ name, define, parameters: schema }) => {
        if (!('runsForDays' in Object(schema.properties))) return [];
        const { trigger } = define(parameters, t0);
        return trigger.kind === 'event' ? [[name, trigger.entersEveryDays]] : [];
      }),
    );

  it('whose occasion comes again enter customers again after 30 days, those of a first purchase do not', () => {
    expect(triggers({})).toEqual({
      'welcome-to-second-purchase': undefined,
      'coupon-after-first-purchase': undefined,
      'abandoned-cart': 30,
      'abandoned-view': 30,
      'next-in-series': 30,
      'what-to-learn-next': 30,
    });
  });

  it('that run for no longer than that enter each once', () => {
    expect(new Set(Object.values(triggers({ runsForDays: 30 })))).toEqual(new Set([undefined]));
    expect(triggers({ runsForDays: 31 })['abandoned-cart']).toBe(30);
  });

  it('let a code be redeemed in each run: 90 days are 3 runs of 30 or 5 of 20, 60 days one of 60', () => {
    const limits = (parameters: object) =>
      ['abandoned-cart', 'next-in-series', 'what-to-learn-next'].map((wanted) => {
        const given = strategies.find(({ name }) => name === wanted)?.define(parameters, t0);
        const steps = given?.variants.flatMap(({ action }) =>
          action.kind === 'journey' ? action.steps : [],
        );
        return steps?.flatMap((step) =>
          step.kind === 'send' && step.message.kind === 'coupon'
            ? [[step.message.offer.redemptionsPerCodeMax, step.message.offer.redemptionsPerCustomerMax]]
            : [],
        );
      });
    expect(limits({})).toEqual([[[1, 3]], [[1, 3]], [[1, 3]]]);
    expect(limits({ entersEveryDays: 20 })).toEqual([[[1, 5]], [[1, 5]], [[1, 5]]]);
    expect(limits({ runsForDays: 60, entersEveryDays: 60 })).toEqual([[[1, 1]], [[1, 1]], [[1, 1]]]);
  });

  it('say so in both languages', () => {
    const cart = strategies.find(({ name }) => name === 'abandoned-cart');
    const { entersEveryDays } = Object(cart?.parameters.properties);
    expect(entersEveryDays).toMatchObject({ default: 30, description: expect.stringContaining('once') });
    expect(entersEveryDays['description-zh-CN']).toMatch(/\p{Script=Han}/u);
  });
});
