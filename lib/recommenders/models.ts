// The table of models: from a recipe to a recommender, from saved bytes back to one.
// What a training tries of them is in candidates.ts.

import { Failure, shown } from '../base/errors.ts';
import { canonicalJson } from '../events/canonical-json.ts';
import { createKernels } from '../numeric/kernels.ts';
import { als } from './als.ts';
import { content } from './content.ts';
import { crossOccurrence } from './cross-occurrence.ts';
import { ease } from './ease.ts';
import { external } from './external.ts';
import { hybrid } from './hybrid.ts';
import { indexedRecommender, loadIndexed } from './indexed.ts';
import { itemKnn } from './item-knn.ts';
import type { ModelKind, Tools } from './model.ts';
import { bpr, warp } from './pairwise.ts';
import { popularity } from './popularity.ts';
import type { Recipe, Recommender } from './recommender.ts';
import { repetition } from './repetition.ts';
import { sequence } from './sequence.ts';
import { trending } from './trending.ts';
import { userKnn } from './user-knn.ts';

const kinds: ReadonlyMap<string, ModelKind> = new Map([
  ['popularity', popularity],
  ['trending', trending],
  ['item-knn', itemKnn],
  ['user-knn', userKnn],
  ['cross-occurrence', crossOccurrence],
  ['sequence', sequence],
  ['repetition', repetition],
  ['als', als],
  ['ease', ease],
  ['warp', warp],
  ['bpr', bpr],
  ['content', content],
  ['external', external],
  ['hybrid', hybrid({ kindOf, recipeOf })],
]);

/** What any recipe may state: event-weights.ts, and the half-life of the popularity that stands behind every model. */
const anyModelsParams = ['weights', 'recencyHalfLifeDays', 'halfLifeDays'];

export const modelNames: readonly string[] = [...kinds.keys()];

/** One thread, no progress. */
export const plainTools: Tools = { kernels: () => createKernels(), progress: () => {} };

export const createRecommender = (recipe: Recipe, tools = plainTools): Recommender =>
  indexedRecommender(recipe, kindOf(recipe.model), tools);

export const loadRecommender = (model: Uint8Array, tools = plainTools): Recommender =>
  loadIndexed(model, kindOf, tools);

/** True when both describe the same training, whatever the order of their parameters. */
export const sameRecipe = (a: Recipe, b: Recipe): boolean => recipeText(a) === recipeText(b);

export const recipeText = ({ model, params }: Recipe): string => canonicalJson({ model, params });

/** Parameters not stated are the model's documented defaults, written out so that the recipe stays complete. */
export function recipeOf(model: string, params: Recipe['params'] = {}): Recipe {
  const kind = kindOf(model);
  const known = [...Object.keys(kind.defaults), ...anyModelsParams];
  const unknown = Object.keys(params).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Failure('invalid', {
      code: 'parameter-unknown',
      message: `The model ${model} has no such parameter.`,
      received: shown(unknown),
      action: `Use: ${known.join(', ')}.`,
    });
  }
  const all = { ...kind.defaults, ...params };
  return { model, params: kind.complete?.(all) ?? all };
}

export function kindOf(model: string): ModelKind {
  const kind = kinds.get(model);
  if (kind === undefined) {
    throw new Failure('invalid', {
      code: 'model-unknown',
      message: 'There is no model of this name.',
      received: shown(model),
      action: `Use one of: ${modelNames.join(', ')}.`,
    });
  }
  return kind;
}
