// The result of one look at one run of a campaign, as it is stored and shown: JSON through and through.
// Shares and rates are in [0, 1]; money is in major units of `currency`; differences are arm − reference.
// What could not be estimated is a value of its own kind with its reason, never p = 1 and never zero.
// Repurchase rate: share of the arm's customers with at least one kept order in the window (intention to treat).

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
  | 'logs-too-thin';

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

export interface Comparison {
  readonly arm: string;
  readonly reference: string;
  /** Of the repurchase rate, as a difference of shares. */
  readonly estimate: Estimate | NoEstimate;
  /** Of revenue per customer. */
  readonly revenue: Estimate | NoEstimate;
  /** Of the repurchase rate over all treated arms (Holm); null without estimate. */
  readonly adjustedPValue: number | null;
}

export type Decision = 'continue' | 'stop-for-harm' | 'roll-out' | 'keep-holding' | 'inconclusive';

/** One guard that may stop a campaign at a look; it can only stop, never declare a winner. */
export interface HarmCheck {
  readonly arm: string;
  readonly measure: 'repurchase' | 'complaints' | 'unsubscribes';
  /** Share observed in the arm. */
  readonly observed: number;
  /** The reference's share, or the share that is tolerated. */
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

export interface CampaignResult {
  readonly campaignId: CampaignId;
  /** `run-3`; `all` for the result over every run of a campaign that repeats. */
  readonly runId: string;
  /** 1, 2, … in order of time; the final look is the last. */
  readonly look: number;
  readonly final: boolean;
  /** ISO 8601. */
  readonly asOf: string;
  readonly windowDays: number;
  /** ISO 4217; null when no order stated one, or several did. */
  readonly currency: string | null;
  /** The untreated arm that the others are compared with; null without one. */
  readonly reference: string | null;
  readonly arms: readonly ArmResult[];
  readonly sampleRatio: SampleRatio;
  readonly comparisons: readonly Comparison[];
  readonly harm: readonly HarmCheck[];
  readonly decision: Decision;
  /** The variant to roll out; null unless the decision is roll-out. */
  readonly winner: string | null;
  readonly sentence: Text;
  readonly attributed: { readonly coupon: readonly Attributed[]; readonly click: readonly Attributed[] };
  readonly checks: readonly Check[];
}
