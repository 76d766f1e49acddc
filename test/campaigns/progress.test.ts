import { describe, expect, it } from 'vitest';
import { executionChecksCountMax } from '../../lib/base/workflow-limits.ts';
import type { BatchEntry, DeliveryProgress } from '../../lib/campaigns/audience.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { checkProgress } from '../../lib/campaigns/progress.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeJourneyStore } from '../fakes/journey-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';
import { campaign, dayMs, iso, movedClock, t0 } from './sample.ts';

const minuteMs = 60_000;
const ownExecution = { name: 'welcome-back-1-run-1', startedAt: iso(t0) };
const run = { campaignId: campaign().campaignId, runId: 'run-1', phase: 'test' } as const;
const batchKey = (index: number, phase: string): string =>
  `campaigns/welcome-back-1/run-1/${phase}/batch-0000${index}.json`;

type Files = readonly (Partial<DeliveryProgress> | undefined)[];

/** A run of batches of ten, frozen at t0, with these progress files. */
const open = async (files: Files, change: Partial<Campaign> = {}, phase: 'test' | 'rollout' = 'test') => {
  const ports = {
    campaigns: memoryCampaignStore([campaign(change)]),
    archive: createFakeObjectStore(),
    clock: movedClock(),
    journeys: fakeJourneyStore(),
    workflows: fakeWorkflows(),
  };
  const put = (key: string, value: unknown) =>
    ports.archive.put(key, new TextEncoder().encode(JSON.stringify(value)), 'application/json');
  const batches: BatchEntry[] = files.map((_, index) => ({
    batchKey: batchKey(index, phase),
    customersCount: 10,
  }));
  await put(`campaigns/welcome-back-1/run-1/${phase}/batches.json`, batches);
  const write = async (written: Files) => {
    for (const [index, file] of written.entries()) {
      if (file !== undefined) {
        const full = { done: 0, deferred: [], failed: [], counts: {}, ...file };
        await put(batchKey(index, phase).replace('batch-', 'progress-'), full);
      }
    }
  };
  await write(files);
  const phases = { [phase]: { frozenAt: iso(t0), arms: {}, batchesCount: files.length, attempts: 0 } };
  await ports.campaigns.writeRun({ campaignId: run.campaignId, runId: 'run-1', frozenAt: iso(t0), phases });
  const check = (execution = ownExecution, other: Partial<typeof ports> = {}) =>
    checkProgress({ ...run, phase, lookAt: iso(t0 + 7 * dayMs), execution }, { ...ports, ...other });
  const stored = async () => (await ports.campaigns.run(run.campaignId, 'run-1'))?.phases[phase];
  return { ...ports, write, check, stored };
};

const done = { done: 10, counts: { sent: 9, suppressed: { capped: 1 } } };

