// A policy judged from Reprise's own logs, as it is asked for, stored and shown: JSON through and through.
// For recommendations a row is a place of a served page: the value is the share of shown items that were clicked (or
// ordered within the window). For offers a row is a customer assigned in a campaign: the share that clicked or ordered.
// Times are ISO 8601, UTC; shares in [0, 1]. What could not be estimated says why and what to do.

import type { CampaignId, CustomerId, ModelVersion } from '../../base/ids.ts';
import type { Reranking } from '../../base/settings.ts';
import type { StoredEvent } from '../../events/event.ts';
import type { OffPolicy, OffPolicyValue } from '../off-policy.ts';
import type { NoEstimate, Text } from '../result.ts';

export interface RecommendationPolicy {
  readonly kind: 'recommendations';
  /** Absent: of each page the version that made it. */
  readonly modelVersion?: ModelVersion;
  /** Over the workspace's. */
  readonly reranking?: Partial<Reranking>;
  /** Absent: of each page the share it was drawn with. */
  readonly explorationShare?: number;
  /** Absent: the workspace's. */
  readonly explorationDepth?: number;
}

export interface OfferPolicy {
  readonly kind: 'offers';
  readonly campaignId: CampaignId;
  /** By variant, or `holdout`; they sum to 1. */
  readonly variantShares: { readonly [variant: string]: number };
}

export interface EvaluationRequest {
  readonly policy: RecommendationPolicy | OfferPolicy;
  /** What was served or assigned in from ≤ t < to. */
  readonly from: string;
  readonly to: string;
  readonly outcome: 'click' | 'order';
  readonly windowDays: number;
}

export interface PolicyEvaluation extends EvaluationRequest {
  readonly evaluationId: string;
  readonly status: 'running' | 'done' | 'failed';
  readonly requestedAt: string;
  readonly endedAt?: string;
  readonly result?: EvaluationResult;
  /** Why it failed. */
  readonly reason?: string;
}

/** How a page's places are looked at: the chance falls as place^−exponent. */
export interface Positions {
  readonly exponent: number;
  readonly standardError: number;
  /** Outcomes of explored items that it was estimated from. */
  readonly outcomes: number;
  /** False: too few of them, and all places are taken alike. */
  readonly estimated: boolean;
}

export interface EvaluationResult extends OffPolicy {
  readonly asOf: string;
  readonly unit: 'shown-item' | 'customer';
  readonly logs: {
    /** Served pages or assignments that were used. */
    readonly decisions: number;
    readonly customers: number;
    /** Of the customers with something logged, the share that was read: a random part where there is too much. */
    readonly customersShare: number;
    readonly leftOut: { readonly [reason in LeftOut]?: number };
    /** Pages that the rebuilt customer would have been shown alike; where the policy leaves model and order as they are. */
    readonly alike?: number;
  };
  readonly positions?: Positions;
  /** Where the policy draws nothing. */
  readonly replay?: (OffPolicyValue & { readonly rows: number }) | NoEstimate;
  readonly sentence: Text;
  /** What was assumed, and what of the customer was known. */
  readonly notes: readonly Text[];
}

/** Why a decision was not used. */
export type LeftOut =
  | 'held-out'
  /** Nothing was left to chance. */
  | 'not-explored'
  /** A mail, or of an earlier version of Reprise: what was asked for is not in the log. */
  | 'incomplete'
  /** The propensities do not follow from how the page was drawn. */
  | 'inexact';

export interface EvaluationStore {
  write(evaluation: PolicyEvaluation): Promise<void>;
  get(evaluationId: string): Promise<PolicyEvaluation | undefined>;
  /** Newest first. */
  list(): Promise<readonly PolicyEvaluation[]>;
}

/** A part of the customers: what they were served, and all that they did and told, oldest first by receipt. */
export interface CustomersLog {
  readonly served: readonly StoredEvent[];
  readonly events: ReadonlyMap<CustomerId, readonly StoredEvent[]>;
}

export interface PageQuery {
  readonly fromMs: number;
  readonly toMs: number;
  /** What was received until then. */
  readonly untilMs: number;
  readonly pagesMax: number;
}

export interface PolicyLogs {
  /** Calls `use` for one part of the customers after another, per model version where `byVersion`. */
  pages(
    query: PageQuery & { readonly byVersion: boolean },
    use: (part: CustomersLog) => Promise<void>,
  ): Promise<{ readonly customersShare: number }>;
  /** Test phases of one campaign, and the orders, refunds and loop events of those customers. */
  assignments(
    query: Omit<PageQuery, 'pagesMax'> & { readonly campaignId: CampaignId },
  ): Promise<{ readonly assigned: readonly StoredEvent[]; readonly events: readonly StoredEvent[] }>;
}

export interface EvaluationWorkflow {
  /** Idempotent by name. */
  startEvaluation(name: string, input: { readonly evaluationId: string }): Promise<void>;
}
