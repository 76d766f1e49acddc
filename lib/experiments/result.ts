// The result of one look at a test, as it is stored and shown: JSON through and through. A run of a campaign and an
// experiment have the same, and add what they are called by.
// Shares and rates are in [0, 1]; money is in major units of `currency`; differences are arm − reference.
// What could not be estimated is a value of its own kind with its reason, never p = 1 and never zero.
// Repurchase rate: share of the arm's customers with at least one kept order in the window (intention to treat).

import type { DecisionRule } from '../assignment/decision-rule.ts';
import type { CampaignId } from '../base/ids.ts';

/** Oldest first; of results at the same time, the one over all runs last. */
export const byTime = (a: CampaignResult, b: CampaignResult): number => {
  if (a.asOf !== b.asOf) {
    return a.asOf < b.asOf ? -1 : 1;
  }
  return Number(a.runId === allRuns) - Number(b.runId === allRuns);
};

/** The runId of a result over every run of a campaign that repeats. */
export const allRuns = 'all';

/** One sentence or more, in both languages of the console. */
export interface Text {
  readonly en: string;
  readonly 'zh-CN': string;
}

export interface Estimate {
  readonly kind: 'estimate';
  /** Arm − reference. */
  readonly difference: number;
  /** 95% interval of the difference. */
  readonly low: number;
  readonly high: number;
  /** Of the difference: its sampling error alone. */
  readonly standardError: number;
  /** Two-sided, of no difference, for this comparison alone. */
  readonly pValue: number;
  /** Difference ÷ reference; null where the reference is too near 0 for its interval to mean anything. */
  readonly relativeLift: { readonly value: number; readonly low: number; readonly high: number } | null;
}

export type NoEstimateCode =
  | 'window-open'
  | 'no-reference-arm'
  | 'no-treated-arm'
  | 'assignment-conflict'
  | 'sample-ratio-mismatch'
  | 'adaptive-allocation'
  | 'arm-too-small'
  | 'too-few-conversions'
  | 'no-variance'
  | 'covariates-redundant'
  | 'several-currencies'
  | 'costs-unknown'
  | 'spending-too-small'
  | 'currencies-differ'
  | 'too-few-redeemers'
  | 'too-many-redeemers'
  | 'logs-too-thin'
  | 'logs-lack-support'
  | 'logs-not-explored'
  | 'logs-not-uniform'
  | 'outcomes-missing';

export interface NoEstimate {
  readonly kind: 'no-estimate';
  readonly code: NoEstimateCode;
  readonly reason: Text;
  /** What to do about it. */
  readonly action: Text;
}

export interface ArmResult {
  readonly arm: string;
  readonly role: 'variant' | 'holdout' | 'global-holdout';
  /** False for holdouts and for variants whose action is none. */
  readonly treated: boolean;
  /** Customers assigned, whatever became of their mail. */
  readonly customers: number;
  /** Of those, whose window is over: who is counted in metrics. */
  readonly matured: number;
  readonly sent: number;
  readonly suppressed: number;
  /** Customers with at least one kept order in the window. */
  readonly conversions: number;
  /** conversions ÷ customers; null for an arm without customers. */
  readonly repurchaseRate: number | null;
  /** Per customer assigned, buyers or not, refunds deducted; null where it cannot be stated. */
  readonly revenue: {
    readonly total: number | null;
    readonly mean: number | null;
    readonly standardDeviation: number | null;
  };
  readonly redemptions: number;
  readonly unsubscribes: number;
  readonly complaints: number;
}

export interface SampleRatio {
  /** Arms of the campaign's own randomisation; the global holdout is drawn elsewhere and left out. */
  readonly arms: readonly string[];
  /** Customers by the design, of as many as were assigned. */
  readonly expected: readonly number[];
  readonly observed: readonly number[];
  /** χ² test; null when nobody was assigned or there is only one arm. */
  readonly pValue: number | null;
  /** False at p < 0.001: something between assignment and here loses or gains customers of one arm. */
  readonly ok: boolean;
}

export type MetricRole = 'primary' | 'secondary' | 'guardrail';

