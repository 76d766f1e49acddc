import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { AudienceMember } from '../../lib/campaigns/audience.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import type { Journey, JourneyStep } from '../../lib/campaigns/journey.ts';
import type { JourneyState } from '../../lib/campaigns/journey-state.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { advanceJourney, type JourneyContext } from '../../lib/deliveries/journey.ts';
import type { CustomerRecord } from '../../lib/events/customer.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { couponCampaign, createStage, dayMs, memberOf, noonMs, recordOf, type Stage } from './stage.ts';

const hourMs = 3_600_000;
const message = { kind: 'reminder', templates: defaultTemplates.reminder } as const;
const send = (stepId: string, next?: string): JourneyStep => ({
  stepId,
  kind: 'send',
  message,
  ...(next !== undefined && { next }),
});
const orders = (count: number, atMs: number): CustomerRecord['state'] => ({
  events: [],
  owned: {},
  orders: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`o${index}`, { atMs, value: 50, refundedValue: 0 }]),
  ),
  revision: 1,
});

const campaignOf = (steps: readonly JourneyStep[], change: Partial<Journey> = {}): Campaign => ({
  ...couponCampaign,
  windowDays: 60,
  variants: [
    { name: 'journey', weight: 1, action: { kind: 'journey', steps, exitOnPurchase: true, ...change } },
  ],
});

/** Nothing is quiet and nobody is capped, unless a test says so. */
const contextOf = (stage: Stage, change: Partial<JourneyContext['settings']> = {}): JourneyContext => ({
  ...stage.context,
  settings: { ...defaultSettings, quietHours: { fromHour: 0, toHour: 0 }, caps: [], ...change },
  journeys: stage.journeys,
  catalog: fakeCatalogStore(),
});

const member: AudienceMember = memberOf('ada', 'journey');

/** Takes the customer on whenever something is due, until the end. */
const travel = async (
  campaign: Campaign,
  stage: Stage,
  context: JourneyContext,
  recordAt: (nowMs: number) => CustomerRecord = () => recordOf('ada'),
): Promise<JourneyState> => {
  for (let turn = 0; turn < 500; turn++) {
    const nowMs = context.clock.nowMs();
    const { state } = await advanceJourney(campaign, member, recordAt(nowMs), context);
    if (state.ended !== undefined) return state;
    stage.setNow(Math.max(nowMs, Date.parse(state.dueAt)));
  }
  throw new Error('the journey does not end');
};

const taken = ({ path }: JourneyState): readonly string[] =>
  path.map(({ stepId, at, outcome }) => `${stepId} ${outcome} +${(Date.parse(at) - noonMs) / hourMs}h`);

