// The parameters of a hybrid, checked: which models it blends, on what its weights are learned, how kinds are mixed.

import type { ModelKind, Params } from './model.ts';
import { paramsReader } from './params.ts';
import type { Recipe, RecipeValue } from './recommender.ts';

export interface HybridSettings {
  /** The recipes of the models, two or more; a name alone stands for the model's defaults. */
  readonly models: readonly HybridPart[];
  /**
   * Items drawn that stand against what was taken when weights are learned. Default 300. All alike by chance: with the
   * best of every model among them, a model that is right about the catalogue looks wrong (ml-100k: NDCG .04, not .23).
   */
  readonly others: number;
  /** Share of what was taken that is withheld to learn on, where there are times. Default 0.2. */
  readonly withheldShare: number;
  /** λ: choices that equal weights count for. Default 10. */
  readonly regularization: number;
  /**
   * Least share of every beginning of a list that goes to kinds of items (courses, books, plans) that the customer has
   * not taken yet; 'observed': as often as customers did so in the withheld part. Default 0: by score alone.
   */
  readonly crossKindShare: number | 'observed';
  /** Default 1. */
  readonly seed: number;
}

export interface HybridPart {
  readonly recipe: Recipe;
  readonly kind: ModelKind;
}

export const hybridDefaults: Params = {
  models: ['als', 'item-knn', 'popularity', 'trending'],
  others: 300,
  withheldShare: 0.2,
  regularization: 10,
  crossKindShare: 0,
  seed: 1,
};

/** The models' own defaults written out. */
export const completeHybrid = (
  params: Params,
  recipeOf: (model: string, params?: Params) => Recipe,
): Params => ({
  ...params,
  models: listOf(params.models).map((entry) => {
    const { model, params: own } = typeof entry === 'string' ? { model: entry, params: {} } : partOf(entry);
    const recipe = recipeOf(model, own);
    return { model: recipe.model, params: recipe.params };
  }),
});

export const hybridSettings = (params: Params, kindOf: (model: string) => ModelKind): HybridSettings => {
  const models = listOf(params.models).map((entry) => {
    const recipe = partOf(entry);
    return { recipe, kind: kindOf(recipe.model) };
  });
  if (models.length < 2) {
    throw new RangeError(`hybrid: models must hold two recipes or more, received ${shown(params.models)}`);
  }
  const { crossKindShare } = params;
  const read = paramsReader('hybrid', params);
  return {
    models,
    others: read.whole('others', 1, 2_000),
    withheldShare: read.number('withheldShare', 0.01, 0.9),
    regularization: read.number('regularization', 1e-6, 1e9),
    crossKindShare: crossKindShare === 'observed' ? 'observed' : read.number('crossKindShare', 0, 1),
    seed: read.number('seed', 0),
  };
};

const listOf = (value: RecipeValue | undefined): readonly RecipeValue[] => {
  if (!isList(value)) {
    throw new RangeError(`hybrid: models must be a list of recipes, received ${shown(value)}`);
  }
  return value;
};

const partOf = (value: RecipeValue): Recipe => {
  if (typeof value === 'object' && !isList(value)) {
    const { model, params = {} } = value;
    if (typeof model === 'string' && model !== 'hybrid' && typeof params === 'object' && !isList(params)) {
      return { model, params };
    }
  }
  throw new RangeError(
    `hybrid: each of the models must be a recipe { model, params } of a model other than hybrid, received ${shown(value)}`,
  );
};

const isList = (value: RecipeValue | undefined): value is readonly RecipeValue[] => Array.isArray(value);

const shown = (value: RecipeValue | undefined): string => JSON.stringify(value) ?? 'nothing';
