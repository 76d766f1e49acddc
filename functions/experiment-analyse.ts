// Workflow task: the look at an experiment that is due, or its numbers now.
// Input and output: ARCHITECTURE.md, experiment state machine.

import { experimentId } from '../lib/base/ids.ts';
import { refreshHoldoutReport } from '../lib/experiments/holdout-report.ts';
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
  secretStore,
  settings,
} from './runtime.ts';

type Input = { readonly step: 'look' | 'now'; readonly experimentId: string } | { readonly step: 'holdout' };

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
): Promise<
  AfterExperimentLook | { readonly experimentId: string; readonly asOf: string } | { readonly period: string }
> => {
  if (input.step === 'holdout') {
    const { period } = await refreshHoldoutReport({
      ...ports(),
      secrets: secretStore(),
      settings: settings(),
    });
    return { period };
  }
  const id = experimentId(input.experimentId);
  if (input.step === 'now') {
    const { asOf } = await analyseNow(id, ports());
    return { experimentId: id, asOf };
  }
  const after = await lookAtExperiment(id, ports());
  log('info', 'looked at an experiment', after);
  return after;
};
