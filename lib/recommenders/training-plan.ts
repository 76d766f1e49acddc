// Which candidates a training evaluates: those asked for by name or all that fit the catalogue, popularity to compare
// with, and what serves now. With tuning, a candidate of the model that serves begins with the recipe that serves, so
// that the search goes on from the last one; what serves is then evaluated beside it as it is.

import { Failure, shown } from '../base/errors.ts';
import { type DatasetPorts, getJson } from '../dataset/build.ts';
import type { ModelRegistry } from '../ports.ts';
import {
  type Candidate,
  candidateNames,
  candidateNamesText,
  candidateOf,
  candidatesFor,
  externalCandidate,
  isCandidateName,
} from './candidates.ts';
import { externalFolders } from './external.ts';
import { type ModelManifest, versionKey } from './manifest.ts';
import { modelNames, sameRecipe } from './models.ts';
import type { Recipe } from './recommender.ts';
import type { PlannedCandidate } from './training-objects.ts';
import type { TuningBudget } from './tuning.ts';
import { isTunable } from './tuning-spaces.ts';

export interface PlanInput {
  /** Default: all that fit the catalogue. */
  readonly candidates?: readonly string[];
  /** Default: recipes are taken as they are. */
  readonly tune?: TuningBudget;
}

export interface PlanFacts {
  readonly itemsCount: number;
  /** Some items renew, expire or are consumed. */
  readonly repeats: boolean;
  /** Folders of factors that their owner put into the bucket: compared like every other model. */
  readonly folders: readonly string[];
  /** Undefined: nothing serves. */
  readonly serving: Recipe | undefined;
}

export const planCandidates = (
  { candidates: names, tune }: PlanInput,
  { itemsCount, repeats, folders, serving }: PlanFacts,
): readonly PlannedCandidate[] => {
  const chosen =
    names === undefined
      ? [...candidatesFor(itemsCount, repeats), ...folders.map(externalCandidate)]
      : namedCandidates(names, itemsCount, folders);
  const requested = chosen.map((candidate) => tuned(candidate, tune, serving));
  const popularity = candidateOf('popularity', itemsCount);
  const plan =
    popularity === undefined || chosen.some(({ name }) => name === popularity.name)
      ? requested
      : [...requested, { ...popularity, requested: false }];
  // A candidate that is tuned is no longer what serves.
  const isServingPlanned = plan.some(
    (candidate) =>
      serving !== undefined && candidate.tune === undefined && sameRecipe(candidate.recipe, serving),
  );
  // Without restriction what serves now may win again; with one it is compared with only.
  return serving === undefined || isServingPlanned
    ? plan
    : [...plan, { name: 'serving', recipe: serving, requested: names === undefined }];
};

/** In the order of the plan, whatever the order of the names. */
const namedCandidates = (
  names: readonly string[],
  itemsCount: number,
  folders: readonly string[],
): readonly Candidate[] => {
  const named = [
    ...candidateNames.flatMap((name) => candidateOf(name, itemsCount) ?? []),
    ...folders.map(externalCandidate),
  ].filter(({ name }) => names.includes(name));
  const missing = names.filter((name) => !named.some((candidate) => candidate.name === name));
  if (missing.length > 0) {
    throw new Failure('not-found', {
      code: 'external-missing',
      message: `There are no factors for ${missing.join(', ')} in the models bucket.`,
      received: shown(missing),
      action: `Put items.npy and items.txt, or items.parquet, into external/FOLDER/. There now: ${folders.join(', ') || 'none'}.`,
    });
  }
  return named;
};

const tuned = (
  candidate: Candidate,
  tune: TuningBudget | undefined,
  serving: Recipe | undefined,
): PlannedCandidate =>
  tune === undefined || !isTunable(candidate.recipe.model)
    ? { ...candidate, requested: true }
    : {
        name: candidate.name,
        recipe: serving?.model === candidate.recipe.model ? serving : candidate.recipe,
        requested: true,
        tune,
      };

export const checkCandidates = (names: readonly string[] | undefined): void => {
  if (names !== undefined && (names.length === 0 || !names.every(isCandidateName))) {
    throw new Failure('invalid', {
      code: 'candidate-unknown',
      message: 'The training names candidates that do not exist.',
      received: shown(names),
      action: `Leave candidates out, or use: ${candidateNamesText}.`,
    });
  }
};

/**
 * The recipe of what serves now; undefined when nothing does, or what can no longer be trained: a model that this
 * version does not know, factors whose folder is gone.
 */
export const servingRecipe = async (
  ports: Pick<DatasetPorts, 'models'> & { readonly registry: ModelRegistry },
  folders: readonly string[],
): Promise<Recipe | undefined> => {
  const pointer = await ports.registry.current();
  if (pointer === undefined) {
    return undefined;
  }
  const { recipe } = await getJson<ModelManifest>(ports.models, versionKey(pointer.version, 'manifest.json'));
  const isTrainable =
    modelNames.includes(recipe.model) && externalFolders(recipe).every((folder) => folders.includes(folder));
  return isTrainable ? recipe : undefined;
};
