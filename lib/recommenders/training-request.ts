// Starts a training on demand and finds its record. The record stands before the workflow starts, so that a training
// that was acknowledged is always found; when the start fails the record says so.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../base/errors.ts';
import { parseInput } from '../base/input.ts';
import { idLengthMax } from '../base/limits.ts';
import { datedId } from '../base/made-ids.ts';
import { candidatesCountMax, tuningSecondsMax, tuningTrialsCountMax } from '../base/model-limits.ts';
import { canonicalJson } from '../events/canonical-json.ts';
import type { ModelRegistry, RandomBytes, TrainingRecord, Workflows } from '../ports.ts';
import { candidateNamesText, isCandidateName } from './candidates.ts';

const schema = z.strictObject({
  /** Default: all that fit the catalogue. */
  candidates: z
    .array(z.string().max(idLengthMax).refine(isCandidateName, `Use ${candidateNamesText}`))
    .min(1)
    .max(candidatesCountMax)
    .optional(),
  /** The budget of each candidate's search for hyperparameters. Default: recipes are taken as they are. */
  tune: z
    .strictObject({
      trials: z.int().min(1).max(tuningTrialsCountMax),
      seconds: z.int().min(1).max(tuningSecondsMax),
    })
    .optional(),
});

interface Ports {
  readonly registry: Pick<ModelRegistry, 'recordTraining' | 'trainings'>;
  readonly workflows: Pick<Workflows, 'startTraining'>;
  readonly random: RandomBytes;
}

interface TrainingRequest {
  readonly body: unknown;
  /** The header Idempotency-Key: one key, one training, however often it is asked for. Absent: a new one each time. */
  readonly idempotencyKey?: string;
}

export const requestTraining = async (
  { body, idempotencyKey }: TrainingRequest,
  ports: Ports,
  nowMs: number,
): Promise<{ readonly trainingId: string }> => {
  const { candidates, tune } = parseInput(schema, body, 'training');
  const startedAt = new Date(nowMs).toISOString();
  const trainingId =
    idempotencyKey === undefined
      ? datedId('training', startedAt, ports.random.bytes(4))
      : keyedTrainingId(idempotencyKey);
  const record: TrainingRecord = {
    trainingId,
    status: 'running',
    startedAt,
    candidates,
    ...(tune && { tune }),
  };
  const earlier = idempotencyKey === undefined ? undefined : await recordOf(ports.registry, trainingId);
  if (earlier !== undefined) {
    refuseOtherTraining(earlier, record);
  }
  const known = earlier === undefined || isUnstarted(earlier) ? undefined : earlier;
  if (known === undefined) {
    await ports.registry.recordTraining(record);
  }
  // A known one that still runs is started too: the call that recorded it may have ended before it could.
  if (known === undefined || known.status === 'running') {
    await start(known ?? record, ports);
  }
  return { trainingId };
};

const keyedTrainingId = (idempotencyKey: string): string => {
  if (idempotencyKey === '' || idempotencyKey.length > idLengthMax) {
    throw new Failure('invalid', {
      code: 'idempotency-key-invalid',
      message: `The header Idempotency-Key must have 1 to ${idLengthMax} characters.`,
      received: `${idempotencyKey.length} characters`,
      action:
        'Send a key of your own for each training, the same when you repeat the request, or leave it out.',
    });
  }
  return `training-${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 24)}`;
};

const refuseOtherTraining = (earlier: TrainingRecord, { candidates, tune }: TrainingRecord): void => {
  const asked = (record: Pick<TrainingRecord, 'candidates' | 'tune'>): string =>
    canonicalJson([record.candidates, record.tune]);
  if (asked(earlier) === asked({ candidates, tune })) return;
  throw new Failure('conflict', {
    code: 'idempotency-key-reused',
    message: 'This Idempotency-Key was used for a training of other candidates or another tuning.',
    received: candidates ?? null,
    action: 'Use a new key for each training; repeat a request with exactly the same body.',
  });
};

const unstarted = 'The workflow could not be started: ';
const isUnstarted = ({ status, reason }: TrainingRecord): boolean =>
  status === 'failed' && reason !== undefined && reason.startsWith(unstarted);

const start = async (record: TrainingRecord, { registry, workflows }: Ports): Promise<void> => {
  const { trainingId, startedAt, candidates, tune } = record;
  try {
    await workflows.startTraining(trainingId, {
      trainingId,
      ...(candidates && { candidates }),
      ...(tune && { tune }),
    });
  } catch (error) {
    const reason = `${unstarted}${error instanceof Error ? error.message : String(error)}`;
    await registry.recordTraining({ ...record, status: 'failed', endedAt: startedAt, reason });
    throw error;
  }
};

const recordOf = async (
  registry: Pick<ModelRegistry, 'trainings'>,
  trainingId: string,
): Promise<TrainingRecord | undefined> =>
  (await registry.trainings()).find((training) => training.trainingId === trainingId);

export const findTraining = async (
  registry: Pick<ModelRegistry, 'trainings'>,
  trainingId: string,
): Promise<TrainingRecord> => {
  const found = await recordOf(registry, trainingId);
  if (found) return found;
  throw new Failure('not-found', {
    code: 'training-not-found',
    message: 'There is no such training.',
    received: trainingId,
    action: 'Take a trainingId from GET /v1/admin/trainings.',
  });
};
