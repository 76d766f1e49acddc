// Where the relevant items of one customer stand when all allowed items are ranked, without sorting them all.
// Places are positions in popularity order (ranking.ts): of two equal scores the lower place ranks first. Rank 1 is best.
// Cost: one pass over the items, log2(relevant) steps for those that beat the worst relevant one.

/** Ranks of the relevant places that are allowed (1), ascending. `scores` and `allowed` by place. */
export const ranksOf = (
  scores: Float64Array | Float32Array,
  allowed: Uint8Array,
  relevant: readonly number[],
): Int32Array => {
  const best = relevant
    .filter((place) => allowed[place] === 1)
    .sort((a, b) => scores[b] - scores[a] || a - b);
  const ranks = new Int32Array(best.length);
  if (best.length === 0) {
    return ranks;
  }
  const places = Int32Array.from(best);
  const bars = Float64Array.from(best, (place) => scores[place]);
  const last = best.length - 1;
  const [worst, worstScore] = [places[last], bars[last]];
  // First every item counts at the best relevant one that it beats, then at all below.
  for (let place = 0; place < scores.length; place++) {
    const score = scores[place];
    if (score >= worstScore && allowed[place] === 1 && (score > worstScore || place < worst)) {
      let [low, high] = [0, last];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (score > bars[middle] || (score === bars[middle] && place < places[middle])) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      ranks[low]++;
    }
  }
  for (let place = 0, rank = 1; place < ranks.length; place++) {
    rank += ranks[place];
    ranks[place] = rank;
  }
  return ranks;
};

/** By item index: its place. */
export const placesOf = (order: Int32Array): Int32Array => {
  const places = new Int32Array(order.length);
  for (let place = 0; place < order.length; place++) {
    places[order[place]] = place;
  }
  return places;
};
