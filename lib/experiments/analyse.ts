// One look at a run: from the arms' summaries to the result. Pure; the same outcomes give the same result.
// Estimand: the average effect, over the customers assigned, of being assigned to the arm instead of the reference
// (intention to treat: mail that was suppressed or bounced is part of the effect). Intervals are those of two
// independent samples, which are conservative for that average over just these customers (Neyman 1923).
// Reference: the campaign's holdout, else its variant whose action is none. The global holdout is shown beside and
// never compared: its customers were spared by earlier campaigns too, so a difference from them is not this campaign's.

import { campaignShares, globalHoldoutArm, holdoutArm } from '../assignment/assign.ts';
import { estimateCustomersCountMin, revenueBuyersCountMin } from '../base/limits.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { RunOutcomes } from '../outcomes/collect.ts';
import {
  type ArmSummary,
  conversionMoments,
  emptySummary,
  mean,
  revenueMoments,
  variance,
} from '../outcomes/summary.ts';
import { checksOf } from './checks.ts';
import { decide } from './decide.ts';
import { meanDifference, proportionDifference } from './estimate.ts';
import { checkHarm } from './harm.ts';
import { holm } from './multiplicity.ts';
import { noEstimate } from './no-estimate.ts';
import type {
  ArmResult,
  Attributed,
  CampaignResult,
  Comparison,
  Estimate,
  HarmCheck,
  NoEstimate,
  SampleRatio,
} from './result.ts';
import { checkSampleRatio } from './sample-ratio.ts';
import { sentenceOf } from './sentence.ts';

export interface Look {
  readonly runId: string;
  readonly look: number;
  readonly final: boolean;
  readonly asOf: string;
}

export type AnalysedCampaign = Pick<Campaign, 'campaignId' | 'variants' | 'holdoutShare' | 'windowDays'>;

export const analyse = (campaign: AnalysedCampaign, outcomes: RunOutcomes, look: Look): CampaignResult => {
  const test = testOf(campaign, outcomes);
  const { arms, sampleRatio, reference } = test;
  const comparisons = compareAll(test, outcomes.currencies, look.final);
  const harm = harmOf(test);
  const { decision, winner, headline } = decide(look.final, comparisons, harm);
  const shown = [...arms, ...(outcomes.arms.has(globalHoldoutArm) ? [globalHoldoutArm] : [])];
  const { summaryOf } = test;
  return {
    campaignId: campaign.campaignId,
    ...look,
    windowDays: campaign.windowDays,
    currency: outcomes.currencies.length === 1 ? outcomes.currencies[0] : null,
    reference: reference ?? null,
    arms: shown.map((arm) => armResult(arm, campaign, summaryOf(arm), outcomes.currencies)),
    sampleRatio,
    comparisons,
    harm,
    decision,
    winner,
    sentence: sentenceOf({
      decision,
      windowDays: campaign.windowDays,
      headline,
      rates: {
        arm: headline === undefined ? null : rate(summaryOf(headline.arm)),
        reference: headline === undefined ? null : rate(summaryOf(headline.reference)),
      },
      harm,
      customers: shown.reduce((sum, arm) => sum + summaryOf(arm).customers, 0),
      missing: noEstimate(test.treated.length === 0 ? 'no-treated-arm' : 'no-reference-arm'),
    }),
    attributed: {
      coupon: shown.map((arm) => credited(arm, summaryOf(arm), 'coupon')),
      click: shown.map((arm) => credited(arm, summaryOf(arm), 'click')),
    },
    checks: checksOf(sampleRatio, outcomes, arms),
  };
};

/** The campaign as a test: its arms, what each of them did, and whether they can be believed. */
interface Test {
  /** Of the campaign's own randomisation. */
  readonly arms: readonly string[];
  readonly treated: readonly string[];
  readonly reference: string | undefined;
  readonly sampleRatio: SampleRatio;
  /** Why no comparison of this run can be believed. */
  readonly spoiled: NoEstimate | undefined;
  readonly summaryOf: (arm: string) => ArmSummary;
}

const testOf = (campaign: AnalysedCampaign, outcomes: RunOutcomes): Test => {
  const shares = campaignShares(campaign);
  const arms = [...shares.keys()];
  const summaryOf = (arm: string): ArmSummary => outcomes.arms.get(arm) ?? emptySummary;
  const sampleRatio = checkSampleRatio(
    arms,
    [...shares.values()],
    arms.map((arm) => summaryOf(arm).customers),
  );
  const treated = campaign.variants.filter(({ action, weight }) => action.kind !== 'none' && weight > 0);
  return {
    arms,
    treated: treated.map(({ name }) => name),
    reference: referenceArm(campaign),
    sampleRatio,
    spoiled: spoiledBy(outcomes, sampleRatio.ok),
    summaryOf,
  };
};

