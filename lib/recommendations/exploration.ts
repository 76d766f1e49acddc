// Exploration: each of n slots is, with probability ε, given to an item drawn evenly from a pool of items about
// which little is known (and that the customer can read: language.ts), and where the workspace says so of those that are
// ranked next (explorationDepth); the others take the ranked items in order. When one side runs out the other fills.
// Propensity of an item: the probability that it stands anywhere in this answer, given the request, the customer's
// record and the model, over these draws alone. With E ~ Binomial(n, ε) cut to [max(0, n − L), min(n, m)],
// L ranked items and m in the pool: the j-th ranked item has P(E ≤ n − j), each pool item E[E] / m.
// So the propensities of all items that could have stood there sum to n.

import type { Random } from '../base/random.ts';

export interface Slot<Item> {
  readonly item: Item;
  readonly propensity: number;
  readonly explored: boolean;
}

/** `ranked` and `pool` have no item in common. Answers min(count, L + m) slots. */
export const fillSlots = <Item>(
  ranked: readonly Item[],
  pool: readonly Item[],
  count: number,
  explorationShare: number,
  random: Random,
): Slot<Item>[] => {
  const n = Math.min(count, ranked.length + pool.length);
  const explored = exploredDistribution(n, ranked.length, pool.length, explorationShare);
  const expected = explored.reduce((sum, probability, number) => sum + number * probability, 0);
  const atMost = cumulative(explored);
  const left = [...pool];
  const slots: Slot<Item>[] = [];
  let next = 0;
  for (let slot = 0; slot < n; slot++) {
    const explores = random.next() < explorationShare;
    if (left.length > 0 && (explores || next === ranked.length)) {
      const [item] = left.splice(random.int(left.length), 1);
      slots.push({ item, propensity: Math.min(1, expected / pool.length), explored: true });
    } else {
      slots.push({ item: ranked[next], propensity: atMost[n - 1 - next], explored: false });
      next += 1;
    }
  }
  return slots;
};

/** How an answer was drawn: enough to know what else could have stood in it, and where. */
export interface Draws {
  /** Slots filled. */
  readonly slots: number;
  /** Of each slot, to explore. */
  readonly share: number;
  readonly ranked: number;
  readonly pool: number;
}

export interface SlotTable {
  readonly slots: number;
  /** By place in the ranking, as far as there are slots: the probability of that item at each slot. */
  readonly ranked: readonly Float64Array[];
  /** Of each single item of the pool, at each slot. */
  readonly pool: Float64Array;
}

/**
 * Where fillSlots puts what, over its draws alone: followed from slot to slot by how many were explored before. A row
 * sums to the item's propensity, a column over all items to 1.
 */
export const slotTable = ({ slots, share, ranked: rankedCount, pool: poolCount }: Draws): SlotTable => {
  const table: SlotTable = {
    slots,
    ranked: Array.from({ length: Math.min(slots, rankedCount) }, () => new Float64Array(slots)),
    pool: new Float64Array(slots),
  };
  let chance = new Float64Array(slots + 1);
  chance[0] = 1;
  for (let slot = 0; slot < slots; slot++) {
    const next = new Float64Array(slots + 1);
    for (let explored = 0; explored <= slot; explored++) {
      if (chance[explored] === 0) continue;
      const place = slot - explored;
      const explores = explored === poolCount ? 0 : place === rankedCount ? 1 : share;
      if (explores > 0) table.pool[slot] += (chance[explored] * explores) / poolCount;
      if (explores < 1) table.ranked[place][slot] += chance[explored] * (1 - explores);
      next[explored + 1] += chance[explored] * explores;
      next[explored] += chance[explored] * (1 - explores);
    }
    chance = next;
  }
  return table;
};

/** P(E = 0), P(E = 1), …, P(E = n): a binomial whose tails are gathered at the least and the most possible. */
const exploredDistribution = (n: number, rankedCount: number, poolCount: number, share: number): number[] => {
  const least = Math.max(0, n - rankedCount);
  const most = Math.min(n, poolCount);
  const distribution = Array.from({ length: n + 1 }, () => 0);
  let probability = (1 - share) ** n;
  for (let number = 0; number <= n; number++) {
    distribution[Math.min(Math.max(number, least), most)] += probability;
    probability *= ((n - number) / (number + 1)) * (share / (1 - share));
  }
  return distribution;
};

const cumulative = (probabilities: readonly number[]): number[] => {
  let sum = 0;
  return probabilities.map((probability) => {
    sum += probability;
    return Math.min(1, sum);
  });
};
