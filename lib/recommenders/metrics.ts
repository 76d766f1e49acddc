// Ranking metrics at k with binary relevance: `ranked` best first, `relevant` what the customer took later.
// Precision hits / k; recall hits / |relevant|; F1 their harmonic mean; AP Σ_hits precision@rank / |relevant|;
// NDCG Σ_hits 1 / log2(rank + 1) over the same for the best order of min(|relevant|, k) (Järvelin & Kekäläinen 2002);
// AUC the share of (relevant, other) pairs in the right order over the whole catalogue.
// Novelty −log2 of an item's share of interactions; diversity 1 − mean similarity within a list.

export interface RankingMetrics {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly ndcg: number;
  readonly map: number;
}

type Relevant = ReadonlySet<string>;

export const rankingMetrics = (ranked: readonly string[], relevant: Relevant, k: number): RankingMetrics => {
  const hits = ranked.slice(0, k).filter((item) => relevant.has(item)).length;
  const precision = hits / k;
  const recall = relevant.size === 0 ? 0 : hits / relevant.size;
  return {
    precision,
    recall,
    f1: hits === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    ndcg: ndcgAt(ranked, relevant, k),
    map: averagePrecisionAt(ranked, relevant, k),
  };
};

export const ndcgAt = (ranked: readonly string[], relevant: Relevant, k: number): number => {
  let gain = 0;
  ranked.slice(0, k).forEach((item, place) => {
    gain += relevant.has(item) ? 1 / Math.log2(place + 2) : 0;
  });
  let ideal = 0;
  for (let place = 0; place < Math.min(k, relevant.size); place++) {
    ideal += 1 / Math.log2(place + 2);
  }
  return ideal === 0 ? 0 : gain / ideal;
};

export const averagePrecisionAt = (ranked: readonly string[], relevant: Relevant, k: number): number => {
  let hits = 0;
  let sum = 0;
  ranked.slice(0, k).forEach((item, place) => {
    if (relevant.has(item)) {
      hits++;
      sum += hits / (place + 1);
    }
  });
  return relevant.size === 0 ? 0 : sum / relevant.size;
};

/**
 * AUC of a ranking of `candidatesCount` items, relevant ones included. Items that `ranked` leaves out share the
 * places below it: half of such pairs count as right. Undefined without relevant or without other items.
 */
export const aucOf = (
  ranked: readonly string[],
  relevant: Relevant,
  candidatesCount: number,
): number | undefined => {
  const others = candidatesCount - relevant.size;
  if (relevant.size === 0 || others <= 0) {
    return undefined;
  }
  let othersAbove = 0;
  let found = 0;
  let wrong = 0;
  for (const item of ranked) {
    if (relevant.has(item)) {
      wrong += othersAbove;
      found++;
    } else {
      othersAbove++;
    }
  }
  const below = others - othersAbove;
  wrong += (relevant.size - found) * (othersAbove + below / 2);
  return 1 - wrong / (relevant.size * others);
};

/** 1 − mean similarity over the pairs of a list; undefined for lists of fewer than two. */
export const intraListDiversity = (
  list: readonly string[],
  similarity: (a: string, b: string) => number,
): number | undefined => {
  let sum = 0;
  let pairs = 0;
  for (let a = 1; a < list.length; a++) {
    for (let b = 0; b < a; b++) {
      sum += similarity(list[a], list[b]);
      pairs++;
    }
  }
  return pairs === 0 ? undefined : 1 - sum / pairs;
};

/** −log2(count / total); an item never seen counts as seen once, so that it is the most novel but finite. */
export const selfInformation = (count: number, total: number): number =>
  -Math.log2(Math.max(count, 1) / Math.max(total, 1));
