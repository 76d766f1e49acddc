import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCampaignStore } from '../../lib/adapters/campaign-store-dynamodb.ts';
import { campaignId, customerId, decisionId } from '../../lib/base/ids.ts';
import type { AudienceMember } from '../../lib/campaigns/audience.ts';
import type { Campaign } from '../../lib/campaigns/campaign.ts';
import type { CampaignStore } from '../../lib/ports.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';
import { campaign, iso, t0 } from './sample.ts';

let local: LocalTable;
beforeAll(async () => {
  local = await startLocalTable();
});
afterAll(() => local.close());

const draft = (id: string, change: Partial<Campaign> = {}): Campaign => {
  const { startedAt: _, ...rest } = campaign({ campaignId: campaignId(id), status: 'draft', revision: 1 });
  return { ...rest, ...change };
};

const implementations: readonly [string, () => CampaignStore][] = [
  ['in memory', () => memoryCampaignStore()],
  ['on DynamoDB', () => createCampaignStore(local.client, local.table)],
];

describe.each(implementations)('a campaign store %s', (_, open) => {
  it('gives a campaign back as it was written, and its status alone', async () => {
    const store = open();
    const written = draft('kept');
    await store.write(written);
    expect(await store.get(written.campaignId)).toEqual(written);
    expect(await store.status(written.campaignId)).toBe('draft');
    expect(await store.get(campaignId('unknown'))).toBeUndefined();
    expect(await store.status(campaignId('unknown'))).toBeUndefined();
  });

  it('takes only the next revision', async () => {
    const store = open();
    await store.write(draft('revised'));
    await store.write(draft('revised', { name: 'Second', revision: 2 }));
    const conflict = { kind: 'conflict', detail: { code: 'campaign-changed' } };
    await expect(store.write(draft('revised', { name: 'Late', revision: 2 }))).rejects.toMatchObject(
      conflict,
    );
    await expect(store.write(draft('revised', { name: 'Again' }))).rejects.toMatchObject(conflict);
    await expect(store.write(draft('never', { revision: 2 }))).rejects.toMatchObject(conflict);
    expect((await store.get(campaignId('revised')))?.name).toBe('Second');
  });

  it('lets one of two writers of the same revision win', async () => {
    const store = open();
    await store.write(draft('raced'));
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c'].map((name) => store.write(draft('raced', { name, revision: 2 }))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('lists each campaign once, newest first, as it is now and without its templates', async () => {
    const store = open();
    await store.write(draft('list-b', { createdAt: iso(t0 + 2) }));
    await store.write(draft('list-a', { createdAt: iso(t0 + 3) }));
    await store.write(draft('list-b', { createdAt: iso(t0 + 2), name: 'Second', revision: 2 }));
    const listed = (await store.list()).filter(({ campaignId }) => campaignId.startsWith('list-'));
    expect(listed.map(({ campaignId }) => String(campaignId))).toEqual(['list-a', 'list-b']);
    const { name, status, trigger, priority, holdoutShare, windowDays, createdAt } = draft('list-b', {
      name: 'Second',
      createdAt: iso(t0 + 2),
    });
    expect(listed[1]).toEqual({
      campaignId: 'list-b',
      name,
      status,
      trigger,
      priority,
      holdoutShare,
      windowDays,
      createdAt,
      revision: 2,
      variants: [
        { name: 'reminder', weight: 0.5, kind: 'reminder' },
        { name: 'nothing', weight: 0.5, kind: 'none' },
      ],
    });
  });

  it('names the event campaigns that run or are paused, from the write of their start on', async () => {
    const store = open();
    const period = { startsAt: iso(t0), endsAt: iso(t0 + 10) };
    const trigger = { kind: 'event', event: 'Course Completed', ...period } as const;
    const awaiting = async () =>
      (await store.awaitingEvents()).filter(({ campaignId }) => campaignId.startsWith('awaits-'));
    await store.write(draft('awaits-other', { status: 'running' }));
    await store.write(draft('awaits-event', { trigger }));
    expect(await awaiting()).toEqual([]);
    const expected = [{ campaignId: 'awaits-event', event: 'Course Completed', ...period }];
    await store.write(draft('awaits-event', { trigger, status: 'running', revision: 2 }));
    expect(await awaiting()).toEqual(expected);
    await store.write(draft('awaits-event', { trigger, status: 'paused', revision: 3 }));
    expect(await awaiting()).toEqual(expected);
    await store.write(draft('awaits-event', { trigger, status: 'cancelled', revision: 4 }));
    expect(await awaiting()).toEqual([]);
  });

  it('names the events that journeys wait for, as long as they may go on', async () => {
    const store = open();
    const steps = [{ stepId: 'w', kind: 'wait-for-event', event: 'Course Started', hours: 24 }] as const;
    const variants = [
      { name: 'j', weight: 1, action: { kind: 'journey', steps, exitOnPurchase: true } },
    ] as const;
    const awaiting = async (id: string) =>
      (await store.awaitingEvents()).filter(({ campaignId }) => campaignId === id);
    const journey = (id: string, change: Partial<Campaign>) =>
      draft(id, { variants, windowDays: 7, ...change });
    await store.write(journey('woken', {}));
    expect(await awaiting('woken')).toEqual([]);
    const running = { status: 'running', startedAt: iso(t0), revision: 2 } as const;
    await store.write(journey('woken', running));
    // The window and a day for the last look.
    const expected = {
      campaignId: 'woken',
      event: 'Course Started',
      startsAt: iso(t0),
      endsAt: iso(t0 + 8 * 86_400_000),
      wakes: true,
    };
    expect(await awaiting('woken')).toEqual([expected]);
    await store.write(journey('woken', { ...running, status: 'finished', revision: 3 }));
    expect(await awaiting('woken')).toEqual([]);
    await store.write(journey('rolled', {}));
    const finished = { ...running, status: 'finished', rollout: 'automatic' } as const;
    await store.write(journey('rolled', finished));
    expect(await awaiting('rolled')).toHaveLength(1);
    await store.write(journey('rolled', { ...finished, status: 'cancelled', revision: 3 }));
    expect(await awaiting('rolled')).toEqual([]);
  });

  it('keeps the first batch of a number, and names the latest by number', async () => {
    const store = open();
    const id = campaignId('batches');
    const batch = (number: number, weight: number) => ({
      campaignId: id,
      batch: number,
      startsAt: iso(t0),
      salt: `salt-${number}`,
      weights: { a: weight, b: 1 - weight },
      known: { a: { customers: 3, buyers: 1 }, b: { customers: 0, buyers: 0 } },
    });
    expect(await store.latestBatch(id)).toBeUndefined();
    expect(await store.batches(id)).toEqual([]);
    for (const number of [2, 10, 9]) {
      expect(await store.keepBatch(batch(number, 0.25))).toEqual(batch(number, 0.25));
    }
    expect(await store.keepBatch(batch(9, 0.75))).toEqual(batch(9, 0.25));
    expect(await store.batches(id)).toEqual([2, 9, 10].map((number) => batch(number, 0.25)));
    expect(await store.latestBatch(id)).toEqual(batch(10, 0.25));
    await store.writeRun({ campaignId: id, runId: 'run-1', frozenAt: iso(t0), phases: {} });
    expect(await store.runs(id)).toHaveLength(1);
  });

  it('keeps runs by number, the last write of each', async () => {
    const store = open();
    const id = campaignId('runs');
    for (const runId of ['run-10', 'run-2', 'run-1']) {
      await store.writeRun({ campaignId: id, runId, frozenAt: iso(t0), phases: {} });
    }
    await store.writeRun({ campaignId: id, runId: 'run-2', frozenAt: iso(t0), skipped: true, phases: {} });
    expect((await store.runs(id)).map(({ runId, skipped }) => [runId, skipped ?? false])).toEqual([
      ['run-1', false],
      ['run-2', true],
      ['run-10', false],
    ]);
    expect((await store.run(id, 'run-2'))?.skipped).toBe(true);
    expect(await store.run(id, 'run-3')).toBeUndefined();
    expect(await store.runs(campaignId('none'))).toEqual([]);
  });

  it('keeps the first of several assignments, also of several at once', async () => {
    const store = open();
    const id = campaignId('claims');
    const member = (at: number): AudienceMember => ({
      customerId: customerId('ada'),
      decisionId: decisionId('d1'),
      arm: 'reminder',
      propensity: 0.5,
      assignedAt: iso(at),
    });
    const claimed = await Promise.all(
      [1, 2, 3].map((later) => store.claimAssignment(id, 'run-1', member(t0 + later))),
    );
    expect(new Set(claimed.map(({ assignedAt }) => assignedAt)).size).toBe(1);
    expect(await store.claimAssignment(id, 'run-1', member(t0 + 9))).toEqual(claimed[0]);
    expect((await store.claimAssignment(id, 'run-2', member(t0 + 9))).assignedAt).toBe(iso(t0 + 9));
    expect(await store.assignment(id, 'run-1', customerId('ada'))).toMatchObject({ ...claimed[0] });
    expect(await store.assignment(id, 'run-1', customerId('bea'))).toBeUndefined();
  });
});
