// WARP and BPR as models (pairwise-fit.ts has the mathematics): a customer's vector from features and history, inner
// products with the items' vectors, bias included. A history that says nothing scores 0 everywhere.
// Fold-in is the same sum as in training and costs (items of the history + items) × d.
// Reasons are exact: an item j of the history adds w_j / |w| · c_j·q_i to the score of item i.

import { factorsCountMax } from '../base/model-limits.ts';
import { type Artifact, float32 } from './artifact.ts';
import type { Factors, History, ModelKind, Params, Scorer } from './model.ts';
import { fitPairwise, type PairwiseFactors, type PairwiseSettings } from './pairwise-fit.ts';
import { paramsReader } from './params.ts';

const kindOf = (loss: PairwiseSettings['loss'], defaults: Omit<PairwiseSettings, 'loss'>): ModelKind => ({
  defaults: { ...defaults },
  fit: (data, params) => scorerOf(fitPairwise(data, settingsOf(loss, params)), settingsOf(loss, params)),
  load: (artifact, params) => scorerOf(factorsFrom(artifact), settingsOf(loss, params)),
});

/** With the bias, rows of 64 floats. */
const defaults = {
  factors: 63,
  learningRate: 0.05,
  itemRegularization: 0.003,
  customerRegularization: 0.003,
  coldShare: 0.3,
  initialLength: 0.1,
  seed: 1,
};

export const warp: ModelKind = kindOf('warp', { ...defaults, epochs: 30, drawsMax: 30 });

export const bpr: ModelKind = kindOf('bpr', { ...defaults, epochs: 40, drawsMax: 10 });

const scorerOf = (factors: PairwiseFactors, settings: PairwiseSettings): Scorer => {
  const { stride, items, context, customers, customerNames } = factors;
  const bias = settings.factors;
  const placeOf = new Map(customerNames.map((name, place) => [name, place]));
  const embed: Factors['embed'] = (history, out) => {
    out.fill(0);
    addFeatures(customers, history, placeOf, out);
    addHistory(context, history, out);
    out[bias] = out.some((value) => value !== 0) ? 1 : 0;
  };
  return {
    scoreHistory: (history, out) => {
      const vector = new Float32Array(stride);
      embed(history, vector);
      for (let item = 0; item < out.length; item++) {
        out[item] = dot(items, item * stride, vector, 0, stride);
      }
    },
    scoreSimilar: (item, out) => {
      const lengthOf = (other: number): number =>
        Math.sqrt(dot(items, other * stride, items, other * stride, bias));
      const own = lengthOf(item);
      for (let other = 0; other < out.length; other++) {
        const scale = own * lengthOf(other);
        out[other] = scale > 0 ? dot(items, item * stride, items, other * stride, bias) / scale : 0;
      }
    },
    explain: (history) => {
      const scale = 1 / lengthOfWeights(history);
      return (item, out) => {
        history.items.forEach((own, place) => {
          out[place] =
            history.weights[place] * scale * dot(context, own * stride, items, item * stride, bias);
        });
      };
    },
    factors: { items, stride, likenessColumns: bias, embed },
    arrays: { itemFactors: items, contextFactors: context, customerFactors: customers },
    extra: { stride, customerNames },
  };
};

const addFeatures = (
  table: Float32Array,
  { features }: History,
  placeOf: ReadonlyMap<string, number>,
  out: Float32Array,
): void => {
  const places = [...new Set(features)].flatMap((name) => placeOf.get(name) ?? []);
  for (const place of places) {
    for (let i = 0; i < out.length; i++) {
      out[i] += table[place * out.length + i] / Math.sqrt(places.length);
    }
  }
};

const addHistory = (context: Float32Array, history: History, out: Float32Array): void => {
  const scale = 1 / lengthOfWeights(history);
  history.items.forEach((item, place) => {
    const weight = history.weights[place] * scale;
    for (let i = 0; i < out.length; i++) {
      out[i] += weight * context[item * out.length + i];
    }
  });
};

const lengthOfWeights = ({ weights }: History): number =>
  Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0));

const dot = (a: Float32Array, aAt: number, b: Float32Array, bAt: number, size: number): number => {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    sum += a[aAt + i] * b[bAt + i];
  }
  return sum;
};

interface PairwiseExtra {
  readonly stride: number;
  readonly customerNames: readonly string[];
}

/** `extra` is what scorerOf() gave to be saved. */
const factorsFrom = (artifact: Artifact<{ readonly extra?: unknown }>): PairwiseFactors => ({
  ...(artifact.header.extra as PairwiseExtra),
  items: float32(artifact, 'itemFactors'),
  context: float32(artifact, 'contextFactors'),
  customers: float32(artifact, 'customerFactors'),
});

const settingsOf = (loss: PairwiseSettings['loss'], params: Params): PairwiseSettings => {
  const { number, whole } = paramsReader(loss, params);
  return {
    loss,
    factors: whole('factors', 1, factorsCountMax),
    epochs: whole('epochs', 1),
    learningRate: number('learningRate', Number.MIN_VALUE),
    itemRegularization: number('itemRegularization', 0),
    customerRegularization: number('customerRegularization', 0),
    drawsMax: whole('drawsMax', 1),
    coldShare: number('coldShare', 0, 1),
    initialLength: number('initialLength', Number.MIN_VALUE),
    seed: number('seed', 0),
  };
};
