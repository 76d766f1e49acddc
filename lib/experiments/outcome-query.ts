// What an analysis of a campaign's runs asks of the archive.

import type { MetricPlan } from '../assignment/metric-plan.ts';
import { historyDays } from '../base/limits.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { CampaignRun } from '../campaigns/run.ts';
import { assignedFromMs } from '../campaigns/schedule.ts';
import type { OutcomeQuery } from '../ports.ts';
import { campaignDesign } from './design.ts';

export const outcomeQuery = (
  campaign: Campaign,
  runs: readonly CampaignRun[],
  toMs: number,
): OutcomeQuery => ({
  campaignId: campaign.campaignId,
  runIds: runs.map(({ runId }) => runId),
  fromMs: Math.min(...runs.map((run) => assignedFromMs(campaign, run))),
  toMs,
  historyDays,
  ownEvents: ownEvents(campaignDesign(campaign).metrics),
});

/** Names of the events that the plan counts itself. */
export const ownEvents = ({ primary, secondary, guardrails }: MetricPlan): readonly string[] =>
  [primary, ...secondary, ...guardrails].flatMap((choice) =>
    typeof choice === 'string' ? [] : [choice.event],
  );