/** One metric in all arms. Only customers whose window is over are counted. */
export interface MetricResult {
  /** As in the definition: repurchase, revenue, …, or the name given to an own event. */
  readonly metric: string;
  readonly role: MetricRole;
  /** share: of customers; mean: a customer, buyers or not; ratio: of two sums over the customers. */
  readonly kind: 'share' | 'mean' | 'ratio';
  readonly unit: 'share' | 'money' | 'count';
  readonly better: 'higher' | 'lower';
  /** Values above it were taken as this, in all arms; absent where nothing was capped. */
  readonly cappedAt?: number;
  readonly arms: readonly ArmValue[];
  readonly comparisons: readonly Comparison[];
}

export interface ArmValue {
  readonly arm: string;
  /** Null where nobody is counted, or it cannot be stated (money in several currencies). */
  readonly value: number | null;
  /** Customers counted. */
  readonly customers: number;
}

/** A treated arm against the reference in one metric. */
export interface Comparison {
  readonly arm: string;
  readonly reference: string;
  readonly estimate: Estimate | NoEstimate;
  /** The same difference with what was known of the customers before taken into account; absent without such data. */
  readonly adjusted?: AdjustedEstimate | NoEstimate;
  /**
   * Over all arms of the primary metric (Holm), over all arms of all secondary metrics (Benjamini–Hochberg); as it is
   * for guardrails. Null without estimate.
   */
  readonly adjustedPValue: number | null;
  readonly bayes?: BayesOutlook;
}

export interface AdjustedEstimate extends Estimate {
  readonly method: 'cuped' | 'lin';
  readonly covariates: readonly string[];
  /** 1 − variance of this ÷ variance of the plain estimate. */
  readonly varianceReduction: number;
}

/** Among the reference and all treated arms, after the data, with a flat prior. Losses in units of the metric. */
export interface BayesOutlook {
  /** That none of the others is better than this arm. */
  readonly probabilityBest: number;
  /** What choosing this arm is expected to lose against choosing the best of them. */
  readonly expectedLoss: number;
}

/** The primary metric among customers alike in what they were before the assignment. */
export interface SegmentResult {
  /** `orders-before`. */
  readonly segment: string;
  /** `0`, `1`, `2+`. */
  readonly value: string;
  /** Adjusted over all segments and arms by Benjamini–Hochberg. */
  readonly comparisons: readonly Comparison[];
}

/** Whether the effect differs between segments at all (Cochran's Q); per arm and segment with two values estimated. */
export interface SegmentDifference {
  readonly arm: string;
  readonly segment: string;
  readonly pValue: number;
}

/** The primary metric among customers assigned in the weeks that begin at weekStart (a Monday, UTC, ISO 8601 date). */
export interface WeekResult {
  readonly weekStart: string;
  /** 1; more where a test lasted longer than weekPartsCountMax weeks. */
  readonly weeksCount: number;
  /** Adjusted over all weeks and arms by Benjamini–Hochberg. */
  readonly comparisons: readonly Comparison[];
}

/** What the looks so far, together, say of the primary metric. */
export interface Sequential {
  readonly kind: DecisionRule['kind'];
  /** By a group-sequential rule; empty where the test is decided once, at its end. */
  readonly arms: readonly SequentialArm[];
  /** For watching, and never for deciding; empty once the test is over, and where nothing can be said. */
  readonly watching: readonly Watched[];
  /** How to read it. */
  readonly note: Text;
}

export interface SequentialArm {
  readonly arm: string;
  readonly reference: string;
  /** Customers whose window is over ÷ those planned, of both arms (harmonic). */
  readonly informationFraction: number;
  /** That had something new, this one included where it had. */
  readonly looks: readonly SequentialLook[];
  /** What |z| has to reach at this look; null where it cannot decide. */
  readonly boundary: number | null;
  readonly crossed: boolean;
  /** All looks together miss the truth in 5% of cases at most. */
  readonly repeatedInterval: { readonly low: number; readonly high: number } | null;
  /** Over all looks and arms. */
  readonly adjustedPValue: number | null;
}

export interface SequentialLook {
  readonly look: number;
  readonly asOf: string;
  readonly informationFraction: number;
  readonly z: number;
  readonly boundary: number | null;
  /** Error spent up to this look, of this arm's share. */
  readonly spent: number;
  readonly crossed: boolean;
}

