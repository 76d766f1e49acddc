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
    const started = await requestTraining(
      { body: { candidates: ['als'] } },
      { registry, workflows, random },
      nowMs,
    );
    expect(started).toEqual({ trainingId });
    expect([...workflows.trainings]).toEqual([[trainingId, { trainingId, candidates: ['als'] }]]);
    expect(await findTraining(registry, trainingId)).toEqual({
      trainingId,
      status: 'running',
      startedAt: '2026-01-02T03:04:05.000Z',
      candidates: ['als'],
    });
  });

  it('may ask for its candidates to be tuned, within limits', async () => {
    const ports = { registry: fakeModelRegistry(), workflows: fakeWorkflows(), random };
    const tune = { trials: 20, seconds: 300 };
    await requestTraining({ body: { tune } }, ports, nowMs);
    expect([...ports.workflows.trainings]).toEqual([[trainingId, { trainingId, tune }]]);
    expect(await findTraining(ports.registry, trainingId)).toMatchObject({ tune });
    for (const wrong of [{ trials: 0, seconds: 1 }, { trials: 1, seconds: 601 }, { trials: 1 }]) {
      await expect(requestTraining({ body: { tune: wrong } }, ports, nowMs)).rejects.toMatchObject({
        kind: 'invalid',
      });
    }
  });

  it('whose workflow could not be started is recorded as failed with its reason', async () => {
    const registry = fakeModelRegistry();
    const workflows = { startTraining: () => Promise.reject(new Error('no such state machine')) };
    await expect(requestTraining({ body: {} }, { registry, workflows, random }, nowMs)).rejects.toThrow(
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
    await expect(requestTraining({ body: { candidate: 'als' } }, ports, nowMs)).rejects.toMatchObject({
      kind: 'invalid',
    });
    await expect(requestTraining({ body: { candidates: ['gpt'] } }, ports, nowMs)).rejects.toMatchObject({
      kind: 'invalid',
      detail: { problems: [{ path: 'candidates.0', message: expect.stringContaining('item-knn-cosine') }] },
    });
    await requestTraining(
      { body: { candidates: ['external-two-tower', 'bpr'] } },
      { ...ports, registry: fakeModelRegistry() },
      nowMs,
    );
    await expect(requestTraining({ body: { candidates: [] } }, ports, nowMs)).rejects.toMatchObject({
      kind: 'invalid',
    });
    expect(await registry.trainings()).toEqual([]);
    await expect(findTraining(registry, 'none')).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('asked for again with its Idempotency-Key is the same training, also after it ended', async () => {
    const registry = fakeModelRegistry();
    const workflows = fakeWorkflows();
    const ports = { registry, workflows, random };
    const asked = { body: { candidates: ['als'] }, idempotencyKey: 'nightly 1' };
    const first = await requestTraining(asked, ports, nowMs);
    expect(await requestTraining(asked, ports, nowMs + 5_000)).toEqual(first);
    const ended = { ...(await findTraining(registry, first.trainingId)), status: 'refused' } as const;
    await registry.recordTraining(ended);
    expect(await requestTraining(asked, ports, nowMs + 9_000)).toEqual(first);
    expect(await registry.trainings()).toEqual([ended]);
    expect([...workflows.trainings.keys()]).toEqual([first.trainingId]);
    const other = await requestTraining({ ...asked, idempotencyKey: 'nightly 2' }, ports, nowMs);
    expect(other).not.toEqual(first);
  });

  it('that could not be started is started by repeating the request with its key', async () => {
    const registry = fakeModelRegistry();
    const asked = { body: {}, idempotencyKey: 'k' };
    const broken = { startTraining: () => Promise.reject(new Error('no connection')) };
    const failing = requestTraining(asked, { registry, workflows: broken, random }, nowMs);
    await expect(failing).rejects.toThrow('no connection');
    const workflows = fakeWorkflows();
    const { trainingId: id } = await requestTraining(asked, { registry, workflows, random }, nowMs + 1_000);
    expect([...workflows.trainings.keys()]).toEqual([id]);
    expect(await findTraining(registry, id)).toMatchObject({ status: 'running' });
  });

  it('is refused when its key stands for other candidates or another tuning, or is no key', async () => {
    const ports = { registry: fakeModelRegistry(), workflows: fakeWorkflows(), random };
    await requestTraining({ body: {}, idempotencyKey: 'k' }, ports, nowMs);
    for (const body of [{ candidates: ['als'] }, { tune: { trials: 2, seconds: 9 } }]) {
      const other = { body, idempotencyKey: 'k' };
      await expect(requestTraining(other, ports, nowMs)).rejects.toMatchObject({ kind: 'conflict' });
    }
    await expect(requestTraining({ body: {}, idempotencyKey: '' }, ports, nowMs)).rejects.toMatchObject({
      kind: 'invalid',
    });
  });
});
