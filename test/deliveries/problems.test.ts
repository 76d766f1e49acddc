import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import { problemBatchesCountMax } from '../../lib/base/limits.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import { parseProblemsQuery, problemsOf } from '../../lib/deliveries/problems.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { createFakeObjectStore } from '../fakes/object-store.ts';
import { couponCampaign, createStage, memberOf, recordOf } from './stage.ts';

const request = { campaignId: couponCampaign.campaignId, runId: 'run-1', phase: 'test', from: 0 } as const;
const keyOf = (index: number) => `campaigns/spring/run-1/test/batch-${String(index).padStart(5, '0')}.json`;

/** Batches with these progress files. */
const open = async (files: readonly (object | undefined)[]) => {
  const stage = createStage();
  const archive = createFakeObjectStore();
  const put = (key: string, value: unknown) =>
    archive.put(key, Buffer.from(JSON.stringify(value)), 'application/json');
  const entries = files.map((_, index) => ({ batchKey: keyOf(index), customersCount: 200 }));
  await put('campaigns/spring/run-1/test/batches.json', entries);
  for (const [index, file] of files.entries()) {
    if (file !== undefined) {
      await put(keyOf(index).replace('batch-', 'progress-'), { problems: {}, unsent: {}, ...file });
    }
  }
  const campaigns = memoryCampaignStore([couponCampaign]);
  return { stage, entries, ports: { campaigns, archive, deliveries: stage.context.deliveries } };
};

describe('the problems of a run', () => {
  it('names who was refused, who is unknown and who is tried again, with why, and batches that wrote nothing', async () => {
    const { ports, entries } = await open([
      {
        unsent: { ada: { kind: 'failed', reason: 'MessageRejected' } },
        problems: { bob: 'Error: table gone' },
      },
      {
        unsent: { cat: { kind: 'suppressed', reason: 'capped' } },
        waits: { dan: { reason: 'mail-quota', until: '2026-06-10T13:00:00.000Z' } },
      },
      undefined,
      {},
    ]);
    expect(await problemsOf(request, ports)).toEqual({
      customers: [
        { customerId: 'bob', kind: 'retried', reason: 'Error: table gone' },
        { customerId: 'ada', kind: 'failed', reason: 'MessageRejected' },
        { customerId: 'dan', kind: 'deferred', reason: 'mail-quota', until: '2026-06-10T13:00:00.000Z' },
        { customerId: 'cat', kind: 'suppressed', reason: 'capped' },
      ],
      batchesWithoutProgress: [entries[2]],
      next: null,
    });
  });

  it('says of an unknown one what its delivery says now', async () => {
    const unsent = { ada: { kind: 'unknown', reason: 'interrupted' } };
    const { ports, stage } = await open([{ unsent }]);
    stage.mailer.next.push({ kind: 'throws', error: new Error('no answer') });
    await deliverOne(couponCampaign, memberOf('ada'), recordOf('ada'), stage.context);
    const statusNow = async () => (await problemsOf(request, ports)).customers[0].statusNow;
    expect(await statusNow()).toBe('unknown');
    const [delivery] = stage.table.deliveries.values();
    expect(delivery.customerId).toBe(customerId('ada'));
    await stage.context.deliveries.advance(delivery.deliveryId, 'unknown', 'sent');
    expect(await statusNow()).toBe('sent');
  });

  it('goes through all batches page by page', async () => {
    const { ports } = await open(Array.from({ length: problemBatchesCountMax + 3 }, () => ({})));
    const first = await problemsOf(request, ports);
    expect(first.next).toBe(problemBatchesCountMax);
    expect((await problemsOf({ ...request, from: first.next ?? 0 }, ports)).next).toBeNull();
  });

  it('refuses runs that are not there, and queries that mean nothing', async () => {
    const { ports } = await open([]);
    await expect(problemsOf({ ...request, runId: 'run-2' }, ports)).rejects.toThrow('run-not-frozen');
    expect(parseProblemsQuery({})).toEqual({ phase: 'test', from: 0 });
    expect(() => parseProblemsQuery({ phase: 'dress-rehearsal' })).toThrow('problems-query-invalid');
    expect(() => parseProblemsQuery({ from: '-1' })).toThrow('problems-query-invalid');
  });
});
