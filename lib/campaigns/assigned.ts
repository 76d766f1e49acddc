// A customer's assignment in a run, as a member of the audience and as the event that the analysis reads.
// Ids are decided by campaign, run, phase and customer, so that assigning again changes nothing.

import { hash } from 'node:crypto';
import { assign, globalHoldoutArm, holdoutArm } from '../assignment/assign.ts';
import { type HoldoutSettings, holdoutPurpose } from '../assignment/holdout-period.ts';
import { type CustomerId, decisionId } from '../base/ids.ts';
import { loopEvents, type StoredEvent } from '../events/event.ts';
import { loopEvent } from '../events/loop-event.ts';
import type { WorkspaceSecrets } from '../ports.ts';
import type { AllocationBatch } from './allocation.ts';
import type { AudienceMember, Phase } from './audience.ts';
import type { Campaign } from './campaign.ts';

export interface RunPhaseId {
  readonly campaignId: Campaign['campaignId'];
  readonly runId: string;
  readonly phase: Phase;
}

/** The customer's arm by the hash; `atIso` starts their measurement window. `batch`: of a bandit, what draws now. */
export const assignMember = (
  campaign: Campaign,
  runId: string,
  customerId: CustomerId,
  atIso: string,
  secrets: Pick<WorkspaceSecrets, 'holdoutSalt'>,
  settings: HoldoutSettings,
  batch?: AllocationBatch,
): AudienceMember => {
  const { arm, propensity } = assign(customerId, {
    campaignSalt: campaign.salt,
    holdoutShare: campaign.holdoutShare,
    ...(batch === undefined
      ? { variants: campaign.variants }
      : { variants: weighted(campaign, batch), variantSalt: batch.salt }),
    globalSalt: secrets.holdoutSalt,
    globalPurpose: holdoutPurpose(settings.globalHoldoutPeriod, Date.parse(atIso)),
    globalHoldoutShare: settings.globalHoldoutShare,
  });
  const run: RunPhaseId = { campaignId: campaign.campaignId, runId, phase: 'test' };
  return {
    customerId,
    decisionId: memberDecisionId(run, customerId),
    arm,
    propensity,
    ...(batch !== undefined && { batch: batch.batch }),
    assignedAt: atIso,
  };
};

const weighted = ({ variants }: Campaign, { weights }: AllocationBatch) =>
  variants.map(({ name }) => ({ name, weight: weights[name] ?? 0 }));

export const memberDecisionId = ({ campaignId, runId, phase }: RunPhaseId, customerId: CustomerId) =>
  decisionId(hash('sha256', JSON.stringify([campaignId, runId, phase, customerId])).slice(0, 32));

export const isHeldOut = (arm: string): boolean => arm === holdoutArm || arm === globalHoldoutArm;

/** Whether this arm's variant sends anything. */
export const sends = (campaign: Pick<Campaign, 'variants'>, arm: string): boolean =>
  campaign.variants.some(({ name, action }) => name === arm && action.kind !== 'none');

/** `nowMs` is when it is written, which decides the date it is archived under. */
export const assignedEvent = (run: RunPhaseId, member: AudienceMember, nowMs: number): StoredEvent =>
  loopEvent({
    event: loopEvents.customerAssigned,
    identity: [run.campaignId, run.runId, run.phase, member.customerId],
    customerId: member.customerId,
    at: member.assignedAt,
    nowMs,
    properties: {
      campaignId: run.campaignId,
      runId: run.runId,
      phase: run.phase,
      variant: member.arm,
      holdout: isHeldOut(member.arm),
      decisionId: member.decisionId,
      propensity: member.propensity,
      ...(member.batch !== undefined && { batch: member.batch }),
      // The hash decides, no model does.
      modelVersion: null,
      policy:
        run.phase === 'rollout'
          ? 'winner-to-holdout'
          : member.batch === undefined
            ? 'random-assignment'
            : 'thompson-sampling',
    },
  });
