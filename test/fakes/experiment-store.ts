// ExperimentStore in memory; kept true by test/experiments/experiment-store.test.ts.

import { type Experiment, runningPart } from '../../lib/assignment/experiment.ts';
import type { ExperimentStore } from '../../lib/assignment/experiment-store.ts';
import { Failure } from '../../lib/base/errors.ts';

export const memoryExperimentStore = (experiments: readonly Experiment[] = []): ExperimentStore => {
  const rows = new Map(experiments.map((one) => [one.experimentId, one]));
  return {
    get: async (id) => rows.get(id),
    list: async () => [...rows.values()].toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1)),
    running: async () => [...rows.values()].filter(({ status }) => status === 'running').map(runningPart),
    write: async (experiment) => {
      if ((rows.get(experiment.experimentId)?.revision ?? 0) !== experiment.revision - 1) {
        throw new Failure('conflict', {
          code: 'experiment-changed',
          message: 'Someone else changed the experiment at the same time; nothing of this change was stored.',
          action: 'Read the experiment again and repeat the change.',
        });
      }
      rows.set(experiment.experimentId, experiment);
    },
  };
};
