// ExperimentResultStore in memory; kept true by test/experiments/experiment-results.test.ts.

import type { ExperimentResult, ExperimentResultStore } from '../../lib/experiments/experiment-result.ts';

export const memoryExperimentResults = (): ExperimentResultStore => {
  const looks = new Map<string, ExperimentResult>();
  const onDemand = new Map<string, ExperimentResult>();
  const key = (id: string, look: number): string => JSON.stringify([id, look]);
  return {
    write: async (result) => {
      const at = key(result.experimentId, result.look);
      const kept = looks.get(at) ?? structuredClone(result);
      looks.set(at, kept);
      return structuredClone(kept);
    },
    get: async (id, look) => structuredClone(looks.get(key(id, look))),
    list: async (id) =>
      structuredClone([...looks.values()].filter(({ experimentId }) => experimentId === id)).toSorted(
        (a, b) => a.look - b.look,
      ),
    writeOnDemand: async (result) => {
      onDemand.set(result.experimentId, structuredClone(result));
    },
    onDemand: async (id) => structuredClone(onDemand.get(id)),
  };
};
