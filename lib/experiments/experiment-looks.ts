// When an experiment is looked at: every week from its start, and last when the window of whoever came last is over.
// One that is stopped takes nobody in any more; those who came keep their windows, and the last look comes sooner.
// One that was over before it was started here (imported) has one look, at once. Times in ms since 1970.

import type { Experiment } from '../assignment/experiment.ts';
import { experimentLookDays, outcomeDelayMs } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';

type Dated = Pick<Experiment, 'startsAt' | 'endsAt' | 'startedAt' | 'endedAt' | 'windowDays'>;

/** First exposures count in fromMs ≤ time < untilMs. */
export const intakeOf = ({ startsAt, endsAt, endedAt }: Dated) => {
  const endMs = Date.parse(endsAt);
  return {
    fromMs: Date.parse(startsAt),
    untilMs: endedAt === undefined ? endMs : Math.min(endMs, Date.parse(endedAt)),
  };
};

/** When the window of whoever came last is over. */
export const windowsEndMs = (experiment: Dated): number =>
  intakeOf(experiment).untilMs + experiment.windowDays * dayMs;

/** Ascending; late orders have had outcomeDelayMs to arrive. The first of them is look 1. */
export const experimentLooksMs = (experiment: Dated): readonly number[] => {
  const { fromMs } = intakeOf(experiment);
  const startedMs = Date.parse(experiment.startedAt ?? experiment.startsAt);
  const lastMs = Math.max(windowsEndMs(experiment), startedMs);
  const looks: number[] = [];
  for (let atMs = fromMs + experimentLookDays * dayMs; atMs < lastMs; atMs += experimentLookDays * dayMs) {
    if (atMs > startedMs) looks.push(atMs);
  }
  return [...looks, lastMs].map((atMs) => atMs + outcomeDelayMs);
};
