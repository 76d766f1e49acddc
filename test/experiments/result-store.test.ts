import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createResultStore } from '../../lib/adapters/result-store-dynamodb.ts';
import { campaignId } from '../../lib/base/ids.ts';
import { allRuns, type CampaignResult } from '../../lib/experiments/result.ts';
import type { ResultStore } from '../../lib/ports.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';
import { memoryResultStore } from '../fakes/result-store.ts';
import { emptyTest } from './sample-result.ts';

let local: LocalTable;
beforeAll(async () => {
  local = await startLocalTable();
});
afterAll(() => local.close());

const text = { en: 'Nothing yet.', 'zh-CN': '暂无结果。' };
const result = (id: string, runId: string, look: number, asOf: string): CampaignResult => ({
  ...emptyTest,
  campaignId: campaignId(id),
  runId,
  look,
  asOf,
  reference: 'holdout',
  arms: [
    {
      arm: 'B',
      role: 'variant',
      treated: true,
      customers: 3,
      matured: 0,
      sent: 2,
      suppressed: 1,
      conversions: 1,
      repurchaseRate: 1 / 3,
      revenue: { total: 0.1 + 0.2, mean: 0.1, standardDeviation: null },
      redemptions: 0,
      unsubscribes: 0,
      complaints: 0,
    },
  ],
  sampleRatio: { arms: ['B'], expected: [3], observed: [3], pValue: 1.2345678901234567e-100, ok: true },
  sentence: text,
});

const implementations: readonly [string, () => ResultStore][] = [
  ['in memory', memoryResultStore],
  ['on DynamoDB', () => createResultStore(local.client, local.table)],
];

describe.each(implementations)('a result store %s', (_, open) => {
  test('gives a result back as it was written, to the last digit and with its nulls', async () => {
    const store = open();
    const written = result('kept', 'run-1', 1, '2026-03-08T00:00:00.000Z');
    expect(await store.write(written)).toEqual(written);
    expect(await store.get(written.campaignId, 'run-1', 1)).toEqual(written);
    expect(await store.get(written.campaignId, 'run-1', 2)).toBeUndefined();
    expect(await store.get(written.campaignId, 'run-2', 1)).toBeUndefined();
  });

  test('keeps the first result of a look and returns it to whoever writes another', async () => {
    const store = open();
    const first = result('twice', 'run-1', 1, '2026-03-08T00:00:00.000Z');
    await store.write(first);
    expect(await store.write({ ...first, asOf: '2026-03-09T00:00:00.000Z' })).toEqual(first);
    expect(await store.list(first.campaignId)).toEqual([first]);
  });

  test('lists the results of one campaign oldest first, whatever the number of runs and looks', async () => {
    const store = open();
    const written = [
      result('many', 'run-2', 1, '2026-03-08T00:00:00.000Z'),
      result('many', 'run-10', 2, '2026-03-09T00:00:00.000Z'),
      result('many', 'run-2', 10, '2026-03-10T00:00:00.000Z'),
      result('many', allRuns, 1, '2026-03-10T00:00:00.000Z'),
    ];
    for (const one of [...written].reverse()) {
      await store.write(one);
    }
    await store.write(result('many-more', 'run-1', 1, '2026-03-11T00:00:00.000Z'));
    expect(await store.list(campaignId('many'))).toEqual(written);
    expect(await store.latest(campaignId('many'))).toEqual(written[3]);
    expect(await store.latest(campaignId('none'))).toBeUndefined();
  });
});
