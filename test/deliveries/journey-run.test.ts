// A whole run with journeys in memory: the steps of the state machine one after the other on a moved clock.

import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../lib/base/settings.ts';
import type { BatchEntry } from '../../lib/campaigns/audience.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { freeze } from '../../lib/campaigns/freeze.ts';
import { getJson } from '../../lib/campaigns/frozen-objects.ts';
import type { JourneyStep } from '../../lib/campaigns/journey.ts';
import { transition } from '../../lib/campaigns/lifecycle.ts';
import { checkProgress, type Progress } from '../../lib/campaigns/progress.ts';
import { type BatchContext, deliverBatch } from '../../lib/deliveries/batch.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';
import { couponCampaign, createStage, dayMs, noonMs, profileOf } from './stage.ts';

const hourMs = 3_600_000;
const message = { kind: 'reminder', templates: defaultTemplates.reminder } as const;
const send = (stepId: string): JourneyStep => ({ stepId, kind: 'send', message });
const iso = (ms: number): string => new Date(ms).toISOString();

const open = async (steps: readonly JourneyStep[], count: number, change: Partial<Campaign> = {}) => {
  const campaign: Campaign = {
    ...couponCampaign,
    variants: [{ name: 'journey', weight: 1, action: { kind: 'journey', steps, exitOnPurchase: true } }],
    holdoutShare: 0,
    windowDays: 10,
    lookDays: [1],
    ...change,
  };
  const stage = createStage();
  const settings = {
    ...defaultSettings,
    globalHoldoutShare: 0,
    quietHours: { fromHour: 0, toHour: 0 },
    caps: [],
  };
  const customers = createFakeCustomerStore();
  for (let index = 0; index < count; index++) await customers.writeProfile(profileOf(`c${index}`), undefined);
  const ports = {
    ...stage.context,
    settings,
    campaigns: memoryCampaignStore([campaign]),
    customers,
    catalog: fakeCatalogStore(),
    archive: createFakeObjectStore(),
    journeys: stage.journeys,
    secrets: fakeSecretStore(),
    workflows: fakeWorkflows(),
    results: { list: async () => [], write: async (one: never) => one, get: none, latest: none },
    timeLeftMs: () => 300_000,
  };
  const run = { campaignId: campaign.campaignId, runId: 'run-1', phase: 'test' } as const;
  const execution = { name: 'spring-run-1', startedAt: iso(noonMs) };
  const log: string[] = [];
  const deliver = async (key: string, context: BatchContext = ports): Promise<void> => {
    const batches = (await getJson<readonly BatchEntry[]>(ports.archive, key)) ?? [];
    for (const { batchKey } of batches) await deliverBatch({ batchKey }, context).catch(() => undefined);
  };
  const note = (what: string): void => {
    log.push(`+${(stage.context.clock.nowMs() - noonMs) / hourMs}h ${what}`);
  };
  /** Looks a day after one another; the last ends the run. */
  const follow = async (until = noonMs + 10 * dayMs, isDelivered = false): Promise<void> => {
    const frozen = await freeze(run, ports);
    let lookAt = frozen.lookAt;
    if (!isDelivered) await deliver(frozen.batchesKey);
    for (;;) {
      const progress: Progress = await checkProgress({ ...run, lookAt, execution }, ports);
      if (progress.next === 'finished') return note('finished');
      const atMs = Date.parse(progress.waitUntil);
      if (atMs > until) return;
      stage.setNow(Math.max(stage.context.clock.nowMs(), atMs));
      if (progress.next === 'deliver-later') {
        note(
          `round of ${((await getJson<readonly BatchEntry[]>(ports.archive, progress.batchesKey)) ?? []).reduce((sum, { customersCount }) => sum + customersCount, 0)}`,
        );
        await deliver(progress.batchesKey);
      } else if (progress.next === 'look') {
        note('look');
        lookAt = iso(Date.parse(lookAt) + 9 * dayMs);
      }
    }
  };
  const setStatus = async (action: 'pause' | 'resume' | 'cancel'): Promise<void> => {
    const now = await ports.campaigns.get(campaign.campaignId);
    if (now === undefined) throw new Error('gone');
    await ports.campaigns.write(transition(now, action, iso(stage.context.clock.nowMs())));
  };
  const stored = async () => (await ports.campaigns.run(campaign.campaignId, 'run-1'))?.phases.test;
  return { stage, ports, log, follow, deliver, setStatus, stored, run, execution };
};
const none = async (): Promise<undefined> => undefined;

const twice = [send('a'), { stepId: 'w', kind: 'wait', hours: 48 } as const, send('b')];

