import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { recipeOf } from '../../lib/recommenders/models.ts';
import type { Recipe } from '../../lib/recommenders/recommender.ts';
import { tune } from '../../lib/recommenders/tuning.ts';
import {
  createJudge,
  fieldOf,
  forecast,
  type TuningData,
  type TuningTrial,
} from '../../lib/recommenders/tuning-trial.ts';
import { interactionsOf, type Triple } from './interactions.ts';

const dayMs = 86_400_000;

/** Customers over 100 days; each week has its own few items in fashion, so that only recent sales say what sells. */
const fashion = (customers = 60): TuningData => {
  const random = seededRandom('fashion');
  const triples = Array.from({ length: customers * 20 }, (_, row): Triple => {
    const day = Math.floor((row / (customers * 20)) * 100);
    return [`c${row % customers}`, `i${Math.floor(day / 7) * 3 + random.int(4)}`, 1, day * dayMs];
  });
  return { interactions: interactionsOf(triples), catalogue: new Map(), nowMs: 100 * dayMs };
};

/** A clock that says one second more each time it is asked. */
const ticking = () => {
  let seconds = 0;
  return () => seconds++;
};
const still = () => 0;

const halfLife = (recipe: Recipe): number => Number(recipe.params.halfLifeDays);

describe('a tuning', () => {
  it('begins with the recipe given, and finds that only recent sales matter', () => {
    const start = recipeOf('popularity', { halfLifeDays: 900 });
    const { recipe, ndcg, trials } = tune(
      start,
      fashion(),
      { trials: 15, seconds: 60 },
      { seed: 'a', elapsedS: still },
    );
    expect(trials[0].recipe).toEqual(start);
    expect(halfLife(recipe)).toBeLessThan(15);
    expect(ndcg).toBe(Math.max(...trials.map((trial) => trial.ndcg ?? 0)));
    expect(ndcg).toBeGreaterThan(2 * (trials[0].ndcg ?? 0));
  });

  it('goes the same way again from the same seed', () => {
    const again = () =>
      tune(recipeOf('popularity'), fashion(), { trials: 6, seconds: 60 }, { seed: 'a', elapsedS: still });
    expect(again()).toEqual(again());
  });

  it('keeps to its trials and to its seconds, and tells each trial as it ends', () => {
    const told: TuningTrial[] = [];
    const byTrials = tune(
      recipeOf('popularity'),
      fashion(),
      { trials: 4, seconds: 1e6 },
      { seed: 'a', elapsedS: ticking(), told: (trial) => told.push(trial) },
    );
    expect(byTrials.ended).toBe('trials');
    expect(byTrials.trials).toHaveLength(4);
    expect(told).toEqual(byTrials.trials);
    const bySeconds = tune(
      recipeOf('popularity'),
      fashion(),
      { trials: 50, seconds: 8 },
      { seed: 'a', elapsedS: ticking() },
    );
    // The clock is asked at the start, twice in a trial and once behind it: 3, 6 and 9 seconds.
    expect(bySeconds.ended).toBe('seconds');
    expect(bySeconds.trials).toHaveLength(3);
  });

  it('gives up what a quarter of the customers shows to be hopeless, once three trials were finished', () => {
    const options = { seed: 'a', elapsedS: still, interimRowsCountMin: 0 };
    const judge = createJudge(fieldOf(fashion(600), options), options);
    const halfLives = [2, 900, 1, 1.5, 900];
    const trials = halfLives.map((halfLifeDays) => judge(recipeOf('popularity', { halfLifeDays })));
    expect(trials.map(({ outcome }) => outcome)).toEqual([
      'finished',
      'finished',
      'finished',
      'finished',
      'given up',
    ]);
    expect(trials[4].ndcg).toBeLessThan(trials[0].ndcg ?? 0);
  });

  it('takes a recipe that cannot be trained for a failed trial', () => {
    const start = recipeOf('als', { steps: -1 });
    const { recipe, ndcg, trials } = tune(
      start,
      fashion(),
      { trials: 2, seconds: 60 },
      { seed: 'a', elapsedS: still },
    );
    expect(recipe).toEqual(start);
    expect(ndcg).toBeUndefined();
    expect(trials.map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);
    expect(trials[0].reason).toMatch(/steps/);
  });

  it('has nothing to do where nothing can be withheld', () => {
    const data = { interactions: interactionsOf([['ann', 'i1']]), catalogue: new Map(), nowMs: 0 };
    const start = recipeOf('item-knn');
    expect(tune(start, data, { trials: 5, seconds: 60 }, { seed: 'a', elapsedS: still })).toEqual({
      recipe: start,
      trials: [],
      ended: 'nothing withheld',
      seed: 'a',
    });
  });

  it('tunes the parts of a hybrid, and keeps the blend that does best', () => {
    const start = recipeOf('hybrid', {
      models: [{ model: 'popularity', params: { halfLifeDays: 900 } }, 'item-knn'],
    });
    const budget = { trials: 12, seconds: 60 };
    const { recipe, ndcg, trials } = tune(start, fashion(), budget, { seed: 'a', elapsedS: still });
    const blends = trials.filter((trial) => trial.recipe.model === 'hybrid');
    expect(trials).toHaveLength(12);
    expect(blends[0].recipe).toEqual(start);
    expect(ndcg).toBe(Math.max(...blends.map((trial) => trial.ndcg ?? 0)));
    expect(recipe).toEqual(blends.find((trial) => trial.ndcg === ndcg)?.recipe);
  });
});

describe('the forecast of a trial', () => {
  it('adds the mean gain of the finished ones, and at best two of their deviations', () => {
    expect(forecast(0.5, [0.1, 0.2])).toBeUndefined();
    // Mean 0.2; deviation of 0.1, 0.2, 0.3 with n − 1: 0.1.
    const { mean = 0, high = 0 } = forecast(0.5, [0.1, 0.2, 0.3]) ?? {};
    expect(mean).toBeCloseTo(0.7, 12);
    expect(high).toBeCloseTo(0.9, 12);
  });
});
