// What a marketer does to an experiment through the API: create, replace while a draft, start, stop.
// Each change is one conditional write of the next revision. Starting refuses what could not be measured: a model
// version that is not there, a period that is over, and a running experiment that could meet the same customer at the
// same place, unless both have slices of one group that do not overlap.

import { hash } from 'node:crypto';
import { overlap } from '../assignment/exclusion.ts';
import type { Experiment } from '../assignment/experiment.ts';
import type { ExperimentStore } from '../assignment/experiment-store.ts';
import { Failure, type Problem, shown } from '../base/errors.ts';
import { type ExperimentId, experimentId } from '../base/ids.ts';
import { experimentDaysTotalMax } from '../base/limits.ts';
import { hex, namedId } from '../base/made-ids.ts';
import { dayMs } from '../base/time.ts';
import type { Clock, ObjectStore, RandomBytes, SecretStore } from '../ports.ts';
import { servingKey } from '../recommendations/assortment-source.ts';
import { checkExperiment } from './experiment-definition.ts';
import { experimentLooksMs } from './experiment-looks.ts';
import type { ExperimentWorkflow } from './experiment-workflow.ts';

export interface ExperimentPorts {
  readonly experiments: ExperimentStore;
  /** The models bucket. */
  readonly models: Pick<ObjectStore, 'list'>;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly workflows: ExperimentWorkflow;
}

export const createExperiment = async (input: unknown, ports: ExperimentPorts): Promise<Experiment> => {
  const { experimentId: given, ...definition } = checkExperiment(input);
  if (given !== undefined) await refuseTaken(experimentId(given), ports.experiments);
  const experiment: Experiment = {
    experimentId: experimentId(given ?? namedId(definition.name, 'experiment', ports.random.bytes(4))),
    status: 'draft',
    ...definition,
    salt: hex(ports.random.bytes(16)),
    createdAt: nowIso(ports.clock),
    revision: 1,
  };
  await ports.experiments.write(experiment);
  return experiment;
};

const refuseTaken = async (id: ExperimentId, experiments: Pick<ExperimentStore, 'get'>): Promise<void> => {
  const found = await experiments.get(id);
  if (found === undefined) return;
  throw new Failure('conflict', {
    code: 'experiment-exists',
    message: `There is an experiment with this id already; it is ${found.status}.`,
    received: shown(id),
    action:
      found.status === 'draft'
        ? 'Replace it by PUT /v1/admin/experiments/{experimentId}, or choose another id.'
        : 'Choose another id: what has started is never replaced.',
  });
};

export const replaceExperiment = async (
  id: ExperimentId,
  input: unknown,
  ports: ExperimentPorts,
): Promise<Experiment> => {
  const stored = await existingExperiment(id, ports.experiments);
  if (stored.status !== 'draft') throw wrongStatus(stored, 'be replaced', 'draft');
  const { experimentId: given, ...definition } = checkExperiment(input);
  if (given !== undefined && given !== id) {
    throw new Failure('invalid', {
      code: 'experiment-invalid',
      message: 'The id of an experiment does not change.',
      received: shown(given),
      action: 'Create another experiment under the new id.',
    });
  }
  const { experimentId: same, status, salt, createdAt, revision } = stored;
  const next = { experimentId: same, status, ...definition, salt, createdAt, revision: revision + 1 };
  await ports.experiments.write(next);
  return next;
};

export const startExperiment = async (id: ExperimentId, ports: ExperimentPorts): Promise<Experiment> => {
  const stored = await existingExperiment(id, ports.experiments);
  if (stored.status === 'running') {
    // The start may have been written and its workflow not begun: beginning it twice begins it once.
    await beginLooks(stored, ports.workflows);
    return stored;
  }
  if (stored.status !== 'draft') throw wrongStatus(stored, 'start', 'draft');
  const problems = await startProblems(stored, ports);
  if (problems.length > 0) {
    throw new Failure('conflict', {
      code: 'experiment-not-startable',
      message: `The experiment cannot start: ${problems.length} problem${problems.length === 1 ? '' : 's'}; it is still a draft.`,
      received: id,
      action: 'Correct every entry of problems (PUT the whole experiment) and start it again.',
      problems,
    });
  }
  // Slices and the global holdout are drawn with the workspace's salt, which the first experiment may have to make.
  await ports.secrets.secrets();
  const next: Experiment = {
    ...stored,
    status: 'running',
    startedAt: nowIso(ports.clock),
    revision: stored.revision + 1,
  };
  await ports.experiments.write(next);
  await beginLooks(next, ports.workflows);
  return next;
};

