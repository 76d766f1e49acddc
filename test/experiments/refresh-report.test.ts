import { beforeEach, describe, expect, test } from 'vitest';
import { outcomeDelayMs } from '../../lib/base/limits.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import type { CampaignRun } from '../../lib/campaigns/run.ts';
import { loopEvents, type StoredEvent } from '../../lib/events/event.ts';
import { lookAndReport } from '../../lib/experiments/look-and-report.ts';
import { refreshReport } from '../../lib/experiments/refresh-report.ts';
import { campaignReport, startReport } from '../../lib/experiments/report-request.ts';
import { allRuns } from '../../lib/experiments/result.ts';
import type { Assignment } from '../../lib/outcomes/assignment.ts';
import { collectOutcomes } from '../../lib/outcomes/collect.ts';
import type { OutcomeQuery } from '../../lib/ports.ts';
import { movedClock, campaign as sample, templates } from '../campaigns/sample.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { memoryResultStore } from '../fakes/result-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';
import { assigned, at, dayMs, decision, loop, order, t0 } from '../outcomes/sample.ts';

const once: Campaign = sample({
  name: 'Spring <sale>',
  variants: [{ name: 'A', weight: 1, action: { kind: 'reminder', templates } }],
  holdoutShare: 0.5,
  lookDays: [7],
  rollout: 'manual',
});
const { campaignId } = once;
const runAt = (runId: string, day: number): CampaignRun => ({
  campaignId,
  runId,
  frozenAt: at(day),
  phases: { test: { frozenAt: at(day), arms: {}, batchesCount: 1, attempts: 0 } },
});

/** 200 customers a run, half of them treated and mailed; of each hundred 30 treated and 20 others buy on day 3. */
const population = (runs: readonly (readonly [string, number])[]) => {
  const assignments: Assignment[] = [];
  const events: StoredEvent[] = [];
  for (const [runId, day] of runs) {
    for (let i = 0; i < 200; i++) {
      const user = `c${i}`;
      const arm = i % 2 === 0 ? 'A' : 'holdout';
      assignments.push({ ...assigned(user, arm, runId, day), runId, phase: 'test' });
      if (arm === 'A') {
        events.push(
          loop(user, loopEvents.deliverySettled, at(day + 0.1), {
            runId,
            decisionId: decision(user, runId),
            deliveryId: `${runId}-${user}`,
            channel: 'email',
            status: 'sent',
          }),
        );
      }
      if (i % 200 < (arm === 'A' ? 60 : 40)) {
        events.push(order(user, `${runId}-o${i}`, at(day + 3), 20));
      }
    }
  }
  return { assignments, events };
};

let data: ReturnType<typeof population>;
let queries: OutcomeQuery[];
let clock: ReturnType<typeof movedClock>;
let ports: Parameters<typeof lookAndReport>[1];
let archive: ReturnType<typeof createFakeObjectStore>;
const open = async (campaign: Campaign, ...runs: CampaignRun[]): Promise<void> => {
  queries = [];
  clock = movedClock();
  archive = createFakeObjectStore();
  const campaigns = memoryCampaignStore([campaign]);
  for (const run of runs) await campaigns.writeRun(run);
  const asked = (query: OutcomeQuery) => {
    queries.push(query);
    return {
      events: data.events,
      feed: { newestEventMs: query.toMs, usualGapMs: 0 },
      assignments: data.assignments,
    };
  };
  ports = {
    campaigns,
    results: memoryResultStore(),
    outcomes: {
      collect: async (query, scope) => {
        const { assignments, events, feed } = asked(query);
        const assigned = assignments.filter(({ runId }) => query.runIds.includes(runId));
        return collectOutcomes(assigned, events, { ...scope, feed });
      },
      history: async (query) => asked(query),
    },
    catalog: { get: async () => new Map() },
    archive,
    clock,
    costs: defaultSettings.costs,
  };
};
const nowIs = (days: number): void => clock.nowIs(t0 + days * dayMs + outcomeDelayMs);

beforeEach(async () => {
  data = population([['run-1', 0]]);
  await open(once, runAt('run-1', 0));
});

