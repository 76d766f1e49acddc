// What rises: the recent share of an item against its longer past, shrunk where little is known.
//   score_i = (r_i + s) / (e_i + s),  e_i = l_i · R / L
// r and l are Σ value × 2^(−age / half-life) with a short and a long half-life, R and L their sums over all items; e is
// what would be recent if the item were as popular as before (a Gamma–Poisson posterior mean with prior mean 1 and s
// events). 1 is steady; an item that nobody touched scores 0. Shapes: one score an item, the same for every history.

import type { Interactions } from '../dataset/interaction.ts';
import { float64 } from './artifact.ts';
import { decayedPopularity } from './indexed.ts';
import type { ModelKind, Params, Scorer } from './model.ts';
import { paramsReader } from './params.ts';

export const trending: ModelKind = {
  defaults: { recentHalfLifeDays: 7, longHalfLifeDays: 90, smoothing: 10 },
  fit: ({ interactions, nowMs, popularity }, params) =>
    scorer(trend(interactions, nowMs, popularity.length, settingsOf(params))),
  load: (artifact) => scorer(float64(artifact, 'trend')),
};

interface TrendSettings {
  readonly recentHalfLifeDays: number;
  /** Longer than the recent one. */
  readonly longHalfLifeDays: number;
  /** s, in events: an item is believed half of what it shows at so many expected ones. */
  readonly smoothing: number;
}

const trend = (
  interactions: Interactions,
  nowMs: number,
  items: number,
  { recentHalfLifeDays, longHalfLifeDays, smoothing }: TrendSettings,
): Float64Array => {
  const recent = decayedPopularity(interactions, nowMs, recentHalfLifeDays, items);
  const long = decayedPopularity(interactions, nowMs, longHalfLifeDays, items);
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
  const share = total(recent) / total(long);
  return recent.map((value, item) =>
    long[item] > 0 ? (value + smoothing) / (long[item] * share + smoothing) : 0,
  );
};

const scorer = (scores: Float64Array): Scorer => ({
  scoreHistory: (_history, out) => out.set(scores),
  scoreSimilar: (_item, out) => out.set(scores),
  arrays: { trend: scores },
});

const settingsOf = (params: Params): TrendSettings => {
  const read = paramsReader('trending', params);
  const recentHalfLifeDays = read.number('recentHalfLifeDays', 0.01);
  return {
    recentHalfLifeDays,
    longHalfLifeDays: read.number('longHalfLifeDays', recentHalfLifeDays * 1.5),
    smoothing: read.number('smoothing', 0.001),
  };
};
