// An experiment from look to look, over exposures and orders made by hand.

import { beforeEach, describe, expect, it } from 'vitest';
import type { Experiment } from '../../lib/assignment/experiment.ts';
import { defaultMetrics } from '../../lib/assignment/metric-plan.ts';
import { customerId, experimentId } from '../../lib/base/ids.ts';
import { outcomeDelayMs } from '../../lib/base/limits.ts';
import { stopExperiment } from '../../lib/experiments/administer-experiment.ts';
import { experimentLooksMs } from '../../lib/experiments/experiment-looks.ts';
import { experimentResults, startAnalysis } from '../../lib/experiments/experiment-overview.ts';
import { experimentReport } from '../../lib/experiments/experiment-report.ts';
import {
  analyseNow,
  type ExperimentLookPorts,
  lookAtExperiment,
} from '../../lib/experiments/look-at-experiment.ts';
import type { ExposureQuery } from '../../lib/outcomes/exposure-source.ts';
import type { ExposureCell } from '../../lib/outcomes/exposures.ts';
import type {} from '../../lib/ports.ts';
import { memoryExperimentResults } from '../fakes/experiment-results.ts';
import { memoryExperimentStore } from '../fakes/experiment-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';
import { order } from '../outcomes/sample.ts';

const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 2, 1);
const iso = (days: number): string => new Date(startMs + days * dayMs).toISOString();
const id = experimentId('e');
const experiment = (change: Partial<Experiment> = {}): Experiment => ({
  experimentId: id,
  name: 'Does it sell more?',
  status: 'running',
  subject: 'recommendations',
  variants: [
    { name: 'now', weight: 0.5 },
    { name: 'new', weight: 0.5, serving: { personalised: false } },
  ],
  reference: 'now',
  salt: 's',
  startsAt: iso(0),
  endsAt: iso(20),
  windowDays: 10,
  metrics: { ...defaultMetrics, guardrails: ['refund'] },
  createdAt: iso(0),
  startedAt: iso(0),
  revision: 1,
  ...change,
});

/** 200 customers an arm on the first day; of them so many buy for 10 the day after. */
const world = (buyersNow: number, buyersNew: number) => {
  const cells: ExposureCell[] = [];
  const events = [];
  for (const [variant, buyers] of [
    ['now', buyersNow],
    ['new', buyersNew],
  ] as const) {
    for (let i = 0; i < 200; i++) {
      const who = `${variant}-${i}`;
      cells.push({
        customerId: customerId(who),
        named: [variant],
        firstAtMs: startMs,
        count: 1,
        mostADay: 1,
        isActive: true,
      });
      if (i < buyers) events.push(order(who, `o-${who}`, iso(1), 10));
    }
  }
  return { cells, events, feed: { newestEventMs: undefined, usualGapMs: 0 } };
};

let nowMs: number;
let ports: ExperimentLookPorts;
let asked: ExposureQuery[];
const open = (stored: Experiment, found = world(40, 80)): void => {
  asked = [];
  ports = {
    experiments: memoryExperimentStore([stored]),
    results: memoryExperimentResults(),
    exposures: {
      read: async (query) => {
        asked.push(query);
        return found;
      },
    },
    catalog: { get: async () => new Map() },
    archive: createFakeObjectStore(),
    clock: { nowMs: () => nowMs },
  };
};
const at = (days: number): void => {
  nowMs = startMs + days * dayMs + outcomeDelayMs;
};
const statusOf = async () => (await ports.experiments.get(id))?.status;
beforeEach(() => open(experiment()));

describe('looks at an experiment', () => {
  const daysOf = (change: Partial<Experiment>) =>
    experimentLooksMs(experiment(change)).map((ms) => (ms - outcomeDelayMs - startMs) / dayMs);

  it('are weekly, and last when the window of whoever came last is over', () => {
    expect(daysOf({})).toEqual([7, 14, 21, 28, 30]);
    expect(daysOf({ startsAt: iso(2) })).toEqual([9, 16, 23, 30]);
  });

  it('of one that is stopped end sooner, but not before the windows of who came', () => {
    expect(daysOf({ status: 'stopped', endedAt: iso(5) })).toEqual([7, 14, 15]);
  });

  it('of one that was over before it was started here are one, at once', () => {
    expect(daysOf({ startedAt: iso(400) })).toEqual([400]);
    expect(daysOf({ startedAt: iso(16) })).toEqual([21, 28, 30]);
  });
});

