// CampaignStore in memory, with the conditional writes of the real one. Values are copied in and out.

import { Failure } from '../../lib/base/errors.ts';
import type { CampaignId } from '../../lib/base/ids.ts';
import type { AllocationBatch } from '../../lib/campaigns/allocation.ts';
import type { AudienceMember } from '../../lib/campaigns/audience.ts';
import { awaitingNow } from '../../lib/campaigns/awaiting.ts';
import { type Campaign, type CampaignSummary, summaryOf } from '../../lib/campaigns/campaign.ts';
import type { CampaignRun } from '../../lib/campaigns/run.ts';
import type { CampaignStore } from '../../lib/ports.ts';

export const memoryCampaignStore = (seed: readonly Campaign[] = []): CampaignStore => {
  const campaigns = new Map<string, Campaign>(seed.map((campaign) => [campaign.campaignId, campaign]));
  const runs = new Map<string, CampaignRun>();
  const batches = new Map<string, AllocationBatch>();
  const batchesOf = (id: CampaignId) =>
    structuredClone(
      [...batches.values()]
        .filter(({ campaignId }) => campaignId === id)
        .toSorted((a, b) => a.batch - b.batch),
    );
  const assignments = new Map<string, AudienceMember>();
  const get = async (id: CampaignId): Promise<Campaign | undefined> => structuredClone(campaigns.get(id));
  return {
    get,
    list: async () => structuredClone([...campaigns.values()].map(summaryOf)).toSorted(newestFirst),
    awaitingEvents: async () => [...campaigns.values()].flatMap(awaitingNow),
    write: async (campaign) => {
      const stored = campaigns.get(campaign.campaignId);
      if ((stored?.revision ?? 0) !== campaign.revision - 1) {
        throw new Failure('conflict', {
          code: 'campaign-changed',
          message: 'The campaign was changed by someone else in the meantime.',
          received: `revision ${campaign.revision}`,
          action: 'Read the campaign again and repeat the change.',
        });
      }
      campaigns.set(campaign.campaignId, structuredClone(campaign));
    },
    status: async (id) => campaigns.get(id)?.status,
    writeRun: async (run) => {
      runs.set(`${run.campaignId}/${run.runId}`, structuredClone(run));
    },
    run: async (campaignId, runId) => structuredClone(runs.get(`${campaignId}/${runId}`)),
    runs: async (campaignId) =>
      structuredClone([...runs.values()].filter((run) => run.campaignId === campaignId)).toSorted(byNumber),
    keepBatch: async (batch) => {
      const key = `${batch.campaignId}/${batch.batch}`;
      const first = batches.get(key) ?? structuredClone(batch);
      batches.set(key, first);
      return structuredClone(first);
    },
    batches: async (id) => batchesOf(id),
    latestBatch: async (id) => batchesOf(id).at(-1),
    claimAssignment: async (campaignId, runId, member) => {
      const key = `${campaignId}/${runId}/${member.customerId}`;
      const first = assignments.get(key) ?? structuredClone(member);
      assignments.set(key, first);
      return structuredClone(first);
    },
    assignment: async (campaignId, runId, customerId) =>
      structuredClone(assignments.get(`${campaignId}/${runId}/${customerId}`)),
  };
};

const newestFirst = (a: CampaignSummary, b: CampaignSummary): number =>
  a.createdAt === b.createdAt ? (a.campaignId < b.campaignId ? -1 : 1) : a.createdAt > b.createdAt ? -1 : 1;

const byNumber = (a: CampaignRun, b: CampaignRun): number =>
  Number(a.runId.slice(4)) - Number(b.runId.slice(4));
