import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExperimentStore } from '../../lib/adapters/experiment-store-dynamodb.ts';
import { type Experiment, runningPart } from '../../lib/assignment/experiment.ts';
import type { ExperimentStore } from '../../lib/assignment/experiment-store.ts';
import { defaultMetrics } from '../../lib/assignment/metric-plan.ts';
import { experimentId } from '../../lib/base/ids.ts';

import { memoryExperimentStore } from '../fakes/experiment-store.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';

let local: LocalTable;
beforeAll(async () => {
  local = await startLocalTable();
});
afterAll(() => local.close());

const implementations: readonly [string, () => ExperimentStore][] = [
  ['in memory', () => memoryExperimentStore()],
  ['on DynamoDB', () => createExperimentStore(local.client, local.table)],
];
const experiment = (id: string, change: Partial<Experiment> = {}): Experiment => ({
  experimentId: experimentId(id),
  name: 'A name',
  status: 'draft',
  subject: 'recommendations',
  variants: [
    { name: 'a', weight: 0.1 + 0.2 },
    { name: 'b', weight: 0.7, serving: { personalised: false } },
  ],
  reference: 'a',
  salt: 's',
  startsAt: '2026-11-01T00:00:00Z',
  endsAt: '2026-12-01T00:00:00Z',
  windowDays: 30,
  metrics: defaultMetrics,
  createdAt: '2026-11-01T00:00:00Z',
  revision: 1,
  ...change,
});

describe.each(implementations)('the store of experiments %s', (_, open) => {
  it('keeps what was written to the last bit, newest first, and lists as running what runs', async () => {
    const store = open();
    const first = experiment('e1');
    const second = experiment('e2', { createdAt: '2026-11-02T00:00:00Z' });
    await store.write(first);
    await store.write(second);
    expect(await store.get(first.experimentId)).toEqual(first);
    expect(await store.get(experimentId('nowhere'))).toBeUndefined();
    expect((await store.list()).map(({ experimentId: id }) => id)).toEqual(['e2', 'e1']);
    expect(await store.running()).toEqual([]);
    const running = experiment('e1', { status: 'running', revision: 2 });
    await store.write(running);
    expect(await store.running()).toEqual([runningPart(running)]);
    await store.write(experiment('e1', { status: 'stopped', revision: 3 }));
    expect(await store.running()).toEqual([]);
  });

  it('lets one of two writers of the same revision win', async () => {
    const store = open();
    await store.write(experiment('race'));
    const results = await Promise.allSettled(
      ['one', 'two'].map((name) => store.write(experiment('race', { name, revision: 2 }))),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(store.write(experiment('race'))).rejects.toMatchObject({ kind: 'conflict' });
  });
});
