// Where experiments are kept: a port like those of lib/ports.ts, with one implementation on DynamoDB and a fake.

import type { ExperimentId } from '../base/ids.ts';
import type { Experiment, RunningExperiment } from './experiment.ts';

export interface ExperimentStore {
  get(id: ExperimentId): Promise<Experiment | undefined>;
  /** Every experiment, newest first. */
  list(): Promise<readonly Experiment[]>;
  /** Those that run; one that was started is here as soon as the start is answered. */
  running(): Promise<readonly RunningExperiment[]>;
  /** Writes when the stored revision is `experiment.revision - 1` (absent for 1); throws conflict otherwise. */
  write(experiment: Experiment): Promise<void>;
}