describe('a run with journeys', () => {
  it('delivers each step when it is due, between the looks, to everybody once', async () => {
    const { stage, log, follow, stored } = await open(twice, 450);
    await follow();
    expect(log).toEqual(['+24h look', '+48h round of 450', '+240h look']);
    expect(stage.mailer.sent).toHaveLength(900);
    expect(stage.table.deliveries.size).toBe(900);
    expect(await stored()).toMatchObject({
      delivered: true,
      deliveries: { settled: 450, sent: 900, failed: 0, ended: { completed: 450 } },
    });
  });

  it('that is paused holds everybody, and goes on after the resumption', async () => {
    const { stage, log, follow, setStatus } = await open(twice, 10);
    await follow(noonMs + dayMs);
    await setStatus('pause');
    await follow(noonMs + 5 * dayMs);
    expect(stage.mailer.sent).toHaveLength(10);
    await setStatus('resume');
    await follow();
    expect(stage.mailer.sent).toHaveLength(20);
    expect(log.filter((line) => line.includes('round'))).toHaveLength(1);
  });

  it('that is cancelled ends with nothing more sent', async () => {
    const { stage, log, follow, setStatus } = await open(twice, 10);
    await follow(noonMs + dayMs);
    await setStatus('cancel');
    await follow();
    expect(log.at(-1)).toContain('finished');
    expect(stage.mailer.sent).toHaveLength(10);
  });

  it('that is cancelled while a message was prepared and put off calls it off, and gives its place back', async () => {
    const { stage, log, follow, setStatus, stored } = await open(twice, 3);
    stage.mailer.next.push({ kind: 'throttled', message: 'slow down' });
    await follow(noonMs);
    expect([...stage.table.deliveries.values()].map(({ status }) => status).sort()).toEqual([
      'prepared',
      'sent',
      'sent',
    ]);
    await setStatus('cancel');
    await follow(undefined, true);
    expect(log).toEqual(['+0.1h round of 1', '+0.1h finished']);
    const reasons = [...stage.table.deliveries.values()].flatMap(({ reason }) => reason ?? []);
    expect(reasons).toEqual(['cancelled']);
    expect(await stored()).toMatchObject({ journeys: { closing: 'made' } });
  });

  it('delivers again a batch whose function died, with nobody mailed twice', async () => {
    const { stage, ports, log, follow, deliver, stored, run } = await open(twice, 450);
    const { batchesKey } = await freeze(run, ports);
    // Dies in the second of three batches, its progress unwritten.
    const batches = (await getJson<readonly BatchEntry[]>(ports.archive, batchesKey)) ?? [];
    let writes = 0;
    const put: typeof ports.archive.put = (...args) =>
      ++writes === 2 ? Promise.reject(new Error('dead')) : ports.archive.put(...args);
    await deliver(batchesKey, { ...ports, archive: { ...ports.archive, put } });
    expect(batches).toHaveLength(3);
    await follow(undefined, true);
    // The batch of 200 again, whose customers have entered; a minute later, as after any failure.
    expect(log).toEqual([`+${1 / 60}h round of 200`, '+24h look', '+48h round of 450', '+240h look']);
    expect(stage.mailer.sent).toHaveLength(900);
    expect(await stored()).toMatchObject({ deliveries: { settled: 450, failed: 0 } });
  });

  it('waits longer each time while nobody moves, and loses nobody', async () => {
    const { stage, ports, log, follow } = await open(twice, 5);
    await follow(noonMs + dayMs);
    const { journeys } = ports;
    const down = { ...journeys, write: () => Promise.reject(new Error('table down')) };
    Object.assign(ports, { journeys: down });
    await follow(noonMs + 48 * hourMs + 30 * 60_000);
    const rounds = log
      .filter((line) => line.includes('round'))
      .map((line) => Math.round(60 * (Number.parseFloat(line.slice(1)) - 48)));
    // Rounds are five minutes apart, then the wait after failures is the longer of the two.
    expect(rounds).toEqual([0, 5, 10, 15, 23]);
    Object.assign(ports, { journeys });
    await follow();
    expect(stage.mailer.sent).toHaveLength(10);
    expect([...stage.journeys.states.values()].every(({ ended }) => ended === 'completed')).toBe(true);
    expect(stage.journeys.states.size).toBe(5);
  });

  it('of an event campaign looks every quarter of an hour for those who entered meanwhile', async () => {
    const trigger = {
      kind: 'event',
      event: 'E',
      startsAt: iso(noonMs),
      endsAt: iso(noonMs + hourMs),
    } as const;
    const { ports, run, execution, stage } = await open(twice, 0, { trigger, lookDays: [] });
    const { lookAt } = await freeze(run, ports);
    const waits: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const { next, waitUntil } = await checkProgress({ ...run, lookAt, execution }, ports);
      expect(next).toBe('check-later');
      waits.push((Date.parse(waitUntil) - noonMs) / 60_000);
      stage.setNow(Date.parse(waitUntil));
    }
    expect(waits).toEqual([15, 30, 45, 60, 120, 180]);
  });
});
