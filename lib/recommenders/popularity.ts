// What sells now: every item scores the sum of its events' weights, halved for every `halfLifeDays` of age.
// Shapes: one score per item, the same for every history. The baseline every other model has to beat.

import { float64 } from './artifact.ts';
import { halfLifeDaysDefault, type ModelKind, type Scorer } from './indexed.ts';

export const popularity: ModelKind = {
  defaults: { halfLifeDays: halfLifeDaysDefault },
  fit: (_pairs, scores) => scorer(scores),
  load: (artifact) => scorer(float64(artifact, 'popularity')),
};

const scorer = (scores: Float64Array): Scorer => ({
  scoreHistory: (_items, _weights, out) => out.set(scores),
  scoreSimilar: (_item, out) => out.set(scores),
  arrays: {},
});
