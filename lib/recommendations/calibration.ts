// Calibration (Steck 2018): an answer holds categories in the proportions of the customer's own history.
//   p(g)  the history's distribution over categories, by weight            (eq. 2)
//   q(g)  the chosen items' distribution, each counting alike              (eq. 3)
//   C = KL(p ‖ q̃) = Σ_g p(g) ln(p(g) / q̃(g)),  q̃ = (1 − α) q + α p,  α = 0.01   (eqs. 5, 6), in nats
// and the list maximises (1 − λ) Σ relevance − λ C greedily (eq. 7); the weight is λ. An item's category is the
// broadest step of its path; items without one make a category of their own. Without a history there is no C.

import type { Term } from './greedy.ts';

const alpha = 0.01;

export type Distribution = ReadonlyMap<string, number>;

/** From weights of categories to shares; undefined when nothing has weight. */
export const distributionOf = (
  weighted: Iterable<readonly [category: string, weight: number]>,
): Distribution | undefined => {
  const sums = new Map<string, number>();
  let total = 0;
  for (const [category, weight] of weighted) {
    sums.set(category, (sums.get(category) ?? 0) + weight);
    total += weight;
  }
  return total > 0 ? new Map([...sums].map(([category, sum]) => [category, sum / total])) : undefined;
};

export const divergence = (wanted: Distribution, shareOf: (category: string) => number): number => {
  let sum = 0;
  for (const [category, share] of wanted) {
    if (share > 0) sum += share * Math.log(share / ((1 - alpha) * shareOf(category) + alpha * share));
  }
  return sum;
};

/** `categories` of the candidates, by place. */
export const calibrationTerm = (
  weight: number,
  categories: readonly string[],
  wanted: Distribution,
): Term => {
  const counts = new Map<string, number>();
  let chosenCount = 0;
  /** The divergence depends on a candidate's category alone. */
  let known = new Map<string, number>();
  const after = (category: string): number =>
    divergence(
      wanted,
      (other) => ((counts.get(other) ?? 0) + Number(other === category)) / (chosenCount + 1),
    );
  return {
    weight,
    gain: (place) => {
      const category = categories[place];
      const value = known.get(category) ?? after(category);
      known.set(category, value);
      return -value;
    },
    chose: (place) => {
      counts.set(categories[place], (counts.get(categories[place]) ?? 0) + 1);
      chosenCount += 1;
      known = new Map();
    },
  };
};
