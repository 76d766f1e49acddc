// An experiment's numbers now: exposures from the archive, customers in the arm of their first, outcomes and estimates as
// of a campaign's run (collect.ts, analyse.ts), and beside them what speaks of the exposures themselves. The data behind
// the estimates is kept in the archive bucket, where the newest analysis replaces what was there.

import type { Experiment } from '../assignment/experiment.ts';
import { historyDays } from '../base/limits.ts';
import { putJson } from '../campaigns/frozen-objects.ts';
import { collectOutcomes } from '../outcomes/collect.ts';
import type { ExposureSource } from '../outcomes/exposure-source.ts';
import { foldExposures } from '../outcomes/exposures.ts';
import type { CatalogStore, ObjectStore } from '../ports.ts';
import { analyse } from './analyse.ts';
import { dailySums } from './daily-sums.ts';
import { experimentDesign } from './experiment-design.ts';
import { intakeOf } from './experiment-looks.ts';
import { type ExperimentResult, experimentDaysKey } from './experiment-result.ts';
import { exposureChecks } from './exposure-checks.ts';
import { foreignAssignmentCheck } from './foreign-check.ts';
import { itemCosts } from './item-costs.ts';
import { ownEvents } from './outcome-query.ts';

export interface AnalysisPorts {
  readonly exposures: ExposureSource;
  readonly catalog: Pick<CatalogStore, 'get'>;
  readonly archive: ObjectStore;
}

export interface ExperimentLook {
  readonly look: number;
  readonly final: boolean;
  readonly asOfMs: number;
  /** The look before this one, for what it may still decide. */
  readonly earlier?: ExperimentResult;
}

export const analyseExperiment = async (
  experiment: Experiment,
  { look, final, asOfMs, earlier }: ExperimentLook,
  { exposures, catalog, archive }: AnalysisPorts,
): Promise<ExperimentResult> => {
  const { experimentId, subject, variants, assignedBy } = experiment;
  const design = experimentDesign(experiment);
  const { windowDays, metrics } = design;
  const { cells, events, feed } = await exposures.read({
    experimentId,
    subject,
    ...intakeOf(experiment),
    toMs: asOfMs,
    historyDays,
    ownEvents: ownEvents(metrics),
  });
  const exposed = foldExposures(experimentId, variants, cells);
  const outcomes = collectOutcomes(exposed.assigned, events, {
    windowDays,
    asOfMs,
    costOf: await itemCosts(events, catalog),
    metrics,
    historyDays,
    feed,
    byDay: true,
  });
  await putJson(archive, experimentDaysKey(experimentId), dailySums(outcomes, design));
  const asOf = new Date(asOfMs).toISOString();
  const result = analyse(design, outcomes, { look, final, asOf, ...(earlier !== undefined && { earlier }) });
  return {
    experimentId,
    ...result,
    exposures: exposed.arms,
    checks: [
      ...result.checks,
      ...exposureChecks(exposed),
      ...(assignedBy === undefined ? [] : [foreignAssignmentCheck(assignedBy, variants, exposed.assigned)]),
    ],
  };
};
