// One look at a test, a campaign or an experiment: from the arms' summaries to the result. Pure; the same outcomes give
// the same result.
// Estimand: the average effect, over the customers assigned, of being assigned to the arm instead of the reference
// (intention to treat: mail that was suppressed or bounced is part of the effect). Intervals are those of two
// independent samples, which are conservative for that average over just these customers (Neyman 1923).
// The global holdout is shown beside and never compared: its customers were spared by earlier campaigns too, so a
// difference from them is not this campaign's.

import { globalHoldoutArm } from '../assignment/assign.ts';
import type { RunOutcomes } from '../outcomes/collect.ts';
import { type ArmSummary, emptySummary, mean, revenueMoments, variance } from '../outcomes/summary.ts';
import { banditOf, banditSampleRatio } from './bandit.ts';
import { checksOf } from './checks.ts';
import { compareMetrics, withheld } from './compare-metrics.ts';
import { compareParts } from './compare-parts.ts';
import { decide } from './decide.ts';
import type { Design } from './design.ts';
import { checkGuardrails, checkHarm } from './harm.ts';
import { judgedLook } from './judged-look.ts';
import { noEstimate } from './no-estimate.ts';
import type {
  ArmResult,
  Attributed,
  BanditResult,
  HarmCheck,
  MetricResult,
  NoEstimate,
  SampleRatio,
  TestResult,
} from './result.ts';
import { checkSampleRatio } from './sample-ratio.ts';
import { sentenceOf } from './sentence.ts';
import { type LookAt, readAtLook } from './sequential.ts';

export const analyse = (design: Design, outcomes: RunOutcomes, at: LookAt): TestResult => {
  const summaryOf = (arm: string): ArmSummary => outcomes.arms.get(arm) ?? emptySummary;
  const sampleRatio = sampleRatioOf(design, outcomes, summaryOf);
  const spoiled = spoiledBy(outcomes, sampleRatio);
  const untrusted = spoiled ?? (design.bandit && noEstimate('adaptive-allocation'));
  const compared = compareMetrics(design, outcomes, untrusted);
  const harm = harmOf(design, compared, summaryOf, untrusted);
  const { judged, final, sequential } = judgedLook(design, compared[0], outcomes, at, { spoiled, harm });
  const { look, asOf } = at;
  const blocked = blockedBy(design, outcomes, { sampleRatio, final });
  const [plain, ...others] = blocked === undefined ? compared : compared.map((one) => withheld(one, blocked));
  const shown = readAtLook(plain, judged);
  const bandit = design.bandit && banditOf(design, outcomes.batched ?? noBatches, openBy(spoiled, final));
  const primary = bandit === undefined ? shown : weighed(shown, bandit);
  const { decision, winner, headline } = decide(final, primary, harm);
  const arms = shownArms(design, outcomes);
  const currency = outcomes.currencies.length === 1 ? outcomes.currencies[0] : null;
  return {
    look,
    final,
    asOf,
    windowDays: design.windowDays,
    currency,
    reference: design.reference ?? null,
    arms: arms.map((arm) => armResult(arm, outcomes)),
    sampleRatio,
    metrics: [shown, ...others],
    ...compareParts(design, outcomes, blocked),
    ...(bandit !== undefined && { bandit }),
    harm,
    ...(sequential !== undefined && { sequential }),
    decision,
    winner,
    sentence: sentenceOf({
      decision,
      windowDays: design.windowDays,
      currency,
      metric: primary,
      headline,
      harm,
      customers: arms.reduce((sum, { name }) => sum + summaryOf(name).customers, 0),
      isByBatch: bandit !== undefined,
      isJudged: judged !== undefined,
      missing: noEstimate(design.arms.some(({ treated }) => treated) ? 'no-reference-arm' : 'no-treated-arm'),
    }),
    attributed: {
      coupon: arms.map(({ name }) => credited(name, summaryOf(name), 'coupon')),
      click: arms.map(({ name }) => credited(name, summaryOf(name), 'click')),
    },
    checks: checksOf({
      design,
      outcomes,
      sampleRatio,
      primary,
      currency,
      asOfMs: Date.parse(asOf),
      final,
    }),
  };
};

