import { beforeEach, describe, expect, test } from 'vitest';
import { assign } from '../../lib/assignment/assign.ts';
import { customerId } from '../../lib/base/ids.ts';
import { outcomeDelayMs } from '../../lib/base/limits.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { transition } from '../../lib/campaigns/lifecycle.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import { allRuns } from '../../lib/experiments/result.ts';
import { runLook } from '../../lib/experiments/run-look.ts';
import { type AssignedCustomer, collectOutcomes } from '../../lib/outcomes/collect.ts';
import type {
  CampaignStore,
  OutcomeQuery,
  OutcomeSource,
  ReportSource,
  ResultStore,
} from '../../lib/ports.ts';
import { movedClock, campaign as sample, templates } from '../campaigns/sample.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { memoryResultStore } from '../fakes/result-store.ts';
import { at, dayMs, decision, order, t0 } from '../outcomes/sample.ts';

const campaign: Campaign = sample({
  variants: [{ name: 'A', weight: 1, action: { kind: 'reminder', templates } }],
  holdoutShare: 0.5,
  lookDays: [7],
  rollout: 'automatic',
});
const { campaignId } = campaign;
const runAt = (runId: string, frozenAt: string, more = {}) => ({
  campaignId,
  runId,
  frozenAt,
  phases: {},
  ...more,
});

/** 2,000 customers by the campaign's own hash; `buyers` of each thousand in an arm order on day 3. */
const population = (buyers: { readonly [arm: string]: number }, day = 0) => {
  const assigned: AssignedCustomer[] = [];
  const events: StoredEvent[] = [];
  const seen = new Map<string, number>();
  for (let i = 0; i < 2_000; i++) {
    const user = `c${i}`;
    const design = {
      ...campaign,
      campaignSalt: campaign.salt,
      globalSalt: 'g',
      globalPurpose: 'p',
      globalHoldoutShare: 0,
    };
    const { arm } = assign(customerId(user), design);
    const before = seen.get(arm) ?? 0;
    seen.set(arm, before + 1);
    assigned.push({
      customerId: customerId(user),
      arm,
      assignedAtMs: t0 + day * dayMs,
      decisionId: decision(user),
    });
    if (before % 1_000 < (buyers[arm] ?? 0)) {
      events.push(order(user, `o${i}`, at(day + 3), 20));
    }
  }
  return { assigned, events };
};

let store: CampaignStore;
let results: ResultStore;
let clock: ReturnType<typeof movedClock>;
let data: ReturnType<typeof population>;
let queries: OutcomeQuery[];
const outcomes: OutcomeSource & ReportSource = {
  history: async () => ({ assignments: [], events: [], feed: { newestEventMs: undefined, usualGapMs: 0 } }),
  collect: async (query, scope) => {
    queries.push(query);
    const feed = { newestEventMs: query.toMs, usualGapMs: 0 };
    return collectOutcomes(data.assigned, data.events, { ...scope, feed });
  },
};
const look = (runId = 'run-1') =>
  runLook(
    { campaignId, runId },
    { campaigns: store, results, outcomes, catalog: { get: async () => new Map() }, clock },
  );
const nowIs = (days: number, ms = outcomeDelayMs): void => clock.nowIs(t0 + days * dayMs + ms);
const open = async (stored: Campaign, ...runs: ReturnType<typeof runAt>[]): Promise<void> => {
  store = memoryCampaignStore([stored]);
  results = memoryResultStore();
  clock = movedClock();
  queries = [];
  for (const run of runs) {
    await store.writeRun(run);
  }
};

beforeEach(async () => {
  data = population({ A: 200, holdout: 100 });
  await open(campaign, runAt('run-1', at(0)));
});

