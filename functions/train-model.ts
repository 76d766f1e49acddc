// Workflow task: evaluates one candidate on the split by time, or fits the chosen one on everything (step).
// Input and output: ARCHITECTURE.md, training state machine, steps 2 and 5.

import type { ModelVersion } from '../lib/base/ids.ts';
import type { Recipe } from '../lib/recommenders/recommender.ts';
import { evaluateCandidate, fitModel } from '../lib/recommenders/training.ts';
import { log, modelsStore, trainingTools, withAnalytics } from './runtime.ts';

type Input = { readonly trainingId: string; readonly recipe: Recipe } & (
  | { readonly step: 'evaluate'; readonly name: string }
  | { readonly step: 'fit'; readonly version: ModelVersion }
);

export const handler = async (input: Input) => {
  const ports = { models: modelsStore(), withAnalytics, tools: trainingTools() };
  const answer =
    input.step === 'evaluate' ? await evaluateCandidate(input, ports) : await fitModel(input, ports);
  log('info', `training ${input.step}`, { trainingId: input.trainingId, model: input.recipe.model });
  return answer;
};
