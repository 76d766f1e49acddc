import { describe, expect, it } from 'vitest';
import {
  deliveryChunkCustomersCountMax,
  deliveryRetryMs,
  deliveryStopMs,
  quotaRetryMs,
  sendingAttemptMs,
} from '../../lib/base/limits.ts';
import type { AudienceBatch } from '../../lib/campaigns/audience.ts';
import type { CampaignStatus } from '../../lib/campaigns/campaign.ts';
import { createDailyAllowance } from '../../lib/deliveries/allowance.ts';
import type { DeliverContext } from '../../lib/deliveries/attempt.ts';
import { type BatchProgress, deliverBatch } from '../../lib/deliveries/batch.ts';
import type { CustomerProfile } from '../../lib/events/customer.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { fakeJourneyStore } from '../fakes/journey-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { couponCampaign, createStage, dayMs, memberOf, noonMs, profileOf } from './stage.ts';

const batchKey = 'campaigns/spring/run-1/test/batch-00000.json';
const progressKey = 'campaigns/spring/run-1/test/progress-00000.json';

interface Change {
  readonly count?: number;
  readonly profiles?: { readonly [id: string]: Partial<CustomerProfile> };
  readonly phase?: AudienceBatch['phase'];
}

const setUp = async ({ count = 60, profiles = {}, phase = 'test' }: Change = {}) => {
  const stage = createStage();
  const ids = Array.from({ length: count }, (_, index) => `c${index}`);
  const customers = createFakeCustomerStore();
  for (const id of ids) await customers.writeProfile(profileOf(id, profiles[id]), undefined);
  const archive = createFakeObjectStore();
  const batch: AudienceBatch = {
    campaignId: couponCampaign.campaignId,
    runId: 'run-1',
    phase,
    members: ids.map((id) => memberOf(id)),
  };
  await archive.put(batchKey, Buffer.from(JSON.stringify(batch)), 'application/json');
  const events = createFakeEventQueue();
  let status: CampaignStatus = 'running';
  let looks = 0;
  let onLook: ((look: number) => void) | undefined;
  let timeLeftMs = 300_000;
  const campaigns = memoryCampaignStore([couponCampaign]);
  const context = {
    ...stage.context,
    events,
    archive,
    customers,
    journeys: fakeJourneyStore(),
    catalog: fakeCatalogStore(),
    campaigns: {
      get: (id: typeof couponCampaign.campaignId) => campaigns.get(id),
      status: async () => {
        onLook?.(looks++);
        return status;
      },
    },
    timeLeftMs: () => timeLeftMs,
  };
  return {
    stage,
    events,
    customers,
    forget: () => archive.objects.delete(progressKey),
    run: (more: Pick<Partial<DeliverContext>, 'allowance' | 'settings'> = {}) =>
      deliverBatch({ batchKey }, { ...context, ...more }),
    onLook: (act: (look: number) => void) => {
      onLook = act;
    },
    setStatus: (next: CampaignStatus) => {
      status = next;
    },
    setTimeLeft: (ms: number) => {
      timeLeftMs = ms;
    },
    written: (): BatchProgress =>
      JSON.parse(Buffer.from(archive.objects.get(progressKey)?.bytes ?? []).toString()),
  };
};