describe('a run with one interim look', () => {
  test('waits until a quarter of an hour after the look is due, and reads nothing before', async () => {
    nowIs(7, outcomeDelayMs - 1);
    expect(await look()).toEqual({
      campaignId,
      runId: 'run-1',
      phase: 'test',
      next: 'look',
      lookAt: at(7, outcomeDelayMs),
    });
    expect(queries).toEqual([]);
  });

  test('goes on from the interim look to the end of the window', async () => {
    nowIs(7);
    expect(await look()).toMatchObject({ next: 'look', lookAt: at(30, outcomeDelayMs) });
    expect(await results.latest(campaignId)).toMatchObject({ look: 1, final: false, decision: 'continue' });
    expect((await store.get(campaignId))?.status).toBe('running');
  });

  test('rolls the winner out after the final look and finishes the campaign', async () => {
    nowIs(30);
    expect((await look()).next).toBe('roll-out');
    expect(await results.latest(campaignId)).toMatchObject({ look: 2, final: true, winner: 'A' });
    expect(await store.get(campaignId)).toMatchObject({
      status: 'finished',
      endedAt: at(30, outcomeDelayMs),
    });
    expect(queries).toEqual([
      {
        campaignId,
        runIds: ['run-1'],
        fromMs: t0,
        toMs: t0 + 30 * dayMs + outcomeDelayMs,
        historyDays: 180,
        ownEvents: [],
      },
    ]);
  });

  test('leaves the roll-out to the marketer unless it is automatic', async () => {
    await open({ ...campaign, rollout: 'manual' }, runAt('run-1', at(0)));
    nowIs(30);
    expect((await look()).next).toBe('finished');
    expect((await results.latest(campaignId))?.winner).toBe('A');
  });

  test('asked again answers the same from the result kept, although the data have changed', async () => {
    nowIs(30);
    const first = await look();
    const kept = await results.latest(campaignId);
    data = population({ A: 100, holdout: 200 });
    expect(await look()).toEqual(first);
    expect(await results.list(campaignId)).toEqual([kept]);
    expect(queries).toHaveLength(1);
  });

  test('stops for harm and cancels the campaign with the reason', async () => {
    data = population({ A: 100, holdout: 200 });
    nowIs(7);
    expect((await look()).next).toBe('finished');
    const ended = await store.get(campaignId);
    expect(ended?.status).toBe('cancelled');
    expect(ended?.endedReason).toMatch(/^Stopped for harm: repurchase of variant A/);
    expect((await look()).next).toBe('finished');
    expect(queries).toHaveLength(1);
  });

  test('a cancelled campaign is not analysed any more', async () => {
    await open(transition(campaign, 'cancel', at(1)), runAt('run-1', at(0)));
    nowIs(30);
    expect((await look()).next).toBe('finished');
    expect(queries).toEqual([]);
  });

  test('a run that never froze is refused', async () => {
    await expect(look('run-2')).rejects.toMatchObject({
      kind: 'not-found',
      detail: { code: 'run-not-found' },
    });
  });

  test('a change of the campaign in between does not lose the finish', async () => {
    const inner = store;
    let raced = false;
    store = {
      ...inner,
      write: async (next) => {
        if (!raced) {
          raced = true;
          await inner.write(transition(campaign, 'pause', at(29)));
        }
        await inner.write(next);
      },
    };
    nowIs(30);
    await look();
    expect((await store.get(campaignId))?.status).toBe('finished');
  });
});

describe('a campaign that repeats every 10 days, twice', () => {
  const repeating: Campaign = {
    ...campaign,
    lookDays: [],
    rollout: 'manual',
    trigger: { kind: 'recurring', everyDays: 10, startsAt: at(0), endsAt: at(15) },
  };
  beforeEach(() => open(repeating, runAt('run-1', at(0)), runAt('run-2', at(10))));

  test('goes on after the first run', async () => {
    nowIs(30);
    expect((await look('run-1')).next).toBe('finished');
    expect((await store.get(campaignId))?.status).toBe('running');
    expect((await results.list(campaignId)).map(({ runId }) => runId)).toEqual(['run-1']);
  });

  test('ends with the last run, with a result over both', async () => {
    nowIs(40);
    await look('run-1');
    await look('run-2');
    expect((await store.get(campaignId))?.status).toBe('finished');
    expect((await results.list(campaignId)).map(({ runId }) => runId)).toEqual(['run-1', 'run-2', allRuns]);
    expect(queries.at(-1)).toMatchObject({ runIds: ['run-1', 'run-2'], fromMs: t0 });
  });

  test('ends with a last run that was left out, without a result of it', async () => {
    await open(repeating, runAt('run-1', at(0)), runAt('run-2', at(10), { skipped: true }));
    nowIs(12);
    expect(await look('run-2')).toMatchObject({ next: 'look', lookAt: at(40, outcomeDelayMs) });
    nowIs(40);
    expect((await look('run-2')).next).toBe('finished');
    expect((await store.get(campaignId))?.status).toBe('finished');
    expect(await results.list(campaignId)).toEqual([]);
  });
});

