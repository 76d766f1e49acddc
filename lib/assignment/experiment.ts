// An experiment beside campaigns, which are experiments themselves: what a customer meets in recommendations (a model
// version, re-ranking, none at all), or an assignment made elsewhere and reported by the event Experiment Viewed.
// The unit is the customer, the arm is decided by the hash of the experiment's salt, a window of `windowDays` opens with
// the first exposure. Once started nothing but its end changes (PlanOut: a running variant cannot be edited, only stopped).

import type { ExperimentId, ModelVersion } from '../base/ids.ts';
import type { Reranking } from '../base/settings.ts';
import type { DecisionRule } from './decision-rule.ts';
import type { ForeignAssigner } from './foreign-assignment.ts';
import type { MetricPlan } from './metric-plan.ts';

export type ExperimentStatus = 'draft' | 'running' | 'stopped' | 'finished';

/** What answers recommendations in an arm; what is absent is as for everybody. */
export interface ServingVariant {
  /** Answers by fold-in of the customer's history, where this version published no lists. */
  readonly modelVersion?: ModelVersion;
  readonly reranking?: Partial<Reranking>;
  readonly explorationShare?: number;
  /** False: the same popular items for everybody, an untreated arm. */
  readonly personalised?: boolean;
}

export interface ExperimentVariant {
  readonly name: string;
  /** Weights over all variants sum to 1 (within 1e-9), or the experiment is refused. */
  readonly weight: number;
  /** Absent: as for everybody who is in no experiment. */
  readonly serving?: ServingVariant;
}

/** Customers whose bucket in the group lies in [from, to); experiments with disjoint slices never share a customer. */
export interface ExclusionSlice {
  readonly group: string;
  readonly from: number;
  readonly to: number;
}

export interface Experiment {
  readonly experimentId: ExperimentId;
  readonly name: string;
  readonly status: ExperimentStatus;
  /** `external`: an app assigns, and sends Experiment Viewed with this experiment's id and the variant's name. */
  readonly subject: 'recommendations' | 'external';
  /** Where it is met; absent: everywhere. Recommendations only. */
  readonly placements?: readonly string[];
  readonly variants: readonly ExperimentVariant[];
  /** The variant that the others are compared with. */
  readonly reference: string;
  readonly exclusion?: ExclusionSlice;
  readonly metrics: MetricPlan;
  /** When it may be decided; absent: at its end. Its looks are every week. */
  readonly decision?: DecisionRule;
  /** External: the system that gave the arms, so that they can be checked. */
  readonly assignedBy?: ForeignAssigner;
  /** Set at creation from secure randomness; never changes. */
  readonly salt: string;
  /** First exposures count in startsAt ≤ time < endsAt; after it everybody is served as before. ISO 8601. */
  readonly startsAt: string;
  readonly endsAt: string;
  /** An order counts if it falls within this many days after the customer's first exposure. */
  readonly windowDays: number;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly endedReason?: string;
  readonly revision: number;
}

/** What serving needs of a running experiment. */
export type RunningExperiment = Pick<
  Experiment,
  'experimentId' | 'subject' | 'placements' | 'variants' | 'exclusion' | 'salt' | 'startsAt' | 'endsAt'
>;

export const runningPart = (experiment: Experiment): RunningExperiment => {
  const { experimentId, subject, placements, variants, exclusion, salt, startsAt, endsAt } = experiment;
  return {
    experimentId,
    subject,
    variants,
    salt,
    startsAt,
    endsAt,
    ...(placements === undefined ? {} : { placements }),
    ...(exclusion === undefined ? {} : { exclusion }),
  };
};
