// Begins a batch of a campaign under Thompson sampling: weights by all outcomes whose windows are over by now, kept for
// good. Asked again, or by two at once, it answers the batch kept, so repeating changes nothing. The campaign workflow asks
// before a run freezes and, in event campaigns, whenever a batch of the grid begins (run-look.ts).
// Undefined where there is nothing to begin: fixed weights, an ended campaign, a period that is over.

import type { CampaignId } from '../base/ids.ts';
import { outcomeDelayMs } from '../base/limits.ts';
import {
  type AllocationBatch,
  adaptiveOf,
  batchAt,
  openingBatch,
  periodOf,
} from '../campaigns/allocation.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import { batchesOfRuns, maturedOf } from '../outcomes/batches.ts';
import type { CampaignStore, Clock, ReportSource } from '../ports.ts';
import { outcomeQuery } from './outcome-query.ts';
import { thompsonWeights } from './thompson.ts';

export interface AllocatePorts {
  readonly campaigns: CampaignStore;
  readonly outcomes: ReportSource;
  readonly clock: Clock;
}

export const allocateBatch = async (
  campaignId: CampaignId,
  { campaigns, outcomes, clock }: AllocatePorts,
): Promise<AllocationBatch | undefined> => {
  const campaign = await campaigns.get(campaignId);
  const adaptive = campaign && adaptiveOf(campaign);
  const nowMs = clock.nowMs();
  const isOpen = campaign?.status === 'running' || campaign?.status === 'paused';
  if (adaptive === undefined || !isOpen || nowMs >= periodOf(campaign).endMs) {
    return undefined;
  }
  const batch = batchAt(campaign, adaptive, nowMs);
  const kept = (await campaigns.batches(campaignId)).find((one) => one.batch === batch);
  if (kept !== undefined) {
    return kept;
  }
  const opening = openingBatch(campaign, batch, new Date(nowMs).toISOString());
  const known = await knownOutcomes(campaign, nowMs, { campaigns, outcomes });
  const arms = campaign.variants.map(({ name }) => ({
    count: known[name].customers,
    sum: known[name].buyers,
  }));
  const isKnown = arms.some(({ count }) => count > 0);
  const weights = isKnown ? thompsonWeights(arms, adaptive.floor) : undefined;
  return campaigns.keepBatch({
    ...opening,
    ...(weights !== undefined && {
      weights: Object.fromEntries(campaign.variants.map(({ name }, i) => [name, weights[i]])),
    }),
    known,
  });
};

const knownOutcomes = async (
  campaign: Campaign,
  nowMs: number,
  { campaigns, outcomes }: Pick<AllocatePorts, 'campaigns' | 'outcomes'>,
): Promise<AllocationBatch['known']> => {
  const runs = (await campaigns.runs(campaign.campaignId)).filter(({ skipped }) => skipped !== true);
  // Orders of the last minutes are still on their way to the archive.
  const scope = { windowDays: campaign.windowDays, asOfMs: nowMs - outcomeDelayMs };
  const { batches } =
    runs.length === 0
      ? { batches: [] }
      : await batchesOfRuns(outcomeQuery(campaign, runs, nowMs), scope, outcomes);
  return Object.fromEntries(campaign.variants.map(({ name }) => [name, maturedOf(batches, name)]));
};
