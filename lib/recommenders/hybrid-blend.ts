// The trained blend: what an item scores from the scores of several models (hybrid.ts).
//   score(i) = Σ_m w_m (s_m(i) − μ_m) / σ_m, μ and σ over the items that the history lacks
// A model that says the same of all of them says nothing: it adds zero.

import type { History, Scorer } from './model.ts';

export interface BlendedModels {
  readonly models: readonly Scorer[];
  readonly weights: Float64Array;
  /** Of an empty history. */
  readonly newcomerWeights: Float64Array;
  readonly itemsCount: number;
}

interface Moments {
  readonly mean: number;
  /** 1 / σ; 0 where all scores are the same. */
  readonly scale: number;
}

export const blendedScores = ({ models, weights, newcomerWeights, itemsCount }: BlendedModels) => {
  const own = new Float64Array(itemsCount);
  const known = weights.map((weight) => Math.max(0, weight));
  return {
    /** `customer` −1: from the history alone. */
    add: (customer: number, history: History, out: Float64Array): void => {
      const used = history.items.length === 0 ? newcomerWeights : weights;
      models.forEach((model, index) => {
        own.fill(0);
        scoreOf(model, customer, history, own);
        addStandardised(own, moments(own, history.items), used[index], out);
      });
    },
    addSimilar: (item: number, out: Float64Array): void => {
      models.forEach((model, index) => {
        own.fill(0);
        model.scoreSimilar(item, own);
        addStandardised(own, moments(own, Int32Array.of(item)), known[index], out);
      });
    },
    /** What each item of the history adds, over the models that can tell. */
    explain: (history: History): ((item: number, out: Float64Array) => void) => {
      const parts = models.flatMap((model, index) => {
        const explainOne = model.explain?.(history);
        if (explainOne === undefined) {
          return [];
        }
        own.fill(0);
        model.scoreHistory(history, own);
        return [{ explainOne, factor: weights[index] * moments(own, history.items).scale }];
      });
      const added = new Float64Array(history.items.length);
      return (item, out) => {
        for (const { explainOne, factor } of parts) {
          added.fill(0);
          explainOne(item, added);
          added.forEach((value, place) => {
            out[place] += factor * value;
          });
        }
      };
    },
  };
};

export const scoreOf = (model: Scorer, customer: number, history: History, out: Float64Array): void => {
  if (customer >= 0 && model.scoreCustomer !== undefined) {
    model.scoreCustomer(customer, history, out);
  } else {
    model.scoreHistory(history, out);
  }
};

/** Over all items but those of `without` (ascending, distinct). */
export const moments = (scores: Float64Array, without: Int32Array): Moments => {
  const count = scores.length - without.length;
  if (count < 2) {
    return { mean: 0, scale: 0 };
  }
  let sum = 0;
  for (let item = 0; item < scores.length; item++) {
    sum += scores[item];
  }
  for (let place = 0; place < without.length; place++) {
    sum -= scores[without[place]];
  }
  const mean = sum / count;
  let squares = 0;
  for (let item = 0; item < scores.length; item++) {
    squares += (scores[item] - mean) ** 2;
  }
  for (let place = 0; place < without.length; place++) {
    squares -= (scores[without[place]] - mean) ** 2;
  }
  const variance = squares / count;
  // Rounding leaves a little variance where there is none.
  return { mean, scale: variance > 1e-20 * mean * mean && variance > 1e-280 ? 1 / Math.sqrt(variance) : 0 };
};

const addStandardised = (
  scores: Float64Array,
  { mean, scale }: Moments,
  weight: number,
  out: Float64Array,
): void => {
  const factor = weight * scale;
  if (factor === 0) {
    return;
  }
  for (let item = 0; item < out.length; item++) {
    out[item] += (scores[item] - mean) * factor;
  }
};
