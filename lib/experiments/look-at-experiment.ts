// What the experiment workflow does when a look is due: analyse, keep the result, and say when to come back.
// Asked too early it says when; asked twice it answers from the result kept. A wait that overslept several looks makes
// the latest. Harm ends an experiment on recommendations at once; where an app assigns, the result says so and the app
// must end it. A look that decides by a group-sequential rule is the last. The last look finishes what still runs; what
// was stopped stays stopped.

import { fixedDecision } from '../assignment/decision-rule.ts';
import type { Experiment } from '../assignment/experiment.ts';
import type { ExperimentStore } from '../assignment/experiment-store.ts';
import type { ExperimentId } from '../base/ids.ts';
import { outcomeDelayMs } from '../base/limits.ts';
import { retryConflicts } from '../base/retry-conflicts.ts';
import type { Clock } from '../ports.ts';
import { existingExperiment } from './administer-experiment.ts';
import { type AnalysisPorts, analyseExperiment } from './analyse-experiment.ts';
import { experimentLooksMs, windowsEndMs } from './experiment-looks.ts';
import type { ExperimentResult, ExperimentResultStore } from './experiment-result.ts';

export interface ExperimentLookPorts extends AnalysisPorts {
  readonly experiments: ExperimentStore;
  readonly results: ExperimentResultStore;
  readonly clock: Clock;
}

export interface AfterExperimentLook {
  readonly experimentId: ExperimentId;
  readonly next: 'look' | 'finished';
  /** Of the next look; ISO 8601. */
  readonly waitUntil: string;
}

export const lookAtExperiment = async (
  id: ExperimentId,
  ports: ExperimentLookPorts,
): Promise<AfterExperimentLook> => {
  const nowMs = ports.clock.nowMs();
  const experiment = await existingExperiment(id, ports.experiments);
  const { looksMs, look, final } = dueLook(experiment, nowMs);
  const answer = (next: AfterExperimentLook['next'], atMs: number): AfterExperimentLook => ({
    experimentId: id,
    next,
    waitUntil: new Date(atMs).toISOString(),
  });
  if (experiment.status === 'draft' || experiment.status === 'finished') return answer('finished', nowMs);
  if (look === 0) return answer('look', looksMs[0]);
  const result = await resultOf(experiment, { look, final, asOfMs: nowMs }, ports);
  if (final || result.final) {
    await end(id, 'finished', ports, final ? undefined : `Decided at look ${look}: ${result.sentence.en}`);
    return answer('finished', nowMs);
  }
  if (experiment.subject === 'recommendations' && result.decision === 'stop-for-harm') {
    await end(id, 'stopped', ports, result.sentence.en);
  }
  const next = experimentLooksMs(await existingExperiment(id, ports.experiments));
  return answer('look', next[look] ?? nowMs);
};

/** Kept from an earlier attempt, or made now. */
const resultOf = async (
  experiment: Experiment,
  at: { readonly look: number; readonly final: boolean; readonly asOfMs: number },
  ports: ExperimentLookPorts,
): Promise<ExperimentResult> => {
  const { experimentId: id } = experiment;
  const kept = await ports.results.get(id, at.look);
  if (kept !== undefined) return kept;
  const before = await ports.results.list(id);
  const earlier = before.findLast(({ look, sequential }) => look < at.look && sequential !== undefined);
  const look = { ...at, ...(earlier !== undefined && { earlier }) };
  return await ports.results.write(await analyseExperiment(experiment, look, ports));
};

/** On demand, between looks: replaces what was computed so before, and decides nothing. */
export const analyseNow = async (id: ExperimentId, ports: ExperimentLookPorts): Promise<ExperimentResult> => {
  const experiment = await existingExperiment(id, ports.experiments);
  const asOfMs = ports.clock.nowMs();
  const { look } = dueLook(experiment, asOfMs);
  const final = windowsEndMs(experiment) + outcomeDelayMs <= asOfMs;
  const undecided = { ...experiment, decision: fixedDecision };
  const result = await analyseExperiment(undecided, { look, final, asOfMs }, ports);
  await ports.results.writeOnDemand(result);
  return result;
};

/** `look`: how many are due; 0 before the first. */
const dueLook = (experiment: Experiment, nowMs: number) => {
  const looksMs = experimentLooksMs(experiment);
  const look = looksMs.filter((atMs) => atMs <= nowMs).length;
  return { looksMs, look, final: look === looksMs.length };
};

/** Someone may stop it in between: read and try again; who ended it first is right. */
const end = async (
  id: ExperimentId,
  status: 'finished' | 'stopped',
  { experiments, clock }: ExperimentLookPorts,
  reason?: string,
): Promise<void> => {
  await retryConflicts(async () => {
    const stored = await existingExperiment(id, experiments);
    if (stored.status !== 'running') return;
    await experiments.write({
      ...stored,
      status,
      endedAt: new Date(clock.nowMs()).toISOString(),
      ...(reason === undefined ? {} : { endedReason: reason.slice(0, 500) }),
      revision: stored.revision + 1,
    });
  });
};
