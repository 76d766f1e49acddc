import { describe, expect, it } from 'vitest';
import { findTraining, requestTraining } from '../../lib/recommenders/training-request.ts';
import { fakeModelRegistry } from '../fakes/model-registry.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const random = { bytes: (count: number) => new Uint8Array(count).fill(0xab) };
const trainingId = 'training-20260102T030405-abababab';

describe('a training on demand', () => {
  it('is recorded and started under one id, with the candidates that were named', async () => {
    const registry = fakeModelRegistry();
    const workflows = fakeWorkflows();
    const started = await requestTraining({ candidates: ['als'] }, { registry, workflows, random }, nowMs);
    expect(started).toEqual({ trainingId });
    expect([...workflows.trainings]).toEqual([[trainingId, { trainingId, candidates: ['als'] }]]);
    expect(await findTraining(registry, trainingId)).toEqual({
      trainingId,
      status: 'running',
      startedAt: '2026-01-02T03:04:05.000Z',
    });
  });

  it('whose workflow could not be started is recorded as failed with its reason', async () => {
    const registry = fakeModelRegistry();
    const workflows = { startTraining: () => Promise.reject(new Error('no such state machine')) };
    await expect(requestTraining({}, { registry, workflows, random }, nowMs)).rejects.toThrow(
      'no such state machine',
    );
    expect(await findTraining(registry, trainingId)).toMatchObject({
      status: 'failed',
      reason: 'The workflow could not be started: no such state machine',
    });
  });

  it('is refused when its body is not understood, and nothing is recorded', async () => {
    const registry = fakeModelRegistry();
    const ports = { registry, workflows: fakeWorkflows(), random };
    await expect(requestTraining({ candidate: 'als' }, ports, nowMs)).rejects.toMatchObject({
      kind: 'invalid',
    });
    await expect(requestTraining({ candidates: ['gpt'] }, ports, nowMs)).rejects.toMatchObject({
      kind: 'invalid',
      detail: { problems: [{ path: 'candidates.0', message: expect.stringContaining('item-knn-cosine') }] },
    });
    await expect(requestTraining({ candidates: [] }, ports, nowMs)).rejects.toMatchObject({
      kind: 'invalid',
    });
    expect(await registry.trainings()).toEqual([]);
    await expect(findTraining(registry, 'none')).rejects.toMatchObject({ kind: 'not-found' });
  });
});