describe('a campaign of one run', () => {
  test('is reported while it runs, without an estimate before the window is over', async () => {
    nowIs(7);
    const report = await refreshReport(campaignId, ports);
    expect(report).toMatchObject({ status: 'running', asOf: at(7, outcomeDelayMs), runsCount: 1 });
    expect(report.total.customers.map(({ arm, counts }) => [arm, counts.customers, counts.sent])).toEqual([
      ['A', 100, 100],
      ['holdout', 100, 0],
    ]);
    expect(report.analysis?.effects[0].buyers).toMatchObject({ kind: 'no-estimate', code: 'window-open' });
  });

  test('after the window states buyers, orders, revenue and costs; by hand', async () => {
    nowIs(30);
    const { analysis, runs } = await refreshReport(campaignId, ports);
    expect(runs[0].done).toBe(true);
    // 30 of 100 against 20 of 100; 100 mails at 0.0001 USD; orders of 20 USD.
    expect(analysis?.effects[0]).toMatchObject({
      arm: 'A',
      reference: 'holdout',
      buyers: { kind: 'estimate', value: expect.closeTo(10, 9) },
      orders: { kind: 'estimate', value: expect.closeTo(10, 9) },
      revenue: { kind: 'estimate', value: expect.closeTo(200, 9) },
      margin: { kind: 'no-estimate', code: 'costs-unknown' },
      messageCost: expect.closeTo(0.01, 12),
      breakEvenOrders: expect.closeTo(0.0005, 12),
      cannibalisation: null,
    });
  });

  test('with the items’ costs states a margin', async () => {
    nowIs(30);
    const catalog = {
      get: async (ids: readonly string[]) =>
        new Map(ids.map((itemId) => [itemId, { itemId, currency: 'USD', attributes: { cost: 5 } }])),
    };
    const report = await refreshReport(campaignId, { ...ports, catalog: catalog as never });
    expect(report.analysis?.effects[0].margin).toMatchObject({ value: expect.closeTo(150, 9) });
  });

  test('that is over is not computed again', async () => {
    nowIs(30);
    const first = await refreshReport(campaignId, ports);
    data = population([]);
    nowIs(40);
    const again = await refreshReport(campaignId, ports);
    expect(queries).toHaveLength(1);
    expect(again).toEqual({ ...first, asOf: at(40, outcomeDelayMs) });
  });

  test('counts nobody as waiting for a known time once it was cancelled', async () => {
    const run = runAt('run-1', 0);
    const deliveries = {
      settled: 0,
      sent: 0,
      suppressed: {},
      refused: {},
      unknown: 0,
      deferred: 7,
      failed: 0,
    };
    const deferring = {
      ...run,
      phases: { test: { frozenAt: at(0), arms: {}, batchesCount: 1, attempts: 0, deliveries } },
    };
    for (const [status, deferred] of [
      ['paused', 7],
      ['cancelled', 0],
    ] as const) {
      await open({ ...once, status }, deferring);
      nowIs(1);
      expect((await refreshReport(campaignId, ports)).deferred).toBe(deferred);
    }
  });

  test('is reported with each look, and the look counts even when the report fails', async () => {
    const warnings: string[] = [];
    const broken = { ...archive, put: () => Promise.reject(new Error('no room')) };
    nowIs(7);
    const look = () =>
      lookAndReport({ campaignId, runId: 'run-1' }, { ...ports, archive: broken }, (message) =>
        warnings.push(message),
      );
    expect(await look()).toMatchObject({ next: 'look' });
    expect(warnings).toEqual(['the report could not be made']);
    expect(await ports.results.latest(campaignId)).toMatchObject({ look: 1 });
    await lookAndReport({ campaignId, runId: 'run-1' }, ports, () => {});
    const answer = await campaignReport(campaignId, {}, ports);
    expect(answer).toMatchObject({ report: { sentence: { en: expect.stringContaining('no guard') } } });
  });

  test('asked for a look too early, no report is made', async () => {
    clock.nowIs(t0 + 7 * dayMs);
    await lookAndReport({ campaignId, runId: 'run-1' }, ports, () => {});
    expect(queries).toEqual([]);
  });
});

describe('a campaign of two runs', () => {
  const repeating: Campaign = {
    ...once,
    lookDays: [],
    trigger: { kind: 'recurring', everyDays: 10, startsAt: at(0), endsAt: at(15) },
  };
  beforeEach(async () => {
    data = population([
      ['run-1', 0],
      ['run-2', 10],
    ]);
    await open(repeating, runAt('run-1', 0), runAt('run-2', 10));
  });

  test('adds its runs up, each customer once a run, and waits with the whole effect for the end', async () => {
    nowIs(30);
    const report = await refreshReport(campaignId, ports);
    expect(report.total.customers.map(({ counts }) => counts.customers)).toEqual([200, 200]);
    expect(report.runs.map(({ runId, done }) => [runId, done])).toEqual([
      ['run-2', false],
      ['run-1', true],
    ]);
    expect(report.analysis).toBeNull();
    nowIs(35);
    await refreshReport(campaignId, ports);
    expect(queries.map(({ runIds }) => runIds)).toEqual([['run-1', 'run-2'], ['run-2']]);
  });

  test('states the effect of all when it has ended', async () => {
    nowIs(40);
    await lookAndReport({ campaignId, runId: 'run-2' }, ports, () => {});
    const answer = await campaignReport(campaignId, { format: 'json' }, ports);
    expect(answer).toMatchObject({
      report: {
        status: 'finished',
        analysis: { runId: allRuns, final: true, effects: [{ customers: 100 }] },
      },
    });
  });
});

