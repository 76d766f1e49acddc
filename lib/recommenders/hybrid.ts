// Several models as one: an item scores Σ_m w_m z_m, z the model's score standardised over what the history lacks.
// The weights are learned on a part withheld from the training (by time where there are times; withheld.ts) by models
// that were fitted without it, since a model scores too high what it has seen; then the models are fitted on everything.
// Shapes: one artifact; the arrays of model m under `m<index>.`. Cost: each model is fitted twice, and a history is
// scored by each. Weights may be negative; between items only positive ones count. Customers without history have weights
// of their own, learned on those who came in the withheld part.

import { publishedListCountMax } from '../base/limits.ts';
import type { Artifact, NumberArray } from './artifact.ts';
import { blendedScores } from './hybrid-blend.ts';
import { kindsOf, raiseOtherKinds } from './hybrid-kinds.ts';
import { completeHybrid, type HybridPart, hybridDefaults, hybridSettings } from './hybrid-settings.ts';
import { learnedBlend } from './hybrid-training.ts';
import { decayedPopularity, halfLifeDaysOf, modelParts } from './indexed.ts';
import type { History, ModelKind, Params, Scorer, TrainingData } from './model.ts';
import type { Recipe, RecipeValue } from './recommender.ts';

/** What a hybrid learned; in the manifest, too. */
export interface Blend {
  /** Names of the blended models, in the recipe's order. */
  readonly models: readonly string[];
  /** By model, in the same order. */
  readonly weights: readonly number[];
  /** The same for a customer without history. */
  readonly newcomerWeights: readonly number[];
  /** Mean −ln p of the withheld choices; absent where there were none. */
  readonly loss?: number;
  readonly choices: number;
  readonly crossKindShare: number;
}

/** What a hybrid keeps beside its models' arrays. */
interface HybridExtra extends Omit<Blend, 'models'> {
  /** What each model keeps. */
  readonly extras: readonly unknown[];
}

interface ModelTable {
  readonly kindOf: (model: string) => ModelKind;
  readonly recipeOf: (model: string, params?: Params) => Recipe;
}

export const hybrid = ({ kindOf, recipeOf }: ModelTable): ModelKind => ({
  defaults: hybridDefaults,
  complete: (params) => completeHybrid(params, recipeOf),
  history: 'events',
  fit: (data, params) => {
    const settings = hybridSettings(params, kindOf);
    const fittedTo = (given: TrainingData) => settings.models.map((part) => fittedPart(part, given));
    const learned = learnedBlend(data, settings, fittedTo);
    const models = fittedTo(data);
    const arrays = partArrays(models, settings.models, data, learned.crossKindShare > 0);
    const extras = models.map((model) => model.extra ?? null);
    return scorer(
      models,
      arrays,
      {
        ...learned,
        weights: [...learned.weights],
        newcomerWeights: [...learned.newcomerWeights],
        extras,
      },
      data.popularity.length,
    );
  },
  load: (artifact, params) => {
    const { models } = hybridSettings(params, kindOf);
    // Written by fit() of this version: artifacts of others are refused by their first bytes.
    const extra = artifact.header.extra as HybridExtra;
    const loaded = models.map(({ kind, recipe }, index) =>
      kind.load(artifactOf(artifact, index, extra.extras[index]), recipe.params),
    );
    const arrays = Object.entries(artifact.arrays).filter(([name]) => /^(m\d+\.|kinds$)/.test(name));
    return scorer(loaded, Object.fromEntries(arrays), extra, artifact.arrays.popularity.length);
  },
});

/** What the saved model learned; undefined for one that is no hybrid. */
export const blendOf = (model: Uint8Array): Blend | undefined => {
  const { recipe, extra } = modelParts(model).header;
  if (recipe.model !== 'hybrid') {
    return undefined;
  }
  const { extras: _extras, ...blend } = extra as HybridExtra;
  return { models: blendedNames(recipe.params.models), ...blend };
};

/** recipeOf wrote every model out as a recipe. */
const blendedNames = (models: RecipeValue): readonly string[] =>
  (Array.isArray(models) ? models : []).map((recipe: { readonly model: string }) => recipe.model);

/** Models with a half-life of their own get the popularity that goes with it. */
const fittedPart = ({ kind, recipe }: HybridPart, data: TrainingData): Scorer =>
  kind.fit({ ...data, popularity: partPopularity(recipe, data) ?? data.popularity }, recipe.params);

const partPopularity = (recipe: Recipe, data: TrainingData): Float64Array | undefined =>
  recipe.params.halfLifeDays === undefined
    ? undefined
    : decayedPopularity(data.interactions, data.nowMs, halfLifeDaysOf(recipe), data.popularity.length);

const partArrays = (
  models: readonly Scorer[],
  parts: readonly HybridPart[],
  data: TrainingData,
  withKinds: boolean,
): { readonly [name: string]: NumberArray } => {
  const arrays: { [name: string]: NumberArray } = withKinds ? { kinds: kindsOf(data.catalogue) } : {};
  models.forEach((model, index) => {
    for (const [name, array] of Object.entries(model.arrays)) {
      arrays[`m${index}.${name}`] = array;
    }
    const popularity = partPopularity(parts[index].recipe, data);
    if (popularity !== undefined) {
      arrays[`m${index}.popularity`] = popularity;
    }
  });
  return arrays;
};

/** The artifact as model `index` saved it; its popularity is the hybrid's where it has none of its own. */
const artifactOf = (
  artifact: Artifact<unknown>,
  index: number,
  extra: unknown,
): Artifact<{ readonly extra?: unknown }> => {
  const prefix = `m${index}.`;
  const own = Object.entries(artifact.arrays)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, array]) => [name.slice(prefix.length), array] as const);
  const { popularity } = artifact.arrays;
  return { header: { extra: extra ?? undefined }, arrays: { popularity, ...Object.fromEntries(own) } };
};

const scorer = (
  models: readonly Scorer[],
  arrays: { readonly [name: string]: NumberArray },
  extra: HybridExtra,
  itemsCount: number,
): Scorer => {
  const blend = blendedScores({
    models,
    weights: Float64Array.from(extra.weights),
    newcomerWeights: Float64Array.from(extra.newcomerWeights),
    itemsCount,
  });
  const { kinds } = arrays;
  const score = (customer: number, history: History, out: Float64Array): void => {
    blend.add(customer, history, out);
    if (kinds instanceof Int32Array) {
      raiseOtherKinds(out, kinds, history.items, extra.crossKindShare, publishedListCountMax);
    }
  };
  return {
    scoreHistory: (history, out) => score(-1, history, out),
    ...(models.some((model) => 'scoreCustomer' in model) && { scoreCustomer: score }),
    scoreSimilar: blend.addSimilar,
    ...(models.some((model) => 'explain' in model) && { explain: blend.explain }),
    customerVectors: models.find((model) => model.customerVectors)?.customerVectors,
    arrays,
    customerArrays: models.flatMap((model, index) =>
      (model.customerArrays ?? []).map((name) => `m${index}.${name}`),
    ),
    extra,
  };
};
