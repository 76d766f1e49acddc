// Weights of a blend from choices: the conditional logit (McFadden 1974), which is the listwise softmax loss.
//   L(w) = −Σ_choices ln( e^(w·x_taken) / Σ_candidates e^(w·x) ) + λ/2 |w − w0|²
// Shapes: a choice is candidates × size features, the one taken first. L is convex; Newton's method with halved steps.
// λ counts like choices seen before: with few real ones the weights stay near w0. Cost: Σ candidates × size² a step.

import { choleskySolver, mirrorLower } from '../numeric/matrix.ts';

export interface ChoiceModel {
  readonly weights: Float64Array;
  /** Mean −ln of the probability that the weights gave to what was taken; absent without choices. */
  readonly loss?: number;
}

const stepsMax = 50;
const halvingsMax = 30;
const improvementShareMin = 1e-10;

export const choiceWeights = (
  choices: readonly Float64Array[],
  prior: Float64Array,
  regularization: number,
): ChoiceModel => {
  if (choices.length === 0) {
    return { weights: prior };
  }
  const size = prior.length;
  const solve = choleskySolver(size);
  const step = new Float64Array(size);
  let weights = prior;
  let current = lossAt(choices, weights, prior, regularization);
  for (let count = 0; count < stepsMax; count++) {
    solve(current.hessian, current.gradient, step);
    let next = current;
    let scale = 1;
    for (let halving = 0; halving < halvingsMax && !(next.loss < current.loss); halving++, scale /= 2) {
      weights = moved(current.weights, step, scale);
      next = lossAt(choices, weights, prior, regularization);
    }
    if (!(next.loss < current.loss * (1 - improvementShareMin))) {
      current = next.loss < current.loss ? next : current;
      break;
    }
    current = next;
  }
  return { weights: current.weights, loss: current.choiceLoss / choices.length };
};

const moved = (from: Float64Array, step: Float64Array, scale: number): Float64Array =>
  from.map((weight, i) => weight - scale * step[i]);

const lossAt = (
  choices: readonly Float64Array[],
  weights: Float64Array,
  prior: Float64Array,
  regularization: number,
) => {
  const size = weights.length;
  const gradient = weights.map((weight, i) => regularization * (weight - prior[i]));
  const hessian = new Float64Array(size * size);
  let penalty = 0;
  for (let i = 0; i < size; i++) {
    hessian[i * size + i] = regularization;
    penalty += (regularization / 2) * (weights[i] - prior[i]) ** 2;
  }
  let choiceLoss = 0;
  for (const features of choices) {
    choiceLoss += addChoice(features, weights, gradient, hessian);
  }
  if (!Number.isFinite(choiceLoss)) {
    throw new RangeError('hybrid: the scores of a model hold a value that is not a number');
  }
  mirrorLower(hessian, size);
  return { weights, loss: choiceLoss + penalty, choiceLoss, gradient, hessian };
};

/** Adds the gradient E x − x_taken and the Hessian Cov x (lower triangle) under the softmax; returns −ln p of the taken. */
const addChoice = (
  features: Float64Array,
  weights: Float64Array,
  gradient: Float64Array,
  hessian: Float64Array,
): number => {
  const size = weights.length;
  const scores = new Float64Array(features.length / size);
  let highest = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < scores.length; row++) {
    for (let i = 0; i < size; i++) {
      scores[row] += weights[i] * features[row * size + i];
    }
    highest = Math.max(highest, scores[row]);
  }
  const exponents = scores.map((score) => Math.exp(score - highest));
  const total = exponents.reduce((sum, value) => sum + value, 0);
  const mean = new Float64Array(size);
  for (let row = 0; row < scores.length; row++) {
    const probability = exponents[row] / total;
    for (let i = 0; i < size; i++) {
      const weighted = probability * features[row * size + i];
      mean[i] += weighted;
      for (let j = 0; j <= i; j++) {
        hessian[i * size + j] += weighted * features[row * size + j];
      }
    }
  }
  for (let i = 0; i < size; i++) {
    gradient[i] += mean[i] - features[i];
    for (let j = 0; j <= i; j++) {
      hessian[i * size + j] -= mean[i] * mean[j];
    }
  }
  return highest + Math.log(total) - scores[0];
};
