// What the new policy would have shown on a logged page: the same code that serves (pageOf), asked the same, of the customer
// as they were then, with the policy's model, order and exploration. Not one draw of it but all: who stands where with
// which probability.
// Items that came after the page are not in it. Items withdrawn since are left out, though the policy could have shown them.

import type { ItemId } from '../../base/ids.ts';
import type { EligibilityRule, RerankingSettings } from '../../base/settings.ts';
import type { CustomerRecord } from '../../events/customer.ts';
import type { Assortment } from '../../recommendations/assortment.ts';
import type { SlotTable } from '../../recommendations/exploration.ts';
import { pageOf } from '../../recommendations/recommend.ts';
import type { RecommendationPolicy } from './evaluation.ts';
import type { ServedPage } from './served-page.ts';
import type { Tables } from './tables.ts';

export interface TargetPage {
  readonly table: SlotTable;
  readonly ranked: readonly ItemId[];
  readonly pool: readonly ItemId[];
}

export interface TargetSettings {
  readonly policy: RecommendationPolicy;
  readonly reranking: RerankingSettings;
  readonly explorationDepth: number;
  readonly eligibilityRules: readonly EligibilityRule[];
}

export const targetPage = (
  page: ServedPage,
  record: CustomerRecord,
  assortment: Assortment,
  { policy, reranking, explorationDepth, eligibilityRules }: TargetSettings,
  tables: Tables,
): TargetPage => {
  const { request, atMs } = page;
  const { items, pool } = pageOf(request, record, assortmentAt(assortment, atMs), {
    nowMs: atMs,
    explorationDepth: policy.explorationDepth ?? explorationDepth,
    reranking: withPolicy(reranking, policy),
    eligibilityRules,
  });
  return {
    table: tables({
      slots: Math.min(request.limit, items.length + pool.length),
      share: policy.explorationShare ?? page.draws.share,
      ranked: items.length,
      pool: pool.length,
    }),
    ranked: items.map(({ itemId }) => itemId),
    pool: pool.map(({ itemId }) => itemId),
  };
};

/** What the policy states holds on every placement. */
const withPolicy = (
  { placements, ...all }: RerankingSettings,
  { reranking }: RecommendationPolicy,
): RerankingSettings => ({
  ...all,
  ...reranking,
  ...(placements && {
    placements: Object.fromEntries(
      Object.entries(placements).map(([name, own]) => [name, { ...own, ...reranking }]),
    ),
  }),
});

const assortmentAt = (assortment: Assortment, atMs: number): Assortment => {
  const later = new Set(
    assortment.news.filter(({ createdAt }) => Date.parse(createdAt) > atMs).map(({ itemId }) => itemId),
  );
  if (later.size === 0) return assortment;
  const isThere = ({ itemId }: { readonly itemId: ItemId }): boolean => !later.has(itemId);
  return {
    ...assortment,
    isVisible: (itemId) => !later.has(itemId) && assortment.isVisible(itemId),
    news: assortment.news.filter(isThere),
    explorable: assortment.explorable.filter(isThere),
    visible: () => assortment.visible().filter(isThere),
  };
};
