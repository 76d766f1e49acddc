// Which item a learner looks at or buys: P(j) ∝ exp(2.6·⟨taste, item⟩ + popularity_j) over the items the learner
// reads, drawn by inverting the cumulative sum. Memberships are left out: who holds one is decided by the market.
// Buying leaves out what is owned: `free` says what may still be bought; redrawn at most 40 times.

import type { Random } from '../../lib/base/random.ts';
import type { MarketItem } from './items.ts';
import type { Learner } from './market.ts';
import { dot } from './vectors.ts';

export interface ItemChoice {
  /** An item by taste alone. */
  view(random: Random): MarketItem;
  /** An item that `free` accepts; the next part of an owned series comes first with `nextInSeriesShare`. */
  buy(random: Random, owned: ReadonlyMap<string, number>, atMs: number): MarketItem | undefined;
  /** Probability of this item under `view`. */
  probability(itemId: string): number;
}

const sharpness = 2.6;
const foreignShare = 0.1;
/** How often a buyer with an unfinished series buys its next part rather than anything else. */
const nextInSeriesShare = 0.35;
const redrawsMax = 40;
const dayMs = 86_400_000;

export const choiceOf = (learner: Learner, items: readonly MarketItem[]): ItemChoice => {
  const weights = items.map((item) => weightOf(learner, item));
  const cumulative = new Float64Array(items.length);
  let total = 0;
  for (const [index, weight] of weights.entries()) {
    total += weight;
    cumulative[index] = total;
  }
  const view = (random: Random): MarketItem => items[lowerBound(cumulative, random.next() * total)];
  const buy: ItemChoice['buy'] = (random, owned, atMs) => {
    if (random.next() < nextInSeriesShare) {
      const next = nextParts(items, owned);
      if (next.length > 0) return next[random.int(next.length)];
    }
    for (let draw = 0; draw < redrawsMax; draw++) {
      const item = view(random);
      if (isFree(item, owned, atMs)) return item;
    }
    return undefined;
  };
  return {
    view,
    buy,
    probability: (itemId) => (weights[items.findIndex((item) => item.itemId === itemId)] ?? 0) / total,
  };
};

const weightOf = (learner: Learner, item: MarketItem): number => {
  if (item.kind === 'membership') return 0;
  const readable = item.language === learner.language ? 1 : learner.language === 'zh-CN' ? foreignShare : 0;
  return readable * Math.exp(sharpness * dot(learner.taste, item.vector) + item.popularity);
};

/** By its repurchase rule: may it be bought (again)? `owned` holds the time of the latest purchase. */
const isFree = (item: MarketItem, owned: ReadonlyMap<string, number>, atMs: number): boolean => {
  const boughtMs = owned.get(item.itemId);
  if (boughtMs === undefined || item.repurchase.kind === 'consumable') return true;
  return item.repurchase.kind === 'expires' && atMs >= boughtMs + item.repurchase.days * dayMs;
};

const nextParts = (items: readonly MarketItem[], owned: ReadonlyMap<string, number>): MarketItem[] => {
  const reached = new Map<string, number>();
  for (const { itemId, series } of items) {
    if (series && owned.has(itemId)) {
      reached.set(series.id, Math.max(reached.get(series.id) ?? 0, series.position));
    }
  }
  return items.filter(({ series }) => series && series.position === (reached.get(series.id) ?? -1) + 1);
};

/** First index whose cumulative weight exceeds the value. */
const lowerBound = (cumulative: Float64Array, value: number): number => {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
};