describe('delivering a batch', () => {
  it('mails everyone once and writes how far it came beside the batch', async () => {
    const { run, stage, events, written } = await setUp();
    const progress = await run();
    expect(progress).toEqual({
      batchKey,
      done: 60,
      deferred: [],
      failed: [],
      counts: { sent: 60, unknown: 0, refused: {}, suppressed: {} },
      problems: {},
      unsent: {},
    });
    expect(written()).toEqual(progress);
    expect(new Set(stage.mailer.sent.map(({ to }) => to)).size).toBe(60);
    expect(new Set(stage.table.coupons.keys()).size).toBe(60);
    expect(events.sent).toHaveLength(60);
  });

  it('does nothing more when it is called again', async () => {
    const { run, stage, events } = await setUp();
    const first = await run();
    expect(await run()).toEqual(first);
    expect(stage.mailer.sent).toHaveLength(60);
    expect(events.sent).toHaveLength(60);
  });

  it('counts by reason who was not mailed', async () => {
    const { run } = await setUp({
      count: 5,
      profiles: {
        c0: { email: undefined },
        c1: { suppressed: { email: { reason: 'bounced', atMs: 1 } } },
        c2: { suppressed: { email: { reason: 'bounced', atMs: 1 } } },
      },
    });
    expect((await run()).counts).toEqual({
      sent: 2,
      unknown: 0,
      refused: {},
      suppressed: { 'no-email': 1, bounced: 2 },
    });
  });

  it('defers who is in quiet hours and later mails only them', async () => {
    const { run, stage } = await setUp({ count: 3, profiles: { c1: { timeZone: 'Australia/Sydney' } } });
    const morningMs = Date.UTC(2026, 5, 10, 22);
    expect(await run()).toMatchObject({ done: 2, deferred: ['c1'], untilMs: morningMs });
    stage.setNow(morningMs);
    expect(await run()).toMatchObject({ done: 3, deferred: [], counts: { sent: 3 } });
    expect(stage.mailer.sent).toHaveLength(3);
  });

  it('stops within a chunk after a pause, and goes on where it stopped', async () => {
    const { run, stage, onLook, setStatus } = await setUp();
    onLook((look) => {
      if (look === 1) setStatus('paused');
    });
    const paused = await run();
    expect(paused).toMatchObject({ paused: true, done: deliveryChunkCustomersCountMax });
    expect(paused.deferred).toHaveLength(60 - deliveryChunkCustomersCountMax);
    setStatus('running');
    expect(await run()).toMatchObject({ done: 60, deferred: [] });
    expect(stage.mailer.sent).toHaveLength(60);
  });

  it('sends nothing after a cancellation, nor for the test of a finished campaign', async () => {
    for (const status of ['cancelled', 'finished'] as const) {
      const { run, stage, setStatus } = await setUp();
      setStatus(status);
      expect(await run()).toMatchObject({ cancelled: true, done: 0 });
      expect(stage.mailer.sent).toEqual([]);
    }
  });

  it('rolls out after the campaign has finished', async () => {
    const { run, setStatus } = await setUp({ phase: 'rollout' });
    setStatus('finished');
    expect(await run()).toMatchObject({ done: 60 });
  });

  it('stops before its time is over and leaves the rest for the next call', async () => {
    const { run, onLook, setTimeLeft } = await setUp();
    onLook((look) => {
      if (look === 2) setTimeLeft(deliveryStopMs - 1);
    });
    const progress = await run();
    expect(progress).toMatchObject({ done: 50, untilMs: noonMs });
    expect(progress.deferred).toHaveLength(10);
    expect(progress.paused).toBeUndefined();
  });

  it('comes back to throttled mails after a minute', async () => {
    const { run, stage } = await setUp({ count: 2 });
    stage.mailer.next.push({ kind: 'throttled', message: 'slow down' });
    expect(await run()).toMatchObject({ done: 1, untilMs: noonMs + deliveryRetryMs });
    expect(await run()).toMatchObject({ done: 2, counts: { sent: 2 } });
  });

  it('says who waits, for what and until when, and goes on when the mail account has room again', async () => {
    const { run, stage } = await setUp({ count: 3 });
    let left = 2;
    const { deliveries, clock } = stage.context;
    const quotaLeft = async () => {
      const asked = left;
      left = 0;
      return asked;
    };
    const allowance = () => createDailyAllowance({ deliveries, clock, rampUp: undefined, quotaLeft });
    const until = new Date(noonMs + quotaRetryMs).toISOString();
    const first = await run({ allowance: allowance() });
    expect(first).toMatchObject({
      done: 2,
      deferred: ['c2'],
      untilMs: noonMs + quotaRetryMs,
      counts: { sent: 2, waiting: { 'mail-quota': 1 } },
      waits: { c2: { reason: 'mail-quota', until } },
    });
    // Nothing was prepared in vain: no code was issued whose days run already.
    expect(stage.table.coupons.size).toBe(2);
    left = 10;
    stage.setNow(noonMs + quotaRetryMs);
    const second = await run({ allowance: allowance() });
    expect(second).toMatchObject({ done: 3, deferred: [], counts: { sent: 3 } });
    expect(second.waits).toBeUndefined();
    expect(second.counts.waiting).toBeUndefined();
  });

  it('names who was refused by a cap, for good: the next day brings nothing after', async () => {
    const { run, stage } = await setUp({ count: 2 });
    const settings = { ...stage.context.settings, caps: [{ deliveriesMax: 1, days: 1 }] };
    stage.table.counters.set('cap/2026-06-10/all/c1', 1);
    const expected = {
      done: 2,
      deferred: [],
      counts: { sent: 1, suppressed: { capped: 1 } },
      unsent: { c1: { kind: 'suppressed', reason: 'capped' } },
    };
    expect(await run({ settings })).toMatchObject(expected);
    stage.setNow(noonMs + dayMs);
    expect(await run({ settings })).toMatchObject(expected);
    expect(stage.mailer.sent).toHaveLength(1);
  });

  it('tries a chunk again whose events were not taken, without a second mail', async () => {
    const { run, stage, events } = await setUp({ count: 3 });
    events.refuse(1);
    const progress = await run();
    expect(progress).toMatchObject({ done: 0, failed: ['c0', 'c1', 'c2'] });
    expect(progress.problems.c0).toContain('queue-unavailable');
    expect(await run()).toMatchObject({ done: 3, failed: [], counts: { sent: 3 } });
    expect(stage.mailer.sent).toHaveLength(3);
    expect(events.sent).toHaveLength(3);
  });

  it('sends no second mail when it died in the middle', async () => {
    const { run, stage } = await setUp({ count: 40 });
    stage.crashAfter(100);
    const broken = await run();
    expect(broken.failed.length).toBeGreaterThan(0);
    stage.crashAfter(undefined);
    stage.setNow(noonMs + 10 * 60_000);
    const progress = await run();
    expect(progress.done).toBe(40);
    expect(progress.counts.sent + progress.counts.unknown).toBe(40);
    const mailed = stage.mailer.sent.map(({ to }) => to);
    expect(new Set(mailed).size).toBe(mailed.length);
    expect(stage.table.coupons.size).toBe(40);
  });

  it('names who was refused for ever and whose fate is unknown, and why, also after later calls', async () => {
    const { run, stage } = await setUp({ count: 3, profiles: { c2: { timeZone: 'Australia/Sydney' } } });
    stage.mailer.next.push(
      { kind: 'rejected', message: 'MessageRejected: not verified' },
      { kind: 'throws', error: new Error('socket hang up') },
    );
    const unsent = {
      c0: { kind: 'failed', reason: 'MessageRejected: not verified' },
      c1: { kind: 'unknown', reason: 'Error: socket hang up' },
    };
    expect(await run()).toMatchObject({ done: 2, unsent });
    stage.setNow(Date.UTC(2026, 5, 10, 22));
    expect(await run()).toMatchObject({ done: 3, unsent, counts: { sent: 1, unknown: 1 } });
  });

  it('mails everyone else when one customer cannot be read, and says who and why', async () => {
    const { run, stage, customers } = await setUp({ count: 30 });
    const readMany = customers.readMany.bind(customers);
    customers.readMany = async (ids, version) => {
      if (ids.some((id) => `${id}` === 'c3')) throw new Error('row c3 is broken');
      return readMany(ids, version);
    };
    expect(await run()).toMatchObject({
      done: 29,
      failed: ['c3'],
      problems: { c3: 'Error: row c3 is broken' },
    });
    expect(stage.mailer.sent).toHaveLength(29);
  });

  it('keeps what it has done when a service fails in the middle', async () => {
    const { run, onLook, stage } = await setUp();
    onLook((look) => {
      if (look === 1) throw new Error('table gone');
    });
    const broken = await run();
    expect(broken).toMatchObject({ done: deliveryChunkCustomersCountMax, deferred: [] });
    expect(broken.failed).toHaveLength(60 - deliveryChunkCustomersCountMax);
    expect(broken.problems.c59).toBe('Error: table gone');
    onLook(() => undefined);
    expect(await run()).toMatchObject({ done: 60, failed: [], problems: {} });
    expect(stage.mailer.sent).toHaveLength(60);
  });

  it('after a cancellation brings to its end what was begun: reported, called off, or unknown when its time is over', async () => {
    const { run, stage, events, setStatus, forget } = await setUp({ count: 4 });
    const { deliveries } = stage.table;
    await run();
    const [sent, prepared, sending] = [...deliveries.values()];
    deliveries.set(prepared.deliveryId, { ...prepared, status: 'prepared' });
    deliveries.set(sending.deliveryId, {
      ...sending,
      status: 'sending',
      sendingAt: new Date(noonMs).toISOString(),
    });
    deliveries.delete([...deliveries.keys()][3]);
    events.sent.length = 0;
    // As if the function had died before it wrote anything.
    forget();
    setStatus('cancelled');
    const overMs = noonMs + sendingAttemptMs;
    expect(await run()).toMatchObject({ cancelled: true, done: 2, deferred: ['c2', 'c3'], untilMs: overMs });
    stage.setNow(overMs);
    const closed = await run();
    expect(closed).toMatchObject({
      cancelled: true,
      done: 3,
      deferred: ['c3'],
      counts: { sent: 1, unknown: 1, suppressed: { cancelled: 1 } },
    });
    expect(closed.untilMs).toBeUndefined();
    expect(new Set(events.sent.map(({ properties }) => properties.status))).toEqual(
      new Set(['sent', 'suppressed', 'unknown']),
    );
    expect(deliveries.get(sent.deliveryId)?.status).toBe('sent');
    expect(stage.mailer.sent).toHaveLength(4);
  });

  it('refuses a batch that is not there', async () => {
    const { stage } = await setUp();
    const missing = deliverBatch(
      { batchKey: 'campaigns/none/batch-00000.json' },
      {
        ...stage.context,
        archive: createFakeObjectStore(),
        customers: createFakeCustomerStore(),
        campaigns: memoryCampaignStore(),
        journeys: fakeJourneyStore(),
        catalog: fakeCatalogStore(),
        timeLeftMs: () => 1,
      },
    );
    await expect(missing).rejects.toThrow('batch-unknown');
  });
});
