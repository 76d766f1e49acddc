// What is compared with what: the one form in which campaigns and experiments are analysed. Arms are those of the test's
// own randomisation, in its order; shares sum to 1 over them. Treated arms are compared with the reference.

import { campaignShares, holdoutArm } from '../assignment/assign.ts';
import type { DecisionRule } from '../assignment/decision-rule.ts';
import type { MetricPlan } from '../assignment/metric-plan.ts';
import { type AllocationBatch, adaptiveOf } from '../campaigns/allocation.ts';
import type { Campaign } from '../campaigns/campaign.ts';

export interface DesignArm {
  readonly name: string;
  readonly share: number;
  readonly role: 'variant' | 'holdout';
  /** Compared with the reference. */
  readonly treated: boolean;
}

export interface Design {
  readonly arms: readonly DesignArm[];
  /** Undefined when nobody is left untreated. */
  readonly reference: string | undefined;
  readonly windowDays: number;
  readonly metrics: MetricPlan;
  /** Absent: fixed. */
  readonly decision?: DecisionRule;
  /** Weights were chosen by outcomes: ordinary comparisons are refused. `arms` has the shares of the opening. */
  readonly bandit?: { readonly batches: readonly AllocationBatch[] };
}

export type DesignedCampaign = Pick<
  Campaign,
  'variants' | 'holdoutShare' | 'windowDays' | 'metrics' | 'decision' | 'allocation'
>;

/** `batches`: those stored, of a campaign under Thompson sampling. */
export const campaignDesign = (
  campaign: DesignedCampaign,
  batches: readonly AllocationBatch[] = [],
): Design => {
  const sends = new Map(campaign.variants.map(({ name, action }) => [name, action.kind !== 'none']));
  return {
    arms: [...campaignShares(campaign)].map(([name, share]) => ({
      name,
      share,
      role: sends.has(name) ? 'variant' : 'holdout',
      treated: sends.get(name) === true && share > 0,
    })),
    reference: referenceArm(campaign),
    windowDays: campaign.windowDays,
    metrics: campaign.metrics,
    ...(campaign.decision !== undefined && { decision: campaign.decision }),
    ...(adaptiveOf(campaign) !== undefined && { bandit: { batches } }),
  };
};

/** The campaign's holdout, else its variant whose action is none. */
export const referenceArm = ({
  holdoutShare,
  variants,
}: Pick<DesignedCampaign, 'holdoutShare' | 'variants'>): string | undefined =>
  holdoutShare > 0
    ? holdoutArm
    : variants.find(({ action, weight }) => action.kind === 'none' && weight > 0)?.name;
