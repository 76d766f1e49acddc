// Novelty: a weight on an item's self-information −log2(its share of the interactions) (Vargas & Castells 2011, eq. 6
// with the share for the probability), over that of an item seen once, so in [0, 1]. What nobody has touched counts as
// seen once.

import { selfInformation } from '../recommenders/list-metrics.ts';
import type { Term } from './greedy.ts';

export const noveltyOf = (count: number, total: number): number =>
  total > 1 ? selfInformation(count, total) / Math.log2(total) : 1;

/** `novelty` of the candidates, by place. */
export const noveltyTerm = (weight: number, novelty: readonly number[]): Term => ({
  weight,
  gain: (place) => novelty[place],
  chose: () => {},
});
