// Where exposures come from: a port like those of lib/ports.ts, with one implementation over the archive.

import type { Experiment } from '../assignment/experiment.ts';
import type { ExperimentId } from '../base/ids.ts';
import type { StoredEvent } from '../events/event.ts';
import type { ExposureCell } from './exposures.ts';
import type { Feed } from './feed.ts';

/** What the analysis of an experiment reads from the archive. */
export interface ExposureQuery {
  /** Undefined: of `known`. */
  readonly experimentId: ExperimentId | undefined;
  /** `known`: no experiment, but every user who sent anything in the time. */
  readonly subject: Experiment['subject'] | 'known';
  /** Exposures count in fromMs ≤ time < untilMs. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Until when events were received. */
  readonly toMs: number;
  /** As of OutcomeQuery. */
  readonly historyDays: number;
  readonly ownEvents: readonly string[];
}

export interface ExposureSource {
  /** Exposures, and the orders, refunds and measured events of the exposed; ids are resolved, anonymous ones too. */
  read(query: ExposureQuery): Promise<{
    readonly cells: readonly ExposureCell[];
    readonly events: readonly StoredEvent[];
    readonly feed: Feed;
  }>;
}
