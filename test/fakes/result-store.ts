// ResultStore in memory: the first result of a look stays, as in the real one. Values are copied in and out.

import { byTime, type CampaignResult } from '../../lib/experiments/result.ts';
import type { ResultStore } from '../../lib/ports.ts';

export const memoryResultStore = (): ResultStore => {
  const results = new Map<string, CampaignResult>();
  const key = (campaignId: string, runId: string, look: number): string => `${campaignId}/${runId}/${look}`;
  const list = async (campaignId: string): Promise<readonly CampaignResult[]> =>
    structuredClone([...results.values()].filter((result) => result.campaignId === campaignId)).sort(byTime);
  return {
    write: async (result) => {
      const at = key(result.campaignId, result.runId, result.look);
      const kept = results.get(at) ?? structuredClone(result);
      results.set(at, kept);
      return structuredClone(kept);
    },
    get: async (campaignId, runId, look) => structuredClone(results.get(key(campaignId, runId, look))),
    latest: async (campaignId) => (await list(campaignId)).at(-1),
    list,
  };
};
