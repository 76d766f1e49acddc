// Ranking metrics at k with binary relevance, from the ranks of a customer's relevant items among all candidates.
// Precision hits / k; recall hits / |relevant|; F1 their harmonic mean; hit rate 1 when anything was hit;
// AP Σ_hits precision@rank / |relevant|; MRR 1 / rank of the first relevant item, not cut at k;
// NDCG Σ_hits 1 / log2(rank + 1) over the same for the best order of min(|relevant|, k) (Järvelin & Kekäläinen 2002);
// AUC the share of (relevant, other) pairs in the right order over all candidates.

export interface RankingMetrics {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly hitRate: number;
  readonly ndcg: number;
  readonly map: number;
  readonly mrr: number;
}

/** Ranks ascending from 1; relevant items that were not ranked have none, but count in `relevantCount`. */
export const rankingMetrics = (
  ranks: ArrayLike<number>,
  relevantCount: number,
  k: number,
): RankingMetrics => {
  const hits = hitsAt(ranks, k);
  const precision = hits / k;
  const recall = relevantCount === 0 ? 0 : hits / relevantCount;
  return {
    precision,
    recall,
    f1: hits === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    hitRate: hits > 0 ? 1 : 0,
    ndcg: ndcgAt(ranks, relevantCount, k),
    map: averagePrecisionAt(ranks, relevantCount, k),
    mrr: ranks.length === 0 ? 0 : 1 / ranks[0],
  };
};

export const ndcgAt = (ranks: ArrayLike<number>, relevantCount: number, k: number): number => {
  let gain = 0;
  for (let hit = 0; hit < ranks.length && ranks[hit] <= k; hit++) {
    gain += 1 / Math.log2(ranks[hit] + 1);
  }
  let ideal = 0;
  for (let place = 0; place < Math.min(k, relevantCount); place++) {
    ideal += 1 / Math.log2(place + 2);
  }
  return ideal === 0 ? 0 : gain / ideal;
};

export const averagePrecisionAt = (ranks: ArrayLike<number>, relevantCount: number, k: number): number => {
  let sum = 0;
  for (let hit = 0; hit < ranks.length && ranks[hit] <= k; hit++) {
    sum += (hit + 1) / ranks[hit];
  }
  return relevantCount === 0 ? 0 : sum / relevantCount;
};

/**
 * AUC among `candidatesCount` items, relevant ones included. `rankedCount` of them have a rank (default: all); the
 * others share the places below: half of such pairs count as right. Undefined without relevant or without other items.
 */
export const aucOf = (
  ranks: ArrayLike<number>,
  relevantCount: number,
  candidatesCount: number,
  rankedCount = candidatesCount,
): number | undefined => {
  const others = candidatesCount - relevantCount;
  if (relevantCount === 0 || others <= 0) {
    return undefined;
  }
  let wrong = 0;
  for (let hit = 0; hit < ranks.length; hit++) {
    wrong += ranks[hit] - 1 - hit;
  }
  const othersRanked = rankedCount - ranks.length;
  wrong += (relevantCount - ranks.length) * (othersRanked + (others - othersRanked) / 2);
  return 1 - wrong / (relevantCount * others);
};

const hitsAt = (ranks: ArrayLike<number>, k: number): number => {
  let hits = 0;
  while (hits < ranks.length && ranks[hits] <= k) {
    hits++;
  }
  return hits;
};
