// The report of a campaign as it is stored and shown: JSON through and through. Shares in [0, 1], money in major units.
// Made by refresh-report.ts: each run's part once its windows are over stays as it is, and the whole is the sum of the
// parts. Parts and the whole stand in the archive bucket under campaigns/<campaignId>/report/.

import type { CampaignId } from '../base/ids.ts';
import type { MessageCosts } from '../base/settings.ts';
import type { CampaignStatus } from '../campaigns/campaign.ts';
import type { Funnel } from '../outcomes/funnel.ts';
import type { ArmEffect } from './increments.ts';
import type { TestResult, Text } from './result.ts';

/** Of one run, or (`all`) of every run with each customer from the first assignment. */
export interface Analysis extends TestResult {
  readonly runId: string;
  readonly effects: readonly ArmEffect[];
}

export interface RunReport {
  readonly runId: string;
  readonly frozenAt: string;
  readonly asOf: string;
  /** All windows of the run, a rollout's too, are over: it is not computed again. */
  readonly done: boolean;
  readonly funnel: Funnel;
  /** Waiting for a known time (quiet hours, throttling) when deliveries were last checked; among `waiting`. 0 once ended. */
  readonly deferred: number;
  /** The same by what they wait for; absent in parts that were kept before this was noted. */
  readonly waitingFor?: { readonly [reason: string]: number };
  readonly analysis: Analysis;
}

export interface CampaignReport {
  readonly campaignId: CampaignId;
  readonly name: string;
  readonly status: CampaignStatus;
  /** ISO 8601: what had been received by then is in it. */
  readonly asOf: string;
  readonly windowDays: number;
  /** A variant is a journey: some of its paths may have no message. */
  readonly hasJourneys: boolean;
  readonly costs: MessageCosts;
  /** Of the newest result. */
  readonly sentence: Text | null;
  /** Over all runs. */
  readonly total: Funnel;
  readonly deferred: number;
  readonly waitingFor?: { readonly [reason: string]: number };
  /** Of the only run; of all together once a campaign that repeats has ended; until then null there. */
  readonly analysis: Analysis | null;
  readonly runsCount: number;
  /** The newest first, reportRunsCountMax at most. */
  readonly runs: readonly RunReport[];
}

const folder = (campaignId: string): string => `campaigns/${campaignId}/report`;

export const reportKey = (campaignId: string): string => `${folder(campaignId)}/report.json`;
export const runReportKey = (campaignId: string, runId: string): string =>
  `${folder(campaignId)}/${runId}.json`;
/** DailySums[] of a run, or of all together. */
export const daysKey = (campaignId: string, runId: string): string =>
  `${folder(campaignId)}/${runId}-days.json`;
/** The analysis over all runs. */
export const allRunsKey = (campaignId: string): string => `${folder(campaignId)}/all.json`;
