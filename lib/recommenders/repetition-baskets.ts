// What one customer takes again and again. A basket is what was taken at one moment; an item counts once in it.
//   frequency     baskets that hold the item
//   TIFU          Hu, He, Gao & Zhang 2020 ("Modeling personalized item frequency information for next-basket
//                 recommendation"), section 4.1: baskets in groups of `groupSize`, counted from the latest (so the first
//                 group may be smaller); v = Σ_groups r_g^(groups − j) · (Σ_baskets r_b^(size − i) · basket / size) / groups

import { purchaseCode } from '../dataset/interaction.ts';
import type { EventRows } from './model.ts';

export interface TemporalDecay {
  readonly groupSize: number;
  /** r_b, by basket within a group. */
  readonly basketDecay: number;
  /** r_g, by group. */
  readonly groupDecay: number;
}

/** Items with what they weigh. */
export type ItemWeights = ReadonlyMap<number, number>;

/** Oldest first. `purchasesOnly`: what was only looked at is in no basket. */
export const basketsOf = (
  { items, atMs, types }: EventRows,
  purchasesOnly: boolean,
): readonly ReadonlySet<number>[] => {
  const baskets: Set<number>[] = [];
  let at = Number.NaN;
  for (let event = 0; event < items.length; event++) {
    if (purchasesOnly && types[event] !== purchaseCode) {
      continue;
    }
    if (atMs[event] !== at) {
      at = atMs[event];
      baskets.push(new Set());
    }
    baskets[baskets.length - 1].add(items[event]);
  }
  return baskets;
};

export const frequencies = (baskets: readonly ReadonlySet<number>[]): ItemWeights =>
  weighed(baskets, () => 1);

export const decayedFrequencies = (
  baskets: readonly ReadonlySet<number>[],
  { groupSize, basketDecay, groupDecay }: TemporalDecay,
): ItemWeights => {
  const groups = Math.ceil(baskets.length / groupSize);
  const firstSize = baskets.length - (groups - 1) * groupSize;
  return weighed(baskets, (basket) => {
    const back = baskets.length - 1 - basket;
    const groupsBack = Math.floor(back / groupSize);
    const size = groupsBack === groups - 1 ? firstSize : groupSize;
    return (groupDecay ** groupsBack * basketDecay ** (back % groupSize)) / (size * groups);
  });
};

const weighed = (
  baskets: readonly ReadonlySet<number>[],
  weightOf: (basket: number) => number,
): ItemWeights => {
  const weights = new Map<number, number>();
  baskets.forEach((basket, place) => {
    const weight = weightOf(place);
    for (const item of basket) {
      weights.set(item, (weights.get(item) ?? 0) + weight);
    }
  });
  return weights;
};
