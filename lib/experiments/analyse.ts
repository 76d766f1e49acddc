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
import { holm, meanDifference, proportionDifference } from './estimate.ts';
import { checkHarm } from './harm.ts';
import { noEstimate } from './no-estimate.ts';
import type { ArmResult, Attributed, CampaignResult, Comparison, Estimate, NoEstimate } from './result.ts';
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
  const shares = campaignShares(campaign);
  const armNames = [...shares.keys()];
  const summaryOf = (arm: string): ArmSummary => outcomes.arms.get(arm) ?? emptySummary;
  const sampleRatio = checkSampleRatio(
    armNames,
    [...shares.values()],
    armNames.map((arm) => summaryOf(arm).customers),
  );
  const reference = referenceArm(campaign);
  const treated = campaign.variants.filter(({ action, weight }) => action.kind !== 'none' && weight > 0);
  const spoiled = spoiledBy(outcomes, sampleRatio.ok);
  const blocked = spoiled ?? (look.final ? undefined : noEstimate('window-open'));
  const comparisons = adjusted(
    reference === undefined
      ? []
      : treated.map(({ name }) =>
          compare(name, reference, summaryOf(name), summaryOf(reference), outcomes.currencies, blocked),
        ),
  );
  const trusted = reference === undefined || spoiled !== undefined ? undefined : summaryOf(reference);
  const harm = treated.flatMap(({ name }) => checkHarm(name, summaryOf(name), trusted));
  const { decision, winner, headline } = decide(look.final, comparisons, harm);
  const rateOf = (arm: string | undefined): number | null =>
    arm === undefined ? null : rate(summaryOf(arm));
  const shown = [...armNames, ...(outcomes.arms.has(globalHoldoutArm) ? [globalHoldoutArm] : [])];
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
      rates: { arm: rateOf(headline?.arm), reference: rateOf(headline?.reference) },
      harm,
      customers: shown.reduce((sum, arm) => sum + summaryOf(arm).customers, 0),
      missing: treated.length === 0 ? noEstimate('no-treated-arm') : noEstimate('no-reference-arm'),
    }),
    attributed: {
      coupon: shown.map((arm) => credited(arm, summaryOf(arm), 'coupon')),
      click: shown.map((arm) => credited(arm, summaryOf(arm), 'click')),
    },
    checks: checksOf(sampleRatio, outcomes, armNames),
  };
};

const referenceArm = ({ holdoutShare, variants }: AnalysedCampaign): string | undefined =>
  holdoutShare > 0
    ? holdoutArm
    : variants.find(({ action, weight }) => action.kind === 'none' && weight > 0)?.name;

const spoiledBy = (outcomes: RunOutcomes, isRatioOk: boolean): NoEstimate | undefined => {
  if (outcomes.conflictsCount > 0) {
    return noEstimate('assignment-conflict');
  }
  return isRatioOk ? undefined : noEstimate('sample-ratio-mismatch');
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
