// What sells now: every item scores the sum of its events' weights, halved for every `halfLifeDays` of age.
// Shapes: one score per item, the same for every history. The baseline every other model has to beat.

import { float64 } from './artifact.ts';
import { halfLifeDaysDefault } from './indexed.ts';
import type { ModelKind, Scorer } from './model.ts';

export const popularity: ModelKind = {
  defaults: { halfLifeDays: halfLifeDaysDefault },
  fit: ({ popularity: scores }) => scorer(scores),
  load: (artifact) => scorer(float64(artifact, 'popularity')),
};

const scorer = (scores: Float64Array): Scorer => ({
  scoreHistory: (_history, out) => out.set(scores),
  scoreSimilar: (_item, out) => out.set(scores),
  arrays: {},
});
