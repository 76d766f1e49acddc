import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { assign } from '../../lib/assignment/assign.ts';
import { holdoutPurpose } from '../../lib/assignment/holdout-period.ts';
import { customerId } from '../../lib/base/ids.ts';
import type { AudienceBatch, AudienceMember } from '../../lib/campaigns/audience.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import { freeze } from '../../lib/campaigns/freeze.ts';
import type { StoredEvent } from '../../lib/events/event.ts';
import type { CampaignResult } from '../../lib/experiments/result.ts';
import type { ObjectStore } from '../../lib/ports.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { memoryResultStore } from '../fakes/result-store.ts';
import { fakeSecretStore } from '../fakes/secret-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';
import { campaign, dayMs, fill, ids, iso, item, movedClock, profile, settings, state, t0 } from './sample.ts';

const open = (of: Campaign, items = [item('plan', { kind: 'renews', days: 30 })]) => ({
  campaigns: memoryCampaignStore([of]),
  customers: createFakeCustomerStore(),
  catalog: fakeCatalogStore(items),
  archive: createFakeObjectStore(),
  secrets: fakeSecretStore(),
  results: memoryResultStore(),
  workflows: fakeWorkflows(),
  clock: movedClock(),
  settings,
});
type Ports = ReturnType<typeof open>;

const run1 = { campaignId: campaign().campaignId, runId: 'run-1', phase: 'test' } as const;
const folder = 'campaigns/welcome-back-1/run-1/test';

const json = <T>(archive: Ports['archive'], key: string): T =>
  JSON.parse(new TextDecoder().decode(archive.objects.get(key)?.bytes)) as T;

const delivered = (archive: Ports['archive'], of = folder): AudienceMember[] =>
  json<{ batchKey: string }[]>(archive, `${of}/batches.json`).flatMap(
    ({ batchKey }) => json<AudienceBatch>(archive, batchKey).members,
  );

const assignedEvents = (archive: Ports['archive']): StoredEvent[] =>
  [...archive.objects]
    .filter(([key]) => key.startsWith('events/'))
    .flatMap(([, { bytes }]) => gunzipSync(bytes).toString().split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StoredEvent);

const armOf = (id: string) =>
  assign(customerId(id), {
    campaignSalt: 'salt-1',
    holdoutShare: 0.2,
    variants: campaign().variants,
    globalSalt: 'test-holdout-salt',
    globalPurpose: holdoutPurpose(settings.globalHoldoutPeriod, t0),
    globalHoldoutShare: 0.1,
  });

