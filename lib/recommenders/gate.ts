// The gate: which recipe is promoted, or why none is. Pure: evaluations in, a decision with its reason out.
//   1  the winner is the requested candidate with the highest mean NDCG@k; of equals the first (the simplest)
//   2  too few test customers: nothing that serves is replaced
//   3  worse than the recipe that serves now (paired 95% interval wholly below zero): refused
//   4  not better than popularity, and not popularity itself: refused
//   5  while nothing serves the best is promoted, popularity where 2 or 4 would refuse
// Candidates that were only evaluated to compare with (`requested: false`) never win, save popularity by rule 5.

import { gateTestCustomersCountMin } from '../base/limits.ts';
import { seededRandom } from '../base/random.ts';
import { type PairedTest, pairedTest } from '../numeric/bootstrap.ts';
import { sameRecipe } from './models.ts';
import type { Recipe } from './recommender.ts';

export interface EvaluatedCandidate {
  readonly name: string;
  readonly recipe: Recipe;
  /** False: evaluated for comparison only. */
  readonly requested: boolean;
  /** NDCG per test customer, all candidates in the same order. */
  readonly ndcg: readonly number[];
}

export interface Decision {
  readonly outcome: 'promote' | 'refused';
  readonly winner: string;
  readonly recipe: Recipe;
  /** One sentence. */
  readonly reason: string;
  readonly testCustomers: number;
  /** Winner − serving recipe, when something serves and could be evaluated. */
  readonly againstServing?: PairedTest;
  readonly againstPopularity?: PairedTest;
}

export const decideGate = (
  candidates: readonly EvaluatedCandidate[],
  serving: Recipe | undefined,
  seed: string,
): Decision => {
  const requested = candidates.filter((candidate) => candidate.requested);
  if (requested.length === 0) {
    throw new RangeError('gate: no candidate was requested');
  }
  const winner = requested.reduce((best, one) => (meanOf(one) > meanOf(best) ? one : best));
  const testCustomers = winner.ndcg.length;
  if (testCustomers < gateTestCustomersCountMin) {
    return tooFewCustomers(candidates, winner, serving);
  }
  const compare = (other: EvaluatedCandidate | undefined): PairedTest | undefined =>
    other && pairedTest(winner.ndcg, other.ndcg, seededRandom(`gate/${seed}/${other.name}`));
  const popularity = candidates.find((candidate) => candidate.recipe.model === 'popularity');
  const facts = {
    testCustomers,
    againstServing: compare(serving && candidates.find(({ recipe }) => sameRecipe(recipe, serving))),
    againstPopularity: winner.recipe.model === 'popularity' ? undefined : compare(popularity),
  };
  const decided = (
    outcome: Decision['outcome'],
    candidate: EvaluatedCandidate,
    reason: string,
  ): Decision => ({
    outcome,
    winner: candidate.name,
    recipe: candidate.recipe,
    reason,
    ...facts,
  });
  if (facts.againstPopularity && popularity && facts.againstPopularity.mean <= 0) {
    const reason = `${winner.name} is not better than popularity (NDCG ${shownMean(winner)} against ${shownMean(popularity)})`;
    return serving
      ? decided('refused', winner, `${reason}; what serves now stays.`)
      : decided('promote', popularity, `${reason}; popularity is promoted, since nothing serves yet.`);
  }
  if (facts.againstServing && facts.againstServing.high < 0) {
    return decided(
      'refused',
      winner,
      `${winner.name} is worse than what serves now: NDCG ${shownInterval(facts.againstServing)}.`,
    );
  }
  return decided('promote', winner, promotion(winner, serving, facts.againstServing));
};

const promotion = (
  winner: EvaluatedCandidate,
  serving: Recipe | undefined,
  difference: PairedTest | undefined,
): string => {
  if (serving === undefined) {
    return `${winner.name} is the best (NDCG ${shownMean(winner)}); nothing served before.`;
  }
  if (sameRecipe(winner.recipe, serving)) {
    return `${winner.name} is still the best (NDCG ${shownMean(winner)}); it is trained anew.`;
  }
  return difference === undefined
    ? `${winner.name} is the best (NDCG ${shownMean(winner)}); what serves now could not be evaluated.`
    : `${winner.name} is not worse than what serves now: NDCG ${shownInterval(difference)}.`;
};

const tooFewCustomers = (
  candidates: readonly EvaluatedCandidate[],
  winner: EvaluatedCandidate,
  serving: Recipe | undefined,
): Decision => {
  const testCustomers = winner.ndcg.length;
  const reason = `Only ${testCustomers} customers took something in the test period; ${gateTestCustomersCountMin} are needed to tell models apart`;
  const facts = { testCustomers, recipe: winner.recipe, winner: winner.name };
  if (serving) {
    return { ...facts, outcome: 'refused', reason: `${reason}; what serves now stays.` };
  }
  const simplest = candidates.find((candidate) => candidate.recipe.model === 'popularity') ?? winner;
  return {
    testCustomers,
    outcome: 'promote',
    winner: simplest.name,
    recipe: simplest.recipe,
    reason: `${reason}; ${simplest.name} is promoted, since nothing serves yet.`,
  };
};

const meanOf = ({ ndcg }: EvaluatedCandidate): number =>
  ndcg.length === 0 ? 0 : ndcg.reduce((sum, value) => sum + value, 0) / ndcg.length;

const shownMean = (candidate: EvaluatedCandidate): string => meanOf(candidate).toFixed(4);

const shownInterval = ({ mean, low, high }: PairedTest): string =>
  `${signed(mean)} (95% interval ${signed(low)} to ${signed(high)})`;

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