describe('a journey', () => {
  it('sends, waits, branches, times out and sends again, each when it is due', async () => {
    const stage = createStage();
    const campaign = campaignOf([
      send('hello'),
      { stepId: 'pause', kind: 'wait', hours: 48 },
      { stepId: 'morning', kind: 'wait-until-hour', hour: 9 },
      {
        stepId: 'loyal',
        kind: 'branch',
        condition: { fact: 'orders', op: 'gte', value: 2 },
        otherwise: 'started',
      },
      { stepId: 'out', kind: 'exit' },
      { stepId: 'started', kind: 'wait-for-event', event: 'Course Started', hours: 72, timedOut: 'nudge' },
      { stepId: 'done', kind: 'exit' },
      send('nudge'),
    ]);
    const state = await travel(campaign, stage, contextOf(stage));
    // From noon: two days later noon, then 9 o'clock is 21 hours away.
    expect(taken(state)).toEqual([
      'hello sent +0h',
      'pause waited +48h',
      'morning waited +69h',
      'loyal no +69h',
      'started timed-out +141h',
      'nudge sent +141h',
    ]);
    expect(state.ended).toBe('completed');
    expect(stage.mailer.sent).toHaveLength(2);
    expect([...stage.table.deliveries.values()].map(({ stepId }) => stepId)).toEqual(['hello', 'nudge']);
  });

  it('waits for local times by the clock of the customer', async () => {
    const stage = createStage();
    const campaign = campaignOf([{ stepId: 'nine', kind: 'wait-until-hour', hour: 9 }, send('a')]);
    const state = await travel(campaign, stage, contextOf(stage), () =>
      recordOf('ada', { timeZone: 'America/New_York' }),
    );
    // Noon UTC is 8 o'clock in New York in June.
    expect(taken(state)).toEqual(['nine waited +1h', 'a sent +1h']);
  });

  it('ends before the next step once the customer has bought, unless it goes on after a purchase', async () => {
    const steps: JourneyStep[] = [send('a'), { stepId: 'w', kind: 'wait', hours: 24 }, send('b')];
    const bought = (nowMs: number): CustomerRecord => ({
      ...recordOf('ada'),
      ...(nowMs > noonMs && { state: orders(1, noonMs + hourMs) }),
    });
    const stage = createStage();
    expect(await travel(campaignOf(steps), stage, contextOf(stage), bought)).toMatchObject({
      ended: 'purchased',
    });
    expect(stage.mailer.sent).toHaveLength(1);
    const through = createStage();
    const goesOn = campaignOf(steps, { exitOnPurchase: false });
    expect(await travel(goesOn, through, contextOf(through), bought)).toMatchObject({ ended: 'completed' });
    expect(through.mailer.sent).toHaveLength(2);
    const refunded = createStage();
    const back = (): CustomerRecord => ({
      ...recordOf('ada'),
      state: {
        ...orders(0, 0),
        events: [],
        owned: {},
        revision: 1,
        orders: { o: { atMs: noonMs + 1, value: 50, refundedValue: 50 } },
      },
    });
    expect(await travel(campaignOf(steps), refunded, contextOf(refunded), back)).toMatchObject({
      ended: 'completed',
    });
  });

  it('holds a message through quiet hours, and leaves out one that the caps forbid', async () => {
    const stage = createStage();
    const caps = [{ deliveriesMax: 1, days: 7 }];
    const context = contextOf(stage, { quietHours: { fromHour: 10, toHour: 14 }, caps });
    const state = await travel(campaignOf([send('a'), send('b')]), stage, context);
    expect(taken(state)).toEqual(['a sent +2h', 'b suppressed: capped +2h']);
    expect(stage.mailer.sent).toHaveLength(1);
  });

  it('keeps why a message was put off until it has gone out', async () => {
    const stage = createStage();
    const campaign = campaignOf([send('a'), { stepId: 'w', kind: 'wait', hours: 24 }]);
    const quiet = contextOf(stage, { quietHours: { fromHour: 11, toHour: 20 } });
    const held = (await advanceJourney(campaign, member, recordOf('ada'), quiet)).state;
    expect(held).toMatchObject({ stepId: 'a', waitsFor: 'quiet-hours' });
    stage.setNow(Date.parse(held.dueAt));
    const next = (await advanceJourney(campaign, member, recordOf('ada'), quiet)).state;
    expect(next.stepId).toBe('w');
    expect(next.waitsFor).toBeUndefined();
  });

  it('goes on after a message of unknown fate and never sends it again', async () => {
    const stage = createStage();
    const context = contextOf(stage);
    const lost = {
      ...context,
      transport: { ...context.transport, send: () => Promise.reject(new Error('cut')) },
    };
    const campaign = campaignOf([send('a'), { stepId: 'w', kind: 'wait', hours: 1 }, send('b')]);
    await advanceJourney(campaign, member, recordOf('ada'), lost);
    const state = await travel(campaign, stage, context);
    expect(taken(state)).toEqual(['a unknown +0h', 'w waited +1h', 'b sent +1h']);
    expect(stage.mailer.sent).toHaveLength(1);
  });

  it('tries a step again that fails, later each time, and leaves it out after twenty tries', async () => {
    const stage = createStage();
    const context = contextOf(stage);
    const broken = {
      ...context,
      deliveries: { ...context.deliveries, get: () => Promise.reject(new Error('down')) },
    };
    const campaign = campaignOf([send('a'), { stepId: 'out', kind: 'exit' }]);
    const { problem, state } = await advanceJourney(campaign, member, recordOf('ada'), broken);
    expect(problem).toContain('down');
    expect(Date.parse(state.dueAt)).toBe(noonMs + 60_000);
    expect(taken(await travel(campaign, stage, broken))[0]).toMatch(/^a gave-up /);
    // 1 + 2 + 4 + … + 32 minutes, then an hour each: 19 waits.
    expect(context.clock.nowMs() - noonMs).toBe((63 + 13 * 60) * 60_000);
  });

  it('is over with the window in which an order counts', async () => {
    const stage = createStage();
    const campaign = {
      ...campaignOf([send('a'), { stepId: 'w', kind: 'wait', hours: 30 }, send('b')]),
      windowDays: 1,
    };
    expect(await travel(campaign, stage, contextOf(stage))).toMatchObject({ ended: 'window-over' });
    expect(stage.mailer.sent).toHaveLength(1);
  });

  it('splits customers by weight, each always alike', async () => {
    const campaign = campaignOf([
      {
        stepId: 'half',
        kind: 'split',
        paths: [
          { weight: 0.25, next: 'a' },
          { weight: 0.75, next: 'b' },
        ],
      },
      send('a', 'c'),
      send('b'),
      send('c'),
    ]);
    const pathOf = async (id: string): Promise<string> => {
      const stage = createStage();
      const { state } = await advanceJourney(
        campaign,
        memberOf(id, 'journey'),
        recordOf(id),
        contextOf(stage),
      );
      return state.path.map(({ stepId }) => stepId).join(' ');
    };
    const ids = Array.from({ length: 400 }, (_, index) => `c${index}`);
    const paths = await Promise.all(ids.map(pathOf));
    expect(new Set(paths)).toEqual(new Set(['half a c', 'half b c']));
    // Binomial with n = 400 and p = 0.25: mean 100, five standard deviations are 43.
    expect(Math.abs(paths.filter((path) => path === 'half a c').length - 100)).toBeLessThan(43);
    expect(await Promise.all(ids.map(pathOf))).toEqual(paths);
  });
});