describe('an experiment', () => {
  it('whose arms another system gave says whether its hash gives the same: here names were made up', async () => {
    const assignedBy = { system: 'growthbook', seed: 's', hashVersion: 2, coverage: 1 } as const;
    open(experiment({ subject: 'external', assignedBy }));
    at(30);
    const { checks } = await analyseNow(id, ports);
    const check = checks.find(({ name }) => name === 'assignment-of-origin');
    expect(check?.ok).toBe(false);
    expect(check?.message.en).toMatch(/^\d+ of 400 customers/);
  });

  it('is finished by the look that shows an effect, where its rule lets looks decide', async () => {
    const decision = { kind: 'group-sequential', spending: 'obrien-fleming', plannedCustomers: 500 } as const;
    open(experiment({ decision }));
    at(7);
    expect(await lookAtExperiment(id, ports)).toMatchObject({ next: 'look' });
    at(14);
    expect(await lookAtExperiment(id, ports)).toMatchObject({ next: 'finished' });
    expect(await ports.experiments.get(id)).toMatchObject({ status: 'finished' });
    expect((await ports.experiments.get(id))?.endedReason).toMatch(/^Decided at look 2: Variant new raised/);
    const [first, second] = await ports.results.list(id);
    expect(first.sequential?.arms[0]).toMatchObject({ informationFraction: 0, looks: [] });
    expect(second).toMatchObject({ final: true, winner: 'new' });
    expect(second.sequential?.arms[0].informationFraction).toBeCloseTo(0.8, 9);
  });

  it('is looked at when it is due, keeps each result, and is finished with the last', async () => {
    at(6.9);
    expect(await lookAtExperiment(id, ports)).toMatchObject({ next: 'look' });
    expect(asked).toEqual([]);
    at(7);
    expect(await lookAtExperiment(id, ports)).toEqual({
      experimentId: id,
      next: 'look',
      waitUntil: new Date(startMs + 14 * dayMs + outcomeDelayMs).toISOString(),
    });
    await lookAtExperiment(id, ports);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ fromMs: startMs, untilMs: startMs + 20 * dayMs, toMs: nowMs });
    at(30);
    expect(await lookAtExperiment(id, ports)).toMatchObject({ next: 'finished' });
    expect(await statusOf()).toBe('finished');
    const { status, latest, results, nextLookAt } = await experimentResults(id, ports);
    expect({ status, nextLookAt, looks: results.map(({ look }) => look) }).toEqual({
      status: 'finished',
      nextLookAt: null,
      looks: [1, 5],
    });
    expect(latest).toMatchObject({
      final: true,
      decision: 'roll-out',
      winner: 'new',
      reference: 'now',
      arms: [
        { arm: 'now', customers: 200, conversions: 40, repurchaseRate: 0.2 },
        { arm: 'new', customers: 200, conversions: 80, repurchaseRate: 0.4, treated: true },
      ],
      exposures: [
        { arm: 'now', exposed: 200, crossed: 0 },
        { arm: 'new', exposed: 200, crossed: 0 },
      ],
    });
    expect(latest?.metrics[0].comparisons[0].estimate).toMatchObject({ difference: 0.2 });
    expect(latest?.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['crossover', 'programs', 'silent-exposures', 'variants-known']),
    );
  });

  it('on recommendations is stopped by harm at a look; windows that are open are seen to their end', async () => {
    open(experiment(), world(80, 20));
    at(14);
    const after = await lookAtExperiment(id, ports);
    expect(await ports.experiments.get(id)).toMatchObject({
      status: 'stopped',
      endedReason: expect.any(String),
    });
    // Stopped at 14 days and outcomeDelayMs: the last window ends ten days later, the weekly look comes before.
    expect(after.waitUntil).toBe(new Date(startMs + 21 * dayMs + outcomeDelayMs).toISOString());
    at(24);
    nowMs += outcomeDelayMs;
    expect(await lookAtExperiment(id, ports)).toMatchObject({ next: 'finished' });
    expect(await statusOf()).toBe('stopped');
    expect((await experimentResults(id, ports)).latest).toMatchObject({ final: true });
  });

  it('of an app is not stopped by Reprise, which could not stop it', async () => {
    open(experiment({ subject: 'external' }), world(80, 20));
    at(14);
    await lookAtExperiment(id, ports);
    expect((await experimentResults(id, ports)).latest?.decision).toBe('stop-for-harm');
    expect(await statusOf()).toBe('running');
  });

  it('that a person stopped is finished by nobody else', async () => {
    at(5);
    await stopExperiment(id, 'a bug', ports);
    at(16);
    nowMs += outcomeDelayMs;
    expect(await lookAtExperiment(id, ports)).toMatchObject({ next: 'finished' });
    expect(await statusOf()).toBe('stopped');
  });

  it('gives numbers between looks when asked, which replace what was asked before and are no look', async () => {
    at(8);
    await lookAtExperiment(id, ports);
    at(9);
    await analyseNow(id, ports);
    at(10);
    await analyseNow(id, ports);
    const { latest, results } = await experimentResults(id, ports);
    expect(results).toHaveLength(1);
    expect(latest).toMatchObject({ asOf: new Date(nowMs).toISOString(), final: false, look: 1 });
    const workflows = fakeWorkflows();
    await startAnalysis(id, { ...ports, workflows });
    await startAnalysis(id, { ...ports, workflows });
    expect([...workflows.experiments.values()]).toEqual([{ experimentId: id }]);
  });

  it('that is a draft has nothing to analyse', async () => {
    open(experiment({ status: 'draft' }));
    await expect(startAnalysis(id, { ...ports, workflows: fakeWorkflows() })).rejects.toMatchObject({
      detail: { code: 'experiment-status' },
    });
  });

  it('measures what its definition says, and asks the archive for the events of it', async () => {
    const visit = { name: 'visit', event: 'Shop Visited' };
    open(
      experiment({
        metrics: { primary: visit, secondary: ['revenue'], guardrails: [], adjustment: 'none' },
      }),
    );
    at(30);
    await lookAtExperiment(id, ports);
    expect(asked[0].ownEvents).toEqual(['Shop Visited']);
    const { latest } = await experimentResults(id, ports);
    expect(latest?.metrics.map(({ metric }) => metric)).toEqual(['visit', 'revenue']);
  });
});

