// Workflow task: judges a policy by the logs, or records that it could not be judged. Input: ARCHITECTURE.md, evaluations.

import { failEvaluation, runEvaluation } from '../lib/experiments/policy/run-evaluation.ts';
import { assortmentOf } from '../lib/recommendations/assortment-source.ts';
import { decodeServing } from '../lib/recommenders/serving.ts';
import {
  campaignStore,
  catalogStore,
  clock,
  customerStore,
  evaluationStore,
  log,
  modelsStore,
  policyLogs,
  settings,
} from './runtime.ts';

type Input =
  | { readonly step: 'judge'; readonly evaluationId: string }
  | { readonly step: 'fail'; readonly evaluationId: string; readonly error: { readonly Cause?: string } };

export const handler = async (input: Input): Promise<{ readonly evaluationId: string }> => {
  const { evaluationId } = input;
  if (input.step === 'fail') {
    const reason = input.error.Cause ?? 'The task ended without a word; see the log of evaluate-policy.';
    await failEvaluation(evaluationId, reason, { evaluations: evaluationStore(), clock: clock() });
    return { evaluationId };
  }
  const { result } = await runEvaluation(evaluationId, {
    evaluations: evaluationStore(),
    logs: policyLogs(),
    customers: customerStore(),
    campaigns: campaignStore(),
    assortment: (version) =>
      assortmentOf(version, { models: modelsStore(), catalog: catalogStore(), decode: decodeServing }),
    clock: clock(),
    settings: settings(),
  });
  log('info', 'judged a policy', { evaluationId, sentence: result?.sentence.en });
  return { evaluationId };
};
