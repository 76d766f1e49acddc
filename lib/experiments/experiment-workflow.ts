// The workflow of an experiment: a port like those of lib/ports.ts, with one implementation on Step Functions.

import type { ExperimentId } from '../base/ids.ts';

export interface ExperimentWorkflow {
  /** Idempotent by name. With `waitUntil` (ISO 8601) it goes from look to look; without, numbers are computed once. */
  startExperiment(
    name: string,
    input: { readonly experimentId: ExperimentId; readonly waitUntil?: string },
  ): Promise<void>;
  /** Computes the report of the global holdout once. */
  startHoldout(name: string): Promise<void>;
}
