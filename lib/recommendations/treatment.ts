// How one customer's recommendations are made: as the workspace's settings say, as an arm of a running experiment says,
// or, in the global holdout, from popularity alone. Decided by hashes; the same customer is treated alike on every call.
// Who is held out is in no experiment. At most one experiment applies: running ones that could meet are refused at
// their start (lib/experiments/administer.ts).

import { assign, globalHoldoutArm } from '../assignment/assign.ts';
import { inSlice } from '../assignment/exclusion.ts';
import type { ExperimentVariant, RunningExperiment } from '../assignment/experiment.ts';
import { type HoldoutSettings, isHeldOutAt } from '../assignment/holdout-period.ts';
import type { CustomerId, ExperimentId, ModelVersion } from '../base/ids.ts';
import type { RerankingSettings, WorkspaceSettings } from '../base/settings.ts';

export interface Exposure {
  readonly experimentId: ExperimentId;
  readonly variant: string;
  /** Of this variant, given that the customer is in the experiment. */
  readonly propensity: number;
}

export interface Treatment {
  /** False: the same popular items for everybody. */
  readonly personalised: boolean;
  /** Absent: the version that serves. */
  readonly modelVersion?: ModelVersion;
  readonly reranking: RerankingSettings;
  readonly explorationShare: number;
  readonly explorationDepth: number;
  readonly exposure?: Exposure;
  /** In the global holdout. */
  readonly heldOut: boolean;
}

/** What is in force now: running experiments, and the workspace's salt, which is there from its first campaign or experiment on. */
export interface InForce {
  readonly experiments: readonly RunningExperiment[];
  readonly salt: string | undefined;
}

export type TreatmentSettings = HoldoutSettings &
  Pick<WorkspaceSettings, 'reranking' | 'explorationShare' | 'explorationDepth'>;

export const treatmentOf = (
  { customerId, placement }: { readonly customerId: CustomerId; readonly placement: string },
  { experiments, salt }: InForce,
  settings: TreatmentSettings,
  nowMs: number,
): Treatment => {
  const { reranking, explorationShare, explorationDepth } = settings;
  const usual: Treatment = {
    personalised: true,
    reranking,
    explorationShare,
    explorationDepth,
    heldOut: false,
  };
  if (salt === undefined) return usual;
  if (isHeldOutAt(customerId, salt, settings, nowMs)) {
    return { ...usual, personalised: false, explorationShare: 0, heldOut: true };
  }
  const experiment = experiments.find(
    (one) =>
      one.subject === 'recommendations' &&
      Date.parse(one.startsAt) <= nowMs &&
      nowMs < Date.parse(one.endsAt) &&
      (one.placements?.includes(placement) ?? true) &&
      inSlice(customerId, one.exclusion, salt),
  );
  return experiment === undefined ? usual : treatedBy(experiment, customerId, usual);
};

const treatedBy = (experiment: RunningExperiment, customerId: CustomerId, usual: Treatment): Treatment => {
  const { arm, propensity } = variantOf(experiment, customerId);
  const serving = experiment.variants.find(({ name }) => name === arm)?.serving ?? {};
  const { personalised = true, modelVersion, reranking, explorationShare } = serving;
  return {
    ...usual,
    personalised,
    ...(modelVersion === undefined ? {} : { modelVersion }),
    reranking: reranking === undefined ? usual.reranking : { ...usual.reranking, ...reranking },
    explorationShare: personalised ? (explorationShare ?? usual.explorationShare) : 0,
    exposure: { experimentId: experiment.experimentId, variant: arm, propensity },
  };
};

/** The customer's variant by the experiment's own salt. */
export const variantOf = (
  { salt, variants }: { readonly salt: string; readonly variants: readonly ExperimentVariant[] },
  customerId: CustomerId,
): { readonly arm: string; readonly propensity: number } =>
  assign(customerId, {
    campaignSalt: salt,
    holdoutShare: 0,
    variants,
    globalSalt: '',
    globalPurpose: globalHoldoutArm,
    globalHoldoutShare: 0,
  });