describe('a journey whose process dies', () => {
  const campaign = campaignOf([
    send('a'),
    { stepId: 'w', kind: 'wait', hours: 24 },
    { stepId: 'loyal', kind: 'branch', condition: { fact: 'orders', op: 'gte', value: 1 }, otherwise: 'b' },
    send('c', 'd'),
    send('b'),
    send('d'),
  ]);

  it('after any change goes on without a message doubled or a step lost', async () => {
    const whole = createStage();
    whole.crashAfter(undefined);
    await travel(campaign, whole, contextOf(whole));
    const changes = whole.changes();
    expect(changes).toBeGreaterThan(12);
    for (let after = 0; after < changes; after++) {
      const stage = createStage();
      const context = contextOf(stage);
      stage.crashAfter(after);
      await expect(travel(campaign, stage, context)).rejects.toThrow();
      stage.crashAfter(undefined);
      const state = await travel(campaign, stage, context);
      expect(state.path.map(({ stepId }) => stepId)).toEqual(['a', 'w', 'loyal', 'b', 'd']);
      const unknown = state.path.filter(({ outcome }) => outcome === 'unknown').length;
      expect(unknown).toBeLessThanOrEqual(1);
      const mailed = new Set(stage.mailer.sent.map(({ headers }) => headers['X-Reprise-Delivery']));
      expect(mailed.size).toBe(stage.mailer.sent.length);
      expect(stage.mailer.sent.length + unknown).toBeGreaterThanOrEqual(3);
      expect(stage.table.deliveries.size).toBe(3);
    }
  });

  it('keeps to the branch it took, though the facts have changed since', async () => {
    const whole = createStage();
    whole.crashAfter(undefined);
    const first = contextOf(whole);
    await advanceJourney(campaign, member, recordOf('ada'), first);
    whole.setNow(noonMs + dayMs);
    // The state is at `b` when its mail fails.
    const broken = {
      ...first,
      deliveries: { ...first.deliveries, get: () => Promise.reject(new Error('down')) },
    };
    await advanceJourney(campaign, member, recordOf('ada'), broken);
    const later = (): CustomerRecord => ({ ...recordOf('ada'), state: orders(1, noonMs - dayMs) });
    const state = await travel(campaign, whole, first, later);
    expect(state.path.map(({ stepId }) => stepId)).toEqual(['a', 'w', 'loyal', 'b', 'd']);
  });

  it('and one beside another send each step once', async () => {
    const stage = createStage();
    const context = contextOf(stage);
    for (let turn = 0; turn < 50; turn++) {
      const both = await Promise.all(
        [1, 2, 3].map(() => advanceJourney(campaign, member, recordOf('ada'), context)),
      );
      const open = both.map(({ state }) => state).filter(({ ended }) => ended === undefined);
      if (open.length === 0) break;
      stage.setNow(Math.max(context.clock.nowMs(), ...open.map(({ dueAt }) => Date.parse(dueAt))));
    }
    expect(stage.mailer.sent).toHaveLength(3);
    expect([...stage.journeys.states.values()][0].ended).toBe('completed');
  });
});

