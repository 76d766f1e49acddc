// A model version's artifacts in the models bucket, and its name.
//   versions/<version>/manifest.json  ModelManifest: how it was made; enough to train it again
//                      metrics.json   StoredSelection: the metrics of every candidate, and the gate's decision
//                      model.bin, serving.bin, lists/<shard>.json.gz
// The name is the dataset's time and a hash of training and recipe: a training run again gives the same name.

import { type ModelVersion, modelVersion } from '../base/ids.ts';
import type { CleaningReport } from '../dataset/build.ts';
import { sha256Hex } from '../events/canonical-json.ts';
import type { EvaluationMetrics } from './evaluation-metrics.ts';
import type { Decision } from './gate.ts';
import type { Blend } from './hybrid.ts';
import { recipeText } from './models.ts';
import type { Recipe } from './recommender.ts';
import type { Tuning } from './tuning.ts';

export interface ModelManifest {
  readonly version: ModelVersion;
  readonly trainingId: string;
  /** The candidate's name: `als`, `item-knn-cosine`. */
  readonly name: string;
  readonly recipe: Recipe;
  /** When its dataset was built, ISO 8601. */
  readonly trainedAt: string;
  readonly customers: number;
  readonly items: number;
  readonly interactions: number;
  /** Published lists, and the files they are in. */
  readonly lists: number;
  readonly shards: number;
  readonly dataset: CleaningReport;
  /** Of the same recipe on the test part of the split. */
  readonly metrics: EvaluationMetrics;
  readonly decision: Decision;
  /** How the recipe was found, where it was tuned: every trial, and what ended the search. */
  readonly tuning?: Tuning;
  /** Of a hybrid: the weights that it learned, and on how many choices. */
  readonly blend?: Blend;
  readonly software: { readonly reprise: string };
}

export const versionKey = (version: ModelVersion, file: string): string => `versions/${version}/${file}`;

export const listsKey = (version: ModelVersion, shard: number): string =>
  versionKey(version, `lists/${String(shard).padStart(5, '0')}.json.gz`);

export const versionOf = (trainingId: string, recipe: Recipe, builtAt: string): ModelVersion => {
  const time = builtAt.replaceAll(/[-:]|\.\d+/g, '');
  return modelVersion(`v${time}-${sha256Hex(`${trainingId}\n${recipeText(recipe)}`).slice(0, 6)}`);
};
