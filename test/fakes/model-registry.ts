// ModelRegistry in memory; passes the same contract suite as the DynamoDB adapter (test/admin/model-registry.test.ts).

import { Failure } from '../../lib/base/errors.ts';
import type { ModelPointer, ModelRegistry, TrainingRecord } from '../../lib/ports.ts';

export const fakeModelRegistry = (initial?: ModelPointer): ModelRegistry => {
  let pointer = initial;
  const records = new Map<string, TrainingRecord>();
  return {
    current: async () => pointer,
    promote: async (next, expected) => {
      if (pointer?.version !== expected) {
        throw new Failure('conflict', {
          code: 'model-promoted-meanwhile',
          message: 'Another promotion was first.',
          received: expected ?? null,
          action: 'Look at GET /v1/admin/models and decide anew.',
        });
      }
      pointer = next;
    },
    recordTraining: async (record) => {
      records.set(record.trainingId, record);
    },
    trainings: async () => [...records.values()].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1)),
  };
};
