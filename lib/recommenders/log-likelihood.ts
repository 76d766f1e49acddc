// Dunning's log-likelihood ratio of a 2 × 2 table of counts (Dunning 1993, "Accurate methods for the statistics of
// surprise and coincidence", section 4): G² = 2 Σ k_ij ln(k_ij N / (k_i. k_.j)), here as entropies of the margins.
//   both: had A and B · onlyA, onlyB: one of them · neither: none. At least 0; large where A and B go or part together.

export const logLikelihoodRatio = (both: number, onlyA: number, onlyB: number, neither: number): number => {
  const rows = entropy(both + onlyA, onlyB + neither);
  const columns = entropy(both + onlyB, onlyA + neither);
  const cells = xLogX(both + onlyA + onlyB + neither) - sumXLogX(both, onlyA, onlyB, neither);
  return Math.max(0, 2 * (rows + columns - cells));
};

const xLogX = (x: number): number => (x === 0 ? 0 : x * Math.log(x));

const sumXLogX = (a: number, b: number, c: number, d: number): number =>
  xLogX(a) + xLogX(b) + xLogX(c) + xLogX(d);

const entropy = (a: number, b: number): number => xLogX(a + b) - xLogX(a) - xLogX(b);
