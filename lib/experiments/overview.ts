// What the API answers about a campaign's runs and results: as stored, with the instant of the next look, so that a
// campaign without a result says when there will be one.

import { outcomeDelayMs, resultsShownMax } from '../base/limits.ts';
import { existingCampaign } from '../campaigns/administer.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { CampaignRun } from '../campaigns/run.ts';
import { lookTimesMs } from '../campaigns/schedule.ts';
import type { CampaignStore, Clock, ResultStore } from '../ports.ts';
import type { CampaignResult } from './result.ts';

export interface CampaignResults {
  readonly campaignId: Campaign['campaignId'];
  readonly status: Campaign['status'];
  /** The newest; null before the first look. */
  readonly latest: CampaignResult | null;
  /** Of all that there are. */
  readonly resultsCount: number;
  /** The newest resultsShownMax, oldest first. */
  readonly results: readonly CampaignResult[];
  /** When the next result will be there, ISO 8601; null when no look is to come. */
  readonly nextLookAt: string | null;
}

export const campaignWithRuns = async (
  id: Campaign['campaignId'],
  campaigns: CampaignStore,
): Promise<Campaign & { readonly runs: readonly CampaignRun[] }> => {
  const [campaign, runs] = await Promise.all([existingCampaign(id, campaigns), campaigns.runs(id)]);
  return { ...campaign, runs };
};

export const campaignResults = async (
  id: Campaign['campaignId'],
  {
    campaigns,
    results,
    clock,
  }: { readonly campaigns: CampaignStore; readonly results: ResultStore; readonly clock: Clock },
): Promise<CampaignResults> => {
  const { runs, ...campaign } = await campaignWithRuns(id, campaigns);
  const all = await results.list(id);
  const looks = campaign.status === 'cancelled' || campaign.status === 'finished' ? [] : runs;
  const upcoming = looks
    .filter(({ skipped }) => skipped !== true)
    .flatMap((run) => lookTimesMs(campaign, run))
    .map((dueMs) => dueMs + outcomeDelayMs)
    .filter((atMs) => atMs > clock.nowMs());
  return {
    campaignId: id,
    status: campaign.status,
    latest: all.at(-1) ?? null,
    resultsCount: all.length,
    results: all.slice(-resultsShownMax),
    nextLookAt: upcoming.length === 0 ? null : new Date(Math.min(...upcoming)).toISOString(),
  };
};
