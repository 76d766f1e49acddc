// The bandit part of a result: the batches with their weights and counts, each variant's share of buyers and its difference
// from the reference by the batched estimator, and the probability that it is the best (uniform priors; Bayes' posterior
// asks not how arms were chosen, so it needs no weighing). The reference, as of any campaign, is the holdout, which is
// outside of the bandit. Holm over the variants. Counted are only customers whose window is over.

import { holdoutArm } from '../assignment/assign.ts';
import { estimateCustomersCountMin } from '../base/limits.ts';
import { type BatchedOutcomes, maturedOf } from '../outcomes/batches.ts';
import { batchedDifference, batchedShare } from './batched-estimate.ts';
import { bestShares } from './bayes-shares.ts';
import { adjustTogether, comparedArms } from './compare-metrics.ts';
import type { Design } from './design.ts';
import { holm } from './multiplicity.ts';
import { noEstimate } from './no-estimate.ts';
import type { BanditBatch, BanditResult, Comparison, NoEstimate, SampleRatio } from './result.ts';
import { checkSampleRatio } from './sample-ratio.ts';

/** `blocked`: why nothing is compared. */
export const banditOf = (
  design: Design,
  batched: BatchedOutcomes,
  blocked: NoEstimate | undefined,
): BanditResult => {
  const variants = design.arms.filter(({ role }) => role === 'variant').map(({ name }) => name);
  const best = bestOf(variants, batched);
  const comparisons = comparedArms(design).map(
    ({ arm, reference }): Comparison => ({
      arm,
      reference,
      estimate: blocked ?? estimateOf(batched, arm, reference),
      adjustedPValue: null,
    }),
  );
  return {
    method: 'batched',
    batches: batched.batches.map(({ batch, arms }) => shownBatch(design, batch, arms)),
    arms: design.arms.map(({ name }) => ({
      arm: name,
      share: batchedShare(countsOf(batched, name)) ?? null,
      ...best.get(name),
    })),
    comparisons: adjustTogether([{ comparisons }], holm)[0].comparisons,
  };
};

/** Arms against the sizes that every batch's weights give, summed; a little cautious, since batches are strata. */
export const banditSampleRatio = (design: Design, { batches }: BatchedOutcomes): SampleRatio => {
  const arms = design.arms.map(({ name }) => name);
  const expected = arms.map(() => 0);
  const observed = arms.map(() => 0);
  for (const { batch, arms: counts } of batches) {
    const total = arms.reduce((sum, arm) => sum + (counts.get(arm)?.customers ?? 0), 0);
    arms.forEach((arm, i) => {
      expected[i] += total * shareIn(design, batch, arm);
      observed[i] += counts.get(arm)?.customers ?? 0;
    });
  }
  const all = observed.reduce((sum, count) => sum + count, 0);
  return checkSampleRatio(
    arms,
    expected.map((count, i) => (all === 0 ? design.arms[i].share : count / all)),
    observed,
  );
};

/** Of an arm among the arms of the test, by the weights of a batch; by the definition's where it was not stored. */
const shareIn = ({ arms, bandit }: Design, batch: number, name: string): number => {
  const share = arms.find((arm) => arm.name === name)?.share ?? 0;
  const weights = bandit?.batches.find((one) => one.batch === batch)?.weights;
  if (weights === undefined || name === holdoutArm) {
    return share;
  }
  const heldOut = arms.find((arm) => arm.role === 'holdout')?.share ?? 0;
  return (1 - heldOut) * (weights[name] ?? 0);
};

const shownBatch = (
  design: Design,
  batch: number,
  counts: BatchedOutcomes['batches'][number]['arms'],
): BanditBatch => ({
  batch,
  startsAt: design.bandit?.batches.find((one) => one.batch === batch)?.startsAt ?? null,
  arms: design.arms.map(({ name }) => ({
    arm: name,
    share: shareIn(design, batch, name),
    ...(counts.get(name) ?? { customers: 0, matured: 0, buyers: 0 }),
  })),
});

const countsOf = ({ batches }: BatchedOutcomes, arm: string) =>
  batches.map(({ arms }) => ({ count: arms.get(arm)?.matured ?? 0, sum: arms.get(arm)?.buyers ?? 0 }));

const estimateOf = (batched: BatchedOutcomes, arm: string, reference: string): Comparison['estimate'] => {
  const [counts, others] = [countsOf(batched, arm), countsOf(batched, reference)];
  const customers = [arm, reference].map((name) => maturedOf(batched.batches, name).customers);
  if (Math.min(...customers) < estimateCustomersCountMin) {
    return noEstimate('arm-too-small');
  }
  return (
    batchedDifference(counts.map((count, i) => ({ arm: count, reference: others[i] }))) ??
    noEstimate('no-variance')
  );
};

const bestOf = (variants: readonly string[], { batches }: BatchedOutcomes) => {
  const known = variants.map((name) => {
    const { customers, buyers } = maturedOf(batches, name);
    return { count: customers, sum: buyers };
  });
  const best = variants.length < 2 ? [] : bestShares(known);
  return new Map(
    best.map(({ chanceBest, expectedLoss }, i) => [
      variants[i],
      { probabilityBest: chanceBest, expectedLoss },
    ]),
  );
};
