// Where the relevant items of one customer stand when all allowed items are ranked, without sorting them all.
// Rank 1 is best; equal scores are told apart by popularity, as recommend() does (ranking.ts).
// Cost: one pass over the items, log2(relevant) a step for those that beat the worst relevant one.

/** The scores of one customer, and the order that decides between equal ones. */
export interface RankInput {
  readonly scores: Float64Array;
  /** By item index: its position from most to least popular. */
  readonly placeOf: Int32Array;
  /** By item index: 1 where it may be recommended. Relevant items must be allowed to get a rank. */
  readonly allowed: Uint8Array;
}

/** Ranks of the relevant items that are allowed, ascending. */
export const ranksOf = ({ scores, placeOf, allowed }: RankInput, relevant: readonly number[]): Int32Array => {
  const better = (a: number, b: number): boolean =>
    scores[a] > scores[b] || (scores[a] === scores[b] && placeOf[a] < placeOf[b]);
  const best = relevant.filter((item) => allowed[item] === 1).sort((a, b) => (better(a, b) ? -1 : 1));
  const ranks = new Int32Array(best.length);
  if (best.length === 0) {
    return ranks;
  }
  const worst = best[best.length - 1];
  const worstScore = scores[worst];
  // First every item counts at the best relevant item that it beats, then at all below.
  for (let item = 0; item < scores.length; item++) {
    if (scores[item] >= worstScore && allowed[item] === 1 && better(item, worst)) {
      ranks[firstBeaten(best, item, better)]++;
    }
  }
  for (let place = 0, above = 1; place < ranks.length; place++) {
    above += ranks[place];
    ranks[place] = above;
  }
  return ranks;
};

const firstBeaten = (
  best: readonly number[],
  item: number,
  better: (a: number, b: number) => boolean,
): number => {
  let low = 0;
  let high = best.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (better(item, best[middle])) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
};

/** By item index: its position in `order`. */
export const placesOf = (order: Int32Array): Int32Array => {
  const places = new Int32Array(order.length);
  for (let place = 0; place < order.length; place++) {
    places[order[place]] = place;
  }
  return places;
};
