// Greedy choice of an answer, the frame of every step after ranking. In each step the item with the greatest gain comes
// next:   (1 − Σ weights) · relevance + Σ_terms weight · term,   a term depending on what was chosen before it.
// With the diversity term alone this is maximal marginal relevance, with the calibration term alone Steck's greedy
// list; both are near-optimal for such objectives (Nemhauser, Wolsey & Fisher 1978).
// Order of precedence: bounds; tiers; gain; place in the ranking. What the bounds leave out comes at the end, when there
// is nothing else: an answer is never shorter for them. Relevance is in [0, 1] within a tier.
// Cost: count × candidates.

export interface Candidates {
  /** Parallel, in order of the ranking: tiers ascending, relevance descending within a tier. */
  readonly tiers: readonly number[];
  readonly relevance: readonly number[];
}

export interface Term {
  /** In [0, 1]; relevance has the rest. */
  readonly weight: number;
  /** What the candidate at this place would add now. */
  gain(place: number): number;
  chose(place: number): void;
}

export interface Bound {
  /** Whether one more like this may stand in the answer. */
  admits(place: number): boolean;
  chose(place: number): void;
}

/** Places in the order chosen: min(count, candidates) of them. */
export const chooseGreedily = (
  { tiers, relevance }: Candidates,
  count: number,
  terms: readonly Term[],
  bounds: readonly Bound[] = [],
): number[] => {
  const relevanceWeight = 1 - terms.reduce((sum, { weight }) => sum + weight, 0);
  const left = new Set(tiers.keys());
  const chosen: number[] = [];
  const choose = (place: number): void => {
    left.delete(place);
    chosen.push(place);
    for (const one of [...terms, ...bounds]) one.chose(place);
  };
  const best = (accept: (place: number) => boolean): number | undefined => {
    let found: number | undefined;
    let most = Number.NEGATIVE_INFINITY;
    let tier = Number.POSITIVE_INFINITY;
    for (const place of left) {
      if (tiers[place] > tier) break;
      if (!accept(place)) continue;
      let gain = relevanceWeight * relevance[place];
      for (const term of terms) gain += term.weight * term.gain(place);
      if (gain > most) {
        most = gain;
        found = place;
        tier = tiers[place];
      }
    }
    return found;
  };
  while (chosen.length < count && left.size > 0) {
    const within = best((place) => bounds.every((bound) => bound.admits(place)));
    choose(within ?? best(() => true) ?? 0);
  }
  return chosen;
};

/**
 * Share of relevance that the order costs: 1 − DCG / DCG of the ranking's own order, where an item of the last tier is
 * worth its relevance and each tier before it 1 more. In [0, 1).
 */
export const relevanceLost = ({ tiers, relevance }: Candidates, chosen: readonly number[]): number => {
  const lastTier = Math.max(...tiers);
  const dcg = (places: readonly number[]): number =>
    places.reduce(
      (sum, place, index) => sum + (lastTier - tiers[place] + relevance[place]) / Math.log2(index + 2),
      0,
    );
  const ideal = dcg(Array.from(chosen, (_, index) => index));
  return ideal > 0 ? Math.max(0, 1 - dcg(chosen) / ideal) : 0;
};
