// p-values adjusted for many comparisons, in the order given: an adjusted value below α is a finding.
// Against any false finding among all (family-wise): Bonferroni; Holm (Scand. J. Statistics 6, 1979), never worse;
// Hommel (Biometrika 75, 1988), stronger still where the tests are independent or positively dependent.
// Against too large a share of false findings (false discovery rate): Benjamini–Hochberg (JRSS B 57, 1995), for the same
// kind of dependence; Benjamini–Yekutieli (Annals of Statistics 29, 2001), for any.
// Which: arms of a campaign Holm, segments Benjamini–Hochberg. Limits: Hommel costs n³ steps.

export const bonferroni = (pValues: readonly number[]): number[] =>
  pValues.map((p) => Math.min(1, p * pValues.length));

export const holm = (pValues: readonly number[]): number[] => {
  const adjusted = pValues.map(() => 1);
  let floor = 0;
  for (const [rank, i] of rising(pValues).entries()) {
    floor = Math.max(floor, Math.min(1, (pValues.length - rank) * pValues[i]));
    adjusted[i] = floor;
  }
  return adjusted;
};

/**
 * By its definition: the closed test with Simes' test of each set of hypotheses. Of the sets of one size that hold a
 * hypothesis, the hardest to refuse is the one with the largest other p-values.
 */
export const hommel = (pValues: readonly number[]): number[] => {
  const order = rising(pValues);
  return pValues.map((p, i) => {
    const others = order.filter((j) => j !== i).map((j) => pValues[j]);
    let worst = p;
    for (let size = 2; size <= pValues.length; size++) {
      const set = [p, ...others.slice(others.length - size + 1)].sort((a, b) => a - b);
      worst = Math.max(worst, Math.min(...set.map((value, rank) => (size * value) / (rank + 1))));
    }
    return worst;
  });
};

export const benjaminiHochberg = (pValues: readonly number[]): number[] => stepUp(pValues, 1);

export const benjaminiYekutieli = (pValues: readonly number[]): number[] =>
  stepUp(
    pValues,
    pValues.reduce((sum, _, i) => sum + 1 / (i + 1), 0),
  );

const stepUp = (pValues: readonly number[], penalty: number): number[] => {
  const adjusted = pValues.map(() => 1);
  let ceiling = 1;
  const order = rising(pValues);
  for (let rank = order.length; rank >= 1; rank--) {
    const i = order[rank - 1];
    ceiling = Math.min(ceiling, (penalty * pValues.length * pValues[i]) / rank);
    adjusted[i] = ceiling;
  }
  return adjusted;
};

/** Positions by rising p-value; ties in the order given. */
const rising = (pValues: readonly number[]): number[] =>
  pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
