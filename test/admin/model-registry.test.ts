import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createModelRegistry } from '../../lib/adapters/model-registry-dynamodb.ts';
import { modelVersion } from '../../lib/base/ids.ts';
import type { ModelPointer, ModelRegistry, TrainingRecord } from '../../lib/ports.ts';
import { type LocalTable, startLocalTable } from '../fakes/local-table.ts';
import { fakeModelRegistry } from '../fakes/model-registry.ts';

const pointer = (version: string, previous?: string): ModelPointer => ({
  version: modelVersion(version),
  promotedAt: '2026-01-01T00:00:00.000Z',
  ...(previous === undefined ? {} : { previous: modelVersion(previous) }),
});
const training = (
  trainingId: string,
  startedAt: string,
  change: Partial<TrainingRecord> = {},
): TrainingRecord => ({
  trainingId,
  status: 'running',
  startedAt,
  ...change,
});

describe.each(['in memory', 'on DynamoDB'])('a model registry %s', (where) => {
  let local: LocalTable | undefined;
  let registry: ModelRegistry;
  beforeAll(async () => {
    if (where === 'on DynamoDB') local = await startLocalTable();
    registry = local ? createModelRegistry(local.client, local.table) : fakeModelRegistry();
  });
  afterAll(() => local?.close());

  it('points nowhere at first; of many promotions at once exactly one wins', async () => {
    expect(await registry.current()).toBeUndefined();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => registry.promote(pointer(`v${index}`), undefined)),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(7);
    for (const { reason } of refused) expect(reason).toMatchObject({ kind: 'conflict' });
    const winner = outcomes.findIndex((outcome) => outcome.status === 'fulfilled');
    expect(await registry.current()).toEqual(pointer(`v${winner}`));
  });

  it('moves only from the version that the caller saw', async () => {
    const seen = (await registry.current())?.version;
    await registry.promote(pointer('next', seen), seen);
    await expect(registry.promote(pointer('late', seen), seen)).rejects.toMatchObject({ kind: 'conflict' });
    expect(await registry.current()).toEqual(pointer('next', seen));
  });

  it('lists trainings newest first, each as it was recorded last', async () => {
    await registry.recordTraining(training('t1', '2026-01-01T00:00:00.000Z'));
    await registry.recordTraining(training('t2', '2026-01-02T00:00:00.000Z'));
    const ended = training('t1', '2026-01-01T00:00:00.000Z', {
      status: 'failed',
      reason: 'Too few interactions.',
    });
    await registry.recordTraining(ended);
    expect(await registry.trainings()).toEqual([training('t2', '2026-01-02T00:00:00.000Z'), ended]);
  });
});