describe('freezing an audience', () => {
  it('assigns everyone in it by the hash, and delivers to those alone whose variant sends', async () => {
    const ports = open(campaign());
    await fill(ports.customers, 1000);
    const frozen = await freeze(run1, ports);
    const byArm = Map.groupBy(ids(1000), (id) => armOf(id).arm);
    const members = delivered(ports.archive);
    expect(members.map(({ customerId: id }) => id).toSorted()).toEqual(byArm.get('reminder')?.toSorted());
    expect(
      members.every(({ arm, propensity }) => arm === 'reminder' && Math.abs(propensity - 0.36) < 1e-12),
    ).toBe(true);
    expect((await ports.campaigns.run(run1.campaignId, 'run-1'))?.phases.test?.arms).toEqual(
      Object.fromEntries([...byArm].map(([arm, customers]) => [arm, customers.length])),
    );
    expect(frozen).toEqual({
      ...run1,
      batchesKey: `${folder}/batches.json`,
      batchCount: Math.ceil(members.length / 200),
      lookAt: iso(t0 + 7 * dayMs),
    });
  });

  it('writes one assigned event a customer, holdouts and untreated arms included', async () => {
    const ports = open(campaign());
    await fill(ports.customers, 300);
    await freeze(run1, ports);
    const events = assignedEvents(ports.archive);
    expect(events.map(({ userId }) => String(userId)).toSorted()).toEqual(ids(300).toSorted());
    expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(300);
    for (const { userId, event, timestamp, properties } of events) {
      const { arm, propensity } = armOf(userId ?? '');
      expect(event).toBe('Reprise Customer Assigned');
      expect(timestamp).toBe(iso(t0));
      expect(properties).toMatchObject({
        variant: arm,
        propensity,
        holdout: arm.endsWith('holdout'),
        phase: 'test',
      });
    }
  });

  it('fills batches to 200 and lists exactly those written', async () => {
    const ports = open(campaign({ variants: [{ ...campaign().variants[0], weight: 1 }], holdoutShare: 0 }));
    await fill(ports.customers, 700);
    await freeze(run1, ports);
    const sizes = json<{ batchKey: string; customersCount: number }[]>(
      ports.archive,
      `${folder}/batches.json`,
    );
    const total = delivered(ports.archive).length;
    expect(total).toBeGreaterThan(600);
    expect(sizes.map(({ customersCount }) => customersCount)).toEqual([200, 200, 200, total - 600]);
  });

  it('takes neither those outside the condition nor those without a way to reach them', async () => {
    const ports = open(campaign());
    await fill(ports.customers, 100);
    await ports.customers.writeProfile(profile('no-order'), undefined);
    await ports.customers.writeProfile(profile('no-mail', { email: undefined }), undefined);
    const left = profile('left', { suppressed: { email: { reason: 'unsubscribed', atMs: t0 } } });
    await ports.customers.writeProfile(left, undefined);
    for (const id of ['no-mail', 'left']) {
      await ports.customers.writeState(
        customerId(id),
        state({ orders: { o: { atMs: 0, value: 1, refundedValue: 0 } } }),
      );
    }
    await freeze(run1, ports);
    expect(
      assignedEvents(ports.archive)
        .map(({ userId }) => String(userId))
        .toSorted(),
    ).toEqual(ids(100).toSorted());
  });

  it('stays as it was when asked again, though customers, clock and campaign have moved on', async () => {
    const ports = open(campaign());
    await fill(ports.customers, 150);
    const first = await freeze(run1, ports);
    const objects = new Map(ports.archive.objects);
    ports.clock.nowIs(t0 + dayMs);
    await fill(ports.customers, 400);
    await ports.campaigns.write(campaign({ status: 'cancelled', revision: 3 }));
    expect(await freeze(run1, ports)).toEqual(first);
    expect(ports.archive.objects).toEqual(objects);
  });

  it('killed after any write and begun anew gives each customer one assignment and one place in the batches', async () => {
    const writesOfOneFreeze = 6;
    for (let allowed = 0; allowed < writesOfOneFreeze; allowed++) {
      const ports = open(campaign());
      await fill(ports.customers, 300);
      let left = allowed;
      const dying: ObjectStore = {
        ...ports.archive,
        put: (key, bytes, type) =>
          left-- > 0 ? ports.archive.put(key, bytes, type) : Promise.reject(new Error('killed')),
      };
      await expect(freeze(run1, { ...ports, archive: dying })).rejects.toThrow('killed');
      ports.clock.nowIs(t0 + dayMs);
      await freeze(run1, ports);
      const events = assignedEvents(ports.archive);
      expect(events.map(({ userId }) => String(userId)).toSorted()).toEqual(ids(300).toSorted());
      const members = delivered(ports.archive).map(({ customerId: id }) => id);
      expect(members.toSorted()).toEqual(
        ids(300)
          .filter((id) => armOf(id).arm === 'reminder')
          .toSorted(),
      );
      expect(new Set(events.map(({ timestamp }) => timestamp))).toEqual(
        new Set([allowed === 0 ? iso(t0 + dayMs) : iso(t0)]),
      );
    }
  });

  it('begun anew with a smaller audience leaves none of the first attempt in events or holdout', async () => {
    const ports = open(campaign({ holdoutShare: 0.5 }));
    await fill(ports.customers, 600);
    const dying: ObjectStore = {
      ...ports.archive,
      put: (key, bytes, type) =>
        key.endsWith('batches.json')
          ? Promise.reject(new Error('killed'))
          : ports.archive.put(key, bytes, type),
    };
    await expect(freeze(run1, { ...ports, archive: dying })).rejects.toThrow('killed');
    await freeze(run1, { ...ports, customers: createFakeCustomerStore() });
    expect(assignedEvents(ports.archive)).toEqual([]);
    const holdouts = [...ports.archive.objects.keys()].filter((key) => key.includes('/holdout-'));
    expect(holdouts.length).toBeGreaterThan(0);
    expect(holdouts.flatMap((key) => json<AudienceBatch>(ports.archive, key).members)).toEqual([]);
    expect(delivered(ports.archive)).toEqual([]);
  });

  it('refuses a draft and an unknown campaign', async () => {
    await expect(freeze(run1, open(campaign({ status: 'draft' })))).rejects.toMatchObject({
      kind: 'conflict',
    });
    const other = { ...open(campaign()), campaigns: memoryCampaignStore() };
    await expect(freeze(run1, other)).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('of an event campaign is empty, and of a cancelled one', async () => {
    const event = { kind: 'event', event: 'x', startsAt: iso(t0), endsAt: iso(t0 + dayMs) } as const;
    for (const change of [{ trigger: event }, { status: 'cancelled' as const }]) {
      const ports = open(campaign(change));
      await fill(ports.customers, 50);
      expect((await freeze(run1, ports)).batchCount).toBe(0);
      expect(assignedEvents(ports.archive)).toEqual([]);
    }
  });
});

describe('runs of an event campaign that customers enter again', () => {
  const trigger = {
    kind: 'event',
    event: 'Product Added',
    entersEveryDays: 10,
    startsAt: iso(t0),
    endsAt: iso(t0 + 25 * dayMs),
  } as const;

  it('start the next part of the period, however late, to its end', async () => {
    const ports = open(campaign({ trigger }));
    await fill(ports.customers, 20);
    // An outage: the first run freezes when the second is due already.
    ports.clock.nowIs(t0 + 12 * dayMs);
    for (const runId of ['run-1', 'run-2', 'run-3']) {
      expect((await freeze({ ...run1, runId }, ports)).batchCount).toBe(0);
    }
    const started = [...ports.workflows.campaigns.values()];
    expect(started.map(({ runId, startsAt }) => [runId, startsAt])).toEqual([
      ['run-2', iso(t0 + 10 * dayMs)],
      ['run-3', iso(t0 + 20 * dayMs)],
    ]);
    expect(assignedEvents(ports.archive)).toEqual([]);
  });

  it('are analysed though they came due in a pause: whose event came then is assigned after it', async () => {
    const ports = open(campaign({ trigger, status: 'paused' }));
    await freeze(run1, ports);
    expect((await ports.campaigns.run(run1.campaignId, 'run-1'))?.skipped).toBeUndefined();
    expect(ports.workflows.campaigns.size).toBe(1);
  });
});

describe('runs that repeat', () => {
  const weekly = {
    kind: 'recurring',
    everyDays: 7,
    startsAt: iso(t0),
    endsAt: iso(t0 + 30 * dayMs),
  } as const;

  it('start the next run once, however often they freeze', async () => {
    const ports = open(campaign({ trigger: weekly }));
    await freeze(run1, ports);
    await freeze(run1, ports);
    expect([...ports.workflows.campaigns]).toEqual([
      [
        'welcome-back-1-run-2',
        { campaignId: run1.campaignId, runId: 'run-2', startsAt: iso(t0 + 7 * dayMs) },
      ],
    ]);
  });

  it('are left out while paused but go on after it, and stop when cancelled', async () => {
    const ports = open(campaign({ trigger: weekly, status: 'paused' }));
    await fill(ports.customers, 50);
    expect((await freeze(run1, ports)).batchCount).toBe(0);
    expect((await ports.campaigns.run(run1.campaignId, 'run-1'))?.skipped).toBe(true);
    expect(ports.workflows.campaigns.size).toBe(1);
    const cancelled = open(campaign({ trigger: weekly, status: 'cancelled' }));
    await freeze(run1, cancelled);
    expect(cancelled.workflows.campaigns.size).toBe(0);
  });

  it('keep a customer in the same arm from run to run, with a decision of each run', async () => {
    const ports = open(campaign({ trigger: weekly }));
    await fill(ports.customers, 200);
    await freeze(run1, ports);
    await freeze({ ...run1, runId: 'run-2' }, ports);
    const runs = Map.groupBy(assignedEvents(ports.archive), ({ userId }) => userId);
    for (const [, events] of runs) {
      expect(new Set(events.map(({ properties }) => properties.variant)).size).toBe(1);
      expect(new Set(events.map(({ properties }) => properties.decisionId)).size).toBe(2);
    }
    expect(runs.size).toBe(200);
  });

  it('before an expiry address each ending in one run, a run left out while paused made good by the next', async () => {
    const daily = {
      kind: 'before-expiry',
      days: 7,
      startsAt: iso(t0),
      endsAt: iso(t0 + 30 * dayMs),
    } as const;
    const of = campaign({ trigger: daily, audience: { all: [] } });
    const ports = open(of);
    for (const [id, endsInDays] of [
      ['in-7', 7],
      ['in-8', 8],
      ['in-9', 9],
      ['in-20', 20],
    ] as const) {
      await ports.customers.writeProfile(profile(id), undefined);
      const purchasedAtMs = t0 + (endsInDays - 30) * dayMs;
      await ports.customers.writeState(customerId(id), state({ owned: { plan: { purchasedAtMs } } }));
    }
    const assignedAt = async (day: number): Promise<readonly string[]> => {
      ports.clock.nowIs(t0 + day * dayMs);
      await freeze({ ...run1, runId: `run-${day + 1}` }, ports);
      return assignedEvents(ports.archive)
        .filter(({ properties }) => properties.runId === `run-${day + 1}`)
        .map(({ userId }) => String(userId));
    };
    expect(await assignedAt(0)).toEqual(['in-7']);
    await ports.campaigns.write({ ...of, status: 'paused', revision: 3 });
    expect(await assignedAt(1)).toEqual([]);
    await ports.campaigns.write({ ...of, status: 'running', revision: 4 });
    expect((await assignedAt(2)).toSorted()).toEqual(['in-8', 'in-9']);
    expect(await assignedAt(3)).toEqual([]);
  });
});

describe('rolling out', () => {
  const result = (winner: string | null): CampaignResult => ({
    campaignId: run1.campaignId,
    runId: 'run-1',
    look: 1,
    final: true,
    asOf: iso(t0 + 30 * dayMs),
    windowDays: 30,
    currency: null,
    reference: 'holdout',
    arms: [],
    sampleRatio: { arms: [], expected: [], observed: [], pValue: null, ok: true },
    metrics: [],
    segments: [],
    segmentDifferences: [],
    weeks: [],
    harm: [],
    decision: winner === null ? 'inconclusive' : 'roll-out',
    winner,
    sentence: { en: '', 'zh-CN': '' },
    attributed: { coupon: [], click: [] },
    checks: [],
  });

  it('gives the winner to the frozen holdout, and to nobody of the global one', async () => {
    const ports = open(campaign({ rollout: 'automatic' }));
    await fill(ports.customers, 500);
    await freeze(run1, ports);
    await ports.results.write(result('reminder'));
    ports.clock.nowIs(t0 + 30 * dayMs);
    await fill(ports.customers, 600);
    await freeze({ ...run1, phase: 'rollout' }, ports);
    const members = delivered(ports.archive, folder.replace('test', 'rollout'));
    const holdout = ids(500).filter((id) => armOf(id).arm === 'holdout');
    expect(members.map(({ customerId: id }) => id).toSorted()).toEqual(holdout.toSorted());
    expect(members.every(({ arm, propensity }) => arm === 'reminder' && propensity === 1)).toBe(true);
    const decisions = new Set(delivered(ports.archive).map(({ decisionId }) => decisionId));
    expect(members.some(({ decisionId }) => decisions.has(decisionId))).toBe(false);
  });

  it('needs a result that names a winner', async () => {
    const ports = open(campaign());
    await freeze(run1, ports);
    await ports.results.write(result(null));
    await expect(freeze({ ...run1, phase: 'rollout' }, ports)).rejects.toMatchObject({
      detail: { code: 'no-winner' },
    });
  });
});