describe('the report over HTTP', () => {
  test('is refused with what to do while there is none', async () => {
    await expect(campaignReport(campaignId, {}, ports)).rejects.toMatchObject({
      kind: 'not-found',
      detail: { code: 'report-not-made', action: expect.stringContaining('POST') },
    });
    await expect(campaignReport('other' as never, {}, ports)).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  test('refuses a format, a language or a parameter that it does not have', async () => {
    for (const query of [{ format: 'pdf' }, { language: 'fr' }, { colour: 'red' }]) {
      await expect(campaignReport(campaignId, query, ports)).rejects.toMatchObject({ kind: 'invalid' });
    }
  });

  test('as a page in both languages names the campaign without letting it speak HTML', async () => {
    nowIs(30);
    await refreshReport(campaignId, ports);
    for (const language of ['en', 'zh-CN']) {
      const answer = await campaignReport(campaignId, { format: 'html', language }, ports);
      const html = answer.format === 'html' ? answer.html : '';
      expect(html).toContain(`<html lang="${language}">`);
      expect(html).toContain('Spring &#60;sale&#62;');
      expect(html).not.toMatch(/<sale>|<script|undefined|NaN|\[object/);
    }
  });

  test('says what those who wait are waiting for, in words', async () => {
    const run = runAt('run-1', 0);
    const waiting = { 'mail-quota': 3, 'quiet-hours': 1 };
    const deliveries = {
      settled: 0,
      sent: 0,
      suppressed: {},
      refused: {},
      unknown: 0,
      deferred: 4,
      failed: 0,
      waiting,
    };
    const test = { frozenAt: at(0), arms: {}, batchesCount: 1, attempts: 0, deliveries };
    await open(once, { ...run, phases: { test } });
    nowIs(1);
    expect(await refreshReport(campaignId, ports)).toMatchObject({ deferred: 4, waitingFor: waiting });
    const answer = await campaignReport(campaignId, { format: 'html', language: 'en' }, ports);
    const html = answer.format === 'html' ? answer.html : '';
    expect(html).toMatch(/quota of 24 hours was used up<\/td><td class="n">3</);
  });

  test('as CSV adds up: customers of all rows are those assigned', async () => {
    nowIs(30);
    await refreshReport(campaignId, ports);
    const answer = await campaignReport(campaignId, { format: 'csv' }, ports);
    const rows = answer.format === 'csv' ? answer.csv.trimEnd().split('\r\n') : [];
    expect(rows[0]).toBe('\uFEFFrun,phase,unit,arm,role,step,channel,stage,detail,count');
    const counts = (stage: string): number =>
      rows
        .map((row) => row.split(','))
        .filter((row) => row[2] === 'customers' && row[7] === stage)
        .reduce((sum, row) => sum + Number(row[9]), 0);
    expect(counts('customers')).toBe(200);
    expect(counts('heldOut') + counts('sent') + counts('waiting')).toBe(200);
  });

  test('gives the data behind the estimates as CSV: 30 of 100 against 20 of 100', async () => {
    nowIs(30);
    await refreshReport(campaignId, ports);
    const answer = await campaignReport(campaignId, { format: 'csv', table: 'metrics' }, ports);
    const rows = answer.format === 'csv' ? answer.csv.trimEnd().split('\r\n') : [];
    expect(rows.filter((row) => row.includes(',repurchase,'))).toEqual([
      'run-1,2026-03-01,holdout,repurchase,share,100,20,20,,,',
      'run-1,2026-03-01,A,repurchase,share,100,30,30,,,',
    ]);
  });

  test('as a page is in the language asked for, else in that of the browser', async () => {
    nowIs(30);
    await refreshReport(campaignId, ports);
    const language = async (query: object, accepted?: string): Promise<string | undefined> => {
      const answer = await campaignReport(campaignId, { format: 'html', ...query }, ports, accepted);
      return answer.format === 'html' ? /<html lang="(.+?)">/.exec(answer.html)?.[1] : undefined;
    };
    expect(await language({})).toBe('en');
    expect(await language({}, 'zh-CN,zh;q=0.9,en;q=0.8')).toBe('zh-CN');
    expect(await language({ language: 'en' }, 'zh-CN')).toBe('en');
  });

  test('is computed anew once a minute at the most, and never for a draft', async () => {
    const workflows = fakeWorkflows();
    nowIs(7);
    const start = () => startReport(campaignId, { ...ports, workflows });
    expect(await start()).toEqual({ campaignId, requestedAt: at(7, outcomeDelayMs), asOf: null });
    await start();
    expect(workflows.reports.size).toBe(1);
    clock.nowIs(t0 + 7 * dayMs + outcomeDelayMs + 60_000);
    await start();
    expect(workflows.reports.size).toBe(2);
    await open({ ...once, status: 'draft' });
    await expect(start()).rejects.toMatchObject({ kind: 'conflict' });
  });
});
