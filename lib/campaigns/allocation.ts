// How the variants of a campaign get their customers: by fixed weights, or by Thompson sampling in batches. A batch is
// a part of the campaign's period, on a grid of `batchDays` from trigger.startsAt (numbers count from 1; a batch whose
// start was slept through is left out). Its weights are stored when it begins and never change; who is assigned gets the
// weights of the batch stored last, by a hash with the batch's own salt, and carries its number and propensity.
// The campaign's holdout and the global one are outside of it: their shares and salts stay. Until outcomes are known
// the weights are those of the definition.

import { hash } from 'node:crypto';
import type { CampaignId } from '../base/ids.ts';
import { dayMs } from '../base/time.ts';
import type { Campaign } from './campaign.ts';
import { eventRunEndMs } from './schedule.ts';

export type Allocation =
  | { readonly kind: 'fixed' }
  | {
      readonly kind: 'thompson';
      readonly batchDays: number;
      /** Least weight of a variant. */
      readonly floor: number;
    };

export interface AllocationBatch {
  readonly campaignId: CampaignId;
  readonly batch: number;
  /** When it was made, from which on it holds; ISO 8601. */
  readonly startsAt: string;
  readonly salt: string;
  /** By variant; in whole millionths that sum to one. */
  readonly weights: { readonly [variant: string]: number };
  /** By variant: customers whose window was over, and those of them who had bought. */
  readonly known: { readonly [variant: string]: { readonly customers: number; readonly buyers: number } };
}

/** Part of the CampaignStore. */
export interface BatchStore {
  /** Keeps the first batch of its number and returns the one kept, so that weights never change. */
  keepBatch(batch: AllocationBatch): Promise<AllocationBatch>;
  /** In order of their numbers. */
  batches(id: CampaignId): Promise<readonly AllocationBatch[]>;
  /** The one of the largest number; undefined while there is none. */
  latestBatch(id: CampaignId): Promise<AllocationBatch | undefined>;
}

export type Adaptive = Extract<Allocation, { readonly kind: 'thompson' }>;

/** Undefined for fixed weights. */
export const adaptiveOf = ({ allocation }: Pick<Campaign, 'allocation'>): Adaptive | undefined =>
  allocation?.kind === 'thompson' ? allocation : undefined;

/** The batch of the grid that an instant lies in. */
export const batchAt = (campaign: Pick<Campaign, 'trigger'>, { batchDays }: Adaptive, atMs: number): number =>
  Math.max(1, Math.floor((atMs - periodOf(campaign).fromMs) / (batchDays * dayMs)) + 1);

/** When batches begin (ms) while events enter this run; of recurring campaigns none, their runs begin with one. */
export const batchStartsMs = (
  campaign: Pick<Campaign, 'trigger' | 'allocation'>,
  { runId, frozenAt }: { readonly runId: string; readonly frozenAt: string },
): readonly number[] => {
  const adaptive = adaptiveOf(campaign);
  const { trigger } = campaign;
  if (adaptive === undefined || trigger.kind !== 'event') {
    return [];
  }
  const [fromMs, endMs] = [Date.parse(frozenAt), eventRunEndMs(trigger, runId)];
  const stepMs = adaptive.batchDays * dayMs;
  const first = Date.parse(trigger.startsAt) + batchAt(campaign, adaptive, fromMs) * stepMs;
  const count = Math.max(0, Math.ceil((endMs - first) / stepMs));
  return Array.from({ length: count }, (_, i) => first + i * stepMs);
};

export const periodOf = ({ trigger }: Pick<Campaign, 'trigger'>): { fromMs: number; endMs: number } =>
  trigger.kind === 'at'
    ? { fromMs: Date.parse(trigger.at), endMs: Date.parse(trigger.at) }
    : { fromMs: Date.parse(trigger.startsAt), endMs: Date.parse(trigger.endsAt) };

/** With the definition's weights. */
export const openingBatch = (
  campaign: Pick<Campaign, 'campaignId' | 'salt' | 'variants'>,
  batch: number,
  startsAt: string,
): AllocationBatch => ({
  campaignId: campaign.campaignId,
  batch,
  startsAt,
  salt: batchSalt(campaign, batch),
  weights: Object.fromEntries(campaign.variants.map(({ name, weight }) => [name, weight])),
  known: Object.fromEntries(campaign.variants.map(({ name }) => [name, { customers: 0, buyers: 0 }])),
});

/** Each batch draws anew, so that who is in an arm now has nothing to do with who was before. */
export const batchSalt = ({ salt }: Pick<Campaign, 'salt'>, batch: number): string =>
  hash('sha256', `batch\n${salt}\n${batch}`);

/** What assigns now; undefined for fixed weights. */
export const batchInForce = async (
  campaign: Campaign,
  nowMs: number,
  campaigns: Pick<BatchStore, 'latestBatch'>,
): Promise<AllocationBatch | undefined> => {
  const adaptive = adaptiveOf(campaign);
  return (
    adaptive &&
    ((await campaigns.latestBatch(campaign.campaignId)) ??
      openingBatch(campaign, batchAt(campaign, adaptive, nowMs), new Date(nowMs).toISOString()))
  );
};
