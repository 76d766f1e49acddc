// EvaluationStore in memory; kept true by test/experiments/evaluation-store.test.ts.

import type { EvaluationStore, PolicyEvaluation } from '../../lib/experiments/policy/evaluation.ts';

export const memoryEvaluationStore = (): EvaluationStore => {
  const rows = new Map<string, PolicyEvaluation>();
  return {
    write: async (evaluation) => {
      rows.set(evaluation.evaluationId, evaluation);
    },
    get: async (evaluationId) => rows.get(evaluationId),
    list: async () => [...rows.values()].toSorted((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1)),
  };
};
