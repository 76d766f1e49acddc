// Workflow task: the look at an experiment that is due, or its numbers now.
// Input and output: ARCHITECTURE.md, experiment state machine.

import { experimentId } from '../lib/base/ids.ts';
import {
  type AfterExperimentLook,
  analyseNow,
  type ExperimentLookPorts,
  lookAtExperiment,
} from '../lib/experiments/look-at-experiment.ts';
import {
  archiveStore,
  catalogStore,
  clock,
  experimentResults,
  experimentStore,
  exposureSource,
  log,
} from './runtime.ts';

interface Input {
  readonly step: 'look' | 'now';
  readonly experimentId: string;
}

const ports = (): ExperimentLookPorts => ({
  experiments: experimentStore(),
  results: experimentResults(),
  exposures: exposureSource(),
  catalog: catalogStore(),
  archive: archiveStore(),
  clock: clock(),
});

export const handler = async (
  input: Input,
): Promise<AfterExperimentLook | { readonly experimentId: string; readonly asOf: string }> => {
  const id = experimentId(input.experimentId);
  if (input.step === 'now') {
    const { asOf } = await analyseNow(id, ports());
    return { experimentId: id, asOf };
  }
  const after = await lookAtExperiment(id, ports());
  log('info', 'looked at an experiment', after);
  return after;
};
