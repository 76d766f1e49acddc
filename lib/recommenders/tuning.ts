// Hyperparameters by Bayesian optimisation of NDCG@10 on a part withheld from the training (withheld.ts): the test part
// of an evaluation is never seen. The recipe given is the first trial, so a search begins where the last one ended.
// Early stopping: on large data a trial is first trained on a quarter of the customers, and given up where even a
// lucky rest would leave it behind; the search ends with its budget, or when no improvement of note is expected.
// A hybrid is tuned part by part, each with its share of the budget; the parts that it has now stay if they do better.

import { bayesianSearch } from './bayesian-search.ts';
import type { Recipe } from './recommender.ts';
import { dimensionsOf, paramsAt, pointOf } from './tuning-space.ts';
import { tuningSpaceOf } from './tuning-spaces.ts';
import {
  createJudge,
  type Field,
  fieldOf,
  type TuningData,
  type TuningOptions,
  type TuningTrial,
} from './tuning-trial.ts';

export interface TuningBudget {
  readonly trials: number;
  /** No trial begins after so many; the one under way is finished. */
  readonly seconds: number;
}

export interface Tuning {
  readonly recipe: Recipe;
  /** Of the best recipe on the withheld part; absent when no trial was finished. */
  readonly ndcg?: number;
  readonly trials: readonly TuningTrial[];
  readonly ended: 'trials' | 'seconds' | 'nothing to gain' | 'nothing to tune' | 'nothing withheld';
  readonly seed: string;
}

export const tune = (
  recipe: Recipe,
  data: TuningData,
  budget: TuningBudget,
  options: TuningOptions,
): Tuning => {
  const field = fieldOf(data, options);
  if (field.whole.cases.length === 0) {
    return { recipe, trials: [], ended: 'nothing withheld', seed: options.seed };
  }
  return recipe.model === 'hybrid'
    ? tuneParts(recipe, field, budget, options)
    : tuneOne(recipe, field, budget, options);
};

const tuneOne = (recipe: Recipe, field: Field, budget: TuningBudget, options: TuningOptions): Tuning => {
  const space = tuningSpaceOf(recipe.model);
  const startS = options.elapsedS();
  const recipeAt = (point: readonly number[]): Recipe => ({
    model: recipe.model,
    params: { ...recipe.params, ...paramsAt(space, point) },
  });
  const search = bayesianSearch({
    dimensions: dimensionsOf(space),
    seed: `${options.seed}/${recipe.model}`,
    snap: (point) => pointOf(space, paramsAt(space, point)),
  });
  const trials: TuningTrial[] = [];
  const judge = createJudge(field, options);
  const end = (ended: Tuning['ended']): Tuning => ({
    ...bestOf(trials, recipe),
    trials,
    ended,
    seed: options.seed,
  });
  for (;;) {
    const point = trials.length === 0 ? pointOf(space, recipe.params) : search.next();
    if (point === undefined) {
      return end('nothing to gain');
    }
    const trial = judge(trials.length === 0 ? recipe : recipeAt(point));
    trials.push(trial);
    options.told?.(trial);
    if (space.length === 0) {
      return end('nothing to tune');
    }
    search.tell(point, trial.ndcg ?? 0);
    if (trials.length >= budget.trials) {
      return end('trials');
    }
    if (options.elapsedS() - startS >= budget.seconds) {
      return end('seconds');
    }
  }
};

const bestOf = (trials: readonly TuningTrial[], start: Recipe): Pick<Tuning, 'recipe' | 'ndcg'> => {
  const finished = trials.filter(({ outcome }) => outcome === 'finished');
  const best = finished.reduce<TuningTrial | undefined>(
    (found, trial) => ((trial.ndcg ?? 0) > (found?.ndcg ?? -1) ? trial : found),
    undefined,
  );
  return best === undefined ? { recipe: start } : { recipe: best.recipe, ndcg: best.ndcg };
};

/** Each part on the same field, then the blend of the tuned parts against the blend as it was. */
const tuneParts = (recipe: Recipe, field: Field, budget: TuningBudget, options: TuningOptions): Tuning => {
  const parts = recipe.params.models as unknown;
  if (!Array.isArray(parts)) {
    throw new RangeError(
      `tuning: a hybrid's models must be a list of recipes, received ${JSON.stringify(parts)}`,
    );
  }
  const share = {
    trials: Math.max(1, Math.floor((budget.trials - 2) / parts.length)),
    seconds: budget.seconds / (parts.length + 1),
  };
  const tuned = (parts as readonly Recipe[]).map((part) => tuneOne(part, field, share, options));
  const judge = createJudge(field, options);
  const blends = [
    recipe,
    {
      ...recipe,
      params: { ...recipe.params, models: tuned.map(({ recipe: { model, params } }) => ({ model, params })) },
    },
  ];
  const finals = blends.map(judge);
  for (const trial of finals) {
    options.told?.(trial);
  }
  return {
    ...bestOf(finals, recipe),
    trials: [...tuned.flatMap(({ trials }) => trials), ...finals],
    ended: tuned.some(({ ended }) => ended === 'seconds') ? 'seconds' : 'trials',
    seed: options.seed,
  };
};