const beginLooks = async (experiment: Experiment, workflows: ExperimentWorkflow): Promise<void> => {
  const { experimentId: id } = experiment;
  const waitUntil = new Date(experimentLooksMs(experiment)[0]).toISOString();
  await workflows.startExperiment(workflowName(id, 'looks'), { experimentId: id, waitUntil });
};

export const stopExperiment = async (
  id: ExperimentId,
  reason: string | undefined,
  { experiments, clock }: Pick<ExperimentPorts, 'experiments' | 'clock'>,
): Promise<Experiment> => {
  const stored = await existingExperiment(id, experiments);
  if (stored.status === 'stopped') return stored;
  if (stored.status !== 'running') throw wrongStatus(stored, 'stop', 'running');
  const next: Experiment = {
    ...stored,
    status: 'stopped',
    endedAt: nowIso(clock),
    ...(reason === undefined ? {} : { endedReason: reason }),
    revision: stored.revision + 1,
  };
  await experiments.write(next);
  return next;
};

export const existingExperiment = async (
  id: ExperimentId,
  experiments: Pick<ExperimentStore, 'get'>,
): Promise<Experiment> => {
  const found = await experiments.get(id);
  if (found !== undefined) return found;
  throw new Failure('not-found', {
    code: 'experiment-unknown',
    message: 'There is no such experiment.',
    received: shown(id),
    action: 'GET /v1/admin/experiments lists them.',
  });
};

const startProblems = async (
  experiment: Experiment,
  { experiments, models, clock }: ExperimentPorts,
): Promise<readonly Problem[]> => {
  const problems: Problem[] = [];
  if (experiment.subject === 'recommendations' && Date.parse(experiment.endsAt) <= clock.nowMs()) {
    problems.push({
      path: 'endsAt',
      message: `is in the past (${experiment.endsAt}); nobody could be in it`,
    });
  }
  const lastLookMs = experimentLooksMs({ ...experiment, startedAt: nowIso(clock) }).at(-1) ?? 0;
  if (lastLookMs > clock.nowMs() + experimentDaysTotalMax * dayMs) {
    problems.push({
      path: 'windowDays',
      message: `the last window would end more than ${experimentDaysTotalMax} days from now; start later, end sooner, or take a shorter window`,
    });
  }
  for (const [i, { serving }] of experiment.variants.entries()) {
    if (serving?.modelVersion === undefined) continue;
    const key = servingKey(serving.modelVersion);
    if (!(await models.list(key)).some((object) => object.key === key)) {
      const message = `there is no model ${serving.modelVersion}; GET /v1/admin/models lists them`;
      problems.push({ path: `variants.${i}.serving.modelVersion`, message });
    }
  }
  for (const other of await experiments.running()) {
    if (other.experimentId !== experiment.experimentId && meets(experiment, other)) {
      const message = `could meet the running experiment ${other.experimentId}; give both slices of one group that do not overlap, other placements or another time`;
      problems.push({ path: 'exclusion', message });
    }
  }
  return problems;
};

type Extent = Pick<Experiment, 'subject' | 'placements' | 'exclusion' | 'startsAt' | 'endsAt'>;

/** Assignments by an app are its own affair. */
const meets = (a: Extent, b: Extent): boolean =>
  a.subject === 'recommendations' &&
  b.subject === 'recommendations' &&
  a.startsAt < b.endsAt &&
  b.startsAt < a.endsAt &&
  (a.placements === undefined ||
    b.placements === undefined ||
    a.placements.some((one) => b.placements?.includes(one))) &&
  overlap(a.exclusion, b.exclusion);

const wrongStatus = ({ status, experimentId: id }: Experiment, wanted: string, needed: string): Failure =>
  new Failure('conflict', {
    code: 'experiment-status',
    message: `An experiment that is ${status} cannot ${wanted}; it must be ${needed}.`,
    received: id,
    action: 'What runs is never edited, only stopped; create a new experiment.',
  });

/** Step Functions' names hold 80 characters; an id may be longer, and some of its characters are not for names. */
export const workflowName = (id: ExperimentId, mark: string): string =>
  `${id.slice(0, 40)}-${hash('sha256', id).slice(0, 12)}-${mark}`;

const nowIso = (clock: Clock): string => new Date(clock.nowMs()).toISOString();
