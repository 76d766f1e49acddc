// What lists are beside accurate, over the lists of all customers (item indexes, best first).
//   coverage     share of the items that may be recommended which stand in at least one list
//   diversity    1 − mean similarity over the pairs of a list
//   novelty      mean −log2 of an item's share of the interactions, in bits
//   serendipity  share of a list that is relevant and not among what popularity would have listed to the same customer
//                (Ge, Delgado-Battenfeld & Jannach 2010, RecSys, eq. 2 and 3: unexpected and useful)
//   Gini         of the items' exposures, 0 when all are listed equally often: Σ (2 i − n − 1) x_i / (n Σ x), x ascending

export const giniOf = (exposures: ArrayLike<number>): number => {
  const sorted = Float64Array.from(exposures).sort();
  const count = sorted.length;
  let sum = 0;
  let weighted = 0;
  for (let place = 0; place < count; place++) {
    sum += sorted[place];
    weighted += (2 * (place + 1) - count - 1) * sorted[place];
  }
  return sum === 0 ? 0 : weighted / (count * sum);
};

/** 1 − mean similarity over the pairs of a list; undefined for lists of fewer than two. */
export const intraListDiversity = <Item>(
  list: ArrayLike<Item>,
  similarity: (a: Item, b: Item) => number,
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

export const serendipityAt = <Item>(
  list: readonly Item[],
  expected: readonly Item[],
  isRelevant: (item: Item) => boolean,
  k: number,
): number => list.filter((item) => isRelevant(item) && !expected.includes(item)).length / k;
