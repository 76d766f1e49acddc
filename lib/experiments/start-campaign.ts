// Starting a campaign that is a test: one that is hopeless is refused (409) with its figures unless {"force": true}.
// Hopeless: with everybody who can be reached within its length it would have less than fifty customers in an arm, which
// no estimate is given for, or would find the effect looked for in fewer than half of all cases. The effect is what the
// caller names, else half as many again as without the campaign: more than messages are known to do. A campaign without
// arms to compare is no test, and where the shop's past or size tells nothing, nothing is refused.

import { z } from 'zod';
import { Failure } from '../base/errors.ts';
import type { CampaignId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { estimateCustomersCountMin, hopelessLift } from '../base/limits.ts';
import { type AdministerPorts, actOnCampaign, existingCampaign } from '../campaigns/administer.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { campaignDesign } from './design.ts';
import { refuseHopeless } from './plan.ts';
import { gatheringDaysOf, type PlanPorts, planWith } from './plan-campaign.ts';
import { type ShopSurvey, surveyShop } from './shop-survey.ts';

const schema = z.strictObject({
  force: z.boolean().default(false),
  /** Looked for; in units of the primary metric. */
  effect: z
    .number()
    .refine((value) => value !== 0, { error: 'must be a difference other than 0' })
    .optional(),
});

export const startCampaign = async (
  id: CampaignId,
  input: unknown,
  ports: AdministerPorts & PlanPorts,
): ReturnType<typeof actOnCampaign> => {
  const { force, effect } = parseInput(schema, input ?? {}, 'start');
  const campaign = await existingCampaign(id, ports.campaigns);
  if (!force && campaign.status === 'draft' && isTest(campaign)) {
    await refuseHopelessCampaign(campaign, effect, ports);
  }
  return await actOnCampaign(id, 'start', ports);
};

/** The power of a fixed test says nothing of a bandit. */
const isTest = (campaign: Campaign): boolean => {
  const { arms, reference, bandit } = campaignDesign(campaign);
  return bandit === undefined && reference !== undefined && arms.some(({ treated }) => treated);
};

const refuseHopelessCampaign = async (
  campaign: Campaign,
  effect: number | undefined,
  ports: PlanPorts,
): Promise<void> => {
  const survey = await surveyShop(campaign, ports.clock.nowMs(), ports);
  refuseTooSmall(campaign, survey, ports);
  const first = planWith(campaign, { power: 0.8, ...(effect !== undefined && { effect }) }, survey, ports);
  if ('missing' in first) return;
  const { value } = first.baseline;
  if (effect !== undefined || value === null) {
    refuseHopeless(first, false);
    return;
  }
  // Of a share there is no more than all.
  const rise =
    first.metric === 'repurchase' ? Math.min(1 - value, hopelessLift * value) : hopelessLift * value;
  const plan = planWith(campaign, { power: 0.8, effect: rise }, survey, ports);
  if (!('missing' in plan)) refuseHopeless(plan, false);
};

/** Whatever the effect: no estimate would be given. */
const refuseTooSmall = (
  campaign: Campaign,
  { complete, audience, dailyArrivals }: ShopSurvey,
  { settings, clock }: PlanPorts,
): void => {
  if (!complete || dailyArrivals === null) return;
  const { arms, reference } = campaignDesign(campaign);
  const compared = arms.filter(({ name, treated }) => treated || name === reference);
  const reachable = Math.floor(audience + dailyArrivals * gatheringDaysOf(campaign, clock.nowMs()));
  const smallest =
    reachable * (1 - settings.globalHoldoutShare) * Math.min(...compared.map(({ share }) => share));
  if (smallest < estimateCustomersCountMin) {
    throw new Failure('conflict', {
      code: 'experiment-hopeless',
      message: `The test cannot tell anything: ${reachable} customers can be reached within its length, ${Math.floor(smallest)} of them in its smallest arm, and below ${estimateCustomersCountMin} in an arm no estimate is given.`,
      received: { reachable, smallestArm: Math.floor(smallest) },
      action:
        'Widen the audience, use fewer variants, a larger holdout or a longer period, or send it all the same: {"force": true}.',
    });
  }
};