describe('the report of an experiment', () => {
  const report = (query: { readonly [name: string]: string }, accepted?: string) =>
    experimentReport(id, query, ports, accepted);
  const html = async (query = {}, accepted?: string): Promise<string> => {
    const answer = await report({ format: 'html', ...query }, accepted);
    return answer.format === 'html' ? answer.html : '';
  };

  it('is a page that begins with the sentence and says who met which variant, in the reader’s language', async () => {
    at(35);
    const { sentence } = await analyseNow(id, ports);
    const page = await html();
    expect(page.indexOf(sentence.en.slice(0, 30))).toBeGreaterThan(0);
    expect(page.indexOf(sentence.en.slice(0, 30))).toBeLessThan(page.indexOf('<h2>What was checked'));
    expect(page).toContain('<h2>Who met which variant');
    expect(page).toContain('+20.0 points');
    expect(await html({}, 'zh-CN,zh;q=0.9')).toContain('<h2>曝光情况');
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });

  it('says that there is no result yet before the first look', async () => {
    expect(await html()).toContain('There is no result yet.');
  });

  it('has the data behind the estimates as CSV: 80 of 200 against 40 of 200', async () => {
    at(35);
    await analyseNow(id, ports);
    const answer = await report({ format: 'csv' });
    const rows = answer.format === 'csv' ? answer.csv.split('\r\n') : [];
    expect(rows.filter((row) => row.includes(',repurchase,'))).toEqual([
      'e,2026-03-01,now,repurchase,share,200,40,40,,,',
      'e,2026-03-01,new,repurchase,share,200,80,80,,,',
    ]);
  });

  it('is refused in a form it does not have', async () => {
    await expect(report({ format: 'pdf' })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(report({ format: 'csv', table: 'funnel' })).rejects.toMatchObject({ kind: 'invalid' });
  });
});
