import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExperimentResultStore } from '../../lib/adapters/experiment-results-dynamodb.ts';
import { experimentId } from '../../lib/base/ids.ts';
import type { ExperimentResult, ExperimentResultStore } from '../../lib/experiments/experiment-result.ts';
import { memoryExperimentResults } from '../fakes/experiment-results.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';
import { emptyTest } from './sample-result.ts';

let local: LocalTable;
beforeAll(async () => {
  local = await startLocalTable();
});
afterAll(() => local.close());

const text = { en: 'Nothing yet.', 'zh-CN': '暂无结果。' };
const result = (id: string, look: number, change: Partial<ExperimentResult> = {}): ExperimentResult => ({
  experimentId: experimentId(id),
  exposures: [{ arm: 'B', exposed: 3, crossed: 1, programs: 0, silent: 0 }],
  ...emptyTest,
  look,
  asOf: `2026-03-0${look + 1}T00:00:00.000Z`,
  reference: 'A',
  sampleRatio: { arms: ['B'], expected: [3], observed: [3], pValue: 1.2345678901234567e-100, ok: true },
  sentence: text,
  ...change,
});

const implementations: readonly [string, () => ExperimentResultStore][] = [
  ['in memory', memoryExperimentResults],
  ['on DynamoDB', () => createExperimentResultStore(local.client, local.table)],
];

describe.each(implementations)('the results of an experiment %s', (_, open) => {
  test('keep the first of each look, to the last digit, and list looks in their order', async () => {
    const store = open();
    const first = result('e1', 1);
    expect(await store.write(result('e1', 10))).toMatchObject({ look: 10 });
    expect(await store.write(first)).toEqual(first);
    expect(await store.write(result('e1', 1, { decision: 'roll-out' }))).toEqual(first);
    expect(await store.get(first.experimentId, 1)).toEqual(first);
    expect(await store.get(first.experimentId, 2)).toBeUndefined();
    await store.write(result('e2', 2));
    expect((await store.list(first.experimentId)).map(({ look }) => look)).toEqual([1, 10]);
  });

  test('asked for between looks are the newest alone, and no look', async () => {
    const store = open();
    expect(await store.onDemand(experimentId('e3'))).toBeUndefined();
    await store.writeOnDemand(result('e3', 1));
    await store.writeOnDemand(result('e3', 2));
    expect(await store.onDemand(experimentId('e3'))).toEqual(result('e3', 2));
    expect(await store.list(experimentId('e3'))).toEqual([]);
  });
});
