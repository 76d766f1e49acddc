// Workflow task: builds the dataset of a training and names the candidates to evaluate.
// Input and output: ARCHITECTURE.md, training state machine, step 1.

import { startTraining } from '../lib/recommenders/training.ts';
import type { PlanInput } from '../lib/recommenders/training-plan.ts';
import {
  archiveStore,
  catalogStore,
  clock,
  log,
  modelRegistry,
  modelsStore,
  withAnalytics,
} from './runtime.ts';

export const handler = async (input: { readonly trainingId: string } & PlanInput) => {
  const answer = await startTraining(input, {
    archive: archiveStore(),
    models: modelsStore(),
    catalog: catalogStore(),
    registry: modelRegistry(),
    clock: clock(),
    withAnalytics,
  });
  log('info', 'dataset built', answer);
  return answer;
};
