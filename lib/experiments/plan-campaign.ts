// Is a campaign worth running as a test? POST /v1/admin/campaigns/{campaignId}/plan: how many customers it takes to tell
// an effect from chance, how long, and what those who can be reached could show. What is not given is taken from the shop
// (shop-survey.ts): what the audience did without the campaign, its size, who joins a day. The effect not given is a tenth
// of the baseline. Planned is the primary metric: repurchase, orders or revenue; of any other share its rate must be given.

import { z } from 'zod';
import { campaignShares } from '../assignment/assign.ts';
import { Failure } from '../base/errors.ts';
import type { CampaignId } from '../base/ids.ts';
import { parseInput } from '../base/input.ts';
import { estimateCustomersCountMin, gatheringDaysMax, relevantLift } from '../base/limits.ts';
import { dayMs } from '../base/time.ts';
import { existingCampaign } from '../campaigns/administer.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { type Metric, metricOf } from '../outcomes/metrics.ts';
import { type Moments, mean, variance } from '../outcomes/summary.ts';
import type { CampaignStore, Clock } from '../ports.ts';
import { campaignDesign } from './design.ts';
import { noEstimate } from './no-estimate.ts';
import { type Plan, planOf } from './plan.ts';
import type { Baseline } from './power.ts';
import { type ShopSurvey, type SurveyPorts, surveyShop } from './shop-survey.ts';

export const planSchema = z.strictObject({
  /** Of a share; repurchase without the campaign. */
  repurchaseRate: z.number().gt(0).lt(1).optional(),
  /** Of a mean, a customer. */
  standardDeviation: z.number().gt(0).optional(),
  effect: z
    .number()
    .refine((value) => value !== 0 && Number.isFinite(value), {
      error: 'must be a difference other than 0, such as 0.02: two points of repurchase',
    })
    .optional(),
  audience: z.int().min(0).max(1e9).optional(),
  dailyArrivals: z.number().min(0).max(1e9).optional(),
  power: z.number().min(0.5).max(0.99).default(0.8),
});

export type PlanGiven = z.output<typeof planSchema>;

export interface PlanPorts extends SurveyPorts {
  readonly campaigns: CampaignStore;
  readonly clock: Clock;
}

export interface CampaignPlan extends Plan {
  readonly campaignId: CampaignId;
  readonly metric: string;
  readonly reference: string;
  /** Without the campaign, in its window; `customers`: whom it was seen of, null where it was given. */
  readonly baseline: {
    readonly value: number | null;
    readonly standardDeviation: number;
    readonly customers: number | null;
  };
  /** Looked for; in units of the metric. */
  readonly effect: number;
  /** Customers there at the start, held out everywhere or not. */
  readonly audience: number;
  readonly dailyArrivals: number;
  /** Days in which they can be gathered. */
  readonly gatheringDays: number;
  /** Of the audience, by arm; the global holdout is left out of the test. */
  readonly shares: { readonly [arm: string]: number };
}

export const planCampaign = async (
  id: CampaignId,
  input: unknown,
  ports: PlanPorts,
): Promise<CampaignPlan> => {
  const given = parseInput(planSchema, input, 'plan');
  const campaign = await existingCampaign(id, ports.campaigns);
  const survey = await surveyShop(campaign, ports.clock.nowMs(), ports);
  const answer = planWith(campaign, given, survey, ports);
  if ('missing' in answer) throw answer.missing;
  return answer;
};

/** `missing`: what would have to be given, or why there is nothing to plan. */
export const planWith = (
  campaign: Campaign,
  given: PlanGiven,
  survey: ShopSurvey,
  { settings, clock }: Pick<PlanPorts, 'settings' | 'clock'>,
): CampaignPlan | { readonly missing: Failure } => {
  const { arms, reference, metrics, windowDays } = campaignDesign(campaign);
  const treated = arms.filter((arm) => arm.treated);
  if (reference === undefined || treated.length === 0) {
    return { missing: notATest(reference === undefined ? 'no-reference-arm' : 'no-treated-arm') };
  }
  const metric = metricOf(metrics.primary, metrics);
  const unused = unusedFigure(metric, given);
  if (unused !== undefined) return { missing: unused };
  const seen = baselineOf(metric, given, survey);
  if (seen === undefined) return { missing: baselineUnknown(metric, survey) };
  const people = peopleOf(campaign, given, survey);
  if (people === undefined) return { missing: audienceUnknown(campaign, survey) };
  const effect = given.effect ?? (seen.value === null ? undefined : relevantLift * seen.value);
  if (effect === undefined || effect === 0) return { missing: effectUnknown };
  const inTest = 1 - settings.globalHoldoutShare;
  const shares = new Map([...campaignShares(campaign)].map(([arm, share]) => [arm, share * inTest]));
  const gatheringDays = gatheringDaysOf(campaign, clock.nowMs());
  const plan = planOf({
    baseline: seen.baseline,
    effect,
    shares: {
      reference: shares.get(reference) ?? 0,
      arms: treated.map(({ name }) => shares.get(name) ?? 0),
    },
    ...people,
    gatheringDays,
    windowDays,
    power: given.power,
  });
  const { value, standardDeviation, customers } = seen;
  return {
    campaignId: campaign.campaignId,
    metric: metric.name,
    reference,
    baseline: { value, standardDeviation, customers },
    effect,
    ...people,
    gatheringDays,
    shares: Object.fromEntries(shares),
    ...plan,
  };
};

