// What the steps of one training hand to each other, in the models bucket.
//   datasets/<id>/candidates.json    PlannedCandidate[]: the requested ones, popularity and what serves now beside them
//   evaluations/<id>/<name>.json     StoredEvaluation, one per candidate
//   evaluations/<id>/<name>/tuning.json  Tuning: how its recipe was found, where it was tuned
//   evaluations/<id>/selection.json  StoredSelection: the decision, and what served when it was taken

import type { ModelVersion } from '../base/ids.ts';
import { datasetKey } from '../dataset/build.ts';
import type { Evaluation } from './evaluation.ts';
import type { EvaluationMetrics } from './evaluation-metrics.ts';
import type { Decision } from './gate.ts';
import type { Recipe } from './recommender.ts';
import type { TuningBudget } from './tuning.ts';

export const candidatesKey = (trainingId: string): string => datasetKey(trainingId, 'candidates.json');

export const evaluationKey = (trainingId: string, name: string): string =>
  `evaluations/${trainingId}/${name}.json`;

export const tuningKey = (trainingId: string, name: string): string =>
  `evaluations/${trainingId}/${name}/tuning.json`;

export const selectionKey = (trainingId: string): string => `evaluations/${trainingId}/selection.json`;

export interface PlannedCandidate {
  readonly name: string;
  readonly recipe: Recipe;
  /** False: evaluated only to compare the others with. */
  readonly requested: boolean;
  /** Its recipe is where a search of this budget begins. Absent: the recipe is taken as it is. */
  readonly tune?: TuningBudget;
}

export interface StoredEvaluation extends Evaluation {
  readonly name: string;
  readonly recipe: Recipe;
}

export interface StoredSelection {
  readonly decision: Decision;
  readonly evaluations: { readonly [name: string]: EvaluationMetrics };
  /** Absent: nothing served. */
  readonly servingVersion?: ModelVersion;
}
