// Starts a training on demand and finds its record. The record stands before the workflow starts, so that a training
// that was acknowledged is always found; when the start fails the record says so.

import { z } from 'zod';
import { Failure } from '../base/errors.ts';
import { parseInput } from '../base/input.ts';
import type { ModelRegistry, RandomBytes, TrainingRecord, Workflows } from '../ports.ts';
import { defaultCandidates } from './models.ts';

const schema = z.strictObject({
  /** Default: all. */
  candidates: z
    .array(z.enum(defaultCandidates.map(({ name }) => name)))
    .min(1)
    .max(defaultCandidates.length)
    .optional(),
});

interface Ports {
  readonly registry: Pick<ModelRegistry, 'recordTraining' | 'trainings'>;
  readonly workflows: Pick<Workflows, 'startTraining'>;
  readonly random: RandomBytes;
}

export const requestTraining = async (
  body: unknown,
  { registry, workflows, random }: Ports,
  nowMs: number,
): Promise<{ readonly trainingId: string }> => {
  const { candidates } = parseInput(schema, body, 'training');
  const startedAt = new Date(nowMs).toISOString();
  const suffix = Buffer.from(random.bytes(4)).toString('hex');
  const trainingId = `training-${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}-${suffix}`;
  const record: TrainingRecord = { trainingId, status: 'running', startedAt };
  await registry.recordTraining(record);
  try {
    await workflows.startTraining(trainingId, { trainingId, ...(candidates ? { candidates } : {}) });
  } catch (error) {
    const reason = `The workflow could not be started: ${error instanceof Error ? error.message : String(error)}`;
    await registry.recordTraining({ ...record, status: 'failed', endedAt: startedAt, reason });
    throw error;
  }
  return { trainingId };
};

export const findTraining = async (
  registry: Pick<ModelRegistry, 'trainings'>,
  trainingId: string,
): Promise<TrainingRecord> => {
  const found = (await registry.trainings()).find((training) => training.trainingId === trainingId);
  if (found) return found;
  throw new Failure('not-found', {
    code: 'training-not-found',
    message: 'There is no such training.',
    received: trainingId,
    action: 'Take a trainingId from GET /v1/admin/trainings.',
  });
};
