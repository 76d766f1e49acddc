// An experiment's numbers now: exposures from the archive, customers in the arm of their first, outcomes and estimates as
// of a campaign's run (collect.ts, analyse.ts), and beside them what speaks of the exposures themselves.

import type { Experiment } from '../assignment/experiment.ts';
import { historyDays } from '../base/limits.ts';
import { collectOutcomes } from '../outcomes/collect.ts';
import type { ExposureSource } from '../outcomes/exposure-source.ts';
import { foldExposures } from '../outcomes/exposures.ts';
import type { CatalogStore } from '../ports.ts';
import { analyse } from './analyse.ts';
import { experimentDesign } from './experiment-design.ts';
import { intakeOf } from './experiment-looks.ts';
import type { ExperimentResult } from './experiment-result.ts';
import { exposureChecks } from './exposure-checks.ts';
import { foreignAssignmentCheck } from './foreign-check.ts';
import { itemCosts } from './item-costs.ts';
import { ownEvents } from './outcome-query.ts';

export interface AnalysisPorts {
  readonly exposures: ExposureSource;
  readonly catalog: Pick<CatalogStore, 'get'>;
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
  { exposures, catalog }: AnalysisPorts,
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
  });
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
