import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/base/random.ts';
import { decideGate, type EvaluatedCandidate } from '../../lib/recommenders/gate.ts';
import { recipeOf } from '../../lib/recommenders/models.ts';
import type { Recipe } from '../../lib/recommenders/recommender.ts';

const recipes: { readonly [name: string]: Recipe } = {
  popularity: recipeOf('popularity'),
  knn: recipeOf('item-knn'),
  als: recipeOf('als'),
};

/** 200 customers whose NDCG scatters around `mean`, each candidate on its own. */
const candidate = (name: string, mean: number, requested = true, customers = 200): EvaluatedCandidate => {
  const random = seededRandom(`gate.test/${name}`);
  return {
    name,
    recipe: recipes[name],
    requested,
    ndcg: Array.from({ length: customers }, () => mean + 0.05 * random.normal()),
  };
};

describe('the gate', () => {
  it('promotes the best where nothing serves', () => {
    const decision = decideGate(
      [candidate('popularity', 0.1), candidate('knn', 0.3), candidate('als', 0.2)],
      undefined,
      't',
    );
    expect(decision).toMatchObject({
      outcome: 'promote',
      winner: 'knn',
      recipe: recipes.knn,
      testCustomers: 200,
    });
    expect(decision.againstServing).toBeUndefined();
    expect(decision.againstPopularity?.mean).toBeGreaterThan(0.18);
  });

  it('promotes a better recipe over the one that serves', () => {
    const decision = decideGate(
      [candidate('popularity', 0.1), candidate('knn', 0.2), candidate('als', 0.3)],
      recipes.knn,
      't',
    );
    expect(decision).toMatchObject({ outcome: 'promote', winner: 'als' });
    expect(decision.againstServing?.low).toBeGreaterThan(0);
    expect(decision.againstServing?.p).toBeLessThan(0.01);
    expect(decision).toMatchObject({ best: 'als', serving: 'knn' });
    expect(decision.reason).toMatch(/^als is better than what serves now: NDCG \+0\.08/);
  });

  it('promotes the serving recipe trained anew when it is still the best', () => {
    const decision = decideGate([candidate('popularity', 0.1), candidate('als', 0.3)], recipes.als, 't');
    expect(decision).toMatchObject({
      outcome: 'promote',
      winner: 'als',
      againstServing: { mean: 0, low: 0, high: 0 },
    });
    expect(decision.reason).toMatch(/still the best/);
  });

  it('refuses what is clearly worse than the recipe that serves', () => {
    const decision = decideGate(
      [candidate('knn', 0.2), candidate('popularity', 0.1, false), candidate('als', 0.3, false)],
      recipes.als,
      't',
    );
    expect(decision).toMatchObject({ outcome: 'refused', winner: 'knn' });
    expect(decision.againstServing?.high).toBeLessThan(0);
    expect(decision.reason).toMatch(/worse than what serves now/);
  });

  it('trains what serves anew where another may be better by chance only', () => {
    const decision = decideGate(
      [candidate('popularity', 0.1), candidate('knn', 0.29), candidate('als', 0.3)],
      recipes.als,
      't',
    );
    expect(decision).toMatchObject({ best: 'knn', serving: 'als' });
    expect(decision.againstServing?.mean).toBeGreaterThan(0);
    expect(decision.againstServing?.low).toBeLessThan(0);
    expect(decision).toMatchObject({ outcome: 'promote', winner: 'als', recipe: recipes.als });
    expect(decision.reason).toMatch(/not better than what serves now outside noise.*als is trained anew/);
  });

  it('refuses a difference that may be chance where what serves was not requested', () => {
    const decision = decideGate(
      [candidate('knn', 0.29), candidate('popularity', 0.1, false), candidate('als', 0.3, false)],
      recipes.als,
      't',
    );
    expect(decision).toMatchObject({ outcome: 'refused', winner: 'knn' });
    expect(decision.reason).toMatch(/outside noise.*what serves now stays/);
  });

  it('replaces an equal recipe in fewer than 5 of 100 trainings, though it chooses the best of five', () => {
    const trainings = 120;
    let replaced = 0;
    for (let training = 0; training < trainings; training++) {
      const equals = Array.from({ length: 6 }, (_, place): EvaluatedCandidate => {
        const random = seededRandom(`equals/${training}/${place}`);
        return {
          name: `m${place}`,
          recipe: recipeOf('als', { factors: 8 + place }),
          requested: true,
          ndcg: Array.from({ length: 60 }, () => (random.next() < 0.3 ? random.next() : 0)),
        };
      });
      const decision = decideGate(equals, equals[0].recipe, String(training));
      replaced += decision.winner === 'm0' ? 0 : 1;
    }
    expect(replaced).toBeLessThan(0.05 * trainings);
  });

  it('sets every candidate beside the best, and calls over-fitted what knows the training better and predicts worse', () => {
    const decision = decideGate(
      [
        { ...candidate('popularity', 0.1), metrics: { trainNdcg: 0.2 } },
        { ...candidate('knn', 0.2), metrics: { trainNdcg: 0.9 } },
        { ...candidate('als', 0.3), metrics: { trainNdcg: 0.6 } },
      ],
      undefined,
      't',
    );
    expect(decision.comparisons.map(({ name, overfitted }) => [name, overfitted])).toEqual([
      ['popularity', false],
      ['knn', true],
      ['als', false],
    ]);
    expect(decision.comparisons[1].behind?.low).toBeGreaterThan(0.05);
    expect(decision.comparisons[2].behind).toBeUndefined();
  });

  it('refuses what is not better than popularity, and promotes popularity where nothing serves', () => {
    const evaluated = [candidate('knn', 0.1), candidate('popularity', 0.2, false)];
    expect(decideGate(evaluated, recipes.knn, 't')).toMatchObject({ outcome: 'refused', winner: 'knn' });
    expect(decideGate(evaluated, undefined, 't')).toMatchObject({
      outcome: 'promote',
      winner: 'popularity',
      recipe: recipes.popularity,
    });
  });

  it('promotes popularity itself when it is the best', () => {
    const evaluated = [candidate('popularity', 0.3), candidate('knn', 0.1)];
    expect(decideGate(evaluated, recipes.knn, 't')).toMatchObject({
      outcome: 'promote',
      winner: 'popularity',
    });
  });

  it('replaces nothing on the word of too few customers, and says how many are needed', () => {
    const evaluated = [candidate('popularity', 0.1, true, 29), candidate('als', 0.4, true, 29)];
    const refused = decideGate(evaluated, recipes.popularity, 't');
    expect(refused).toMatchObject({ outcome: 'refused', testCustomers: 29 });
    expect(refused.reason).toMatch(/Only 29 customers .* 30 are needed/);
    expect(decideGate(evaluated, undefined, 't')).toMatchObject({ outcome: 'promote', winner: 'popularity' });
  });

  it('prefers the simpler of equals', () => {
    const equal = candidate('popularity', 0.2);
    const decision = decideGate([equal, { ...equal, name: 'als', recipe: recipes.als }], undefined, 't');
    expect(decision.winner).toBe('popularity');
  });

  it('decides the same from the same evaluations', () => {
    const evaluated = [candidate('popularity', 0.1), candidate('als', 0.11), candidate('knn', 0.105)];
    expect(decideGate(evaluated, recipes.knn, 't')).toEqual(decideGate(evaluated, recipes.knn, 't'));
  });
});
