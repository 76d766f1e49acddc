// Is a campaign worth running as a test? POST /v1/admin/campaigns/{campaignId}/plan: how many customers it takes to tell
// an effect from chance, how long, and what the audience that is there could show. The shares are the campaign's own; the
// marketer says how many buy again without it and what difference would be worth knowing. The audience is counted where
// it can be read through, else it has to be given. Rates are shares of customers in [0, 1].

import { z } from 'zod';
import { campaignShares } from '../assignment/assign.ts';
import { Failure } from '../base/errors.ts';
import type { CampaignId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import type { WorkspaceSettings } from '../base/settings.ts';
import { existingCampaign } from '../campaigns/administer.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { estimateAudience } from '../campaigns/preview.ts';
import type { CampaignStore, CatalogStore, Clock, CustomerStore, SecretStore } from '../ports.ts';
import { referenceArm } from './design.ts';
import { noEstimate } from './no-estimate.ts';
import { type Plan, planOf } from './plan.ts';

const schema = z.strictObject({
  repurchaseRate: z.number().gt(0).lt(1),
  effect: z
    .number()
    .min(-1)
    .max(1)
    .refine((value) => value !== 0, { error: 'must be a difference of shares other than 0, such as 0.02' }),
  audience: z.int().min(0).max(1e9).optional(),
  dailyArrivals: z.number().min(0).max(1e9).default(0),
  power: z.number().min(0.5).max(0.99).default(0.8),
});

export interface PlanPorts {
  readonly campaigns: CampaignStore;
  readonly customers: CustomerStore;
  readonly catalog: CatalogStore;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly settings: WorkspaceSettings;
}

export interface CampaignPlan extends Plan {
  readonly campaignId: CampaignId;
  readonly reference: string;
  /** Customers of the audience, held out everywhere or not. */
  readonly audience: number;
  /** Of the audience, by arm; the global holdout is left out of the test. */
  readonly shares: { readonly [arm: string]: number };
}

export const planCampaign = async (
  id: CampaignId,
  input: unknown,
  ports: PlanPorts,
): Promise<CampaignPlan> => {
  const { repurchaseRate, effect, dailyArrivals, power, ...given } = parseInput(schema, input, 'plan');
  const campaign = await existingCampaign(id, ports.campaigns);
  const reference = referenceArm(campaign);
  const inTest = 1 - ports.settings.globalHoldoutShare;
  const shares = new Map([...campaignShares(campaign)].map(([arm, share]) => [arm, share * inTest]));
  const treated = campaign.variants.filter(({ action, weight }) => action.kind !== 'none' && weight > 0);
  if (reference === undefined || treated.length === 0) {
    throw refused(noEstimate(reference === undefined ? 'no-reference-arm' : 'no-treated-arm'));
  }
  const audience = given.audience ?? (await countAudience(campaign, ports));
  const plan = planOf({
    baseline: { kind: 'share', share: repurchaseRate },
    effect,
    shares: {
      reference: shares.get(reference) ?? 0,
      arms: treated.map(({ name }) => shares.get(name) ?? 0),
    },
    audience,
    dailyArrivals,
    windowDays: campaign.windowDays,
    power,
  });
  return { campaignId: id, reference, audience, shares: Object.fromEntries(shares), ...plan };
};

const countAudience = async (campaign: Campaign, ports: PlanPorts): Promise<number> => {
  const { customersMatching, customersScanned, complete } = await estimateAudience(
    campaign,
    ports.clock.nowMs(),
    ports,
  );
  if (complete && customersMatching > 0) return customersMatching;
  throw new Failure('invalid', {
    code: 'audience-unknown',
    message: complete
      ? 'Nobody is in the audience now, so there is nothing to plan with.'
      : `There are more customers than a request can read through; of the first ${customersScanned}, ${customersMatching} are in the audience.`,
    received: { customersScanned, customersMatching },
    action: 'Give the number of customers as "audience", and those who join a day as "dailyArrivals".',
  });
};

const refused = ({ reason, action }: ReturnType<typeof noEstimate>): Failure =>
  new Failure('invalid', { code: 'plan-invalid', message: reason.en, action: action.en });
