// Workflow task: the gate, publication of one shard of lists, promotion, or the record of a failure (step).
// Input and output: ARCHITECTURE.md, training state machine, steps 3, 6 and 7.

import type { ModelVersion } from '../lib/base/ids.ts';
import { failTraining, promoteModel, publishShard, selectModel } from '../lib/recommenders/selection.ts';
import { clock, customerStore, log, modelRegistry, modelsStore } from './runtime.ts';

type Input = { readonly trainingId: string } & (
  | { readonly step: 'select' }
  | { readonly step: 'publish'; readonly version: ModelVersion; readonly shard: number }
  | { readonly step: 'promote'; readonly version: ModelVersion }
  | { readonly step: 'fail'; readonly error: unknown }
);

export const handler = async (input: Input) => {
  const ports = { models: modelsStore(), registry: modelRegistry(), clock: clock() };
  log('info', `training ${input.step}`, input);
  switch (input.step) {
    case 'select':
      return selectModel(input.trainingId, ports);
    case 'publish':
      return publishShard(input, { models: ports.models, customers: customerStore() });
    case 'promote':
      return promoteModel(input, ports);
    case 'fail':
      return failTraining(input, ports);
  }
};