export interface Seen {
  readonly baseline: Baseline;
  readonly value: number | null;
  readonly standardDeviation: number;
  readonly customers: number | null;
}

export const baselineOf = (
  { name, kind }: Metric,
  { repurchaseRate, standardDeviation }: PlanGiven,
  { past }: ShopSurvey,
): Seen | undefined => {
  const columns: { readonly [name: string]: Moments } = { ...past };
  const moments = Object.hasOwn(columns, name) ? columns[name] : undefined;
  const isSeen = moments !== undefined && moments.count >= estimateCustomersCountMin;
  if (kind === 'share') {
    const share = repurchaseRate ?? (isSeen ? mean(moments) : undefined);
    if (share === undefined || share <= 0 || share >= 1) return undefined;
    return {
      baseline: { kind: 'share', share },
      value: share,
      standardDeviation: Math.sqrt(share * (1 - share)),
      customers: repurchaseRate === undefined ? (moments?.count ?? null) : null,
    };
  }
  const deviation = standardDeviation ?? (isSeen ? Math.sqrt(variance(moments)) : undefined);
  if (deviation === undefined || !(deviation > 0)) return undefined;
  return {
    baseline: { kind: 'mean', variance: deviation ** 2 },
    value: isSeen ? mean(moments) : null,
    standardDeviation: deviation,
    customers: isSeen ? moments.count : null,
  };
};

/** A figure that says nothing of the primary metric: the plan would be made without it. */
export const unusedFigure = ({ name, kind }: Metric, given: PlanGiven): Failure | undefined => {
  const [path, instead] =
    kind === 'share'
      ? (['standardDeviation', 'repurchaseRate'] as const)
      : (['repurchaseRate', 'standardDeviation'] as const);
  const value = given[path];
  if (value === undefined) return undefined;
  return new Failure('invalid', {
    code: 'plan-invalid',
    message: `The primary metric is ${name}, ${kind === 'share' ? 'a share of the customers' : 'a mean'}, which ${path} says nothing of.`,
    received: { [path]: value },
    action: `Give ${instead}, or leave it out to take it from the shop.`,
    problems: [{ path, message: `is not for ${name}; give ${instead}` }],
  });
};

/** Of a sample of customers neither is known. */
const peopleOf = (
  { trigger }: Campaign,
  given: PlanGiven,
  { complete, audience, dailyArrivals }: ShopSurvey,
): { readonly audience: number; readonly dailyArrivals: number } | undefined => {
  const there = given.audience ?? (trigger.kind === 'event' ? 0 : complete ? audience : undefined);
  const joining = given.dailyArrivals ?? (trigger.kind === 'at' ? 0 : complete ? dailyArrivals : undefined);
  // Who says how many are there plans with them alone.
  const arrivals = joining ?? (given.audience === undefined ? undefined : 0);
  return there === undefined || arrivals === undefined || there + arrivals === 0
    ? undefined
    : { audience: there, dailyArrivals: arrivals };
};

/** From now or its start to its end. */
export const gatheringDaysOf = ({ trigger }: Campaign, nowMs: number): number => {
  if (trigger.kind === 'at') return 0;
  const lastsMs = Date.parse(trigger.endsAt) - Math.max(nowMs, Date.parse(trigger.startsAt));
  return Math.min(gatheringDaysMax, Math.max(0, Math.floor(lastsMs / dayMs)));
};

const notATest = (code: Parameters<typeof noEstimate>[0]): Failure => {
  const { reason, action } = noEstimate(code);
  return new Failure('invalid', { code: 'plan-invalid', message: reason.en, action: action.en });
};

export const baselineUnknown = ({ name, kind }: Metric, { past }: ShopSurvey): Failure =>
  new Failure('invalid', {
    code: 'baseline-unknown',
    message: `The shop's past does not tell what ${name} is without the campaign: ${past.repurchase.count} customers would have been in it one window ago, at least ${estimateCustomersCountMin} are needed, and some of them must have bought and some not.`,
    received: { customers: past.repurchase.count },
    action:
      kind === 'share'
        ? 'Give the share that is usual in the window as "repurchaseRate".'
        : 'Give the "standardDeviation" of a customer in the window, and the "effect" looked for.',
  });

const audienceUnknown = (
  { trigger }: Campaign,
  { complete, customersScanned, audience, dailyArrivals }: ShopSurvey,
): Failure =>
  new Failure('invalid', {
    code: 'audience-unknown',
    message: !complete
      ? `There are more customers than a request can read through; of the first ${customersScanned}, ${audience} are in the audience.`
      : trigger.kind === 'event' && dailyArrivals === null
        ? `The shop's past does not tell how many send "${trigger.event}" a day.`
        : 'Nobody is in the audience now or joins it, so there is nothing to plan with.',
    received: { customersScanned, audience, dailyArrivals },
    action: 'Give the number of customers as "audience", and those who join a day as "dailyArrivals".',
  });

export const effectUnknown = new Failure('invalid', {
  code: 'plan-invalid',
  message: 'There is no effect to look for: a tenth of the baseline is unknown or nothing.',
  action: 'Give the smallest "effect" that would be worth knowing, in units of the primary metric.',
});
