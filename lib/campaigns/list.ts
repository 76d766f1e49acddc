// GET /v1/admin/campaigns: summaries newest first, in pages; `next` is what to give as `after` for the page after.

import { z } from 'zod';
import { Failure } from '../base/errors.ts';
import { parseInput, wholeNumber } from '../base/input.ts';
import { campaignsPageCountMax, idLengthMax } from '../base/limits.ts';
import type { CampaignStore } from '../ports.ts';
import type { CampaignSummary } from './campaign.ts';

const schema = z.strictObject({
  limit: wholeNumber(1, campaignsPageCountMax).default(50),
  after: z.string().min(1).max(idLengthMax).optional(),
  status: z.enum(['draft', 'running', 'paused', 'cancelled', 'finished']).optional(),
});

export interface CampaignPage {
  readonly campaigns: readonly CampaignSummary[];
  readonly next?: string;
}

export const pageCampaigns = async (
  query: { readonly [name: string]: string | undefined },
  store: Pick<CampaignStore, 'list'>,
): Promise<CampaignPage> => {
  const { limit, after, status } = parseInput(schema, query, 'query');
  const all = await store.list();
  const from = after === undefined ? 0 : 1 + all.findIndex(({ campaignId }) => campaignId === after);
  if (after !== undefined && from === 0) {
    throw new Failure('invalid', {
      code: 'query-invalid',
      message: 'There is no campaign to go on after.',
      received: after,
      action: 'Give as after what the page before answered as next.',
    });
  }
  const wanted = all.slice(from).filter((campaign) => status === undefined || campaign.status === status);
  const campaigns = wanted.slice(0, limit);
  return wanted.length > limit ? { campaigns, next: campaigns.at(-1)?.campaignId } : { campaigns };
};