/** A confidence sequence: over all looks, however many, it misses the truth in 5% of cases at most. */
export interface Watched {
  readonly arm: string;
  readonly reference: string;
  /** matured: customers whose window is over; so-far: everybody, over the part of the window that has passed. */
  readonly over: 'matured' | 'so-far';
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** Of a campaign whose weights were chosen by outcomes: what may be said instead of ordinary comparisons. */
export interface BanditResult {
  /** Zhang, Janson & Murphy 2020 (batched-estimate.ts). */
  readonly method: 'batched';
  readonly batches: readonly BanditBatch[];
  /** `share`: of buyers among customers whose window is over, batches weighed; null where nobody is counted. */
  readonly arms: readonly {
    readonly arm: string;
    readonly share: { readonly value: number; readonly low: number; readonly high: number } | null;
    /** Of variants, among themselves; absent for the holdout. */
    readonly probabilityBest?: number;
    /** In shares: what choosing it is expected to lose. */
    readonly expectedLoss?: number;
  }[];
  /** Of the repurchase rate; p-values adjusted over the variants (Holm). */
  readonly comparisons: readonly Comparison[];
}

export interface BanditBatch {
  readonly batch: number;
  /** ISO 8601; null for one before any was stored. */
  readonly startsAt: string | null;
  readonly arms: readonly {
    readonly arm: string;
    /** That a customer of the test got, by the batch's weights. */
    readonly share: number;
    readonly customers: number;
    readonly matured: number;
    readonly buyers: number;
  }[];
}

export type Decision = 'continue' | 'stop-for-harm' | 'roll-out' | 'keep-holding' | 'inconclusive';

/** One guard that may stop a campaign at a look; it can only stop, never declare a winner. */
export interface HarmCheck {
  readonly arm: string;
  readonly measure: 'repurchase' | 'complaints' | 'unsubscribes' | 'guardrail';
  /** Of a guardrail: the metric's name and unit. */
  readonly metric?: Pick<MetricResult, 'metric' | 'unit'>;
  /** Share (or the metric's value) observed in the arm. */
  readonly observed: number;
  /** The reference's, or the share that is tolerated. */
  readonly against: number;
  /** One-sided, of "no worse than that". */
  readonly pValue: number;
  /** pValue < 0.001. */
  readonly stop: boolean;
}

/** Orders credited to the campaign: not a cause, since these customers might have bought anyway. */
export interface Attributed {
  readonly arm: string;
  readonly orders: number;
  readonly revenue: number;
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly message: Text;
  /** What to do about a finding; absent where there is none, or the message says it. */
  readonly action?: Text;
}

export interface TestResult {
  /** 1, 2, … in order of time; the final look is the last. */
  readonly look: number;
  readonly final: boolean;
  /** ISO 8601. */
  readonly asOf: string;
  readonly windowDays: number;
  /** ISO 4217; null when no order stated one, or several did. */
  readonly currency: string | null;
  /** The arm that the others are compared with; null without one. */
  readonly reference: string | null;
  readonly arms: readonly ArmResult[];
  readonly sampleRatio: SampleRatio;
  /** The primary one first, then secondary ones, then guardrails. */
  readonly metrics: readonly MetricResult[];
  /** Empty where nothing is known of the customers from before. */
  readonly segments: readonly SegmentResult[];
  readonly segmentDifferences: readonly SegmentDifference[];
  /** Empty where all were assigned in one week. */
  readonly weeks: readonly WeekResult[];
  /** Only of a campaign under Thompson sampling, whose metrics have no ordinary estimates. */
  readonly bandit?: BanditResult;
  readonly harm: readonly HarmCheck[];
  /** Absent where there is nothing to compare, or what there is cannot be believed. */
  readonly sequential?: Sequential;
  readonly decision: Decision;
  /** The variant to roll out; null unless the decision is roll-out. */
  readonly winner: string | null;
  readonly sentence: Text;
  readonly attributed: { readonly coupon: readonly Attributed[]; readonly click: readonly Attributed[] };
  readonly checks: readonly Check[];
}

export interface CampaignResult extends TestResult {
  readonly campaignId: CampaignId;
  /** `run-3`; `all` for the result over every run of a campaign that repeats. */
  readonly runId: string;
}

export const primaryOf = ({ metrics }: Pick<TestResult, 'metrics'>): MetricResult => {
  const primary = metrics.find(({ role }) => role === 'primary');
  if (primary === undefined) {
    throw new Error('result: every test has a primary metric, this one has none');
  }
  return primary;
};

/** Undefined where the test does not measure it, or the arm is not compared. */
export const comparisonOf = (
  { metrics }: Pick<TestResult, 'metrics'>,
  metric: string,
  arm: string,
): Comparison | undefined =>
  metrics.find((one) => one.metric === metric)?.comparisons.find((one) => one.arm === arm);