/** What the treated arms are compared with; undefined when nobody is left untreated. */
export const referenceArm = ({
  holdoutShare,
  variants,
}: Pick<AnalysedCampaign, 'holdoutShare' | 'variants'>): string | undefined =>
  holdoutShare > 0
    ? holdoutArm
    : variants.find(({ action, weight }) => action.kind === 'none' && weight > 0)?.name;

const spoiledBy = (outcomes: RunOutcomes, isRatioOk: boolean): NoEstimate | undefined => {
  if (outcomes.conflictsCount > 0) {
    return noEstimate('assignment-conflict');
  }
  return isRatioOk ? undefined : noEstimate('sample-ratio-mismatch');
};

const compareAll = (
  { treated, reference, spoiled, summaryOf }: Test,
  currencies: readonly string[],
  final: boolean,
): readonly Comparison[] => {
  if (reference === undefined) {
    return [];
  }
  const blocked = spoiled ?? (final ? undefined : noEstimate('window-open'));
  return adjusted(
    treated.map((arm) => compare(arm, reference, summaryOf(arm), summaryOf(reference), currencies, blocked)),
  );
};

/** Repurchase is compared only with a reference that can be believed; mail is guarded all the same. */
const harmOf = ({ treated, reference, spoiled, summaryOf }: Test): readonly HarmCheck[] => {
  const trusted = reference === undefined || spoiled !== undefined ? undefined : summaryOf(reference);
  return treated.flatMap((arm) => checkHarm(arm, summaryOf(arm), trusted));
};

const compare = (
  arm: string,
  reference: string,
  treated: ArmSummary,
  untreated: ArmSummary,
  currencies: readonly string[],
  blocked: NoEstimate | undefined,
): Comparison => {
  const isSmall = Math.min(treated.customers, untreated.customers) < estimateCustomersCountMin;
  const obstacle = blocked ?? (isSmall ? noEstimate('arm-too-small') : undefined);
  const estimate: Estimate | NoEstimate =
    obstacle ??
    proportionDifference(conversionMoments(treated), conversionMoments(untreated)) ??
    noEstimate('no-variance');
  const hasFewBuyers = Math.min(treated.conversions, untreated.conversions) < revenueBuyersCountMin;
  const revenue: Estimate | NoEstimate =
    obstacle ??
    (currencies.length > 1 ? noEstimate('several-currencies') : undefined) ??
    (hasFewBuyers ? noEstimate('too-few-conversions') : undefined) ??
    meanDifference(revenueMoments(treated), revenueMoments(untreated)) ??
    noEstimate('no-variance');
  return { arm, reference, estimate, revenue, adjustedPValue: null };
};

const adjusted = (comparisons: readonly Comparison[]): readonly Comparison[] => {
  const estimated = comparisons.flatMap(({ arm, estimate }) =>
    estimate.kind === 'estimate' ? [{ arm, pValue: estimate.pValue }] : [],
  );
  const values = holm(estimated.map(({ pValue }) => pValue));
  const byArm = new Map(estimated.map(({ arm }, i) => [arm, values[i]]));
  return comparisons.map((comparison) => ({
    ...comparison,
    adjustedPValue: byArm.get(comparison.arm) ?? null,
  }));
};

const rate = ({ conversions, customers }: ArmSummary): number | null =>
  customers === 0 ? null : conversions / customers;

const armResult = (
  arm: string,
  { variants }: AnalysedCampaign,
  summary: ArmSummary,
  currencies: readonly string[],
): ArmResult => {
  const variant = variants.find(({ name }) => name === arm);
  const money = revenueMoments(summary);
  const isSummable = currencies.length <= 1;
  return {
    arm,
    role: variant === undefined ? (arm === globalHoldoutArm ? 'global-holdout' : 'holdout') : 'variant',
    treated: variant !== undefined && variant.action.kind !== 'none',
    customers: summary.customers,
    sent: summary.sent,
    suppressed: summary.suppressed,
    conversions: summary.conversions,
    repurchaseRate: rate(summary),
    revenue: {
      total: isSummable ? summary.revenueSum : null,
      mean: isSummable && summary.customers > 0 ? mean(money) : null,
      standardDeviation: isSummable && summary.customers > 1 ? Math.sqrt(variance(money)) : null,
    },
    redemptions: summary.redemptions,
    unsubscribes: summary.unsubscribes,
    complaints: summary.complaints,
  };
};

const credited = (arm: string, summary: ArmSummary, by: 'coupon' | 'click'): Attributed =>
  by === 'coupon'
    ? { arm, orders: summary.couponOrders, revenue: summary.couponRevenue }
    : { arm, orders: summary.clickOrders, revenue: summary.clickRevenue };