describe('any journey', () => {
  const stepArbitrary = (index: number, count: number): fc.Arbitrary<JourneyStep> => {
    const stepId = `s${index}`;
    const later = fc
      .integer({ min: Math.min(index + 1, count - 1), max: count - 1 })
      .map((target) => `s${target}`);
    const next = index + 1 < count ? fc.option(later, { nil: undefined }) : fc.constant(undefined);
    const plain = next.chain((target): fc.Arbitrary<JourneyStep> => {
      const onward = { stepId, ...(target !== undefined && { next: target }) };
      return fc.oneof(
        fc.constant<JourneyStep>({ ...onward, kind: 'send', message }),
        fc.integer({ min: 1, max: 40 }).map((hours): JourneyStep => ({ ...onward, kind: 'wait', hours })),
        fc
          .integer({ min: 0, max: 23 })
          .map((hour): JourneyStep => ({ ...onward, kind: 'wait-until-hour', hour })),
        fc
          .integer({ min: 1, max: 40 })
          .map((hours): JourneyStep => ({ ...onward, kind: 'wait-for-event', event: 'E', hours })),
      );
    });
    if (index + 1 >= count) return plain;
    return fc.oneof(
      { weight: 4, arbitrary: plain },
      {
        weight: 1,
        arbitrary: later.map(
          (otherwise): JourneyStep => ({
            stepId,
            kind: 'branch',
            condition: { fact: 'orders', op: 'gte', value: 1 },
            otherwise,
          }),
        ),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(later, later).map(
          ([a, b]): JourneyStep => ({
            stepId,
            kind: 'split',
            paths: [
              { weight: 0.5, next: a },
              { weight: 0.5, next: b },
            ],
          }),
        ),
      },
    );
  };
  const journeys = fc
    .integer({ min: 1, max: 9 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => stepArbitrary(index, count))));

  it('ends, with at most one message a step and a path that follows its links, wherever processes die', async () => {
    await fc.assert(
      fc.asyncProperty(
        journeys,
        fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 }),
        async (steps, deaths) => {
          const stage = createStage();
          const context = contextOf(stage);
          const campaign = campaignOf(steps);
          for (const after of deaths) {
            stage.crashAfter(after);
            await travel(campaign, stage, context).catch(() => undefined);
          }
          stage.crashAfter(undefined);
          const state = await travel(campaign, stage, context);
          const ids = state.path.map(({ stepId }) => Number(stepId.slice(1)));
          expect(ids[0]).toBe(0);
          ids.slice(1).forEach((id, index) => {
            const before = steps[ids[index]];
            const allowed =
              before.kind === 'split'
                ? before.paths.map(({ next }) => next)
                : before.kind === 'exit'
                  ? []
                  : [
                      before.next ?? `s${ids[index] + 1}`,
                      ...(before.kind === 'branch' ? [before.otherwise] : []),
                    ];
            expect(allowed).toContain(`s${id}`);
          });
          const sends = ids.filter((id) => steps[id].kind === 'send');
          const mailed = new Set(stage.mailer.sent.map(({ headers }) => headers['X-Reprise-Delivery']));
          expect(mailed.size).toBe(stage.mailer.sent.length);
          expect(stage.table.deliveries.size).toBe(sends.length);
        },
      ),
      { numRuns: 150, seed: 7 },
    );
  });
});