describe('an event campaign of 50 days that customers enter again every 30', () => {
  const again: Campaign = {
    ...campaign,
    lookDays: [],
    rollout: 'manual',
    startedAt: at(0),
    trigger: { kind: 'event', event: 'x', entersEveryDays: 30, startsAt: at(0), endsAt: at(50) },
  };
  // The second run froze two days late: an outage.
  beforeEach(() => open(again, runAt('run-1', at(0)), runAt('run-2', at(32))));

  test('makes the result of a run when the window of its last customer is over', async () => {
    nowIs(59);
    expect(await look('run-1')).toMatchObject({ next: 'look', lookAt: at(60, outcomeDelayMs) });
    nowIs(60);
    expect((await look('run-1')).next).toBe('finished');
    expect((await store.get(campaignId))?.status).toBe('running');
  });

  test('ends windowDays after its period, with a result over both runs, read from before a late freeze', async () => {
    nowIs(60);
    await look('run-1');
    nowIs(79);
    expect(await look('run-2')).toMatchObject({ next: 'look', lookAt: at(80, outcomeDelayMs) });
    nowIs(80);
    await look('run-2');
    expect((await store.get(campaignId))?.status).toBe('finished');
    expect((await results.list(campaignId)).map(({ runId }) => runId)).toEqual(['run-1', 'run-2', allRuns]);
    expect(queries.map(({ fromMs }) => (fromMs - t0) / dayMs)).toEqual([0, 30, 0]);
  });

  test('counts who entered twice once in the result over all runs, from the first assignment', async () => {
    nowIs(80);
    data = population({ A: 300 });
    const second = data.assigned.map((one) => ({
      ...one,
      assignedAtMs: one.assignedAtMs + 40 * dayMs,
      decisionId: `${one.decisionId}-again`,
    }));
    data = { ...data, assigned: [...second, ...data.assigned] };
    await look('run-1');
    await look('run-2');
    const over = (await results.list(campaignId)).find(({ runId }) => runId === allRuns);
    const customers = over?.arms.reduce((sum, arm) => sum + arm.customers, 0);
    expect(customers).toBe(2_000);
    // Their orders of day 3 are within the window of the first assignment (day 0), not of the second (day 40).
    expect(over?.arms.find(({ arm }) => arm === 'A')?.conversions).toBeGreaterThan(200);
  });
});

describe('an event campaign of 60 days, decided by group-sequential looks', () => {
  const planned = (plannedCustomers: number): Campaign => ({
    ...campaign,
    lookDays: [40],
    rollout: 'manual',
    startedAt: at(0),
    trigger: { kind: 'event', event: 'x', startsAt: at(0), endsAt: at(60) },
    decision: { kind: 'group-sequential', spending: 'obrien-fleming', plannedCustomers },
  });
  beforeEach(() => open(planned(4_000), runAt('run-1', at(0))));

  test('ends at the look that shows the effect, finished and not cancelled, and says why', async () => {
    nowIs(40);
    expect((await look()).next).toBe('finished');
    expect(await results.latest(campaignId)).toMatchObject({ look: 1, final: true, winner: 'A' });
    const ended = await store.get(campaignId);
    expect(ended).toMatchObject({ status: 'finished', endedAt: at(40, outcomeDelayMs) });
    expect(ended?.endedReason).toMatch(/^Decided at look 1: Variant A raised/);
    expect((await look()).next).toBe('finished');
    expect(queries).toHaveLength(1);
  });

  test('goes on to its end where nothing is shown, and remembers what the look spent', async () => {
    data = population({ A: 105, holdout: 100 });
    nowIs(40);
    expect(await look()).toMatchObject({ next: 'look', lookAt: at(90, outcomeDelayMs) });
    nowIs(90);
    expect((await look()).next).toBe('finished');
    const last = await results.latest(campaignId);
    expect(last).toMatchObject({ look: 2, final: true, decision: 'inconclusive' });
    expect(last?.sequential?.arms[0].looks.map((one) => one.look)).toEqual([1, 2]);
  });
});

describe('a campaign that repeats and is decided over all its runs', () => {
  const repeating: Campaign = {
    ...campaign,
    lookDays: [],
    rollout: 'manual',
    trigger: { kind: 'recurring', everyDays: 10, startsAt: at(0), endsAt: at(25) },
    decision: { kind: 'group-sequential', spending: 'obrien-fleming', plannedCustomers: 4_000 },
  };
  const runs = [runAt('run-1', at(0)), runAt('run-2', at(10)), runAt('run-3', at(20))];
  beforeEach(() => open(repeating, ...runs));

  test('looks at the end of each run at the customers of all, and ends where an effect is shown', async () => {
    nowIs(30);
    expect((await look('run-1')).next).toBe('finished');
    const over = (await results.list(campaignId)).find(({ runId }) => runId === allRuns);
    expect(over).toMatchObject({ look: 1, final: true, winner: 'A' });
    expect((await store.get(campaignId))?.status).toBe('finished');
    // What still ran is over, too, and makes no further result.
    nowIs(40);
    expect((await look('run-2')).next).toBe('finished');
    expect(await results.list(campaignId)).toHaveLength(2);
  });

  test('goes on while nothing is shown; a look without new customers spends nothing', async () => {
    data = population({ A: 105, holdout: 100 });
    for (const [day, run] of [
      [30, 'run-1'],
      [40, 'run-2'],
      [50, 'run-3'],
    ] as const) {
      nowIs(day);
      await look(run);
    }
    const over = (await results.list(campaignId)).filter(({ runId }) => runId === allRuns);
    expect(over.map((one) => [one.look, one.final])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
    expect(over[1].sequential?.arms[0].looks).toHaveLength(1);
    expect(over[2].sequential?.arms[0].looks.at(-1)?.spent).toBe(0.05);
    expect((await store.get(campaignId))?.status).toBe('finished');
  });
});