/** Why no comparison of this look is shown; undefined where they are. */
export const blockedBy = (
  { bandit }: Design,
  outcomes: RunOutcomes,
  result: Pick<TestResult, 'sampleRatio' | 'final'>,
): NoEstimate | undefined =>
  openBy(spoiledBy(outcomes, result.sampleRatio), result.final) ??
  (bandit === undefined ? undefined : noEstimate('adaptive-allocation'));

/** Why nothing can be compared in any way. */
const openBy = (spoiled: NoEstimate | undefined, final: boolean): NoEstimate | undefined =>
  spoiled ?? (final ? undefined : noEstimate('window-open'));

const noBatches = { batches: [], conflictsCount: 0 };

/** What decides, and the sentence tells, of a bandit: its own estimates in place of the ordinary ones. */
const weighed = (primary: MetricResult, { arms, comparisons }: BanditResult): MetricResult => ({
  ...primary,
  arms: primary.arms.map((one) => ({
    ...one,
    value: arms.find(({ arm }) => arm === one.arm)?.share?.value ?? null,
  })),
  comparisons,
});

/** Why no comparison of this test can be believed. */
const spoiledBy = (outcomes: RunOutcomes, { ok }: SampleRatio): NoEstimate | undefined => {
  if (outcomes.conflictsCount > 0) {
    return noEstimate('assignment-conflict');
  }
  return ok ? undefined : noEstimate('sample-ratio-mismatch');
};

const sampleRatioOf = (
  design: Design,
  { batched }: RunOutcomes,
  summaryOf: (arm: string) => ArmSummary,
): SampleRatio =>
  design.bandit !== undefined
    ? banditSampleRatio(design, batched ?? noBatches)
    : checkSampleRatio(
        design.arms.map(({ name }) => name),
        design.arms.map(({ share }) => share),
        design.arms.map(({ name }) => summaryOf(name).customers),
      );

interface ShownArm {
  readonly name: string;
  readonly role: ArmResult['role'];
  readonly treated: boolean;
}

const shownArms = ({ arms }: Design, outcomes: RunOutcomes): readonly ShownArm[] => [
  ...arms,
  ...(outcomes.arms.has(globalHoldoutArm)
    ? [{ name: globalHoldoutArm, role: 'global-holdout' as const, treated: false }]
    : []),
];

/** Repurchase and guardrails are compared only with a reference that can be believed; mail is guarded all the same. */
const harmOf = (
  { arms, reference }: Design,
  compared: readonly MetricResult[],
  summaryOf: (arm: string) => ArmSummary,
  untrusted: NoEstimate | undefined,
): readonly HarmCheck[] => {
  const trusted = reference === undefined || untrusted !== undefined ? undefined : summaryOf(reference);
  return [
    ...arms.flatMap(({ name, treated }) => (treated ? checkHarm(name, summaryOf(name), trusted) : [])),
    ...checkGuardrails(compared.filter(({ role }) => role === 'guardrail')),
  ];
};

const armResult = ({ name: arm, role, treated }: ShownArm, outcomes: RunOutcomes): ArmResult => {
  const summary = outcomes.arms.get(arm) ?? emptySummary;
  const { customers, conversions } = summary;
  const money = revenueMoments(summary);
  const isSummable = outcomes.currencies.length <= 1;
  return {
    arm,
    role,
    treated,
    customers,
    matured: outcomes.sums.get(arm)?.count ?? 0,
    sent: summary.sent,
    suppressed: summary.suppressed,
    conversions,
    repurchaseRate: customers === 0 ? null : conversions / customers,
    revenue: {
      total: isSummable ? summary.revenueSum : null,
      mean: isSummable && customers > 0 ? mean(money) : null,
      standardDeviation: isSummable && customers > 1 ? Math.sqrt(variance(money)) : null,
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
