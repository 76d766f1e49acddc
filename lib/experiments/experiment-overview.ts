// What the API answers about an experiment's results: as stored, the newest first to be read, and when the next comes.
// Numbers between looks are asked for: the workflow computes them, since they may take longer than an answer over HTTP.

import type { Experiment } from '../assignment/experiment.ts';
import type { ExperimentStore } from '../assignment/experiment-store.ts';
import { Failure } from '../base/errors.ts';
import type { ExperimentId } from '../base/ids.ts';
import { resultsShownMax } from '../base/limits.ts';
import type { Clock } from '../ports.ts';
import { existingExperiment, workflowName } from './administer-experiment.ts';
import { experimentLooksMs } from './experiment-looks.ts';
import type { ExperimentResult, ExperimentResultStore } from './experiment-result.ts';
import type { ExperimentWorkflow } from './experiment-workflow.ts';

export interface OverviewPorts {
  readonly experiments: Pick<ExperimentStore, 'get'>;
  readonly results: ExperimentResultStore;
  readonly workflows: ExperimentWorkflow;
  readonly clock: Clock;
}

export interface ExperimentResults {
  readonly experimentId: ExperimentId;
  readonly status: Experiment['status'];
  /** The newest, of a look or on demand; null before the first. */
  readonly latest: ExperimentResult | null;
  /** Of all looks that there were. */
  readonly resultsCount: number;
  /** The newest resultsShownMax, oldest first. */
  readonly results: readonly ExperimentResult[];
  /** When the next look is made, ISO 8601; null when none is to come. */
  readonly nextLookAt: string | null;
}

export const experimentResults = async (
  id: ExperimentId,
  { experiments, results, clock }: Omit<OverviewPorts, 'workflows'>,
): Promise<ExperimentResults> => {
  const experiment = await existingExperiment(id, experiments);
  const [looks, onDemand] = await Promise.all([results.list(id), results.onDemand(id)]);
  const last = looks.at(-1);
  const isLive = experiment.status === 'running' || experiment.status === 'stopped';
  const next = isLive ? experimentLooksMs(experiment).find((atMs) => atMs > clock.nowMs()) : undefined;
  return {
    experimentId: id,
    status: experiment.status,
    latest: (onDemand && (last === undefined || onDemand.asOf > last.asOf) ? onDemand : last) ?? null,
    resultsCount: looks.length,
    results: looks.slice(-resultsShownMax),
    nextLookAt: next === undefined ? null : new Date(next).toISOString(),
  };
};

export interface AnalysisStarted {
  readonly experimentId: ExperimentId;
  readonly requestedAt: string;
  /** Of the newest result until then; null without one. */
  readonly asOf: string | null;
}

/** Asked again within the same ten seconds it is computed once. */
const onceWithinMs = 10_000;

export const startAnalysis = async (id: ExperimentId, ports: OverviewPorts): Promise<AnalysisStarted> => {
  const { status, latest } = await experimentResults(id, ports);
  if (status === 'draft') {
    throw new Failure('conflict', {
      code: 'experiment-status',
      message: 'The experiment is still a draft: nobody has been in it.',
      received: id,
      action: 'Start it by POST /v1/admin/experiments/{experimentId}/start.',
    });
  }
  const nowMs = ports.clock.nowMs();
  const name = workflowName(id, `now-${Math.floor(nowMs / onceWithinMs)}`);
  await ports.workflows.startExperiment(name, { experimentId: id });
  return { experimentId: id, requestedAt: new Date(nowMs).toISOString(), asOf: latest?.asOf ?? null };
};
