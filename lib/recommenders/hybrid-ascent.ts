// From the likelihood of choices to the places that count: weights are moved one at a time while the mean of
// 1 / log2(1 + rank) of what was taken among its candidates rises (coordinate ascent: Metzler & Croft 2007).
// The likelihood is convex and says where to begin, but it cares most for choices that are lost anyway.
// Over-fitting: a move has to raise the mean by more than twice its own standard error over the choices.
// Shapes: as hybrid-weights.ts. Cost: candidates of all choices, for each of at most rounds × weights × 10 moves.

const roundsMax = 6;
/** Shares of Σ|w|; the largest turn a weight that stands alone round. */
const moves = [1.5, -1.5, 0.4, -0.4, 0.2, -0.2, 0.1, -0.1, 0.05, -0.05];

export const ascended = (choices: readonly Float64Array[], start: Float64Array): Float64Array => {
  const size = start.length;
  const scores = choices.map((features) => scoresOf(features, start));
  let gains = Float64Array.from(scores, gainOf);
  let weights = start;
  const unit = start.reduce((sum, weight) => sum + Math.abs(weight), 0);
  for (let round = 0; round < roundsMax; round++) {
    const before = weights;
    for (let feature = 0; feature < size; feature++) {
      for (const move of moves) {
        const moved = Float64Array.from(choices, (features, choice) =>
          movedGain(features, scores[choice], feature, size, move * unit),
        );
        if (isBetter(moved, gains)) {
          weights = weights.with(feature, weights[feature] + move * unit);
          gains = moved;
          choices.forEach((features, choice) => {
            addFeature(features, scores[choice], feature, size, move * unit);
          });
        }
      }
    }
    if (weights === before) {
      break;
    }
  }
  return weights;
};

const scoresOf = (features: Float64Array, weights: Float64Array): Float64Array => {
  const scores = new Float64Array(features.length / weights.length);
  weights.forEach((weight, feature) => {
    addFeature(features, scores, feature, weights.length, weight);
  });
  return scores;
};

const addFeature = (
  features: Float64Array,
  scores: Float64Array,
  feature: number,
  size: number,
  by: number,
): void => {
  for (let row = 0; row < scores.length; row++) {
    scores[row] += by * features[row * size + feature];
  }
};

/** 1 / log2(1 + rank), rank from 1 among the candidates; of equals half stand before. */
const gainOf = (scores: Float64Array): number => {
  let before = 0;
  for (let row = 1; row < scores.length; row++) {
    before += scores[row] > scores[0] ? 1 : scores[row] === scores[0] ? 0.5 : 0;
  }
  return 1 / Math.log2(2 + before);
};

const movedGain = (
  features: Float64Array,
  scores: Float64Array,
  feature: number,
  size: number,
  by: number,
): number => {
  const taken = scores[0] + by * features[feature];
  let before = 0;
  for (let row = 1; row < scores.length; row++) {
    const score = scores[row] + by * features[row * size + feature];
    before += score > taken ? 1 : score === taken ? 0.5 : 0;
  }
  return 1 / Math.log2(2 + before);
};

/** The mean difference exceeds two of its standard errors. */
const isBetter = (moved: Float64Array, current: Float64Array): boolean => {
  const count = moved.length;
  let sum = 0;
  let squares = 0;
  for (let choice = 0; choice < count; choice++) {
    const difference = moved[choice] - current[choice];
    sum += difference;
    squares += difference * difference;
  }
  const mean = sum / count;
  return mean > 0 && mean * mean * count > 4 * (squares / count - mean * mean);
};
