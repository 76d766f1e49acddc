// The gate: which recipe is promoted, or why none is. Pure: evaluations in, a decision with its reason out.
//   1  the best is the requested candidate with the highest mean NDCG@k; of equals the first (the simplest)
//   2  too few test customers: nothing that serves is replaced
//   3  the best is not better than popularity, and not popularity itself: refused
//   4  it replaces the recipe that serves only if better outside noise: the paired 95% interval of the difference wholly
//      above 0, and p, times the candidates it was chosen from (Bonferroni: the best of many is lucky), below 0.05
//   5  otherwise the recipe that serves is trained anew on the newer data where it was requested; else refused
//   6  while nothing serves the best is promoted, popularity where 2 or 3 would refuse
// Candidates that were only evaluated to compare with (`requested: false`) never win, save popularity by rule 6.
// A candidate is called over-fitted when it finds the training again better than the best does, and predicts worse
// outside noise.

import { gateTestCustomersCountMin } from '../base/model-limits.ts';
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
  readonly metrics?: { readonly trainNdcg: number };
}

export interface Decision {
  readonly outcome: 'promote' | 'refused';
  /** The candidate that is promoted; of a refusal the best. */
  readonly winner: string;
  readonly recipe: Recipe;
  /** One sentence. */
  readonly reason: string;
  readonly testCustomers: number;
  /** The requested candidate with the highest mean. */
  readonly best: string;
  /** The candidate whose recipe serves now; absent when nothing serves, or it could not be evaluated. */
  readonly serving?: string;
  /** Best − serving recipe. */
  readonly againstServing?: PairedTest;
  /** Best − popularity. */
  readonly againstPopularity?: PairedTest;
  readonly comparisons: readonly Comparison[];
}

/** One candidate beside the best. */
export interface Comparison {
  readonly name: string;
  readonly ndcg: number;
  /** Best − this one; absent for the best itself. */
  readonly behind?: PairedTest;
  readonly overfitted: boolean;
}

const pMax = 0.05;

export const decideGate = (
  candidates: readonly EvaluatedCandidate[],
  servingRecipe: Recipe | undefined,
  seed: string,
): Decision => {
  const requested = candidates.filter((candidate) => candidate.requested);
  if (requested.length === 0) {
    throw new RangeError('gate: no candidate was requested');
  }
  const best = requested.reduce((leader, one) => (meanOf(one) > meanOf(leader) ? one : leader));
  const testCustomers = best.ndcg.length;
  if (testCustomers < gateTestCustomersCountMin) {
    return tooFewCustomers(candidates, best, servingRecipe);
  }
  const serving = servingRecipe && candidates.find(({ recipe }) => sameRecipe(recipe, servingRecipe));
  const popularity = candidates.find((candidate) => candidate.recipe.model === 'popularity');
  const behind = new Map(
    candidates.map((other) => [
      other,
      pairedTest(best.ndcg, other.ndcg, seededRandom(`gate/${seed}/${other.name}`)),
    ]),
  );
  const facts = {
    testCustomers,
    best: best.name,
    ...(serving && { serving: serving.name, againstServing: behind.get(serving) }),
    ...(popularity && popularity !== best && { againstPopularity: behind.get(popularity) }),
    comparisons: candidates.map((one) => comparisonOf(one, best, behind.get(one))),
  };
  const choices = requested.filter((one) => one !== serving).length;
  const { outcome, winner, reason } = judge({ best, serving, popularity, choices }, servingRecipe, facts);
  return { outcome, winner: winner.name, recipe: winner.recipe, reason, ...facts };
};

interface Contest {
  readonly best: EvaluatedCandidate;
  readonly serving: EvaluatedCandidate | undefined;
  readonly popularity: EvaluatedCandidate | undefined;
  /** Requested candidates that are not what serves: the best was chosen among so many. */
  readonly choices: number;
}

interface Verdict {
  readonly outcome: Decision['outcome'];
  readonly winner: EvaluatedCandidate;
  readonly reason: string;
}

