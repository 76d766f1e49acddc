// The second half of the training workflow: the gate, publication of lists, promotion, and the record of failure.
// Promotion flips the pointer only from what the gate compared with; a promotion in between (a rollback, another
// training) makes it fail with conflict. Each step may run again: the same pointer, lists and records come out.

import { gunzipSync } from 'node:zlib';
import type { CustomerId, ModelVersion } from '../base/ids.ts';
import { type CleaningReport, datasetKey, getJson, getObject, putJson } from '../dataset/build.ts';
import type { ListedItem, PublishedList } from '../events/customer.ts';
import type { Clock, CustomerStore, ModelRegistry, ObjectStore, TrainingRecord } from '../ports.ts';
import { decideGate } from './gate.ts';
import { listsKey, type ModelManifest, versionKey, versionOf } from './manifest.ts';
import type { Recipe } from './recommender.ts';
import {
  candidatesKey,
  evaluationKey,
  type PlannedCandidate,
  type StoredEvaluation,
  type StoredSelection,
  selectionKey,
} from './training-objects.ts';

export interface SelectionPorts {
  readonly models: ObjectStore;
  readonly registry: ModelRegistry;
  readonly clock: Clock;
}

export interface SelectionResult {
  readonly trainingId: string;
  readonly outcome: 'promote' | 'refused';
  readonly recipe?: Recipe;
  readonly version?: ModelVersion;
  readonly reason: string;
}

export const selectModel = async (trainingId: string, ports: SelectionPorts): Promise<SelectionResult> => {
  const { models, registry } = ports;
  const planned = await getJson<PlannedCandidate[]>(models, candidatesKey(trainingId));
  const evaluated = await Promise.all(
    planned.map(async (candidate) => ({
      ...candidate,
      ...(await getJson<StoredEvaluation>(models, evaluationKey(trainingId, candidate.name))),
    })),
  );
  const pointer = await registry.current();
  const serving =
    pointer && (await getJson<ModelManifest>(models, versionKey(pointer.version, 'manifest.json')));
  const decision = decideGate(evaluated, serving?.recipe, trainingId);
  const selection: StoredSelection = {
    decision,
    evaluations: Object.fromEntries(evaluated.map(({ name, metrics }) => [name, metrics])),
    ...(pointer && { servingVersion: pointer.version }),
  };
  await putJson(models, selectionKey(trainingId), selection);
  if (decision.outcome === 'refused') {
    await recordEnd(trainingId, { status: 'refused', reason: decision.reason }, ports);
    return { trainingId, outcome: 'refused', reason: decision.reason };
  }
  const { builtAt } = await getJson<CleaningReport>(models, datasetKey(trainingId, 'report.json'));
  const { outcome, recipe, reason } = decision;
  return { trainingId, outcome, recipe, version: versionOf(trainingId, recipe, builtAt), reason };
};

export const publishShard = async (
  { version, shard }: { readonly version: ModelVersion; readonly shard: number },
  ports: { readonly models: ObjectStore; readonly customers: CustomerStore },
): Promise<{ readonly published: number }> => {
  const bytes = gunzipSync(await getObject(ports.models, listsKey(version, shard)));
  const stored = JSON.parse(bytes.toString('utf8')) as (readonly [CustomerId, readonly ListedItem[]])[];
  const lists = new Map<CustomerId, PublishedList>(
    stored.map(([customerId, items]) => [customerId, { modelVersion: version, items }]),
  );
  await ports.customers.writeLists(lists);
  return { published: lists.size };
};

export const promoteModel = async (
  { trainingId, version }: { readonly trainingId: string; readonly version: ModelVersion },
  ports: SelectionPorts,
): Promise<{ readonly trainingId: string; readonly version: ModelVersion }> => {
  const selection = await getJson<StoredSelection>(ports.models, selectionKey(trainingId));
  const current = await ports.registry.current();
  if (current?.version !== version) {
    const promotedAt = new Date(ports.clock.nowMs()).toISOString();
    const previous = selection.servingVersion;
    await ports.registry.promote({ version, promotedAt, ...(previous && { previous }) }, previous);
  }
  await recordEnd(trainingId, { status: 'promoted', version, reason: selection.decision.reason }, ports);
  return { trainingId, version };
};

/** `error` is what the state machine caught: a text, or Lambda's { Error, Cause } with a JSON Cause. */
export const failTraining = async (
  { trainingId, error }: { readonly trainingId: string; readonly error: unknown },
  ports: Pick<SelectionPorts, 'registry' | 'clock'>,
): Promise<void> => {
  await recordEnd(trainingId, { status: 'failed', reason: errorText(error) }, ports);
};

const recordEnd = async (
  trainingId: string,
  end: Pick<TrainingRecord, 'status' | 'version' | 'reason'>,
  { registry, clock }: Pick<SelectionPorts, 'registry' | 'clock'>,
): Promise<void> => {
  const endedAt = new Date(clock.nowMs()).toISOString();
  const known = (await registry.trainings()).find((record) => record.trainingId === trainingId);
  const { startedAt = endedAt, candidates, tune } = known ?? {};
  await registry.recordTraining({
    trainingId,
    startedAt,
    candidates,
    ...(tune && { tune }),
    endedAt,
    ...end,
  });
};

const errorText = (error: unknown): string => {
  const { Error: name, Cause: cause } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly Error?: unknown;
    readonly Cause?: unknown;
  };
  if (typeof cause !== 'string') {
    return (typeof error === 'string' ? error : (JSON.stringify(error) ?? 'unknown')).slice(0, 1_000);
  }
  const message = messageIn(cause);
  // A Failure (errors.ts) says what was wrong in a sentence after its code.
  const told = name === 'Failure' ? message.replace(/^[a-z0-9-]+: /, '') : undefined;
  return (told ?? `${typeof name === 'string' ? name : 'Error'}: ${message}`).slice(0, 1_000);
};

/** Lambda's Cause is JSON with the error's message; anything else is the message itself. */
const messageIn = (cause: string): string => {
  try {
    const parsed = JSON.parse(cause) as { readonly errorMessage?: unknown } | null;
    return typeof parsed?.errorMessage === 'string' ? parsed.errorMessage : cause;
  } catch {
    return cause;
  }
};
