// What is kept of an experiment: the result of each look as it was made, and the newest that somebody asked for between.

import type { ExperimentId } from '../base/ids.ts';
import type { ExposedArm } from '../outcomes/exposures.ts';
import type { TestResult } from './result.ts';

export interface ExperimentResult extends TestResult {
  readonly experimentId: ExperimentId;
  readonly exposures: readonly ExposedArm[];
}

/** DailySums[] of the newest analysis, in the archive bucket. */
export const experimentDaysKey = (id: ExperimentId): string => `experiments/${id}/days.json`;

export interface ExperimentResultStore {
  /** Keeps the first result of a look and returns the one kept, so that repeating an analysis changes nothing. */
  write(result: ExperimentResult): Promise<ExperimentResult>;
  /** Of one look; undefined when it was not made yet. */
  get(id: ExperimentId, look: number): Promise<ExperimentResult | undefined>;
  /** Of looks, in their order. */
  list(id: ExperimentId): Promise<readonly ExperimentResult[]>;
  /** Replaces what was computed on demand before. */
  writeOnDemand(result: ExperimentResult): Promise<void>;
  onDemand(id: ExperimentId): Promise<ExperimentResult | undefined>;
}