const judge = (
  { best, serving, popularity, choices }: Contest,
  servingRecipe: Recipe | undefined,
  { againstServing, againstPopularity }: Pick<Decision, 'againstServing' | 'againstPopularity'>,
): Verdict => {
  if (popularity && againstPopularity && againstPopularity.mean <= 0) {
    const reason = `${best.name} is not better than popularity (NDCG ${shownMean(best)} against ${shownMean(popularity)})`;
    return servingRecipe
      ? { outcome: 'refused', winner: best, reason: `${reason}; what serves now stays.` }
      : {
          outcome: 'promote',
          winner: popularity,
          reason: `${reason}; popularity is promoted, since nothing serves yet.`,
        };
  }
  if (servingRecipe === undefined) {
    const reason = `${best.name} is the best (NDCG ${shownMean(best)}); nothing served before.`;
    return { outcome: 'promote', winner: best, reason };
  }
  if (serving === undefined || againstServing === undefined) {
    const reason = `${best.name} is the best (NDCG ${shownMean(best)}); what serves now could not be evaluated.`;
    return { outcome: 'promote', winner: best, reason };
  }
  if (serving === best) {
    const reason = `${best.name} is still the best (NDCG ${shownMean(best)}); it is trained anew.`;
    return { outcome: 'promote', winner: best, reason };
  }
  const difference = shownTest(againstServing, choices);
  if (againstServing.low > 0 && againstServing.p * choices < pMax) {
    const reason = `${best.name} is better than what serves now: NDCG ${difference}.`;
    return { outcome: 'promote', winner: best, reason };
  }
  const reason =
    againstServing.high < 0
      ? `${best.name} is worse than what serves now: NDCG ${difference}`
      : `${best.name} is not better than what serves now outside noise: NDCG ${difference}`;
  return serving.requested
    ? { outcome: 'promote', winner: serving, reason: `${reason}; ${serving.name} is trained anew.` }
    : { outcome: 'refused', winner: best, reason: `${reason}; what serves now stays.` };
};

const comparisonOf = (
  one: EvaluatedCandidate,
  best: EvaluatedCandidate,
  behind: PairedTest | undefined,
): Comparison => {
  const fitsBetter = (one.metrics?.trainNdcg ?? 0) > (best.metrics?.trainNdcg ?? 0);
  return {
    name: one.name,
    ndcg: meanOf(one),
    ...(one !== best && behind && { behind }),
    overfitted: fitsBetter && behind !== undefined && behind.low > 0,
  };
};

const tooFewCustomers = (
  candidates: readonly EvaluatedCandidate[],
  best: EvaluatedCandidate,
  serving: Recipe | undefined,
): Decision => {
  const testCustomers = best.ndcg.length;
  const reason = `Only ${testCustomers} customers took something in the test period; ${gateTestCustomersCountMin} are needed to tell models apart`;
  const facts = {
    testCustomers,
    best: best.name,
    comparisons: candidates.map((one) => comparisonOf(one, best, undefined)),
  };
  if (serving) {
    return {
      ...facts,
      outcome: 'refused',
      winner: best.name,
      recipe: best.recipe,
      reason: `${reason}; what serves now stays.`,
    };
  }
  const simplest = candidates.find((candidate) => candidate.recipe.model === 'popularity') ?? best;
  return {
    ...facts,
    outcome: 'promote',
    winner: simplest.name,
    recipe: simplest.recipe,
    reason: `${reason}; ${simplest.name} is promoted, since nothing serves yet.`,
  };
};

const meanOf = ({ ndcg }: EvaluatedCandidate): number =>
  ndcg.length === 0 ? 0 : ndcg.reduce((sum, value) => sum + value, 0) / ndcg.length;

const shownMean = (candidate: EvaluatedCandidate): string => meanOf(candidate).toFixed(4);

const shownTest = ({ mean, low, high, p }: PairedTest, choices: number): string => {
  const among = choices > 1 ? ` for the best of ${choices}` : '';
  const adjusted = Math.min(1, p * choices);
  return `${signed(mean)} (95% interval ${signed(low)} to ${signed(high)}; p ${adjusted.toFixed(3)}${among})`;
};

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
