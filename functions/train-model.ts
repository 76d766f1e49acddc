// Workflow task: tunes one candidate, evaluates it on the split by time, or fits the chosen one on everything (step).
// Input and output: ARCHITECTURE.md, training state machine, steps 2 and 5.

import type { ModelVersion } from '../lib/base/ids.ts';
import type { Recipe } from '../lib/recommenders/recommender.ts';
import { evaluateCandidate, fitModel, tuneCandidate } from '../lib/recommenders/training.ts';
import type { TuningBudget } from '../lib/recommenders/tuning.ts';
import { clock, log, modelsStore, trainingTools, withAnalytics } from './runtime.ts';

type Input = { readonly trainingId: string; readonly recipe: Recipe } & (
  | { readonly step: 'tune'; readonly name: string; readonly tune: TuningBudget }
  | { readonly step: 'evaluate'; readonly name: string }
  | { readonly step: 'fit'; readonly version: ModelVersion }
);

export const handler = async (input: Input) => {
  const ports = { models: modelsStore(), withAnalytics, tools: trainingTools(), clock: clock() };
  log('info', `training ${input.step} begins`, { trainingId: input.trainingId, model: input.recipe.model });
  switch (input.step) {
    case 'tune':
      return tuneCandidate(input, ports);
    case 'evaluate':
      return evaluateCandidate(input, ports);
    case 'fit':
      return fitModel(input, ports);
  }
};