describe('the progress of a run', () => {
  it('goes on to the first look when every delivery is settled, and keeps the sums', async () => {
    const { check, stored } = await open([
      done,
      {
        done: 10,
        counts: {
          sent: 6,
          unknown: 1,
          refused: { MessageRejected: 1 },
          suppressed: { capped: 1, 'no-email': 1 },
        },
      },
    ]);
    expect(await check()).toEqual({
      ...run,
      batchesKey: 'campaigns/welcome-back-1/run-1/test/batches.json',
      lookAt: iso(t0 + 7 * dayMs),
      next: 'look',
      waitUntil: iso(t0 + 7 * dayMs),
    });
    expect((await stored())?.deliveries).toEqual({
      settled: 20,
      sent: 15,
      suppressed: { capped: 2, 'no-email': 1 },
      refused: { MessageRejected: 1 },
      unknown: 1,
      deferred: 0,
      failed: 0,
    });
  });

  it('of an empty audience goes on at once', async () => {
    expect(await (await open([])).check()).toMatchObject({ next: 'look' });
  });

  it('waits for the earliest end of quiet hours, as often as it takes', async () => {
    const quiet = (untilMs: number) => ({
      done: 8,
      deferred: ['a', 'b'],
      untilMs,
      counts: { waiting: { 'quiet-hours': 1, 'mail-quota': 1 } },
    });
    const { check, stored } = await open([done, quiet(t0 + 9 * 3_600_000), quiet(t0 + 5 * 3_600_000)]);
    for (let turn = 0; turn < 60; turn++) {
      expect(await check()).toMatchObject({ next: 'deliver-later', waitUntil: iso(t0 + 5 * 3_600_000) });
    }
    expect(await stored()).toMatchObject({
      attempts: 0,
      deliveries: { deferred: 4, waiting: { 'quiet-hours': 2, 'mail-quota': 2 } },
    });
  });

  it('tries a batch without a file again, waiting twice as long each time up to an hour, and then goes on', async () => {
    const { check, stored } = await open([done, undefined]);
    const waits: number[] = [];
    let next = await check();
    while (next.next === 'deliver-later') {
      waits.push((Date.parse(next.waitUntil) - t0) / minuteMs);
      next = await check();
    }
    expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(waits).toHaveLength(50);
    expect(next.next).toBe('look');
    expect((await stored())?.deliveries?.failed).toBe(10);
  });

  it('counts attempts anew whenever deliveries got through', async () => {
    const { check, write, stored } = await open([{ done: 2, counts: { sent: 2 } }]);
    await check();
    await check();
    await check();
    expect((await stored())?.attempts).toBe(3);
    await write([{ done: 3, counts: { sent: 3 } }]);
    expect(await check()).toMatchObject({ next: 'deliver-later', waitUntil: iso(t0 + minuteMs) });
    expect((await stored())?.attempts).toBe(1);
  });

  it('takes a throttle and a deferral that is over for attempts, not for quiet hours', async () => {
    const { check, stored } = await open([{ done: 9, deferred: ['a'], untilMs: t0 + minuteMs }]);
    expect(await check()).toMatchObject({ next: 'deliver-later', waitUntil: iso(t0 + minuteMs) });
    await check();
    expect((await stored())?.attempts).toBe(2);
  });

  it.each([
    [minuteMs, 5 * minuteMs],
    [60 * minuteMs, 15 * minuteMs],
    [30 * dayMs, 120 * minuteMs],
  ])('while paused for %d ms looks again after %d ms', async (pausedMs, waitMs) => {
    const change = { status: 'paused' as const, pausedAt: iso(t0 - pausedMs) };
    const { check } = await open([{ done: 0, paused: true }], change);
    expect(await check()).toMatchObject({ next: 'deliver-later', waitUntil: iso(t0 + waitMs) });
  });

  it('paused with everything settled goes on to the look', async () => {
    expect(await (await open([done], { status: 'paused' })).check()).toMatchObject({ next: 'look' });
  });

  const closed = { done: 4, deferred: ['a', 'b', 'c', 'd', 'e', 'f'], cancelled: true };

  it.each(['cancelled', 'finished'] as const)(
    'of a %s campaign ends, whoever was not begun',
    async (status) => {
      expect(await (await open([closed, done], { status })).check()).toMatchObject({ next: 'finished' });
    },
  );

  it.each([
    ['has no file: its function died, and what it began is not settled', undefined, minuteMs],
    [
      'was written before the cancellation',
      { done: 4, deferred: ['a', 'b', 'c'], failed: ['d', 'e', 'f'] },
      minuteMs,
    ],
    ['has a mail that may be on its way', { ...closed, untilMs: t0 + 6 * minuteMs }, 6 * minuteMs],
  ])('of a cancelled campaign is looked at once more where a batch %s', async (_, file, waitMs) => {
    const { check, write } = await open([closed, file], { status: 'cancelled' });
    expect(await check()).toMatchObject({ next: 'deliver-later', waitUntil: iso(t0 + waitMs) });
    await write([closed, closed]);
    expect(await check()).toMatchObject({ next: 'finished' });
  });

  it('of a cancelled campaign whose batch never gets a file ends after all tries', async () => {
    const { check } = await open([undefined], { status: 'cancelled' });
    let checks = 1;
    while ((await check()).next === 'deliver-later') checks += 1;
    expect(checks).toBe(51);
  });

  it('of a rollout goes on after the campaign finished, and ends when all is settled or it is cancelled', async () => {
    const left = await open([undefined], { status: 'finished' }, 'rollout');
    expect(await left.check()).toMatchObject({ next: 'deliver-later', phase: 'rollout' });
    expect(await (await open([done], { status: 'finished' }, 'rollout')).check()).toMatchObject({
      next: 'finished',
    });
    expect(await (await open([closed], { status: 'cancelled' }, 'rollout')).check()).toMatchObject({
      next: 'finished',
    });
  });

  it('of a run that is through reads no batch again, so that a look costs nothing', async () => {
    const { archive, check } = await open([done]);
    await check();
    const reads: string[] = [];
    const counted = {
      ...archive,
      get: (key: string) => {
        reads.push(key);
        return archive.get(key);
      },
    };
    expect(await check(ownExecution, { archive: counted })).toMatchObject({ next: 'look' });
    expect(reads).toEqual([]);
  });
});

describe('a run that outlasts its execution', () => {
  it('is given to the next one before the history is full, and goes on there alone', async () => {
    const { check, workflows, stored } = await open([undefined]);
    for (let turn = 0; turn < executionChecksCountMax; turn++) {
      expect((await check()).next).not.toBe('finished');
    }
    expect(workflows.campaigns.size).toBe(0);
    expect((await check()).next).toBe('finished');
    expect([...workflows.campaigns]).toEqual([
      [
        'welcome-back-1-run-1-1',
        {
          campaignId: run.campaignId,
          runId: 'run-1',
          startsAt: iso(t0),
          phase: 'test',
          lookAt: iso(t0 + 7 * dayMs),
        },
      ],
    ]);
    // A repeated task of the old one changes nothing; the new one counts from the beginning.
    expect((await check()).next).toBe('finished');
    const next = { name: 'welcome-back-1-run-1-1', startedAt: iso(t0) };
    expect((await check(next)).next).not.toBe('finished');
    expect(workflows.campaigns.size).toBe(1);
    expect(await stored()).toBeDefined();
  });

  it('starts the next one once when it dies before it has noted that', async () => {
    const { check, workflows, campaigns } = await open([undefined]);
    for (let turn = 0; turn < executionChecksCountMax; turn++) await check();
    const dying = { ...campaigns, writeRun: () => Promise.reject(new Error('dead')) };
    await expect(check(ownExecution, { campaigns: dying })).rejects.toThrow('dead');
    expect((await check()).next).toBe('finished');
    expect([...workflows.campaigns.keys()]).toEqual(['welcome-back-1-run-1-1']);
  });

  it('waits in no execution for more than 350 days', async () => {
    const { check, clock, workflows } = await open([done]);
    const old = { ...ownExecution, startedAt: iso(t0 - 345 * dayMs) };
    expect(await check(old)).toMatchObject({ next: 'check-later', waitUntil: iso(t0 + 5 * dayMs) });
    clock.nowIs(t0 + 5 * dayMs);
    expect((await check(old)).next).toBe('finished');
    const next = { name: 'welcome-back-1-run-1-1', startedAt: iso(t0 + 5 * dayMs) };
    expect(await check(next)).toMatchObject({ next: 'look', waitUntil: iso(t0 + 7 * dayMs) });
    expect(workflows.campaigns.size).toBe(1);
  });
});
